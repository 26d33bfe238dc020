"""One round of an erasure: what is kept of a user at a location, or of all, found and removed.

Connections end as by a disconnect (R12): accounts that no location uses go with their mirrors. The
events that were written stay in the calendars, which are not ours.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from shared.domain.model import CalendarKey
from shared.domain.records import Erasure, KeptAppointment, Member
from shared.errors import StoreConflict
from shared.flows.apply_selection import apply_selection, selected
from shared.flows.disconnect import end_connection
from shared.flows.erase_appointments import erase_appointment, erase_links, kept_for
from shared.flows.ports import Ports
from shared.flows.publish_changes import publish_changes
from shared.flows.settle_account import tidy
from shared.messages import Cause, PublishChanges, SyncCalendar

_MEMBERS_AT_ONCE = 20
_APPOINTMENTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Erased:
    """`found` is how many traces there were. `more` are left for the next round, or `busy`."""

    found: int
    more: bool
    busy: bool


async def erase_traces(erasure: Erasure, ports: Ports) -> tuple[Erasure, Erased]:
    """Returns the erasure with what it has learnt. Raises StoreConflict."""
    members = await _members(erasure, ports)
    appointments = await kept_for(erasure, _APPOINTMENTS_AT_ONCE, ports)
    more = len(members) > _MEMBERS_AT_ONCE or len(appointments) == _APPOINTMENTS_AT_ONCE
    members = members[:_MEMBERS_AT_ONCE]
    erasure = await _noted(erasure, members, appointments, ports)
    for member in members:
        await _let_go(member, ports)
    gone = [await erase_appointment(kept, erasure, ports) for kept in appointments]
    found = len(members) + len(appointments)
    for key in erasure.calendars:
        found += await _unwatch(key, erasure, ports)
        found += await erase_links(key, erasure, ports)
        found += await _publish(key, erasure, ports)
    # After the outboxes: what was in one is in the feed now.
    found += await _erase_told(erasure, ports)
    return erasure, Erased(found, more, busy=not all(gone))


async def accounts_left(erasure: Erasure, ports: Ports) -> bool:
    """Whether an account is still to be erased, or still said to be used at the location.

    Asked when no lease can be alive: one that is left of an erased account was taken by who died.
    """
    for account in erasure.accounts:
        record = await ports.accounts.load(account)
        owner = record.owner
        if owner is None:
            await tidy(record, ports)
            continue
        if not erasure.about(owner.user):
            continue
        if not owner.locations or erasure.location in owner.locations:
            return True
    return False


async def _members(erasure: Erasure, ports: Ports) -> list[Member]:
    """Those who have connections or watches, the latter last: their watches may go meanwhile."""
    if erasure.user is None:
        members = await ports.locations.members(erasure.location)
    else:
        members = [await ports.locations.member(erasure.location, erasure.user)]
    left = [one for one in members if one.connections or one.selection.watched]
    return sorted(left, key=lambda member: not member.connections)


async def _noted(
    erasure: Erasure,
    members: Sequence[Member],
    appointments: Iterable[KeptAppointment],
    ports: Ports,
) -> Erasure:
    """Keeps where traces may be, before what tells of it goes."""
    accounts = {one.account for member in members for one in member.connections.values()}
    calendars = {key for member in members for key in _calendars(member)}
    placements = (one for kept in appointments for one in kept.appointment.placements)
    calendars |= {one.calendar.key for one in placements}
    noted = replace(
        erasure,
        accounts=tuple(sorted({*erasure.accounts, *accounts}, key=str)),
        calendars=tuple(sorted({*erasure.calendars, *calendars})),
    )
    return erasure if noted == erasure else await ports.locations.keep_erasure(noted)


def _calendars(member: Member) -> set[CalendarKey]:
    kept = member.selection
    chosen = {*selected(member), *(one.calendar for one in kept.watched)}
    return {one.key for one in chosen} | {
        one.key for pair in kept.rebound for one in (pair.was, pair.now)
    }


async def _let_go(member: Member, ports: Ports) -> None:
    location, user = member.location, member.user
    while member.connections:
        await end_connection(member, next(iter(member.connections.values())), ports)
        member = await ports.locations.member(location, user)
    # What has lost its watch is forgotten by a later pass only: by that of the next round.
    with suppress(StoreConflict):
        await apply_selection(location, user, ports)


async def _unwatch(key: CalendarKey, erasure: Erasure, ports: Ports) -> int:
    """Watches that the selection does not know of: set by who was under way."""
    found = 0
    for user in await ports.calendars.watchers(key, erasure.location):
        if erasure.about(user) and await ports.calendars.unwatch(key, erasure.location, user):
            found += 1
    if found:
        message = SyncCalendar(calendar=key, cause=Cause.SELECTED, at=ports.clock())
        await ports.queues.send(message)
    return found


async def _publish(key: CalendarKey, erasure: Erasure, ports: Ports) -> int:
    """Empties an outbox that tells of it: an outbox row may tell others something too."""
    waiting = [one for out in await ports.calendars.outbox(key) for one in out.changes]
    found = [
        one
        for one in waiting
        if one.location == erasure.location and erasure.about(one.data.get("userId"))
    ]
    if found:
        await publish_changes(PublishChanges(calendar=key), ports)
    return len(found)


async def _erase_told(erasure: Erasure, ports: Ports) -> int:
    """What the feed and the audit trail tell; of the trail all but that this is done."""
    location, user = erasure.location, erasure.user
    if user is None:
        found = await ports.changes.erase(location)
    else:
        found = await ports.changes.blank(location, user)
    return found + await ports.audit.forget(location, user, keep=erasure.audit)
