"""Making the watches of a user at a location follow the selection that is kept."""

from dataclasses import replace

from shared.domain.changes import selection_applied
from shared.domain.model import Calendar, LocationId, Role, Roster, UserId, Watch
from shared.domain.records import KeptSelection, Member, WatchedCalendar
from shared.errors import StoreConflict
from shared.flows.ports import SAFETY_SECONDS, Ports
from shared.messages import (
    ApplySelection,
    Cause,
    RealignAppointments,
    SyncCalendar,
    TellChange,
)

_ROUNDS = 4


async def safely_later(location: LocationId, user: UserId, ports: Ports) -> None:
    await ports.queues.send(ApplySelection(location=location, user=user), SAFETY_SECONDS)


async def apply_selection(location: LocationId, user: UserId, ports: Ports) -> None:
    """Harmless to repeat, and to run beside itself: it goes on until the selection stands still.

    A calendar stays in `watched` until a later pass finds no watch on it, so that none that a
    slower pass has set is forgotten. Raises StoreConflict if the selection does not stand still.
    """
    member = await ports.locations.member(location, user)
    seen: dict[Calendar, WatchedCalendar] = {}
    for _ in range(_ROUNDS):
        seen |= {watched.calendar: watched for watched in member.selection.watched}
        still = await _applied(member, seen, ports)
        after = await ports.locations.member(location, user)
        if _same(after, member):
            await _keep(after, still, ports)
            await _tell(after, ports)
            return
        member = after
    raise StoreConflict


async def _applied(
    member: Member, seen: dict[Calendar, WatchedCalendar], ports: Ports
) -> set[Calendar]:
    """Sets and removes watches; returns the calendars that had one, or have one now."""
    wanted = selected(member)
    still = set(wanted)
    for calendar, watched in seen.items():
        role = wanted.get(calendar)
        if role is not None:
            await _watch(watched, Watch(member.location, member.user, role), ports)
        elif await ports.calendars.unwatch(calendar.key, member.location, member.user):
            await _sync(calendar, ports)
            still.add(calendar)
    return still


def _same(one: Member, other: Member) -> bool:
    return (
        one.selection.number == other.selection.number
        and one.connections.keys() == other.connections.keys()
    )


async def _keep(member: Member, still: set[Calendar], ports: Ports) -> None:
    """Forgets the calendars without a watch; those that just lost one, in a later pass."""
    kept = member.selection
    left = tuple(watched for watched in kept.watched if watched.calendar in still)
    if left != kept.watched:
        changed: KeptSelection = replace(kept, watched=left)
        await ports.locations.choose(member.location, member.user, changed)
    if still - selected(member).keys():
        await safely_later(member.location, member.user, ports)


async def _tell(member: Member, ports: Ports) -> None:
    """Appointments follow the primary calendar (R13); the CRM hears that other time is busy."""
    location, user = member.location, member.user
    await ports.queues.send(RealignAppointments(location=location, user=user))
    number, now = member.selection.number, ports.clock()
    if number:
        window = ports.policies.horizon.window(now)
        change = selection_applied(location, user, number, now, window)
        await ports.queues.send(TellChange(change=change))


def selected(member: Member) -> dict[Calendar, Role]:
    """The calendars of the selection, by the accounts that are connected now."""
    return {
        Calendar(member.connections[choice.provider].account, choice.calendar_id): role
        for choice, role in member.selection.selection.roles()
        if choice.provider in member.connections
    }


async def _watch(watched: WatchedCalendar, watch: Watch, ports: Ports) -> None:
    calendar = watched.calendar
    await ports.accounts.remember_calendar(calendar)
    result = await ports.calendars.watch(watched.unread(ports.clock()), watch)
    if result.state.checked_at is None:
        await ports.roster.enter(Roster.POLL, calendar.key)
    if result.changed or result.state.checked_at is None:
        await _sync(calendar, ports)


async def _sync(calendar: Calendar, ports: Ports) -> None:
    await ports.queues.send(
        SyncCalendar(calendar=calendar.key, cause=Cause.SELECTED, at=ports.clock())
    )
