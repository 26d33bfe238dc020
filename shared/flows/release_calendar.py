"""Letting go of a calendar that nobody watches: its push channel ends, its mirror is erased."""

from shared.domain.model import CalendarKey, Push, PushStatus, Roster
from shared.domain.records import CalendarPartition
from shared.errors import ProviderError, ProviderUnavailable, StoreConflict, Throttled
from shared.flows.mailbox import Lane, mailbox
from shared.flows.ports import Ports
from shared.messages import Cause, SyncCalendar


async def release_calendar(
    partition: CalendarPartition, ports: Ports, *, insist: bool = True
) -> None:
    """Raises StoreConflict if somebody begins to watch it meanwhile, Throttled to wait; with
    `insist` also ProviderUnavailable, to be tried again until the channel has ended."""
    await _end_push(partition, ports, insist)
    try:
        await ports.calendars.erase(partition)
    except StoreConflict:
        await _push_is_gone(partition, ports)
        raise
    await ports.accounts.forget_calendar(partition.state.account, partition.key)
    if await forget_rosters(partition.key, ports):
        await ports.accounts.remember_calendar(partition.state.calendar)


async def forget_rosters(key: CalendarKey, ports: Ports) -> bool:
    """Takes a calendar that is not kept any more out of the rosters.

    True if somebody has begun to watch it meanwhile: then it is entered again.
    """
    for roster in Roster:
        await ports.roster.leave(roster, key)
    watched = await ports.calendars.glance(key, None) is not None
    if watched:
        await ports.roster.enter(Roster.POLL, key)
    return watched


async def _push_is_gone(partition: CalendarPartition, ports: Ports) -> None:
    """Whoever watches it now needs a new channel: what is kept still says that there is one."""
    push = partition.state.push
    if push.status is PushStatus.ACTIVE:
        message = SyncCalendar(
            calendar=partition.key,
            cause=Cause.PUSH_REMOVED,
            at=ports.clock(),
            subscription=push.subscription_id,
        )
        await ports.queues.send(message)


async def _end_push(partition: CalendarPartition, ports: Ports, insist: bool) -> None:
    """As long as the token works. A channel that cannot be ended runs out by itself; what it still
    sends finds no calendar."""
    state = partition.state
    if state.push.status is not PushStatus.ACTIVE:
        return
    try:
        provider = ports.provider(state.account.provider)
        async with mailbox(ports, state.account, Lane.BACKGROUND) as token:
            await provider.unsubscribe(token, state.push)
    except Throttled:
        raise
    except ProviderUnavailable:
        if insist and not _over(state.push, ports):
            raise
    except ProviderError:
        return


def _over(push: Push, ports: Ports) -> bool:
    return push.expires_at is not None and push.expires_at <= ports.clock()
