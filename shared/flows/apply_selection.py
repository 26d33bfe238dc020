"""Making the watches of a user at a location follow the selection that is kept."""

from dataclasses import replace

from shared.domain.model import Calendar, LocationId, Role, Roster, UserId, Watch
from shared.domain.records import Member, WatchedCalendar
from shared.flows.ports import Ports
from shared.messages import ApplySelection, Cause, SyncCalendar

SAFETY_SECONDS = 10
"""Sent this much ahead: should the request die half way, the message finishes its work."""


async def safely_later(location: LocationId, user: UserId, ports: Ports) -> None:
    await ports.queues.send(ApplySelection(location=location, user=user), SAFETY_SECONDS)


async def apply_selection(location: LocationId, user: UserId, ports: Ports) -> None:
    """Harmless to repeat. Raises StoreConflict if the selection changes meanwhile."""
    member = await ports.locations.member(location, user)
    wanted = selected(member)
    kept = member.selection
    for watched in kept.watched:
        role = wanted.get(watched.calendar)
        if role is None:
            await _unwatch(watched.calendar, location, user, ports)
        else:
            await _watch(watched, Watch(location, user, role), ports)
    still = tuple(watched for watched in kept.watched if watched.calendar in wanted)
    if still != kept.watched:
        await ports.locations.choose(location, user, replace(kept, watched=still))


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
    result = await ports.calendars.watch(watched.unread(), watch)
    if result.state.checked_at is None:
        await ports.roster.enter(Roster.POLL, calendar.key)
    if result.changed or result.state.checked_at is None:
        await _sync(calendar, ports)


async def _unwatch(calendar: Calendar, location: LocationId, user: UserId, ports: Ports) -> None:
    if await ports.calendars.unwatch(calendar.key, location, user):
        await _sync(calendar, ports)


async def _sync(calendar: Calendar, ports: Ports) -> None:
    await ports.queues.send(
        SyncCalendar(calendar=calendar.key, cause=Cause.SELECTED, at=ports.clock())
    )
