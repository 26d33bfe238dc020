"""Time and processor time of a piece of work, and how far apart its repetitions lie."""

import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

K = TypeVar("K")
Step = Callable[[], Awaitable[object]]


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


async def timed(work: Step, repeats: int, before: Step | None = None) -> Times:
    """Does the work once to warm up, then `repeats` times; `before` each, which is not measured."""
    return (await timed_by_turns({None: (before, work)}, repeats))[None]


async def timed_by_turns(
    works: Mapping[K, tuple[Step | None, Step]], repeats: int
) -> dict[K, Times]:
    """The same for several works that take turns, so that a noisy machine troubles them alike."""
    taken: dict[K, list[tuple[float, float]]] = {name: [] for name in works}
    for number in range(repeats + 1):
        for name, (before, work) in works.items():
            if before is not None:
                await before()
            found = await _once(work)
            if number:
                taken[name].append(found)
    return {
        name: Times(Spread.of([wall for wall, _ in found]), Spread.of([cpu for _, cpu in found]))
        for name, found in taken.items()
    }


async def _once(work: Step) -> tuple[float, float]:
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    await work()
    return time.perf_counter() - wall, time.process_time() - cpu
