"""Where the time of a piece of work goes, by package."""

import sysconfig
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyinstrument import Profiler

from bench.measuring import Step

_INTERVAL_SECONDS = 0.001
_SHOWN, _LEAST_SHARE = 8, 0.02
_LIBRARIES = Path(sysconfig.get_path("purelib"))
_STANDARD = Path(sysconfig.get_path("stdlib"))
_PROJECT = Path(__file__).parent.parent
_WAITING = "selectors"


async def spent(work: Step, repeats: int, before: Step | None = None) -> str:
    """The parts of it that each package takes itself, the largest first, as told in a remark.

    Waiting for others is left out. Every package's share is of the time on the processor.
    """
    seconds: defaultdict[str, float] = defaultdict(float)
    for _ in range(repeats):
        if before is not None:
            await before()
        profiler = Profiler(interval=_INTERVAL_SECONDS, async_mode="disabled")
        with profiler:
            await work()
        if profiler.last_session is not None:
            for stack, taken in profiler.last_session.frame_records:
                seconds[_package(stack)] += taken
    seconds.pop(_WAITING, None)
    return _told(seconds)


def _told(seconds: Mapping[str, float]) -> str:
    whole = sum(seconds.values())
    largest = sorted(seconds.items(), key=lambda item: -item[1])[:_SHOWN]
    shown = [
        f"{name} {100 * taken / whole:.0f} %"
        for name, taken in largest
        if taken >= _LEAST_SHARE * whole
    ]
    return f"Where its processor time goes: {', '.join(shown)}."


def _package(stack: Sequence[str]) -> str:
    """Of the innermost function that lies in a file. pyinstrument names each
    `function\\0file\\0line`, followed by `\\1` and attributes."""
    for name in reversed(stack):
        parts = name.split("\x01")[0].split("\x00")
        path = Path(parts[1]) if len(parts) > 1 else Path()
        for root, depth in ((_LIBRARIES, 1), (_PROJECT, 2), (_STANDARD, 1)):
            if path.is_relative_to(root):
                inner = path.relative_to(root).with_suffix("").parts
                return ".".join(inner[:depth])
    return "built in"
