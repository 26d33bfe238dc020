"""Fires timer functions by their NCRONTAB schedules, in UTC.

Facts: https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer (six fields,
seconds first; no overlap), github.com/atifaziz/NCrontab (day of month and day of week must both
match), and azure-functions `timer.py` (the converter used here).
"""

import asyncio
import json
import re
from datetime import UTC, datetime
from typing import Any

from azure.functions.meta import Datum
from azure.functions.timer import TimerRequestConverter
from cronsim import CronSim, CronSimError

from sandbox.functions_host.errors import HostError
from sandbox.functions_host.functions import Function
from sandbox.functions_host.invoker import Invoker, Outcome

CLOCK_CHECK_SECONDS = 30.0

# What CronSim takes and NCRONTAB does not: L, LW, # and a 7 for Sunday.
_NOT_NCRONTAB = re.compile(r"#|\bLW?\b|\dL\b|7\S*$", re.IGNORECASE)


class Schedule:
    """An NCRONTAB expression."""

    def __init__(self, expression: str, where: str) -> None:
        self._expression = expression
        if len(expression.split()) != 6 or _NOT_NCRONTAB.search(expression):
            raise HostError(f"{where}: {expression!r} is not NCRONTAB with six fields")
        try:
            self.after(datetime(2000, 1, 1, tzinfo=UTC))
        except (CronSimError, StopIteration) as error:
            raise HostError(f"{where}: {expression!r}: {error}") from None

    def after(self, moment: datetime) -> datetime:
        """The first time after `moment`."""
        times = CronSim(self._expression, moment)
        times.day_and = True
        found: datetime = next(times)
        return found


class TimerLoop:
    """Runs one timer function, never twice at once."""

    def __init__(self, function: Function, invoker: Invoker) -> None:
        self.function = function
        self._invoker = invoker
        self._schedule = Schedule(function.binding["schedule"], function.name)
        self._last: datetime | None = None
        self._stopped = asyncio.Event()
        self._busy = asyncio.Lock()

    async def run(self) -> None:
        """Fires when due, until stopped; first of all with `run_on_startup`."""
        if self.function.binding.get("runOnStartup"):
            await self.fire()
        while await self._wait_until(self._schedule.after(datetime.now(UTC))):
            await self.fire()

    async def fire(self) -> Outcome:
        """Runs the function now, after the run that may be under way."""
        async with self._busy:
            now = datetime.now(UTC)
            status = {"Last": self._last or now, "Next": self._schedule.after(now)}
            self._last = now
            request = to_trigger({name: at.isoformat() for name, at in status.items()})
            return await self._invoker.invoke(self.function, lambda: request)

    async def stop(self, within: float) -> None:
        """Fires no more; waits `within` seconds for a run that is under way."""
        self._stopped.set()
        try:
            async with asyncio.timeout(within):
                async with self._busy:
                    return
        except TimeoutError:
            return

    async def _wait_until(self, due: datetime) -> bool:
        """Waits in short stretches, so that a changed clock is seen; False when stopped."""
        while (left := (due - datetime.now(UTC)).total_seconds()) > 0:
            try:
                await asyncio.wait_for(self._stopped.wait(), min(left, CLOCK_CHECK_SECONDS))
            except TimeoutError:
                continue
            return False
        return not self._stopped.is_set()


def to_trigger(status: dict[str, str]) -> Any:
    """The `TimerRequest` for a schedule status; never past due, for nothing is kept over stops."""
    document = {
        "Schedule": {"AdjustForDST": True},
        "ScheduleStatus": {**status, "LastUpdated": status["Last"]},
        "IsPastDue": False,
    }
    data = Datum(json.dumps(document), "json")
    return TimerRequestConverter.decode(data, trigger_metadata=None)
