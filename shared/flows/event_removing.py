"""One writer's work on the events of an appointment that are to go, or are watched no more."""

from contextlib import suppress
from dataclasses import replace

from shared.domain.appointments import LiveEvent, Placement
from shared.domain.placing import with_placement, without
from shared.errors import CalendarGone, CalendarSyncError
from shared.flows.event_links import EventLinks
from shared.flows.member_calendars import MemberCalendars
from shared.flows.placed_event import PlacedEvent, placed_event
from shared.flows.ports import Ports
from shared.flows.writing_outcome import Outcome


class EventRemoving:
    """What cannot be removed now is noted in `outcome`."""

    def __init__(
        self, outcome: Outcome, calendars: MemberCalendars, links: EventLinks, ports: Ports
    ) -> None:
        self._outcome = outcome
        self._calendars = calendars
        self._links = links
        self._ports = ports

    async def remove(self, placement: Placement) -> None:
        """Deletes its event, wherever that is, and the link; harmless to repeat."""
        if not self._calendars.reach(placement):
            self._outcome.out_of_reach()
            return
        try:
            async with placed_event(placement, self._outcome.appointment, self._ports) as event:
                await self._delete(placement, event)
        except CalendarSyncError as error:
            self._outcome.note_left_over(error)

    async def detach(self) -> None:
        """Without a primary calendar its event stays, but is neither watched nor vouched for."""
        for placement in self._outcome.appointment.placements:
            if placement.user == self._outcome.appointment.user and placement.watched:
                await self._links.drop(placement)
                left = replace(placement, entity_tag=None, watched=False)
                self._outcome.effect(with_placement(self._outcome.appointment, left))

    async def _delete(self, placement: Placement, event: PlacedEvent) -> None:
        if placement.event_id is None:
            found = await event.find()
            if found is None:
                await self._links.drop(placement)
        elif await self._deleted(placement, placement.event_id, event):
            found = None
        else:
            found = await _renamed(event)
        if found is not None:
            await self._deleted(placement, found.id, event)
        self._outcome.effect(without(self._outcome.appointment, [placement.generation]))

    async def _deleted(self, placement: Placement, event_id: str, event: PlacedEvent) -> bool:
        # No versions: that the event will be missed is then no news.
        await self._links.keep(replace(placement, event_id=event_id), [])
        return await event.delete(event_id)


async def _renamed(event: PlacedEvent) -> LiveEvent | None:
    """The event under another id: those change when a mailbox is moved."""
    with suppress(CalendarGone):  # and the event with it
        return await event.find()
    return None
