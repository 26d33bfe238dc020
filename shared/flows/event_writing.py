"""One writer's work on the events of an appointment: look, judge, write, remove what is left."""

from dataclasses import replace

from shared.domain.appointments import Appointment, LiveEvent, Placement
from shared.domain.judging import Judged, Policy, Verdict, judge
from shared.domain.links import Fingerprint
from shared.domain.placing import (
    CHANGED_AGAIN,
    Target,
    at_target,
    left_over,
    to_write,
    with_placement,
    without,
)
from shared.errors import (
    CalendarSyncError,
    EventChanged,
    EventGone,
    ProviderUnavailable,
    StoreConflict,
)
from shared.flows.event_links import EventLinks, versions
from shared.flows.event_removing import EventRemoving
from shared.flows.member_calendars import MemberCalendars
from shared.flows.placed_event import PlacedEvent, placed_event
from shared.flows.ports import Ports
from shared.flows.writing_outcome import Outcome
from shared.messages import WriteCause

_LOOKS = 4


class EventWriting:
    """`fresh` says that the placement at the target is new: nothing can be there yet.

    `missing` says that the calendar of the event does not list it, `given_up` that what its owner
    does is no longer undone.
    """

    def __init__(
        self,
        appointment: Appointment,
        calendars: MemberCalendars,
        goal: Target,
        cause: WriteCause,
        ports: Ports,
        *,
        fresh: bool,
        missing: bool = False,
        given_up: bool = False,
    ) -> None:
        self.outcome = Outcome(appointment)
        self._calendars = calendars
        self._goal = goal
        self._ports = ports
        self._links = EventLinks.of(appointment, calendars.primary, ports)
        self._removing = EventRemoving(self.outcome, calendars, self._links, ports)
        self._fresh = fresh
        self._look = cause is WriteCause.OUTSIDE
        self._missing = missing
        self._given_up = given_up

    async def run(self) -> None:
        """Does all that can be done now; what cannot is noted in `outcome`."""
        if self._goal.calendar is not None:
            await self._write()
        elif self._goal.blocked is not None:
            self.outcome.blocked = self._goal.blocked
            await self._removing.detach()
        written = self.outcome.done and self._goal.calendar is not None
        for placement in left_over(self._appointment, self._goal, written=written):
            await self._removing.remove(placement)

    @property
    def _appointment(self) -> Appointment:
        return self.outcome.appointment

    async def _write(self) -> None:
        placement = at_target(self._appointment, self._goal)
        if placement is None or not self._calendars.reach(placement):
            raise StoreConflict
        try:
            async with placed_event(placement, self._appointment, self._ports) as event:
                await self._align(placement, event)
        except CalendarSyncError as error:
            self.outcome.note(error)

    async def _align(self, placement: Placement, event: PlacedEvent) -> None:
        """Writes and looks until the event says what is wanted, or the appointment what it says."""
        seen: LiveEvent | None = None
        known = False
        if placement.event_id is None:
            try:
                placement, seen = await self._make(placement, event)
            except EventGone:
                # Thrown away before we learnt of it; the provider makes none under that name.
                await self._start_again(placement, self._appointment.restores, None, event)
                return
            known = True
        for _ in range(_LOOKS):
            if not known and self._must_look(placement):
                seen, known = await self._seen(placement, event), True
            if known and not await self._must_write(placement, seen, event):
                return
            placement = at_target(self._appointment, self._goal) or placement
            try:
                await self._change(placement, seen, event)
                return
            except (EventChanged, EventGone):
                known, seen, self._look = False, None, True
        raise ProviderUnavailable("The event changes faster than it can be read.")

    async def _make(self, placement: Placement, event: PlacedEvent) -> tuple[Placement, LiveEvent]:
        """Makes the event, or finds the one that an earlier try has made."""
        wanted = self._appointment.content
        await self._links.keep(placement, [Fingerprint.of(wanted.told)])
        found = None if self._fresh else await event.find()
        seen = found or await event.create(wanted)
        written = wanted.with_told(seen.told(wanted)) if seen.made else None
        placement = replace(placement.holding(seen, wanted), written=written)
        self.outcome.effect(with_placement(self._appointment, placement))
        await self._links.keep(placement, versions(placement, seen, wanted))
        return placement, seen

    async def _seen(self, placement: Placement, event: PlacedEvent) -> LiveEvent | None:
        """The event as it is; one that no calendar lists has been thrown away.

        Where its id is not known any more it may have another: ids change when a mailbox is moved.
        Raises CalendarGone where the whole calendar is gone, which says nothing about the event.
        """
        event_id = placement.event_id or ""
        seen = await event.read(event_id)
        if seen is None:
            return await event.find()
        if placement.watched and placement.written is not None and not self._missing:
            return seen
        return seen if await event.is_listed(event_id) else None

    def _must_look(self, placement: Placement) -> bool:
        """Without looking where our own change is all that is known of."""
        if self._look or placement.written is None or not placement.watched:
            return True
        return not self._appointment.content.differing(placement.written)

    async def _must_write(
        self, placement: Placement, seen: LiveEvent | None, event: PlacedEvent
    ) -> bool:
        """What the look at the event means; False where nothing is left to be written."""
        kept = await self._ports.locations.settings(self._appointment.location)
        appointment = self._appointment
        judged = judge(
            appointment.content,
            placement.written if placement.watched else None,
            seen,
            Policy(kept.external_changes),
            appointment.restores,
            given_up=self._given_up,
        )
        match judged.verdict:
            case Verdict.SAME:
                await self._accept(placement, seen)
            case Verdict.APPLY:
                return await self._apply(placement, seen, judged)
            case Verdict.CANCEL:
                self.outcome.from_outside(replace(appointment, cancelled=True))
            case Verdict.GIVE_UP:
                await self._give_up(placement, seen)
            case Verdict.CREATE_AGAIN:
                await self._start_again(placement, judged.restores, seen, event)
            case Verdict.WRITE:
                self.outcome.appointment = replace(appointment, restores=judged.restores)
                return True
        return False

    async def _accept(self, placement: Placement, seen: LiveEvent | None) -> None:
        """The event is as it should be, if not where it was."""
        if seen is None:
            return
        placement = placement.holding(seen, self._appointment.content)
        self.outcome.effect(with_placement(self._appointment, placement))
        says = versions(placement, seen, self._appointment.content)
        await self._links.keep(placement, says, elsewhere=self._missing)

    async def _apply(self, placement: Placement, seen: LiveEvent | None, judged: Judged) -> bool:
        """R14: the appointment takes what came from outside; True if the rest must be written."""
        if seen is None or placement.written is None:
            return False
        told = seen.told(placement.written)
        placement = placement.holding(seen, placement.written.with_told(told))
        changed = replace(self._appointment, content=judged.content)
        self.outcome.from_outside(with_placement(changed, placement))
        await self._links.keep(placement, versions(placement, seen, self._appointment.content))
        return bool(to_write(judged.content, placement, seen))

    async def _give_up(self, placement: Placement, seen: LiveEvent | None) -> None:
        """The owner has changed it again and again: it stays as they want it, visibly."""
        self.outcome.failed = CHANGED_AGAIN
        if seen is None or placement.written is None:
            # Without its event the placement says where it was given up.
            gone = replace(placement, event_id=None, watched=False)
            self.outcome.effect(with_placement(self._appointment, gone))
            await self._links.drop(placement)
            return
        told = seen.told(placement.written)
        placement = placement.holding(seen, placement.written.with_told(told))
        self.outcome.effect(with_placement(self._appointment, placement))
        await self._links.keep(placement, versions(placement, seen, self._appointment.content))

    async def _start_again(
        self, placement: Placement, restores: int, seen: LiveEvent | None, event: PlacedEvent
    ) -> None:
        """What is left of a cancelled event goes; the next writer makes a new one."""
        left = seen.id if seen else placement.event_id
        if left is not None:
            await event.delete(left)
        await self._links.drop(placement)
        appointment = replace(self._appointment, restores=restores)
        self.outcome.start_again(without(appointment, [placement.generation]))

    async def _change(
        self, placement: Placement, seen: LiveEvent | None, event: PlacedEvent
    ) -> None:
        wanted = self._appointment.content
        fields = to_write(wanted, placement, seen)
        if fields:
            says = (*versions(placement, seen, wanted), Fingerprint.of(wanted.told))
            await self._links.keep(placement, says)
            event_id = seen.id if seen else placement.event_id or ""
            tag = seen.entity_tag if seen else placement.entity_tag
            seen = await event.update(event_id, wanted, fields, tag, placement.written)
        if seen is not None:
            placement = placement.holding(seen, wanted)
        self.outcome.effect(with_placement(self._appointment, placement))
        await self._links.keep(placement, versions(placement, seen, wanted))
