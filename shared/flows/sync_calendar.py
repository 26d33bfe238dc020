"""Bringing the mirror of one calendar up to date: read, decide, keep in one transaction."""

import asyncio
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from shared.domain import due
from shared.domain.deciding import Seen, decide
from shared.domain.links import Link
from shared.domain.model import CalendarKey, Detail, Problem, Roster
from shared.domain.portion import portion
from shared.domain.reconcile import difference, reconcile, stripped
from shared.domain.records import CalendarPartition
from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    CalendarSyncError,
    MailboxMissing,
    ReconnectRequired,
)
from shared.flows.keep_push import keep_push
from shared.flows.keep_reading import keep_reading, links_now, look_after
from shared.flows.look_again import confirm, look_again, look_at_siblings, looked
from shared.flows.mailbox import Lane, mailbox
from shared.flows.ports import Ports
from shared.flows.read_calendar import CalendarRounds
from shared.flows.rebind_calendar import rebind_calendar
from shared.flows.release_calendar import forget_rosters, release_calendar
from shared.flows.watch_over import notice_failed_run, notice_run, periods
from shared.messages import Cause, PublishChanges, SyncCalendar

_ABOUT_THE_CALENDAR = (CalendarGone, CalendarForbidden, MailboxMissing, ReconnectRequired)
_turns: WeakValueDictionary[CalendarKey, asyncio.Lock] = WeakValueDictionary()
_NEVER_SKIPPED = frozenset({Cause.REAUTHORIZE, Cause.PUSH_REMOVED})


@dataclass(frozen=True, slots=True)
class Synced:
    """What a run did, for its log record."""

    outcome: str
    requests: int = 0
    events: int = 0
    changed: int = 0
    held: int = 0


async def sync_calendar(message: SyncCalendar, ports: Ports) -> Synced:
    """Runs once for a message. Whatever is raised, nothing of the run is kept.

    Raises StoreConflict when another run was faster, and what the provider raises that may heal
    by waiting. What is wrong with the calendar itself is kept and shown instead.
    """
    key = CalendarKey(message.calendar)
    async with _turn(key):
        return await _synced(key, message, ports)


def _turn(key: CalendarKey) -> asyncio.Lock:
    """In one process one run of a calendar after the other: a burst of notifications would have
    each of them read, and all but one of them lose. Between processes the transaction decides."""
    return _turns.setdefault(key, asyncio.Lock())


async def _synced(key: CalendarKey, message: SyncCalendar, ports: Ports) -> Synced:
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
    await look_at_siblings(partition, message, ports)
    try:
        return await _run(partition, message, ports)
    except _ABOUT_THE_CALENDAR as error:
        problem = Problem(error.reason, ports.clock())
        if partition.state.problem is None or partition.state.problem.code != problem.code:
            await ports.calendars.commit(partition, replace(partition.state, problem=problem))
        if isinstance(error, CalendarGone) and await rebind_calendar(partition, ports):
            return Synced("rebound")
        return Synced(error.reason)
    except CalendarSyncError:
        await notice_failed_run(partition, ports)
        raise


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
    partition, seen, links = await _read(partition, message, ports)
    now = ports.clock()
    decided = decide(partition, seen, links, now, periods(ports.policies))
    changed = len(decided.reconciled.upserted) + len(decided.reconciled.dropped)
    after = looked(message, changed, decided.state, now)
    if after.recheck_at is not None and after.recheck_at != partition.state.recheck_at:
        await look_again(message, after.recheck_at, ports)
    if decided.held and after.hold is not None:
        await confirm(partition.key, after.hold, ports)
    await look_after(partition, decided.reconciled, seen.read, links, ports)
    await keep_reading(partition, after, decided.reconciled, links, ports)
    await notice_run(partition, decided, ports)
    return Synced("synced", seen.read.requests, after.events, changed, decided.held)


async def _read(
    partition: CalendarPartition, message: SyncCalendar, ports: Ports
) -> tuple[CalendarPartition, Seen, list[Link]]:
    """What the provider says now; the partition with the push channel as it is now, and of its
    mirror what that concerns; the links as they are now."""
    started, detail = ports.clock(), due.wanted_detail(partition.watches)
    before = partition.state
    pushed = before.roster is Roster.PUSH and due.push_lives(before.push, started)
    provider, whole, told = ports.provider(before.account.provider), None, None
    async with mailbox(ports, before.account, Lane.BACKGROUND) as token:
        # Push first: what changes while the calendar is read is then told to us.
        partition = await keep_push(partition, message, provider, token, ports)
        rounds = CalendarRounds(partition, detail, provider, token, ports)
        read = await rounds.due()
        if read.full:
            whole = reconcile(partition.mirror, read, detail)
            told = await rounds.told(read) if whole.changed else None
    links = await links_now(partition, read, whole, ports)
    partition = portion(partition, read, links)
    reconciled = whole or reconcile(partition.mirror, read, detail)
    swept = pushed and message.cause is Cause.SWEEP
    told_at = message.at if message.cause is Cause.NOTIFIED else None
    return partition, Seen(started, detail, read, reconciled, told, swept, told_at), links
