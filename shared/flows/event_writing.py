"""One writer's work on the events of an appointment: write, judge, remove what is left over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

from shared.domain.appointments import Appointment, LiveEvent, Placement
from shared.domain.judging import Judged, Policy, Verdict, judge
from shared.domain.links import Fingerprint
from shared.domain.placing import (
    CHANGED_AGAIN,
    Target,
    at_target,
    to_write,
    with_placement,
    without,
)
from shared.errors import (
    CalendarGone,
    CalendarSyncError,
    EventChanged,
    EventGone,
    ProviderUnavailable,
    StoreConflict,
)
from shared.flows.event_links import EventLinks, versions
from shared.flows.mailbox import Lane, mailbox
from shared.flows.member_calendars import MemberCalendars
from shared.flows.ports import Ports
from shared.flows.writing_outcome import Outcome
from shared.messages import WriteCause
from shared.providers.base import AccessToken, CalendarProvider

_LOOKS = 4


@dataclass(frozen=True, slots=True)
class _At:
    """The calendar of a placement, with a place in flight at its mailbox."""

    provider: CalendarProvider
    token: AccessToken
    calendar_id: str


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
            await self._detach()
        for placement in self._left_over():
            await self._remove(placement)

    @property
    def _appointment(self) -> Appointment:
        return self.outcome.appointment

    async def _write(self) -> None:
        placement = at_target(self._appointment, self._goal)
        if placement is None or not self._calendars.reach(placement):
            raise StoreConflict
        try:
            async with self._at(placement) as at:
                await self._align(placement, at)
        except CalendarSyncError as error:
            self.outcome.note(error)

    @asynccontextmanager
    async def _at(self, placement: Placement) -> AsyncIterator[_At]:
        account = placement.calendar.account
        async with mailbox(self._ports, account, Lane.BACKGROUND) as token:
            provider = self._ports.provider(account.provider)
            yield _At(provider, token, placement.calendar.calendar_id)

    async def _align(self, placement: Placement, at: _At) -> None:
        """Writes and looks until the event says what is wanted, or the appointment what it says."""
        seen: LiveEvent | None = None
        known = False
        if placement.event_id is None:
            try:
                placement, seen = await self._make(placement, at)
            except EventGone:
                # Thrown away before we learnt of it; the provider makes none under that name.
                await self._start_again(placement, self._appointment.restores, None, at)
                return
            known = True
        for _ in range(_LOOKS):
            if not known and self._must_look(placement):
                seen, known = await self._seen(placement, at), True
            if known and not await self._must_write(placement, seen, at):
                return
            placement = at_target(self._appointment, self._goal) or placement
            try:
                await self._change(placement, seen, at)
                return
            except (EventChanged, EventGone):
                known, seen, self._look = False, None, True
        raise ProviderUnavailable("The event changes faster than it can be read.")

    async def _make(self, placement: Placement, at: _At) -> tuple[Placement, LiveEvent]:
        """Makes the event, or finds the one that an earlier try has made."""
        wanted = self._appointment.content
        transaction = placement.transaction(self._appointment.location, self._appointment.id)
        await self._links.keep(placement, [Fingerprint.of(wanted.told)])
        found = None if self._fresh else await self._found(placement, at)
        event = found or await at.provider.create_event(
            at.token, at.calendar_id, wanted, transaction
        )
        written = wanted.with_told(event.told(wanted)) if event.made else None
        placement = replace(placement.holding(event, wanted), written=written)
        self.outcome.effect(with_placement(self._appointment, placement))
        await self._links.keep(placement, versions(placement, event, wanted))
        return placement, event

    async def _seen(self, placement: Placement, at: _At) -> LiveEvent | None:
        """The event as it is; one that no calendar lists has been thrown away.

        Where its id is not known any more it may have another: ids change when a mailbox is moved.
        Raises CalendarGone where the whole calendar is gone, which says nothing about the event.
        """
        event_id = placement.event_id or ""
        seen = await at.provider.event(at.token, at.calendar_id, event_id)
        if seen is None:
            return await self._found(placement, at)
        if placement.watched and placement.written is not None and not self._missing:
            return seen
        transaction = placement.transaction(self._appointment.location, self._appointment.id)
        listed = await at.provider.is_listed(at.token, at.calendar_id, event_id, transaction)
        return seen if listed else None

    def _must_look(self, placement: Placement) -> bool:
        """Without looking where our own change is all that is known of."""
        if self._look or placement.written is None or not placement.watched:
            return True
        return not self._appointment.content.differing(placement.written)

    async def _must_write(self, placement: Placement, seen: LiveEvent | None, at: _At) -> bool:
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
                await self._start_again(placement, judged.restores, seen, at)
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
        self, placement: Placement, restores: int, seen: LiveEvent | None, at: _At
    ) -> None:
        """What is left of a cancelled event goes; the next writer makes a new one."""
        left = seen.id if seen else placement.event_id
        if left is not None:
            await at.provider.delete_event(at.token, at.calendar_id, left)
        await self._links.drop(placement)
        appointment = replace(self._appointment, restores=restores)
        self.outcome.start_again(without(appointment, [placement.generation]))

    async def _change(self, placement: Placement, seen: LiveEvent | None, at: _At) -> None:
        wanted = self._appointment.content
        fields = to_write(wanted, placement, seen)
        if fields:
            says = (*versions(placement, seen, wanted), Fingerprint.of(wanted.told))
            await self._links.keep(placement, says)
            event_id = seen.id if seen else placement.event_id or ""
            tag = seen.entity_tag if seen else placement.entity_tag
            seen = await at.provider.update_event(
                at.token, at.calendar_id, event_id, wanted, fields, tag, placement.written
            )
        if seen is not None:
            placement = placement.holding(seen, wanted)
        self.outcome.effect(with_placement(self._appointment, placement))
        await self._links.keep(placement, versions(placement, seen, wanted))

    def _left_over(self) -> list[Placement]:
        """All events but the one that is to stay; until that is written, the old one stays too."""
        appointment = self._appointment
        if not appointment.wanted:
            return list(appointment.placements)
        if self.outcome.done and self._goal.calendar is not None:
            stays = at_target(appointment, self._goal)
            return [one for one in appointment.placements if one != stays]
        return [one for one in appointment.placements if one.user != appointment.user]

    async def _remove(self, placement: Placement) -> None:
        if not self._calendars.reach(placement):
            self.outcome.out_of_reach()
            return
        try:
            async with self._at(placement) as at:
                await self._delete(placement, at)
        except CalendarSyncError as error:
            self.outcome.note_left_over(error)

    async def _delete(self, placement: Placement, at: _At) -> None:
        if placement.event_id is None:
            found = await self._found(placement, at)
            if found is None:
                await self._links.drop(placement)
        elif await self._deleted(placement, placement.event_id, at):
            found = None
        else:
            found = await self._renamed(placement, at)
        if found is not None:
            await self._deleted(placement, found.id, at)
        self.outcome.effect(without(self._appointment, [placement.generation]))

    async def _deleted(self, placement: Placement, event_id: str, at: _At) -> bool:
        # No versions: that the event will be missed is then no news.
        await self._links.keep(replace(placement, event_id=event_id), [])
        return await at.provider.delete_event(at.token, at.calendar_id, event_id)

    async def _renamed(self, placement: Placement, at: _At) -> LiveEvent | None:
        """The event under another id: those change when a mailbox is moved."""
        with suppress(CalendarGone):  # and the event with it
            return await self._found(placement, at)
        return None

    async def _found(self, placement: Placement, at: _At) -> LiveEvent | None:
        """The event by its mark, whatever its id. Raises CalendarGone."""
        appointment = self._appointment
        transaction = placement.transaction(appointment.location, appointment.id)
        return await at.provider.find_event(at.token, at.calendar_id, transaction)

    async def _detach(self) -> None:
        """Without a primary calendar its event stays, but is neither watched nor vouched for."""
        for placement in self._appointment.placements:
            if placement.user == self._appointment.user and placement.watched:
                await self._links.drop(placement)
                left = replace(placement, entity_tag=None, watched=False)
                self.outcome.effect(with_placement(self._appointment, left))
