"""Bringing the mirror of one calendar up to date: read, decide, keep in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain import due
from shared.domain.changes import Change, busy_changed, touched
from shared.domain.links import Link, questionable
from shared.domain.model import (
    CalendarKey,
    CalendarState,
    Detail,
    Problem,
    Roster,
)
from shared.domain.reconcile import Reconciled, Round, difference, reconcile, stripped
from shared.domain.records import CalendarPartition
from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    CursorLost,
    MailboxMissing,
    ReconnectRequired,
)
from shared.flows.keep_push import keep_push
from shared.flows.mailbox import Lane, mailbox
from shared.flows.ports import Ports
from shared.flows.release_calendar import forget_rosters, release_calendar
from shared.messages import Cause, PublishChanges, SyncCalendar, WriteAppointment, WriteCause
from shared.providers.base import AccessToken, CalendarProvider

_ABOUT_THE_CALENDAR = (CalendarGone, CalendarForbidden, MailboxMissing, ReconnectRequired)
_NEVER_SKIPPED = frozenset({Cause.REAUTHORIZE, Cause.PUSH_REMOVED})


@dataclass(frozen=True, slots=True)
class Synced:
    """What a run did, for its log record."""

    outcome: str
    requests: int = 0
    events: int = 0
    changed: int = 0


async def sync_calendar(message: SyncCalendar, ports: Ports) -> Synced:
    """Runs once for a message. Whatever is raised, nothing of the run is kept.

    Raises StoreConflict when another run was faster, and what the provider raises that may heal
    by waiting. What is wrong with the calendar itself is kept and shown instead.
    """
    key = CalendarKey(message.calendar)
    partition = await ports.calendars.load(key)
    if partition is None:
        return await _forget(key, ports)
    if partition.unpublished:
        await ports.queues.send(PublishChanges(calendar=key))
    if not partition.watches:
        await release_calendar(partition, ports)
        return Synced("released")
    partition = await _without_titles(partition, ports)
    if _seen_already(partition, message):
        return Synced("seen_already", events=partition.state.events)
    try:
        return await _run(partition, message, ports)
    except _ABOUT_THE_CALENDAR as error:
        problem = Problem(error.reason, ports.clock())
        if partition.state.problem is None or partition.state.problem.code != problem.code:
            await ports.calendars.commit(partition, replace(partition.state, problem=problem))
        return Synced(error.reason)


async def _forget(key: CalendarKey, ports: Ports) -> Synced:
    """A calendar that is not kept any more: what still calls for it ends here."""
    await forget_rosters(key, ports)
    return Synced("unknown")


async def _without_titles(partition: CalendarPartition, ports: Ports) -> CalendarPartition:
    """Titles go the moment that the calendar is nobody's primary, read or not (R15)."""
    state = partition.state
    if state.detail is Detail.TIME or due.wanted_detail(partition.watches) is Detail.TITLES:
        return partition
    bare = difference(partition.mirror, stripped(partition.mirror))
    state = replace(state, detail=Detail.TIME, events=len(bare.mirror.events))
    return await ports.calendars.commit(partition, state, bare)


def _seen_already(partition: CalendarPartition, message: SyncCalendar) -> bool:
    """Whether a read that began after the cause arose has been kept: many causes, one read."""
    state = partition.state
    if message.cause in _NEVER_SKIPPED or state.checked_at is None or state.problem is not None:
        return False
    return state.checked_at >= message.at and state.detail is due.wanted_detail(partition.watches)


async def _run(partition: CalendarPartition, message: SyncCalendar, ports: Ports) -> Synced:
    state, started = partition.state, ports.clock()
    detail = due.wanted_detail(partition.watches)
    provider = ports.providers[state.account.provider]
    async with mailbox(ports, state.account, Lane.BACKGROUND) as token:
        # Push first: what changes while the calendar is read is then told to us.
        partition = await keep_push(partition, message, provider, token, ports)
        read = await _read(partition, detail, provider, token, ports)
    reconciled = reconcile(partition.mirror, read, detail)
    found = len(reconciled.upserted) + len(reconciled.dropped)
    recheck = _recheck_at(message, found, state, ports.clock())
    after = _state_after(partition.state, read, reconciled, started)
    after = replace(after, detail=detail, recheck_at=recheck or state.recheck_at)
    after = replace(after, roster=due.roster_for(after))
    if recheck is not None:
        await _look_again(message, recheck, ports)
    links = await _links(partition, read, reconciled, ports)
    await _keep(partition, after, reconciled, links, ports)
    return Synced("synced", read.requests, after.events, found)


