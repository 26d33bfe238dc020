"""The minute's due calendars, queued. Nothing is written to keep time."""

from shared.domain.due import slots_due
from shared.domain.model import Roster
from shared.flows.ports import Ports
from shared.messages import Cause, SyncCalendar


async def sweep(ports: Ports) -> int:
    """Queues the calendars whose slot this minute is; returns how many."""
    now, queued = ports.clock(), 0
    periods = {
        Roster.PUSH: ports.policies.sweep_minutes,
        Roster.POLL: ports.policies.sweep_minutes_without_push,
    }
    for roster, period in periods.items():
        for slot in slots_due(now, period):
            async for key in ports.roster.due(roster, slot):
                message = SyncCalendar(calendar=key, cause=Cause.SWEEP, at=now)
                await ports.queues.send(message)
                queued += 1
    return queued


async def forget_sign_ins(ports: Ports) -> int:
    """Removes sign-ins that nobody finished; returns how many."""
    return await ports.sign_ins.forget_expired(ports.clock())
