"""What is kept, as the store reads and writes it. `version` is the store's guard for a write."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.mirror import Event, Mirror
from shared.domain.model import (
    Account,
    Calendar,
    CalendarKey,
    CalendarState,
    LocationId,
    Problem,
    ProviderName,
    UserId,
    Watch,
)
from shared.domain.ownership import Owner
from shared.domain.selection import Selection


@dataclass(frozen=True, slots=True)
class CalendarPartition:
    """All that is kept of one calendar, as one query read it. `version` is the store's own."""

    key: CalendarKey
    state: CalendarState
    watches: tuple[Watch, ...]
    mirror: Mirror
    version: object = None


@dataclass(frozen=True, slots=True)
class CalendarGlance:
    """The state of a calendar and the events of its mirror around some time."""

    state: CalendarState
    events: tuple[Event, ...]
    progress: int | None = None
    """Events read so far, while a first read is running."""


@dataclass(frozen=True, slots=True)
class SealedTokens:
    """`sealed` is opaque here. `access_expires_at` tells without opening it whether to refresh."""

    sealed: bytes
    access_expires_at: datetime
    version: object = None


@dataclass(frozen=True, slots=True)
class AccountProfile:
    """What is shown of an account; none of it is a key."""

    email: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class AccountRecord:
    account: Account
    owner: Owner | None
    profile: AccountProfile | None
    tokens: SealedTokens | None
    problem: Problem | None = None
    paused_until: datetime | None = None
    calendars: frozenset[CalendarKey] = frozenset()
    leases: Mapping[str, datetime] = field(default_factory=dict)
    version: object = None


@dataclass(frozen=True, slots=True)
class Lease:
    account: Account
    name: str
    version: object


@dataclass(frozen=True, slots=True)
class Connection:
    """An account at a location for a user (R3: one for each provider).

    `claimed_at` is when the account was last claimed for it: a reconnect claims anew.
    """

    location: LocationId
    user: UserId
    account: Account
    profile: AccountProfile
    connected_at: datetime
    claimed_at: datetime
    user_name: str = ""
    version: object = None


@dataclass(frozen=True, slots=True)
class WatchedCalendar:
    """A calendar with the facts about it that the provider told when it was chosen."""

    calendar: Calendar
    is_default: bool
    shared: bool

    def unread(self) -> CalendarState:
        return CalendarState(
            account=self.calendar.account,
            calendar_id=self.calendar.calendar_id,
            is_default=self.is_default,
            shared=self.shared,
        )


@dataclass(frozen=True, slots=True)
class Watched:
    """`changed`: the watch is new or has another role. `state` is the calendar's now."""

    changed: bool
    state: CalendarState


@dataclass(frozen=True, slots=True)
class KeptSelection:
    """`watched` are the calendars that may carry a watch of this user at this location."""

    selection: Selection
    number: int = 0
    watched: tuple[WatchedCalendar, ...] = ()
    version: object = None


@dataclass(frozen=True, slots=True)
class Member:
    """What is kept of a user at a location."""

    location: LocationId
    user: UserId
    connections: Mapping[ProviderName, Connection] = field(default_factory=dict)
    selection: KeptSelection = field(default_factory=lambda: KeptSelection(Selection()))


@dataclass(frozen=True, slots=True)
class KeptSettings:
    external_changes: str = "apply"
    number: int = 0
    version: object = None
