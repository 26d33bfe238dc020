"""A message that failed again and again: its calendar is parked, visibly, and never free."""

from dataclasses import replace

from shared.domain.model import CalendarKey, Problem
from shared.flows.ports import Ports
from shared.messages import SyncCalendar

PARKED = "parked"


async def park_calendar(message: SyncCalendar, ports: Ports) -> bool:
    """The sweep still tries it; the first run that succeeds lifts this. Raises StoreConflict."""
    partition = await ports.calendars.load(CalendarKey(message.calendar))
    if partition is None:
        return False
    state = replace(partition.state, problem=Problem(PARKED, ports.clock()))
    await ports.calendars.commit(partition, state)
    return True
