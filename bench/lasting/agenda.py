"""The queues' work by a virtual clock: what is put for later comes when that clock says so.

Messages are sent to the real queues too, as the application sends them, and never become visible
there; they are worked off from here, as shared/triggers/ does: one after the other, or as many at
a time as one instance takes. So the host's own requests are in no count.
"""

import asyncio
import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bench.lasting.tally import Counting, Tally
from bench.lasting.virtual_clock import CLOCK
from sandbox.tour.outlook import Outlook
from shared.domain.model import LocationId, UserId
from shared.flows.apply_selection import apply_selection
from shared.flows.deliver_changes import deliver_changes
from shared.flows.ports import Ports, Queues
from shared.flows.publish_changes import publish_changes
from shared.flows.sync_calendar import sync_calendar
from shared.flows.tell_change import tell_change, tell_connection
from shared.messages import (
    ApplySelection,
    DeliverChanges,
    Message,
    PublishChanges,
    SyncCalendar,
    TellChange,
    TellConnection,
)
from shared.triggers.retries import attempted

_OUT_OF_SIGHT = 3 * 24 * 3600.0
Work = Callable[[], Awaitable[None]]
Flow = Callable[[Any, Ports], Awaitable[Any]]


async def _apply(message: ApplySelection, with_: Ports) -> str:
    await apply_selection(LocationId(message.location), UserId(message.user), with_)
    return "applied"


_FLOWS: dict[str, Flow] = {
    SyncCalendar.queue: sync_calendar,
    PublishChanges.queue: publish_changes,
    DeliverChanges.queue: deliver_changes,
    TellChange.queue: tell_change,
    TellConnection.queue: tell_connection,
    ApplySelection.queue: _apply,
}


@dataclass(order=True)
class _Entry:
    due: datetime
    number: int
    work: Work = field(compare=False)


class Agenda:
    """What is to be done and when; `tallies` are of what was done, by the name of its queue."""

    def __init__(self, outlook: Outlook) -> None:
        self._outlook = outlook
        self._entries: list[_Entry] = []
        self._numbers = itertools.count()
        self.tallies: dict[str, list[Tally]] = defaultdict(list)
        self.counting = Counting(outlook)

    def at(self, due: datetime, work: Work) -> None:
        heapq.heappush(self._entries, _Entry(due, next(self._numbers), work))

    async def until(self, end: datetime) -> None:
        """Does what is due by then, in its order, moving the clock."""
        while self._entries and self._entries[0].due <= end:
            entry = heapq.heappop(self._entries)
            await CLOCK.move_to(entry.due, self._outlook)
            await entry.work()
        await CLOCK.move_to(end, self._outlook)

    async def at_once(self, most: int) -> None:
        """Does what is due now, so many at a time, and what follows of it; without counting."""
        running: set[asyncio.Task[None]] = set()
        while running or self._due():
            while self._due() and len(running) < most:
                work = heapq.heappop(self._entries).work()
                running.add(asyncio.ensure_future(work))
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    def message(self, message: Message, ports: Ports, *, counted: bool = True) -> Work:
        """The work of a message."""

        async def work() -> None:
            if not counted:
                await attempted(message, _FLOWS[message.queue], ports)
                return
            async with self.counting.run() as tally:
                await attempted(message, _FLOWS[message.queue], ports)
            self.tallies[message.queue].append(tally)

        return work

    def drop(self) -> None:
        """Nothing of what is left will be done."""
        self._entries.clear()

    def taken(self) -> dict[str, list[Tally]]:
        """The tallies so far; they begin anew."""
        taken, self.tallies = dict(self.tallies), defaultdict(list)
        return taken

    def _due(self) -> bool:
        return bool(self._entries) and self._entries[0].due <= CLOCK()


class AgendaQueues:
    """The flows' queues: each message is sent for real, and comes by the agenda."""

    def __init__(self, real: Queues, agenda: Agenda, *, counted: bool = True) -> None:
        self._real, self._agenda, self._counted = real, agenda, counted
        self.sent: Counter[str] = Counter()
        self.ports: Ports | None = None

    async def send(self, message: Message, delay_seconds: float = 0) -> None:
        await self._real.send(message, delay_seconds + _OUT_OF_SIGHT)
        self.sent[message.queue] += 1
        assert self.ports is not None
        due = CLOCK() + timedelta(seconds=delay_seconds)
        work = self._agenda.message(message, self.ports, counted=self._counted)
        self._agenda.at(due, work)

    async def length(self, queue: str) -> int:
        return await self._real.length(queue)

    async def head_since(self, queue: str) -> datetime | None:
        return await self._real.head_since(queue)
