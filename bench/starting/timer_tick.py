"""P6: what the timer of a minute costs, as more and more calendars are known.

The flow of the timer is called without the host, its clock held at one minute. All calendars are in
the roster of those with push, as most are; the slots of the other roster are looked at and empty.
First 100 have their place in that minute and all others in other minutes: requests and our
processor time must not grow with these. Then so many have it as hash keys give one minute of
100,000: the cost must follow them.

Wall time stands beside bare queries of the same partitions by the same client, which take turns
with the ticks: Azurite looks at every row of a table at each query, while Azure Table Storage finds
a partition by its key. Queue messages are the tick's work itself, one for each calendar that is
due, and counted apart; anything else that is written is a write.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from azure.storage.queue.aio import QueueClient

from bench.counting import StorageRequests, storage_requests
from bench.measuring import Spread, Step, Times, timed_by_turns
from bench.place import place
from bench.results import Finding, exactly
from bench.starting.roster_rows import RosterRows, partition_of, roster_rows
from sandbox.functions_host.settings import applied
from sandbox.tour.unseen import Unseen
from shared import services
from shared.domain.due import MINUTES, slots_due
from shared.domain.model import Roster
from shared.flows.ports import Ports
from shared.flows.sweep import sweep
from shared.messages import SyncCalendar

_FEW, _MANY, _DUE = 1_000, 100_000, 100
# Known, and due in the minute.
_STAGES = ((0, 0), (_FEW, _DUE), (_MANY, _DUE), (_MANY, _MANY // MINUTES))
_REPEATS, _FEW_REPEATS = 5, 1
_MOST_SLOWER = 1.2
_NOW = datetime(2027, 3, 1, 12, 7, tzinfo=UTC)
_SEED_SECONDS, _TICKS_SECONDS = 90.0, 90.0
_PERIODS = {Roster.PUSH: 60, Roster.POLL: 5}
# What a tick of that minute looks at, by the periods that are usual.
_VISITED = [
    partition_of(roster, slot)
    for roster, period in _PERIODS.items()
    for slot in slots_due(None, _NOW, period)
]

Show = Callable[[str], None]


@dataclass(frozen=True)
class _Tick:
    """What a tick took, with so many calendars known and so many of them due."""

    known: int
    due: int
    requests: StorageRequests
    tick: Times
    queries: Times

    @property
    def sent(self) -> int:
        return self.requests.named[f"POST {SyncCalendar.queue}"]

    @property
    def written(self) -> int:
        return self.requests.writes - self.sent

    def __str__(self) -> str:
        return f"{self.known:,} known, {self.due:,} due"


async def measure(show: Show) -> list[Finding]:
    async with (
        place() as here,
        roster_rows(here.azurite, _NOW.minute) as rows,
        _queue(here.azurite.connection_string) as queue,
    ):
        with applied(here.environ):
            ports = dataclasses.replace(services.ports(), clock=lambda: _NOW)
        found = []
        for known, due in _STAGES:
            async with asyncio.timeout(_SEED_SECONDS):
                await rows.become(known, due)
            show(f"{rows.known:,} calendars are known, {rows.due:,} of them due")
            async with asyncio.timeout(_TICKS_SECONDS):
                found.append(await _ticked(ports, rows, queue))
            show(f"a tick took {found[-1].tick.wall.median * 1e3:.0f} ms")
        await services.close()
    return _findings(found)


@asynccontextmanager
async def _queue(connection: str) -> AsyncIterator[QueueClient]:
    """It is there, so that it need not be made in a tick."""
    async with QueueClient.from_connection_string(connection, SyncCalendar.queue) as queue:
        await queue.create_queue()
        yield queue


async def _ticked(ports: Ports, rows: RosterRows, queue: QueueClient) -> _Tick:
    async def queries() -> int:
        return await rows.told(_VISITED)

    async def clear() -> None:
        await queue.clear_messages()

    with storage_requests() as requests:
        queued = await sweep(ports)
    if (queued, await queries()) != (rows.due, rows.due):
        raise Unseen(f"{queued} calendars were queued, {rows.due} are due.")
    works: dict[str, tuple[Step | None, Step]] = {
        "queries": (None, queries),
        "tick": (clear, partial(sweep, ports)),
    }
    times = await timed_by_turns(works, _REPEATS if rows.due <= _DUE else _FEW_REPEATS)
    return _Tick(rows.known, rows.due, requests, times["tick"], times["queries"])


def _findings(found: list[_Tick]) -> list[Finding]:
    _, few, many, full = found
    return [
        *(_reads(tick, few) for tick in found),
        _writes(found),
        _processor(many, few),
        _for_each(full, few),
        *(_wall(tick) for tick in found),
    ]


def _reads(tick: _Tick, few: _Tick) -> Finding:
    """A page holds a thousand rows: https://learn.microsoft.com/rest/api/storageservices/
    query-timeout-and-pagination"""
    pages = max(0, (tick.due - 1) // 1_000)
    most = few.requests.reads + pages
    return Finding(
        work="P6",
        what=f"requests that read, {tick}",
        ours=exactly(tick.requests.reads),
        unit="",
        aim=f"{most}",
        met=tick.requests.reads == most,
        remark=f"{tick.sent:,} messages are queued besides, one request each.",
    )


def _writes(found: list[_Tick]) -> Finding:
    most = max(tick.written for tick in found)
    return Finding("P6", "writes besides messages", exactly(most), "", aim="0", met=not most)


def _processor(many: _Tick, few: _Tick) -> Finding:
    return Finding(
        work="P6",
        what=f"processor, {many}",
        ours=_ms(many.tick.cpu),
        unit="ms",
        against=str(few),
        theirs=_ms(few.tick.cpu),
        aim=f"at most {_MOST_SLOWER}",
        met=many.tick.cpu.median <= _MOST_SLOWER * few.tick.cpu.median,
    )


def _for_each(full: _Tick, few: _Tick) -> Finding:
    ours, theirs = (_ms(tick.tick.cpu, tick.due) for tick in (full, few))
    return Finding(
        work="P6",
        what=f"processor for each that is due, {full}",
        ours=ours,
        unit="ms",
        against=str(few),
        theirs=theirs,
        aim=f"at most {_MOST_SLOWER}",
        met=ours.median <= _MOST_SLOWER * theirs.median,
    )


def _wall(tick: _Tick) -> Finding:
    return Finding(
        work="P6",
        what=f"wall, {tick}",
        ours=_ms(tick.tick.wall),
        unit="ms",
        against="its queries alone",
        theirs=_ms(tick.queries.wall),
    )


def _ms(seconds: Spread, parts: int = 1) -> Spread:
    by = 1e3 / parts
    return Spread(seconds.median * by, seconds.low * by, seconds.high * by, seconds.count)
