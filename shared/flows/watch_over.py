"""Who hears of a calendar that is not kept as it should be: an operator, once an episode.

It is noticed by the runs themselves, which the sweep starts for the calendars of its slot: no
calendar is looked at for this alone, and what is well costs nothing.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from shared import metrics
from shared.domain.deciding import Decided
from shared.domain.model import HELD, CalendarKey, Problem, Roster
from shared.domain.records import CalendarPartition
from shared.domain.watchdog import stuck
from shared.errors import StoreConflict
from shared.flows.ports import Policies, Ports
from shared.telemetry import alarm


def periods(policies: Policies) -> Mapping[Roster, timedelta]:
    """How often the calendars of each roster are visited."""
    return {
        Roster.PUSH: timedelta(minutes=policies.sweep_minutes),
        Roster.POLL: timedelta(minutes=policies.sweep_minutes_without_push),
    }


async def notice_run(partition: CalendarPartition, decided: Decided, ports: Ports) -> None:
    """After a run was kept: what it held back (F16), what was late, what nobody had told (F07)."""
    if decided.held:
        of = decided.state.events
        alarm(HELD, calendar=partition.key, held=decided.held, events=of)
    if decided.stuck is not None:
        _tell(partition.key, decided.stuck)
    before, after = partition.state.checked_at, decided.state.checked_at
    age = after - before if before is not None and after is not None else None
    metrics.read(partition.state.account.provider, age, decided.lag, decided.findings)
    if decided.findings:
        await ports.figures.add(partition.key, decided.findings, ports.clock())


async def notice_failed_run(partition: CalendarPartition, ports: Ports) -> None:
    """Raises the alarm where that run was overdue, and has the calendar visited more often."""
    state = partition.state
    found = stuck(state, ports.clock(), periods(ports.policies))
    if found is None or (state.stuck is not None and state.stuck.code == found.code):
        return
    after = replace(state, stuck=found, roster=Roster.POLL)
    with suppress(StoreConflict):  # another run was faster: it has read, or will see to it
        await ports.roster.enter(Roster.POLL, partition.key)
        await ports.calendars.commit(partition, after)
        await ports.roster.leave(Roster.PUSH, partition.key)
        _tell(partition.key, found)


def _tell(key: CalendarKey, found: Problem) -> None:
    alarm("calendar_stuck", calendar=key, reason=found.code, since=found.since)
