"""Where the event of an appointment is to be, and what of it has to be written. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.appointments import (
    Appointment,
    Content,
    LiveEvent,
    Placement,
    Sync,
    SyncState,
)
from shared.domain.asking import resting
from shared.domain.model import Account, Calendar, UserId

NO_PRIMARY = "no_primary_calendar"
NOT_CONNECTED = "not_connected"
CHANGED_AGAIN = "changed_in_calendar"
REJECTED = "rejected"

GIVEN_UP = Sync(SyncState.FAILED, CHANGED_AGAIN)

_FINAL = frozenset({CHANGED_AGAIN, REJECTED})
"""Failures that only a new request of the CRM can end."""

_ALL = frozenset({"title", "start", "end", "description", "place"})


@dataclass(frozen=True, slots=True)
class Target:
    """Where the event is to be: nowhere if it is not wanted, or `blocked`, for the reason named."""

    calendar: Calendar | None = None
    blocked: str | None = None


def target(
    appointment: Appointment,
    primary: Calendar | None,
    accounts: Collection[Account],
    now: datetime,
) -> Target:
    """One calendar alone is written (R6, R8, R10); what is past stays where it is (R13).

    `primary` is that of the appointment's user, `accounts` are those that they have connected
    here: on any other nothing may be done (R4).
    """
    if not appointment.wanted:
        return Target()
    if primary is None:
        return Target(blocked=NO_PRIMARY if accounts else NOT_CONNECTED)
    written = own_event(appointment)
    if appointment.content.end > now or written is None:
        return Target(primary)
    if written.calendar.account not in accounts:
        return Target(blocked=NOT_CONNECTED)
    return Target(written.calendar)


def own_event(appointment: Appointment) -> Placement | None:
    """The newest event that was written for the appointment's user."""
    own = (p for p in appointment.placements if p.user == appointment.user and p.event_id)
    return max(own, key=lambda p: p.generation, default=None)


def at_target(appointment: Appointment, goal: Target) -> Placement | None:
    """The newest placement of the appointment's user on that calendar."""
    there = (
        placement
        for placement in appointment.placements
        if placement.calendar == goal.calendar and placement.user == appointment.user
    )
    return max(there, key=lambda p: p.generation, default=None)


def rebound(
    appointment: Appointment, now: Mapping[UserId, Mapping[Calendar, Calendar]]
) -> Appointment:
    """With the events on calendars that have another id `now`, for the user who chose them.

    Nobody has watched those meanwhile: one that is not found there was not cancelled by that.
    """
    placements = tuple(
        replace(one, calendar=calendar, marked=one.marked or one.calendar.key, watched=False)
        if (calendar := now.get(one.user, {}).get(one.calendar))
        else one
        for one in appointment.placements
    )
    return replace(appointment, placements=placements)


def intended(appointment: Appointment, goal: Target) -> Appointment:
    """With a placement for the event that is about to be made, where there is none yet, and with
    all others given up: should one of them be wanted again, nobody knows what has become of it."""
    stays = at_target(appointment, goal)
    kept = {one for one in appointment.placements if one == stays or _waits(one, appointment, goal)}
    placements = tuple(
        one if one in kept else replace(one, watched=False) for one in appointment.placements
    )
    appointment = replace(appointment, placements=placements)
    if goal.calendar is None or stays is not None:
        return appointment
    return with_new_placement(appointment, goal.calendar)


def _waits(placement: Placement, appointment: Appointment, goal: Target) -> bool:
    """Until it may be written elsewhere the event stays where it is."""
    return goal.blocked is not None and placement.user == appointment.user


def left_over(appointment: Appointment, goal: Target, *, written: bool) -> list[Placement]:
    """Whose events are to go: all but the one that stays; until that is `written`, the old one of
    the same user stays too."""
    if not appointment.wanted:
        return list(appointment.placements)
    if written:
        stays = at_target(appointment, goal)
        return [one for one in appointment.placements if one != stays]
    return [one for one in appointment.placements if one.user != appointment.user]


def with_new_placement(appointment: Appointment, calendar: Calendar) -> Appointment:
    generation = appointment.generation + 1
    placement = Placement(appointment.user, calendar, generation)
    placements = (*appointment.placements, placement)
    return replace(appointment, generation=generation, placements=placements)


def with_placement(appointment: Appointment, placement: Placement) -> Appointment:
    """With this instead of the placement of the same generation."""
    placements = tuple(
        placement if one.generation == placement.generation else one
        for one in appointment.placements
    )
    return replace(appointment, placements=placements)


def without(appointment: Appointment, generations: Iterable[int]) -> Appointment:
    gone = set(generations)
    left = tuple(one for one in appointment.placements if one.generation not in gone)
    return replace(appointment, placements=left)


def in_step(appointment: Appointment, goal: Target) -> bool:
    """Whether nothing has to be written or removed, as far as is known without looking."""
    sync = appointment.sync
    if sync.state is SyncState.FAILED and sync.code in _FINAL:
        return goal.calendar is None or at_target(appointment, goal) is not None
    if goal.blocked is not None:
        own = (one for one in appointment.placements if one.user == appointment.user)
        detached = all(not one.watched for one in own)
        return sync == Sync(SyncState.NOT_SYNCED, goal.blocked) and detached
    if goal.calendar is None:
        return not appointment.placements and sync == resting(appointment)
    match appointment.placements:
        case (only,) if only == at_target(appointment, goal):
            says = only.event_id is not None and only.written is not None and only.watched
            same = says and not appointment.content.differing(only.written or appointment.content)
            return same and sync.state is SyncState.SYNCED
    return False


def to_write(
    wanted: Content, placement: Placement, seen: LiveEvent | None = None
) -> frozenset[str]:
    """The fields to change in the event: those that differ from what it says, all where unknown.

    Who is invited was said when the event was made: to say it again would mail them again. The
    text of an online meeting is never written: it holds the way in.
    https://learn.microsoft.com/graph/api/event-update
    """
    written = placement.written
    if written is None:
        fields = _ALL
    else:
        says = written if seen is None else written.with_told(seen.told(written))
        fields = wanted.differing(says)
    online = placement.online or (seen is not None and seen.online)
    return fields - {"description"} if online else fields
