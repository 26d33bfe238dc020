"""The table `changes`: the feed of each location; its rows are in change_rows.py.

Numbers grow without gaps and the oldest go first, so that a gap always means that something has
aged away. The partition `endpoints` holds a row for each webhook that wants nothing any more.
"""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import takewhile

from shared.domain.changes import Change
from shared.domain.delivery import AT_ONCE
from shared.domain.model import LocationId, UserId
from shared.domain.records import NumberedChange, PendingDelivery
from shared.errors import Expired, StoreConflict
from shared.store import feed_erasing
from shared.store.change_rows import (
    CHANGE,
    COUNTER,
    MOST_ADDED,
    MOST_OPERATIONS,
    MOST_REMOVED,
    PENDING,
    TOLD,
    WHEN,
    added,
    additions,
    location_row,
    names_of,
    newest_of,
    number_of,
    numbered_of,
    numbers,
    pending_of,
    pending_row,
)
from shared.store.rows import in_partition, row_key, rows_under
from shared.store.tables import Entity, Tables, etag_of

KEPT = timedelta(days=7)

_ATTEMPTS = 8
_LONGEST_WAIT_SECONDS = 0.5
_FORGET_EVERY = 50
_MOST_FORGOTTEN = 2 * MOST_REMOVED
_ENDPOINTS = "endpoints"


class TableChangeStore:
    """A ChangeStore (see base.py) on Azure Table Storage."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("changes")

    async def append(
        self, location: LocationId, changes: Sequence[Change], now: datetime, *, deliver: bool
    ) -> None:
        once = list({change.id: change for change in changes}.values())
        for start in range(0, len(once), MOST_ADDED):
            await self._append(location, once[start : start + MOST_ADDED], now, deliver)

    async def read(
        self, location: LocationId, after: int | None, limit: int, now: datetime
    ) -> list[NumberedChange]:
        if after is None:
            rows = await self._oldest_kept(location, limit, now)
        else:
            rows = await self._after(location, after, limit, now)
        return [numbered_of(row) for row in rows]

    async def pending(self, location: LocationId, subject: str) -> list[PendingDelivery]:
        found = await self._first(location, rows_under(PENDING, subject), AT_ONCE)
        return [pending_of(row) for row in found]

    async def postpone(self, pending: PendingDelivery) -> None:
        row = pending_row(pending)
        kept = await self._table.get(row["PartitionKey"], row["RowKey"])
        if kept is None:
            return
        due = {"attempt": pending.attempt, "dueAt": pending.due_at}
        # Only while it is there: one that was delivered meanwhile must not come back.
        with suppress(StoreConflict):
            await self._table.replace({**kept, **due}, etag_of(kept))

    async def claim(self, pending: PendingDelivery, until: datetime) -> bool:
        row = pending_row(pending)
        kept = await self._table.get(row["PartitionKey"], row["RowKey"])
        if kept is None or etag_of(kept) != pending.version:
            return False
        try:
            await self._table.replace({**kept, "dueAt": until}, pending.version)
        except StoreConflict:
            return False
        return True

    async def delivered(self, pending: PendingDelivery) -> None:
        row = pending_row(pending)
        await self._table.delete(row["PartitionKey"], row["RowKey"])

    async def blank(self, location: LocationId, user: UserId) -> int:
        return await feed_erasing.blank(self._table, location, user)

    async def erase(self, location: LocationId) -> int:
        return await feed_erasing.erase(self._table, location)

    async def disable(self, endpoint: str, now: datetime) -> None:
        row = {"PartitionKey": _ENDPOINTS, "RowKey": endpoint, "disabledAt": now}
        await self._table.put(row)

    async def disabled(self, endpoint: str) -> bool:
        return await self._table.get(_ENDPOINTS, endpoint) is not None

    async def _append(
        self, location: LocationId, changes: Sequence[Change], now: datetime, deliver: bool
    ) -> None:
        for attempt in range(_ATTEMPTS):
            with suppress(StoreConflict):
                await self._append_once(location, changes, now, deliver)
                return
            longest = min(_LONGEST_WAIT_SECONDS, 0.03 * 2**attempt)
            await asyncio.sleep(random.uniform(0, longest))  # noqa: S311  # no secret
        raise StoreConflict

    async def _append_once(
        self, location: LocationId, changes: Sequence[Change], now: datetime, deliver: bool
    ) -> None:
        counter, new = await asyncio.gather(
            self._table.get(location, COUNTER), self._untold(location, changes)
        )
        if not new:
            return
        await self._table.commit(additions(location, counter, new, now, deliver))
        before = newest_of(counter)
        if (before + len(new)) // _FORGET_EVERY > before // _FORGET_EVERY:
            await self._forget(location, now - KEPT)

    async def _untold(self, location: LocationId, changes: Sequence[Change]) -> list[Change]:
        rows = (self._table.get(location, row_key(TOLD, change.id)) for change in changes)
        told = await asyncio.gather(*rows)
        return [change for change, row in zip(changes, told, strict=True) if row is None]

    async def _oldest_kept(self, location: LocationId, limit: int, now: datetime) -> list[Entity]:
        """The newest is given however old it is: it tells where to go on."""
        kept = f"{rows_under(CHANGE)} and {added('ge', now - KEPT)}"
        rows = await self._first(location, kept, limit)
        if rows:
            return rows
        newest = newest_of(await self._table.get(location, COUNTER))
        return await self._first(location, numbers(newest, newest), 1)

    async def _after(
        self, location: LocationId, after: int, limit: int, now: datetime
    ) -> list[Entity]:
        # Before the rows: what is added in between must not look like a gap.
        newest = newest_of(await self._table.get(location, COUNTER))
        if after == newest:
            return []
        rows = await self._first(location, numbers(after + 1, after + limit), limit)
        unbroken = bool(rows) and number_of(rows[0]) == after + 1
        if unbroken and (rows[0]["addedAt"] >= now - KEPT or after + 1 == newest):
            return rows
        raise Expired(
            "What was changed since then is no longer kept in full. Read everything anew, then go "
            "on from the start of the feed, with `after` left out."
        )

    async def _first(
        self, location: LocationId, rows: str, most: int, select: list[str] | None = None
    ) -> list[Entity]:
        found: list[Entity] = []
        async for row in self._table.scan(in_partition(location, rows), select):
            found.append(row)
            if len(found) == most:
                break
        return found

    async def _forget(self, location: LocationId, until: datetime) -> None:
        """Removes some of the oldest that were added before `until`. Others may do the same."""
        oldest = await self._first(location, rows_under(CHANGE), _MOST_FORGOTTEN, WHEN)
        aged = list(takewhile(lambda row: row["addedAt"] < until, oldest))
        if not aged:
            return
        waiting = f"{rows_under(PENDING)} and {added('lt', until)}"
        with suppress(StoreConflict):
            pending = await self._first(location, waiting, MOST_OPERATIONS, WHEN)
            await self._remove(location, [row["RowKey"] for row in pending])
        with suppress(StoreConflict):
            for start in range(0, len(aged), MOST_REMOVED):
                await self._remove(location, names_of(aged[start : start + MOST_REMOVED]))

    async def _remove(self, location: LocationId, names: Sequence[str]) -> None:
        if names:
            await self._table.commit([("delete", location_row(location, name)) for name in names])
