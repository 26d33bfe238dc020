"""P3: when a user with five calendars of 10,000 events each is busy in one week.

Ours is the flow behind `GET busy`: who the user is and what is chosen, a look into each mirror, the
week's events unpacked, blocks under the user's settings, merged. The raw queries ask the same rows
of the same five partitions by azure-data-tables and stop there: no member, nothing unpacked. Both
ask for the five at once, over open connections with the same settings; Azurite is another process.

Live, each calendar is asked for that week by calendarView, of an event as much as its time needs,
in one page; four at once, for Graph refuses more of a mailbox. What Graph itself and the way to it
take is not in these figures: the sandbox stands next door, and knows an answer again. That the
events of all are the same is looked at before anything is measured.

The week lies within a month, as most do; over the end of one there are twice as many rows to read.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from bench.counting import storage_requests
from bench.measuring import Times, timed, timed_by_turns
from bench.place import Place, place
from bench.profiling import spent
from bench.reading.busy_question import BusyQuestion, busy_question
from bench.reading.comparing import compared, milliseconds
from bench.reading.full_mailbox import Filling, connected, filled
from bench.results import Finding, exactly
from sandbox.functions_host.settings import applied
from sandbox.tour.client import Person, blocks_of
from sandbox.tour.reading import choice
from sandbox.tour.unseen import until
from shared import services
from shared.domain.spans import Interval

FILLING = Filling(singles=2500, weekly=100, daily=10)
CALENDARS = 5
_ROUNDS, _TYPED_ROUNDS, _COUNTED, _PROFILED = 25, 1, 10, 25
_FIRST_READ_SECONDS, _PAUSE_SECONDS = 120, 0.5
_CLOCK = "on the clock"
_OURS, _RAW = "ours", "raw queries of the same rows"
_LIVE, _TYPED = "calendarView live, httpx and orjson", "calendarView live, msgraph-sdk"


async def measure(show: Callable[[str], None]) -> list[Finding]:
    async with place() as here, contextlib.AsyncExitStack() as stack:
        show(f"filling {CALENDARS} calendars with {FILLING.occurrences:,} events each")
        calendars = await filled(here, [FILLING] * CALENDARS)
        stack.enter_context(applied(here.environ))
        stack.push_async_callback(services.close)
        week = _week(datetime.now(UTC))
        asked = (week.start, week.end)
        async with connected(here) as (person, host):
            show("reading them all")
            await _chosen(person, week)
            await host.wait_idle(_FIRST_READ_SECONDS)
            show("asking over HTTP")
            by_http = await timed(lambda: person.busy(asked), _ROUNDS)
            told = blocks_of(await person.busy(asked))
        question = await busy_question(here, calendars, week, stack)
        await question.check(told)
        show("asking by turns")
        works = {_OURS: question.ours, _RAW: question.raw, _LIVE: question.live}
        times = await timed_by_turns({k: (None, work) for k, work in works.items()}, _ROUNDS)
        show("asking by msgraph-sdk")
        times[_TYPED] = await timed(question.by_sdk, _TYPED_ROUNDS)
        show("looking where the time goes")
        profile = await spent(question.ours, _PROFILED)
        calls = await _provider_calls(here, question)
        return [*_findings(times, profile), calls, _over_http(by_http)]


def _week(now: datetime) -> Interval:
    """From the 10th of the month after next."""
    month = now.month + 1
    start = datetime(now.year + month // 12, month % 12 + 1, 10, tzinfo=UTC)
    return Interval(start, start + timedelta(days=7))


async def _chosen(person: Person, week: Interval) -> None:
    """One calendar as primary, the others for conflicts; until all are read. Raises Unseen."""
    listed = await person.calendars()
    [primary] = [choice(one) for one in listed if one["isDefault"]]
    conflicts = [choice(one) for one in listed if not one["isDefault"]]
    await person.configure({"primary": primary, "conflicts": conflicts, "recurringEvents": "every"})

    async def look() -> bool | None:
        await asyncio.sleep(_PAUSE_SECONDS)
        return True if (await person.busy((week.start, week.end)))["complete"] else None

    await until(look, _FIRST_READ_SECONDS, "The first read of all calendars")


def _findings(times: Mapping[str, Times], profile: str) -> list[Finding]:
    ours, raw, live, typed = (times[name] for name in (_OURS, _RAW, _LIVE, _TYPED))
    return [
        compared(
            "P3",
            _CLOCK,
            ours.wall,
            (_RAW, raw.wall),
            most=("≤ 2×", 2),
            remark=f"Of {CALENDARS} calendars of {FILLING.occurrences:,} events, one week. Ours "
            f"takes {_ratio(ours, raw)} times the processor time. {profile}",
        ),
        compared("P3", _CLOCK, ours.wall, (_LIVE, live.wall), remark=_spared(ours, live)),
        compared("P3", _CLOCK, ours.wall, (_TYPED, typed.wall), remark=_spared(ours, typed)),
    ]


def _ratio(one: Times, other: Times) -> str:
    ratio = one.cpu.median / other.cpu.median
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"


def _spared(ours: Times, theirs: Times) -> str:
    return f"It takes {_ratio(theirs, ours)} times our processor time, and Graph stands next door."


async def _provider_calls(here: Place, question: BusyQuestion) -> Finding:
    before = await here.outlook.last_request()
    with storage_requests() as storage:
        for _ in range(_COUNTED):
            await question.ours()
    asked = await here.outlook.ask("GET", "requests/count", params={"after": before})
    calls = asked["count"] / _COUNTED
    remark = (
        f"{storage.reads / _COUNTED:g} reads and {storage.writes / _COUNTED:g} writes of the "
        "storage an answer."
    )
    return Finding(
        "P3", "provider calls", exactly(calls), "", aim="0", met=calls == 0, remark=remark
    )


def _over_http(times: Times) -> Finding:
    remark = "From the request to its JSON, both ends in one process."
    return Finding("P3", "over HTTP", milliseconds(times.wall), "ms", remark=remark)
