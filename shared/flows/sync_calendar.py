"""Bringing the mirror of one calendar up to date: read, decide, keep in one transaction."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain import due
from shared.domain.model import (
    CalendarKey,
    CalendarState,
    Detail,
    Problem,
    Push,
    PushStatus,
    Roster,
)
from shared.domain.proof import prove
from shared.domain.reconcile import Reconciled, Round, difference, reconcile, stripped
from shared.domain.records import CalendarPartition
from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    CursorLost,
    MailboxMissing,
    ProviderUnavailable,
    PushGone,
    PushRefused,
    ReconnectRequired,
)
from shared.flows.mailbox import Lane, mailbox
from shared.flows.ports import Ports
from shared.flows.release_calendar import release_calendar
from shared.messages import Cause, SyncCalendar
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
    for roster in Roster:
        await ports.roster.leave(roster, key)
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
        push = await _push(partition, message.cause, provider, token, ports)
        read = await _read(partition, detail, provider, token, ports)
    reconciled = reconcile(partition.mirror, read, detail)
    found = len(reconciled.upserted) + len(reconciled.dropped)
    recheck = _recheck_at(message, found, state, ports.clock())
    after = _state_after(state, read, reconciled, started)
    after = replace(after, detail=detail, push=push, recheck_at=recheck or state.recheck_at)
    after = replace(after, roster=due.roster_for(after))
    await _keep(partition, after, reconciled, ports)
    if recheck is not None:
        await _look_again(message, recheck, ports)
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

    known = partition.mirror.series
    try:
        return await provider.read(token, state, cursor, window, known, progress)
    except CursorLost:
        return await provider.read(token, state, None, window, known, progress)


def _state_after(
    state: CalendarState, read: Round, reconciled: Reconciled, started: datetime
) -> CalendarState:
    return replace(
        state,
        cursor=read.cursor,
        window=read.window,
        zone=(read.zone or state.zone) if read.full else state.zone,
        checked_at=started,
        full_read_at=started if read.full else state.full_read_at,
        problem=None,
        events=len(reconciled.mirror.events),
    )


async def _keep(
    partition: CalendarPartition, after: CalendarState, reconciled: Reconciled, ports: Ports
) -> None:
    """Enters the new roster before, leaves the old one after: the calendar is always in one."""
    moved = after.roster is not partition.state.roster
    if moved or partition.state.checked_at is None:
        await ports.roster.enter(after.roster, partition.key)
    await ports.calendars.commit(partition, after, reconciled)
    if moved:
        await ports.roster.leave(partition.state.roster, partition.key)


def _recheck_at(
    message: SyncCalendar, found: int, state: CalendarState, now: datetime
) -> datetime | None:
    """When to look again, if a notification came before the change could be seen."""
    if message.cause not in {Cause.NOTIFIED, Cause.RECHECK} or found:
        return None
    if message.cause is Cause.NOTIFIED and state.recheck_at and state.recheck_at > now:
        return None
    wait = due.recheck_after(message.recheck)
    return now + wait if wait else None


async def _look_again(message: SyncCalendar, at: datetime, ports: Ports) -> None:
    again = SyncCalendar(
        calendar=message.calendar, cause=Cause.RECHECK, at=at, recheck=message.recheck + 1
    )
    # A little later than due, so that the run that it starts cannot begin before `at`.
    wait = at - ports.clock() + timedelta(seconds=1)
    await ports.queues.send(again, wait.total_seconds())


async def _push(
    partition: CalendarPartition,
    cause: Cause,
    provider: CalendarProvider,
    token: AccessToken,
    ports: Ports,
) -> Push:
    """The push channel as it should be now. Reading goes on without one; polling then covers."""
    state, now = partition.state, ports.clock()
    if cause is Cause.PUSH_REMOVED:
        state = replace(state, push=Push())
    try:
        if due.needs_renewal(state.push, now, asked_for=cause is Cause.REAUTHORIZE):
            return await _renewed(partition, state, provider, token, ports)
        if due.needs_new_push(state, now):
            return await _subscribed(partition, state, provider, token, ports)
    except ProviderUnavailable:
        return state.push
    return state.push


async def _renewed(
    partition: CalendarPartition,
    state: CalendarState,
    provider: CalendarProvider,
    token: AccessToken,
    ports: Ports,
) -> Push:
    try:
        return await provider.renew(token, state.push)
    except PushGone:
        return await _subscribed(partition, state, provider, token, ports)


async def _subscribed(
    partition: CalendarPartition,
    state: CalendarState,
    provider: CalendarProvider,
    token: AccessToken,
    ports: Ports,
) -> Push:
    proof = prove(ports.policies.notification_secret, partition.key)
    try:
        return await provider.subscribe(token, state, proof)
    except PushRefused:
        return Push(PushStatus.REFUSED, changed_at=ports.clock())
