"""From an edit to the busy time that shows it, as the CRM sees it."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from bench.soak.edits import Edit, Living
from bench.soak.people import Owner
from sandbox.tour.client import blocks_of
from sandbox.tour.intervals import Interval, clipped, merged

_TICK_SECONDS = 0.1
_FIRST_LOOK_SECONDS = 0.25
_LONGEST_WAIT_SECONDS = 5.0
_AT_ONCE = 3


@dataclass(frozen=True)
class _Awaited:
    """An edit that is not seen yet, and what its event should block."""

    began: float
    told: bool
    blocks: list[Interval]


@dataclass(frozen=True)
class Percentiles:
    """Seconds."""

    edits: int
    p50: float
    p90: float
    p99: float
    longest: float


class Lags:
    """Looks at busy time until it shows the edits that are noted: ever less often, 25% exact."""

    def __init__(self, window: Interval) -> None:
        self._window = window
        self._awaited: dict[str, dict[Living, list[_Awaited]]] = defaultdict(dict)
        self._owners: dict[str, Owner] = {}
        self._next: dict[str, float] = {}
        self._seen: list[tuple[float, bool]] = []

    def note(self, owner: Owner, edit: Edit) -> None:
        """To be called at once after the edit."""
        user = owner.person.user
        self._owners[user] = owner
        waiting = self._awaited[user].setdefault(edit.event, [])
        waiting.append(_Awaited(time.monotonic(), edit.told, edit.event.blocks))
        self._next[user] = time.monotonic() + _FIRST_LOOK_SECONDS

    @property
    def unseen(self) -> int:
        return sum(len(one) for events in self._awaited.values() for one in events.values())

    async def run(self) -> None:
        """Looks until cancelled."""
        room = asyncio.Semaphore(_AT_ONCE)
        while True:
            now = time.monotonic()
            due = [user for user, at in self._next.items() if at <= now and self._awaited[user]]
            await asyncio.gather(*(self._look(user, room) for user in due))
            await asyncio.sleep(_TICK_SECONDS)

    async def look_at_all(self) -> None:
        """Looks once more at whatever is unseen."""
        room = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(self._look(user, room) for user in list(self._awaited)))

    def percentiles(self, *, told_only: bool) -> Percentiles | None:
        """Of those seen; None without any."""
        found = sorted(lag for lag, told in self._seen if told or not told_only)
        if not found:
            return None

        def at(share: float) -> float:
            return round(found[min(len(found) - 1, int(len(found) * share))], 2)

        return Percentiles(len(found), at(0.5), at(0.9), at(0.99), round(found[-1], 2))

    async def _look(self, user: str, room: asyncio.Semaphore) -> None:
        async with room:
            answer = await self._owners[user].person.busy(self._window)
        now, blocks = time.monotonic(), blocks_of(answer)
        for event, waiting in list(self._awaited[user].items()):
            self._settle(event, waiting, blocks, now, complete=answer["complete"])
            if not waiting:
                del self._awaited[user][event]
        youngest = max((one[-1].began for one in self._awaited[user].values()), default=now)
        wait = min(_LONGEST_WAIT_SECONDS, max(_FIRST_LOOK_SECONDS, (now - youngest) * 0.25))
        self._next[user] = now + wait

    def _settle(
        self,
        event: Living,
        waiting: list[_Awaited],
        blocks: list[Interval],
        now: float,
        *,
        complete: bool,
    ) -> None:
        """What a later edit of the event has overtaken, noted or not, is seen with it."""
        shown = in_seat(blocks, event.seat)
        matching = [n for n, one in enumerate(waiting) if one.blocks == shown]
        reached = matching[-1] + 1 if matching else 0
        if shown == event.blocks:
            reached = len(waiting)
        if not complete or not reached:
            return
        self._seen += [(now - one.began, one.told) for one in waiting[:reached] if one.began < now]
        del waiting[:reached]


def in_seat(blocks: Iterable[Interval], seat: list[Interval]) -> list[Interval]:
    """What of the blocks lies in the seat of an event: its own."""
    kept = list(blocks)
    return merged(part for one in seat for part in clipped(kept, one))
