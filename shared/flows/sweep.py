"""The minute's due calendars, queued. Nothing is written to keep time."""

from datetime import datetime

from shared.domain.due import slots_due
from shared.domain.model import Roster
from shared.flows.ports import Ports
from shared.messages import Cause, SyncCalendar


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
            async for key in ports.roster.due(roster, slot):
                await ports.queues.send(SyncCalendar(calendar=key, cause=Cause.SWEEP, at=now))
                queued += 1
    return queued


async def forget_sign_ins(ports: Ports) -> int:
    """Removes sign-ins that nobody finished; returns how many."""
    return await ports.sign_ins.forget_expired(ports.clock())
