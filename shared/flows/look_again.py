"""What a run leaves for a later run of the same calendar."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain import due
from shared.domain.model import CalendarKey, CalendarState, Hold
from shared.domain.records import CalendarPartition
from shared.flows.ports import Ports
from shared.messages import Cause, SyncCalendar

# A little later than due, so that the run that it starts cannot begin before.
_LATER = timedelta(seconds=1)
_TOLD = frozenset({Cause.NOTIFIED, Cause.MISSED})
_LOST = frozenset({Cause.MISSED, Cause.PUSH_REMOVED})


def looked(message: SyncCalendar, found: int, state: CalendarState, now: datetime) -> CalendarState:
    """When to look again after a notification: providers send it before all their copies agree.

    Once even where something was found, for it may not have been all; further only where a
    notification has found nothing, and looking again has not either.
    """
    if message.cause in _TOLD:
        pending = state.recheck_at is not None and state.recheck_at > now
        wait = None if pending else due.recheck_after(0)
        unfound = (pending and state.unfound) or not found
    elif message.cause is Cause.RECHECK:
        unfound = state.unfound and not found
        wait = due.recheck_after(message.recheck) if unfound else None
    else:
        return state
    return replace(state, recheck_at=now + wait if wait else state.recheck_at, unfound=unfound)


async def look_again(message: SyncCalendar, at: datetime, ports: Ports) -> None:
    again = SyncCalendar(
        calendar=message.calendar, cause=Cause.RECHECK, at=at, recheck=message.recheck + 1
    )
    await ports.queues.send(again, _until(at, ports))


async def confirm(key: CalendarKey, hold: Hold, ports: Ports) -> None:
    """Asks for the full read that decides on what is held (F16); any later run does it too."""
    message = SyncCalendar(calendar=key, cause=Cause.HELD, at=hold.confirm_at)
    await ports.queues.send(message, _until(hold.confirm_at, ports))


async def look_at_siblings(
    partition: CalendarPartition, message: SyncCalendar, ports: Ports
) -> None:
    """Where notifications of one calendar were lost, so may be those of its account's others.

    Not for a loss that this calendar has been read after: then another has seen to it.
    """
    checked = partition.state.checked_at
    seen_to = message.attempt > 0 or (checked is not None and checked >= message.at)
    if message.cause not in _LOST or seen_to:
        return
    account = await ports.accounts.load(partition.state.account)
    for key in sorted(account.calendars - {partition.key}):
        await ports.queues.send(SyncCalendar(calendar=key, cause=Cause.NOTIFIED, at=message.at))


def _until(at: datetime, ports: Ports) -> float:
    return (at - ports.clock() + _LATER).total_seconds()
