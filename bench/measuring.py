"""Time and processor time of a piece of work, and how far apart its repetitions lie."""

import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """The median of some values, the smallest and the largest."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values), len(values))


@dataclass(frozen=True)
class Times:
    """Seconds that repetitions have taken: on the clock, and of this process's processors."""

    wall: Spread
    cpu: Spread


async def timed(
    work: Callable[[], Awaitable[object]],
    repeats: int,
    before: Callable[[], Awaitable[object]] | None = None,
) -> Times:
    """Does the work once to warm up, then `repeats` times; `before` each, which is not measured."""
    walls, cpus = [], []
    for number in range(repeats + 1):
        if before is not None:
            await before()
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        await work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        if number:
            walls.append(wall)
            cpus.append(cpu)
    return Times(Spread.of(walls), Spread.of(cpus))
