"""A message that failed again and again: its calendar is parked, visibly, and never free."""

from dataclasses import replace

from shared.domain.changes import calendar_parked
from shared.domain.model import CalendarKey, Problem
from shared.flows.ports import Ports
from shared.messages import PublishChanges, SyncCalendar

PARKED = "parked"


async def park_calendar(message: SyncCalendar, ports: Ports) -> bool:
    """The sweep still tries it; the first run that succeeds lifts this. Raises StoreConflict."""
    partition = await ports.calendars.load(CalendarKey(message.calendar))
    if partition is None:
        return False
    if partition.state.problem is not None and partition.state.problem.code == PARKED:
        return True
    problem = Problem(PARKED, ports.clock())
    calendar = partition.state.calendar
    changes = [calendar_parked(watch, calendar, problem) for watch in partition.watches]
    state = replace(partition.state, problem=problem)
    await ports.calendars.commit(partition, state, changes=changes)
    if changes:
        await ports.queues.send(PublishChanges(calendar=partition.key))
    return True
