"""The minute's due calendars, queued. Nothing is written to keep time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

from shared.domain.due import slots_due
from shared.domain.model import CalendarKey, Roster
from shared.flows.ports import Ports
from shared.messages import Cause, SyncCalendar

_AT_ONCE = 16


async def sweep(ports: Ports, last: datetime | None = None) -> int:
    """Queues the calendars whose slot has come since `last`, or in this minute; returns how many.

    A tick that was missed (a restart, a slow one) is made up for, an hour back at most.
    """
    now, queued = ports.clock(), 0
    periods = {
        Roster.PUSH: ports.policies.sweep_minutes,
        Roster.POLL: ports.policies.sweep_minutes_without_push,
    }
    for roster, period in periods.items():
        for slot in slots_due(last, now, period):
            async for keys in _some(ports.roster.due(roster, slot)):
                messages = [SyncCalendar(calendar=key, cause=Cause.SWEEP, at=now) for key in keys]
                await asyncio.gather(*(ports.queues.send(message) for message in messages))
                queued += len(keys)
    return queued


async def _some(keys: AsyncIterator[CalendarKey]) -> AsyncIterator[list[CalendarKey]]:
    """As many at a time as are put on the queue at once: one after the other, a large slot would
    take longer than its minute."""
    some: list[CalendarKey] = []
    async for key in keys:
        some.append(key)
        if len(some) == _AT_ONCE:
            yield some
            some = []
    if some:
        yield some


async def forget_sign_ins(ports: Ports) -> int:
    """Removes sign-ins that nobody finished; returns how many."""
    return await ports.sign_ins.forget_expired(ports.clock())
