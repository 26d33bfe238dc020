"""What the flows are given to work with; services.py puts it together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.credentials.sealing import Sealer
from shared.credentials.vault import Vault, not_configured
from shared.domain.due import Horizon
from shared.domain.model import ProviderName
from shared.messages import Message
from shared.providers.base import CalendarProvider, SignIn
from shared.store.base import (
    AccountStore,
    AppointmentStore,
    AuditStore,
    CalendarStore,
    ChangeStore,
    FiguresStore,
    LocationStore,
    RosterStore,
    SignInStore,
)
from shared.webhooks.base import Webhook

SAFETY_SECONDS = 10
"""Sent this much ahead of a change: should it die half way, the message finishes its work."""


class Queues(Protocol):
    async def send(self, message: Message, delay_seconds: float = 0) -> None: ...

    async def length(self, queue: str) -> int:
        """About how many messages wait, hidden ones included."""
        ...

    async def head_since(self, queue: str) -> datetime | None:
        """When the message was put that is next; None where none can be taken now."""
        ...


@dataclass(frozen=True, slots=True)
class Policies:
    """What the settings say, for the flows."""

    horizon: Horizon
    stale_after: timedelta
    sweep_minutes: int
    sweep_minutes_without_push: int
    notification_secret: str
    return_url_origins: tuple[str, ...]
    callback_url: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Ports:
    calendars: CalendarStore
    accounts: AccountStore
    locations: LocationStore
    appointments: AppointmentStore
    changes: ChangeStore
    audit: AuditStore
    sign_ins: SignInStore
    roster: RosterStore
    figures: FiguresStore
    queues: Queues
    webhook: Webhook | None
    providers: Mapping[ProviderName, CalendarProvider]
    ways_to_sign_in: Mapping[ProviderName, SignIn]
    vault: Vault
    sealer: Sealer
    policies: Policies
    clock: Callable[[], datetime]

    def provider(self, name: ProviderName) -> CalendarProvider:
        """Raises OperatorFault for one that the settings have not, or no longer."""
        try:
            return self.providers[name]
        except KeyError:
            raise not_configured() from None
