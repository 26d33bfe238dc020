"""The push channel of a calendar as it should be now. Reading goes on without one."""

from dataclasses import replace
from datetime import datetime

from shared.domain import due
from shared.domain.model import CalendarKey, CalendarState, Push, PushStatus
from shared.domain.proof import prove
from shared.domain.records import CalendarPartition
from shared.errors import (
    OperatorFault,
    ProviderError,
    PushGone,
    PushRefused,
    ReconnectRequired,
    StoreConflict,
    Throttled,
)
from shared.flows.ports import Ports
from shared.messages import Cause, SyncCalendar
from shared.providers.base import AccessToken, CalendarProvider

_ATTEMPTS = 4
_ABOUT_MORE_THAN_PUSH = (Throttled, ReconnectRequired, OperatorFault)


async def keep_push(
    partition: CalendarPartition,
    message: SyncCalendar,
    provider: CalendarProvider,
    token: AccessToken,
    ports: Ports,
) -> CalendarPartition:
    """Opens, renews or replaces the channel, and keeps it at once: a channel that nobody knows
    would go on for days, and use up the few that a mailbox may have. That one is gone and cannot
    be opened now is kept as well: the calendar is polled until it can.

    Raises StoreConflict when another run was faster; a channel opened in vain is ended.
    """
    state = _told(partition.state, message)
    push, replaced = await _push(state, message.cause, provider, token, ports)
    if push == partition.state.push:
        return partition
    try:
        partition = await ports.calendars.commit(partition, replace(partition.state, push=push))
    except StoreConflict:
        if push.status is PushStatus.ACTIVE and push.subscription_id != state.push.subscription_id:
            await _start_anew(partition.key, partition.state.push, push, provider, token, ports)
        raise
    if replaced is not None:
        await _end(replaced, provider, token)
    return partition


async def _start_anew(
    key: CalendarKey,
    known: Push,
    push: Push,
    provider: CalendarProvider,
    token: AccessToken,
    ports: Ports,
) -> None:
    """Where another run has opened a channel since `known` was read: the one may have ended
    the other, for Graph takes one for each calendar. Nobody can tell which lives, so both end, and
    the next run opens one."""
    await provider.unsubscribe(token, push)
    for _ in range(_ATTEMPTS):
        partition = await ports.calendars.load(key)
        theirs = partition.state.push if partition else known
        if partition is None or theirs == known or theirs.status is not PushStatus.ACTIVE:
            return
        try:
            await ports.calendars.commit(partition, replace(partition.state, push=Push()))
        except StoreConflict:
            continue
        await _end(theirs, provider, token)
        return


async def _end(channel: Push, provider: CalendarProvider, token: AccessToken) -> None:
    """Where that fails it runs out by itself."""
    try:
        await provider.unsubscribe(token, channel)
    except _ABOUT_MORE_THAN_PUSH:
        raise
    except ProviderError:
        return


def _told(state: CalendarState, message: SyncCalendar) -> CalendarState:
    """Without the channel that the provider says it has removed; that may be an older one."""
    removed = message.cause is Cause.PUSH_REMOVED
    if removed and message.subscription in {None, state.push.subscription_id}:
        return replace(state, push=Push())
    return state


async def _push(
    state: CalendarState,
    cause: Cause,
    provider: CalendarProvider,
    token: AccessToken,
    ports: Ports,
) -> tuple[Push, Push | None]:
    """The channel, and one that it replaces while that still lives."""
    now, old = ports.clock(), state.push
    if due.needs_renewal(old, now, asked_for=cause is Cause.REAUTHORIZE):
        try:
            push = await provider.renew(token, state, old, _proof(state, ports))
        except PushGone:
            return await _opened(replace(state, push=Push()), provider, token, ports), None
        except _ABOUT_MORE_THAN_PUSH:
            raise
        except ProviderError:
            return old, None  # it lives as long as it lives, and the next run tries again
        return push, old if push.subscription_id != old.subscription_id else None
    if due.needs_new_push(state, now):
        return await _opened(state, provider, token, ports), None
    return old, None


async def _opened(
    state: CalendarState, provider: CalendarProvider, token: AccessToken, ports: Ports
) -> Push:
    try:
        return await provider.subscribe(token, state, _proof(state, ports))
    except PushRefused:
        return Push(PushStatus.REFUSED, changed_at=ports.clock())
    except _ABOUT_MORE_THAN_PUSH:
        raise
    except ProviderError:
        return _none_since(state.push, ports.clock())


def _none_since(old: Push, now: datetime) -> Push:
    """What was refused a day ago stays so until there is another answer."""
    if old.status is PushStatus.ACTIVE:
        return Push(changed_at=old.expires_at or now)
    return old if old.changed_at is not None else Push(changed_at=now)


def _proof(state: CalendarState, ports: Ports) -> str:
    return prove(ports.policies.notification_secret, state.calendar.key)