async def _read(
    partition: CalendarPartition,
    detail: Detail,
    provider: CalendarProvider,
    token: AccessToken,
    ports: Ports,
) -> Round:
    """The round that is due; a full one when the provider has lost the cursor."""
    state, now = partition.state, ports.clock()
    window = ports.policies.horizon.window(now)
    cursor = due.usable_cursor(state, detail, ports.policies.horizon, now)

    async def progress(events: int) -> None:
        if state.checked_at is None:
            await ports.calendars.report_progress(partition.key, events)

    try:
        return await provider.read(token, state, cursor, window, progress)
    except CursorLost:
        return await provider.read(token, state, None, window, progress)


def _state_after(
    state: CalendarState, read: Round, reconciled: Reconciled, started: datetime
) -> CalendarState:
    # A few changes tell the zone only where nothing better is known, as of a calendar first empty.
    zone = read.zone or state.zone if read.full else state.zone or read.zone
    return replace(
        state,
        cursor=read.cursor,
        window=read.window,
        zone=zone,
        checked_at=started,
        full_read_at=started if read.full else state.full_read_at,
        problem=None,
        events=len(reconciled.mirror.events),
    )


async def _links(
    partition: CalendarPartition, read: Round, reconciled: Reconciled, ports: Ports
) -> list[Link]:
    """The links as they are now; those whose event is not as it should be are looked after.

    Where something has changed they are read anew: what this round has seen of our own writing
    was linked before it was written. Those that are new since then explain, and miss nothing:
    their event may have been made after the round.
    """
    links = list(partition.links)
    if reconciled.changed:
        links = await ports.calendars.links(partition.key)
    known = [link for link in links if link in partition.links]
    found = questionable(known, reconciled.mirror, read.window, thorough=read.full)
    for link, missing in found:
        await ports.queues.send(
            WriteAppointment(
                location=link.location,
                appointment=link.appointment,
                cause=WriteCause.OUTSIDE,
                missing=missing,
            )
        )
    for link in links:
        if link.elsewhere and link.event_id in reconciled.mirror.events:
            await ports.calendars.link(partition.key, replace(link, elsewhere=False))
    return links


def _changes(
    partition: CalendarPartition,
    after: CalendarState,
    reconciled: Reconciled,
    links: Sequence[Link],
) -> list[Change]:
    """What those who watch the calendar are told: not what their own location has written."""
    window, started = after.window, after.checked_at
    if window is None or started is None:
        return []
    changes = []
    for watch in partition.watches:
        own = [link for link in links if link.location == watch.location]
        span = touched(partition.mirror, reconciled, own, window)
        if span is not None:
            changes.append(busy_changed(watch, after.calendar, span, started))
    return changes


async def _keep(
    partition: CalendarPartition,
    after: CalendarState,
    reconciled: Reconciled,
    links: Sequence[Link],
    ports: Ports,
) -> None:
    """Enters the new roster before, leaves the old one after: the calendar is always in one.

    A full read sets both right again, whatever crashes and races have left.
    """
    moved = after.roster is not partition.state.roster
    settles = moved or after.full_read_at == after.checked_at
    if settles:
        await ports.roster.enter(after.roster, partition.key)
    changes = _changes(partition, after, reconciled, links)
    window = after.window
    spent = [link for link in links if window and link.spent(reconciled.mirror, window)]
    await ports.calendars.commit(partition, after, reconciled, changes=changes, spent=spent)
    if changes:
        await ports.queues.send(PublishChanges(calendar=partition.key))
    if settles:
        other = Roster.POLL if after.roster is Roster.PUSH else Roster.PUSH
        await ports.roster.leave(other, partition.key)


def _recheck_at(
    message: SyncCalendar, found: int, state: CalendarState, now: datetime
) -> datetime | None:
    """When to look again after a notification: providers send it before all their copies agree.

    Once even where something was found, for it may not have been all; further only for nothing.
    """
    if message.cause is Cause.NOTIFIED:
        pending = state.recheck_at is not None and state.recheck_at > now
        wait = None if pending else due.recheck_after(0)
    elif message.cause is Cause.RECHECK and not found:
        wait = due.recheck_after(message.recheck)
    else:
        wait = None
    return now + wait if wait else None


async def _look_again(message: SyncCalendar, at: datetime, ports: Ports) -> None:
    again = SyncCalendar(
        calendar=message.calendar, cause=Cause.RECHECK, at=at, recheck=message.recheck + 1
    )
    # A little later than due, so that the run that it starts cannot begin before `at`.
    wait = at - ports.clock() + timedelta(seconds=1)
    await ports.queues.send(again, wait.total_seconds())
