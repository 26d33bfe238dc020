"""The push channel of a calendar as it should be now. Reading goes on without one."""

from dataclasses import replace

from shared.domain import due
from shared.domain.model import CalendarState, Push, PushStatus
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

_ABOUT_MORE_THAN_PUSH = (Throttled, ReconnectRequired, OperatorFault)


async def keep_push(
    partition: CalendarPartition,
    message: SyncCalendar,
    provider: CalendarProvider,
    token: AccessToken,
    ports: Ports,
) -> CalendarPartition:
    """Opens, renews or replaces the channel, and keeps it at once: a channel that nobody knows
    would go on for days, and use up the few that a mailbox may have.

    Raises StoreConflict when another run was faster; a channel opened in vain is ended.
    """
    state = _told(partition.state, message)
    try:
        push, replaced = await _push(state, message.cause, provider, token, ports)
    except _ABOUT_MORE_THAN_PUSH:
        raise
    except ProviderError:
        return partition  # polling covers until it works
    if push == partition.state.push:
        return partition
    try:
        partition = await ports.calendars.commit(partition, replace(partition.state, push=push))
    except StoreConflict:
        if push.subscription_id != state.push.subscription_id:
            await provider.unsubscribe(token, push)
        raise
    if replaced is not None:
        await _end(replaced, provider, token)
    return partition


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
            return await _opened(state, provider, token, ports), None
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


def _proof(state: CalendarState, ports: Ports) -> str:
    return prove(ports.policies.notification_secret, state.calendar.key)
