"""The table `calendars`: one partition a calendar; its rows are those of calendar_rows.py.

A commit is one transaction. A mirror too large for one is written beside the old under a
generation of its own first; the transaction that makes that generation count is still one.
Generations are drawn, not counted: two runs at once must not write the same rows. Rows of other
generations, left behind by a run that lost or crashed, go with the next commit.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from shared.domain.changes import Change
from shared.domain.links import Link
from shared.domain.mirror import Mirror
from shared.domain.model import CalendarKey, CalendarState, LocationId, UserId, Watch, Window
from shared.domain.portion import completed
from shared.domain.reconcile import Reconciled
from shared.domain.records import CalendarGlance, CalendarPartition, Outgoing, Watched
from shared.domain.spans import Interval, months
from shared.errors import StoreConflict
from shared.store import calendar_erasing, calendar_links, packing
from shared.store.calendar_rows import (
    BUSY,
    LINK,
    OUTBOX,
    PROGRESS,
    SERIES,
    STATE,
    WATCH,
    Plan,
    Version,
    bumped_state,
    calendar_row,
    deletes,
    event_rows,
    generation_of,
    kind_of,
    known_version,
    operations_of,
    packs_of,
    plan_of,
    progress_of,
    room_beside,
    series_rows,
    state_row,
    version_of,
    watch_of,
)
from shared.store.packed_events import PackedEvents
from shared.store.rows import SEPARATOR, from_json, in_partition, row_key, rows_under
from shared.store.tables import Entity, Operation, Table, Tables, etag_of, guarded

# A watch reads anew each time, so that a run of the calendar that is faster does not matter.
_WATCH_ATTEMPTS = 5
_READ_ATTEMPTS = 4

T = TypeVar("T")

_GENERATIONS = 2**31 - 1  # an Int32 in the row of the state


class TableCalendarStore:
    """A CalendarStore (see base.py) on Azure Table Storage."""

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table("calendars")

    async def load(self, key: CalendarKey) -> CalendarPartition | None:
        rows = await self._read(key, in_partition(key))
        if STATE not in rows:
            return None
        generation = generation_of(rows[STATE])
        packs = packs_of(rows, generation)
        series = packing.unpack_series(packs.pop(SERIES, b""))
        events = PackedEvents({name.partition(SEPARATOR)[2]: packs[name] for name in packs})
        return CalendarPartition(
            key=key,
            state=from_json(CalendarState, rows[STATE]["data"]),
            watches=tuple(watch_of(row) for name, row in rows.items() if kind_of(name) == WATCH),
            mirror=Mirror(events, {one.id: one for one in series}),
            links=tuple(
                calendar_links.link_of(row) for name, row in rows.items() if kind_of(name) == LINK
            ),
            unpublished=any(kind_of(name) == OUTBOX for name in rows),
            version=version_of(rows[STATE], rows),
        )

    async def commit(
        self,
        read: CalendarPartition,
        state: CalendarState,
        reconciled: Reconciled | None = None,
        *,
        changes: Sequence[Change] = (),
        spent: Sequence[Link] = (),
    ) -> CalendarPartition:
        after = reconciled.mirror if reconciled else read.mirror
        outbox = calendar_links.outbox_row(read.key, changes)
        version = await self._commit(read, state, reconciled, outbox)
        if read.state.checked_at is None and state.checked_at is not None:
            await self._table.delete(read.key, PROGRESS)
        # After the transaction, which would fail as a whole where one of them is gone already.
        # Those that a crash leaves here are spent again at the next commit.
        if spent:
            await calendar_links.remove_spent(self._table, read.key, spent)
        return replace(
            read,
            state=state,
            mirror=completed(read, after),
            links=tuple(link for link in read.links if link not in spent),
            unpublished=read.unpublished or outbox is not None,
            version=version,
            whole=None,
            aside=0,
        )

    async def _commit(
        self,
        read: CalendarPartition,
        state: CalendarState,
        reconciled: Reconciled | None,
        outbox: Entity | None,
    ) -> Version:
        version = known_version(read)
        generation, staged = version.generation, set[str]()
        plan = plan_of(read, state, version, reconciled, outbox)
        if reconciled is not None and not plan.fits:
            generation = 1 + secrets.randbelow(_GENERATIONS)
            mirror = completed(read, reconciled.mirror)
            staged = await self._stage(read.key, generation, mirror, state.window)
            room = room_beside(outbox)
            plan = Plan(deletes=tuple(sorted(version.packed))[:room], outbox=outbox)
        row = state_row(read.key, state, generation)
        answers = await self._table.commit(
            [("update", row, guarded(version.etag)), *operations_of(read.key, plan)]
        )
        written = {row["RowKey"] for row in plan.puts} | staged
        packed = (version.packed - set(plan.deletes)) | written
        return Version(str(answers[0]["etag"]), generation, frozenset(packed))

    async def erase(self, read: CalendarPartition) -> None:
        await calendar_erasing.erase(self._table, read)

    async def link(self, key: CalendarKey, link: Link) -> None:
        await calendar_links.keep_link(self._table, key, link)

    async def unlink(self, key: CalendarKey, link: Link) -> None:
        await calendar_links.remove_link(self._table, key, link)

    async def links(self, key: CalendarKey) -> list[Link]:
        return await calendar_links.kept_links(self._table, key)

    async def outbox(self, key: CalendarKey) -> list[Outgoing]:
        return await calendar_links.kept_outbox(self._table, key)

    async def sent(self, key: CalendarKey, outgoing: Outgoing) -> None:
        await calendar_links.remove_sent(self._table, key, outgoing)

    async def watch(self, state: CalendarState, watch: Watch) -> Watched:
        return await _insisting(lambda: self._watch(state, watch))

    async def unwatch(self, key: CalendarKey, location: LocationId, user: UserId) -> bool:
        return await _insisting(lambda: self._unwatch(key, location, user))

    async def watchers(self, key: CalendarKey, location: LocationId) -> list[UserId]:
        rows = await self._table.query(in_partition(key, rows_under(WATCH, location)))
        return [watch_of(row).user for row in rows]

    async def _watch(self, state: CalendarState, watch: Watch) -> Watched:
        key = state.calendar.key
        name = row_key(WATCH, watch.location, watch.user)
        rows = await self._rows(key, STATE, name)
        facts = (state.is_default, state.shared)
        if STATE in rows:
            state = from_json(CalendarState, rows[STATE]["data"])
        as_before = facts == (state.is_default, state.shared)
        if as_before and name in rows and rows[name]["role"] == watch.role.value:
            return Watched(False, state)
        # Which calendar is the default may change, and with it what a push channel covers.
        state = replace(state, is_default=facts[0], shared=facts[1])
        row: Operation = ("upsert", {**calendar_row(key, name), "role": watch.role.value})
        await self._table.commit([bumped_state(rows.get(STATE), key, state), row])
        return Watched(True, state)

    async def _unwatch(self, key: CalendarKey, location: LocationId, user: UserId) -> bool:
        name = row_key(WATCH, location, user)
        rows = await self._rows(key, STATE, name)
        if name not in rows:
            return False
        operations = [*deletes(key, [name])]
        if STATE in rows:
            state = from_json(CalendarState, rows[STATE]["data"])
            operations.append(bumped_state(rows[STATE], key, state))
        await self._table.commit(operations)
        return True

    async def glance(self, key: CalendarKey, around: Interval | None) -> CalendarGlance | None:
        wanted = [f"RowKey eq '{STATE}'", f"RowKey eq '{PROGRESS}'"]
        if around is not None:
            wanted += [f"({rows_under(BUSY, month)})" for month in months(around)]
        rows = await self._read(key, in_partition(key, " or ".join(wanted)))
        if STATE not in rows:
            return None
        packs = packs_of(rows, generation_of(rows[STATE])).values()
        events = {e.id: e for data in packs for e in packing.unpack_events(data, around)}
        state = from_json(CalendarState, rows[STATE]["data"])
        progress = progress_of(rows.get(PROGRESS)) if state.checked_at is None else None
        return CalendarGlance(state, tuple(events.values()), progress)

    async def report_progress(self, key: CalendarKey, events: int) -> None:
        await self._table.put({**calendar_row(key, PROGRESS), "events": events})

    async def _stage(
        self, key: CalendarKey, generation: int, mirror: Mirror, window: Window | None
    ) -> set[str]:
        """Writes a whole mirror under a generation that does not count yet; returns its rows."""
        packed = packing.by_month(mirror.events.values(), window)
        rows = [r for name in packed for r in event_rows(key, generation, name, packed[name])]
        rows += series_rows(key, generation, mirror)
        for row in rows:
            await self._table.put(row)
        return {row["RowKey"] for row in rows}

    async def _read(self, key: CalendarKey, filter_: str) -> dict[str, Entity]:
        """Rows of a partition as they were at one moment.

        One page of an answer is. Over several a commit may come in between: the state tells.
        """
        for _ in range(_READ_ATTEMPTS):
            found, pages = await self._table.query_pages(filter_)
            rows = {row["RowKey"]: row for row in found}
            if pages <= 1 or STATE not in rows:
                return rows
            state = await self._table.get(key, STATE)
            if state is not None and etag_of(state) == etag_of(rows[STATE]):
                return rows
        raise StoreConflict

    async def _rows(self, key: CalendarKey, *names: str) -> dict[str, Entity]:
        wanted = " or ".join(f"RowKey eq '{name}'" for name in names)
        return {e["RowKey"]: e for e in await self._table.query(in_partition(key, wanted))}


async def _insisting(write: Callable[[], Awaitable[T]]) -> T:
    for _ in range(_WATCH_ATTEMPTS - 1):
        with suppress(StoreConflict):
            return await write()
    return await write()
