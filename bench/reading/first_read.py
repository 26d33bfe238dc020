"""P1: the first read of a calendar of 5,000 occurrences, against those who only list them.

Ours is the flow of the product, whole: it takes a place at the mailbox, opens the push channel (a
handshake included), reads by delta, decides, and writes the mirror into Azurite. The calendar is
somebody's primary one, so titles are kept.

The floor reads the same delta pages with the same preferences by httpx and parses them by orjson.
msgraph-sdk lists the same delta by its builders into its models, once, for it takes long. O365
lists the same window by calendarView, for it knows no delta: occurrences of series come whole
there, so its answers are larger, and it is compared by the clock alone; what the sandbox takes to
write them is in its figure, as it would be at Graph. All are warm, over HTTP/1.1 with TLS, in this
process; ours and the floor take turns. The sandbox and Azurite are processes of their own;
processor time is this one's.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from bench.measuring import Spread, Step, Times, timed, timed_by_turns
from bench.place import place
from bench.profiling import spent
from bench.reading.bare_graph import BareGraph, access, connections
from bench.reading.comparing import compared
from bench.reading.full_mailbox import ADDRESS, Filling
from bench.reading.o365_library import O365Library
from bench.reading.typed_graph import TypedGraph
from bench.reading.unread_calendar import UnreadCalendar, unread_calendar
from bench.results import Finding
from sandbox.tour.unseen import Unseen
from shared.domain.model import Window

FILLING = Filling(singles=2500, weekly=40, daily=2)
_ROUNDS, _O365_ROUNDS, _TYPED_ROUNDS, _PROFILED = 25, 3, 1, 10
_OURS, _FLOOR = "ours", "httpx and orjson, list only"
_TYPED, _O365 = "msgraph-sdk, list only", "O365, list only"
Listed = Callable[[Window], Awaitable[int]]
_PROCESSOR, _CLOCK = "processor time", "on the clock"


async def measure(show: Callable[[str], None]) -> list[Finding]:
    async with contextlib.AsyncExitStack() as stack:
        here = await stack.enter_async_context(place())
        show(f"filling a calendar with {FILLING.occurrences:,} occurrences")
        calendar = await stack.enter_async_context(unread_calendar(here, FILLING))
        to = await access(here, ADDRESS)
        bare = BareGraph(to, await stack.enter_async_context(connections(to)))
        typed = TypedGraph(to, await stack.enter_async_context(connections(to)))
        library = stack.enter_context(contextlib.closing(O365Library(to)))
        show("reading it, and listing it by httpx, by turns")
        times = await timed_by_turns(_works(calendar, bare), _ROUNDS)
        for name, listed, rounds in _slow(calendar, typed, library):
            show(f"listing it by {name}")
            times[name] = await timed(_once_warm(calendar, listed), rounds)
        show("looking where the time goes")
        profile = await spent(calendar.read, _PROFILED, calendar.forget)
        return _findings(times, bare.bytes, profile)


def _works(calendar: UnreadCalendar, bare: BareGraph) -> dict[str, tuple[Step, Step]]:
    window = calendar.window

    async def ours() -> None:
        # The mirror holds the first event of each series by itself too.
        _all((await calendar.read()).events - FILLING.series)

    async def floor() -> None:
        _all(len(await bare.delta(calendar.id, window)) - FILLING.series)

    return {_OURS: (calendar.forget, ours), _FLOOR: (bare.touch, floor)}


def _slow(
    calendar: UnreadCalendar, typed: TypedGraph, library: O365Library
) -> list[tuple[str, Listed, int]]:
    """Each with how often it is measured."""
    known = library.calendar(calendar.id)

    async def by_sdk(window: Window) -> int:
        return len(await typed.delta(calendar.id, window)) - FILLING.series

    async def by_o365(window: Window) -> int:
        return len(await asyncio.to_thread(library.view, known, window))

    return [(_O365, by_o365, _O365_ROUNDS), (_TYPED, by_sdk, _TYPED_ROUNDS)]


def _once_warm(calendar: UnreadCalendar, listed: Listed) -> Step:
    """Lists all of it, but the first time, which is to warm up, no more than a day."""
    window, warm = calendar.window, False
    day = Window(window.start + timedelta(days=60), window.start + timedelta(days=61))

    async def work() -> None:
        nonlocal warm
        if warm:
            _all(await listed(window))
        else:
            await listed(day)
            warm = True

    return work


def _all(occurrences: int) -> None:
    if occurrences != FILLING.occurrences:
        raise Unseen(f"{occurrences} of {FILLING.occurrences} occurrences were read.")


def _findings(times: Mapping[str, Times], size: int, profile: str) -> list[Finding]:
    ours, floor, typed, o365 = (times[name] for name in (_OURS, _FLOOR, _TYPED, _O365))
    return [
        compared(
            "P1",
            _PROCESSOR,
            ours.cpu,
            (_FLOOR, floor.cpu),
            most=("≤ 3×", 3),
            remark=f"{FILLING.occurrences:,} occurrences on pages of {size / 1e6:.1f} MB; ours "
            f"takes {_each(ours.cpu)} an occurrence, the floor {_each(floor.cpu)}. {profile}",
        ),
        compared(
            "P1",
            _PROCESSOR,
            ours.cpu,
            (_TYPED, typed.cpu),
            most=("≤ 1/30", 1 / 30),
            remark=f"It takes {typed.cpu.median / ours.cpu.median:.0f} times as much, "
            f"{_each(typed.cpu)} an occurrence.",
        ),
        compared(
            "P1",
            _CLOCK,
            ours.wall,
            (_O365, o365.wall),
            most=("< 1×", 1),
            remark=f"Of these {_whole(ours.cpu)} and {_whole(o365.cpu)} are processor time of the "
            "process that asks.",
        ),
        compared(
            "P1",
            _CLOCK,
            ours.wall,
            (_FLOOR, floor.wall),
            remark="Of its time the floor spends "
            f"{1e3 * (floor.wall.median - floor.cpu.median):,.0f} ms waiting for the sandbox.",
        ),
    ]


def _each(seconds: Spread) -> str:
    return f"{1e6 * seconds.median / FILLING.occurrences:,.0f} µs"


def _whole(seconds: Spread) -> str:
    return f"{1e3 * seconds.median:,.0f} ms"
