"""The event of a placement, while its writer has a place in flight at the mailbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shared.domain.appointments import Appointment, Content, LiveEvent, Placement
from shared.flows.mailbox import Lane, mailbox
from shared.flows.ports import Ports
from shared.providers.base import AccessToken, CalendarProvider


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """`transaction` is the mark by which the provider knows the event, whatever its id.

    What each may raise: providers/base.py.
    """

    provider: CalendarProvider
    token: AccessToken
    calendar_id: str
    transaction: str

    async def create(self, wanted: Content) -> LiveEvent:
        return await self.provider.create_event(
            self.token, self.calendar_id, wanted, self.transaction
        )

    async def read(self, event_id: str) -> LiveEvent | None:
        return await self.provider.event(self.token, self.calendar_id, event_id)

    async def find(self) -> LiveEvent | None:
        return await self.provider.find_event(self.token, self.calendar_id, self.transaction)

    async def is_listed(self, event_id: str) -> bool:
        return await self.provider.is_listed(
            self.token, self.calendar_id, event_id, self.transaction
        )

    async def update(
        self,
        event_id: str,
        wanted: Content,
        fields: frozenset[str],
        entity_tag: str | None,
        before: Content | None,
    ) -> LiveEvent:
        return await self.provider.update_event(
            self.token, self.calendar_id, event_id, wanted, fields, entity_tag, before
        )

    async def delete(self, event_id: str) -> bool:
        return await self.provider.delete_event(self.token, self.calendar_id, event_id)


@asynccontextmanager
async def placed_event(
    placement: Placement, appointment: Appointment, ports: Ports
) -> AsyncIterator[PlacedEvent]:
    """Waits for a place at the mailbox. Raises what `mailbox` raises."""
    calendar = placement.calendar
    transaction = placement.transaction(appointment.location, appointment.id)
    async with mailbox(ports, calendar.account, Lane.BACKGROUND) as token:
        provider = ports.provider(calendar.account.provider)
        yield PlacedEvent(provider, token, calendar.calendar_id, transaction)
