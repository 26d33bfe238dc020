"""When a user is busy in one week: the question, put to the service and to those that it spares."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bench.place import Place
from bench.reading.bare_graph import BareGraph, access, connections
from bench.reading.full_mailbox import ADDRESS, LOCATION, USER
from bench.reading.table_rows import TableRows
from bench.reading.typed_graph import TypedGraph
from sandbox.tour.intervals import Interval as Pair
from sandbox.tour.intervals import merged
from sandbox.tour.unseen import Unseen
from shared import services
from shared.domain.access import Caller, Membership
from shared.domain.model import Calendar, CalendarKey, LocationId, UserId, Window
from shared.domain.spans import Interval
from shared.flows.ports import Ports
from shared.flows.read_time import BusyTime, asked_range, busy_time, known_member
from shared.providers.outlook.sign_in import OUTLOOK

_LOCATION, _USER = LocationId(LOCATION), UserId(USER)
_CALLER = Caller(_USER, "Full Mailbox", {_LOCATION: Membership.AGENT})
_AT_ONCE = 4
_FIELDS = ["start", "end", "isAllDay", "isCancelled", "showAs", "type", "seriesMasterId"]
_MOST = 500


@dataclass(frozen=True)
class BusyQuestion:
    """Each way of asking it finds out about all calendars."""

    ports: Ports
    calendars: Sequence[str]
    keys: Sequence[CalendarKey]
    week: Interval
    rows: TableRows
    bare: BareGraph
    typed: TypedGraph

    async def ours(self) -> BusyTime:
        asked = asked_range(self.week.start, self.week.end)
        member = await known_member(_CALLER, _LOCATION, _USER, self.ports)
        return await busy_time(member, asked, self.ports)

    async def raw(self) -> None:
        await asyncio.gather(*(self.rows.around(key, self.week) for key in self.keys))

    async def live(self) -> list[list[Any]]:
        return await self._each(self.bare.view)

    async def by_sdk(self) -> list[list[Any]]:
        return await self._each(self.typed.view)

    async def check(self, told: list[Pair]) -> None:
        """Raises Unseen where the service and the calendars do not say the same."""
        found = await self.ours()
        ours = [(block.interval.start, block.interval.end) for block in found.blocks]
        live = await self.live()
        seen = merged(_span(item, self.week) for items in live for item in items)
        if not found.complete or not ours == told == seen:
            raise Unseen("The mirror, the API and the calendars do not say the same.")

    async def _each(
        self, view: Callable[[str, Window, list[str], int], Awaitable[list[Any]]]
    ) -> list[list[Any]]:
        room, window = asyncio.Semaphore(_AT_ONCE), Window(self.week.start, self.week.end)

        async def one(calendar: str) -> list[Any]:
            async with room:
                found = await view(calendar, window, _FIELDS, _MOST)
            if not 0 < len(found) < _MOST:
                raise Unseen(f"{len(found)} events of a week are not all of them, or none.")
            return found

        return await asyncio.gather(*(one(calendar) for calendar in self.calendars))


async def busy_question(
    here: Place, calendars: Sequence[str], week: Interval, stack: contextlib.AsyncExitStack
) -> BusyQuestion:
    to, ports = await access(here, ADDRESS), services.ports()
    rows = TableRows(here.environ["CALENDAR_STORAGE"])
    stack.push_async_callback(rows.close)
    member = await ports.locations.member(_LOCATION, _USER)
    account = member.connections[OUTLOOK].account
    return BusyQuestion(
        ports,
        calendars,
        [Calendar(account, calendar).key for calendar in calendars],
        week,
        rows,
        BareGraph(to, await stack.enter_async_context(connections(to))),
        TypedGraph(to, await stack.enter_async_context(connections(to))),
    )


def _span(item: Mapping[str, Any], within: Interval) -> Pair:
    """Of an item whose times are in UTC."""
    begin, end = (
        datetime.fromisoformat(item[name]["dateTime"][:19]).replace(tzinfo=UTC)
        for name in ("start", "end")
    )
    return max(begin, within.start), min(end, within.end)
