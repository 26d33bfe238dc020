"""The table `calendars`: one partition a calendar.

state                       the state as JSON; its ETag guards the whole partition
watch|{location}|{user}     who watches, in which role
busy|{YYYY-MM}|{gen}|{n}    the events that may touch that month, packed
series|{gen}|{n}            the facts of the series, packed
progress                    how far a first read has come

A commit is one transaction. A mirror too large for one is written beside the old under a
generation of its own first; the transaction that makes that generation count is still one.
Generations are drawn, not counted: two runs at once must not write the same rows. Rows of other
generations, left behind by a run that lost or crashed, go with the next commit.
"""

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from shared.domain.mirror import Event, Mirror
from shared.domain.model import CalendarKey, CalendarState, LocationId, Role, UserId, Watch, Window
from shared.domain.reconcile import Reconciled
from shared.domain.records import CalendarGlance, CalendarPartition, Watched
from shared.domain.spans import Interval, months
from shared.errors import StoreConflict
from shared.store import packing
from shared.store.rows import SEPARATOR, from_json, in_partition, row_key, rows_under, to_json
from shared.store.tables import Entity, Operation, Table, Tables, etag_of, guarded, unless_changed

STATE, WATCH, BUSY, SERIES, PROGRESS = "state", "watch", "busy", "series", "progress"

# A watch reads anew each time, so that a run of the calendar that is faster does not matter.
_WATCH_ATTEMPTS = 5
_READ_ATTEMPTS = 4

T = TypeVar("T")

# A transaction holds 100 entities and 4 MiB; bytes travel as base64, a third longer.
_OPERATIONS = 100
_BYTES = int(2.7 * 1024 * 1024)

_GENERATIONS = 2**31 - 1  # an Int32 in the row of the state


@dataclass(frozen=True, slots=True)
class _Version:
    etag: str
    generation: int
    packed: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Plan:
    """Rows to write and rows to remove."""

    puts: tuple[Entity, ...] = ()
    deletes: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        size = sum(len(v) for row in self.puts for v in row.values() if isinstance(v, bytes))
        return 1 + len(self.puts) + len(self.deletes) <= _OPERATIONS and size <= _BYTES


class TableCalendarStore:
    """A CalendarStore (see base.py) on Azure Table Storage."""

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table("calendars")

    async def load(self, key: CalendarKey) -> CalendarPartition | None:
        rows = await self._read(key, in_partition(key))
        if STATE not in rows:
            return None
        generation = _generation(rows[STATE])
        packs = _packs(rows, generation)
        events = (e for name in packs if name != SERIES for e in packing.unpack_events(packs[name]))
        series = packing.unpack_series(packs.get(SERIES, b""))
        return CalendarPartition(
            key=key,
            state=from_json(CalendarState, rows[STATE]["data"]),
            watches=tuple(_watch(row) for name, row in rows.items() if _kind(name) == WATCH),
            mirror=Mirror({e.id: e for e in events}, {s.id: s for s in series}),
            version=_version(rows[STATE], rows),
        )

    async def commit(
        self, read: CalendarPartition, state: CalendarState, reconciled: Reconciled | None = None
    ) -> CalendarPartition:
        version = _known(read)
        mirror = reconciled.mirror if reconciled else read.mirror
        plan = _plan(read, state, version, reconciled)
        generation = version.generation
        staged: set[str] = set()
        if not plan.fits:
            generation = 1 + secrets.randbelow(_GENERATIONS)
            staged = await self._stage(read.key, generation, mirror, state.window)
            plan = _Plan(deletes=tuple(sorted(version.packed))[: _OPERATIONS - 1])
        row = _state_row(read.key, state, generation)
        answers = await self._table.commit(
            [("update", row, guarded(version.etag)), *_operations(read.key, plan)]
        )
        if read.state.checked_at is None:
            await self._table.delete(read.key, PROGRESS)
        packed = (
            (version.packed - set(plan.deletes)) | {row["RowKey"] for row in plan.puts} | staged
        )
        after = _Version(str(answers[0]["etag"]), generation, frozenset(packed))
        return replace(read, state=state, mirror=mirror, version=after)

    async def erase(self, read: CalendarPartition) -> None:
        version = _known(read)
        names = [e["RowKey"] for e in await self._table.query(in_partition(read.key), ["RowKey"])]
        others = sorted(set(names) - {STATE})
        etag = version.etag
        blank = replace(read.state, cursor=None, checked_at=None, full_read_at=None)
        while len(others) >= _OPERATIONS:
            row = _state_row(read.key, blank, version.generation)
            batch, others = others[: _OPERATIONS - 1], others[_OPERATIONS - 1 :]
            operations = [("update", row, guarded(etag)), *_deletes(read.key, batch)]
            etag = str((await self._table.commit(operations))[0]["etag"])
        last = ("delete", _row(read.key, STATE), unless_changed(etag))
        await self._table.commit([last, *_deletes(read.key, others)])

    async def watch(self, state: CalendarState, watch: Watch) -> Watched:
        return await _insisting(lambda: self._watch(state, watch))

    async def unwatch(self, key: CalendarKey, location: LocationId, user: UserId) -> bool:
        return await _insisting(lambda: self._unwatch(key, location, user))

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
        row: Operation = ("upsert", {**_row(key, name), "role": watch.role.value})
        await self._table.commit([_touched(rows.get(STATE), key, state), row])
        return Watched(True, state)

    async def _unwatch(self, key: CalendarKey, location: LocationId, user: UserId) -> bool:
        name = row_key(WATCH, location, user)
        rows = await self._rows(key, STATE, name)
        if name not in rows:
            return False
        operations = [*_deletes(key, [name])]
        if STATE in rows:
            state = from_json(CalendarState, rows[STATE]["data"])
            operations.append(_touched(rows[STATE], key, state))
        await self._table.commit(operations)
        return True

    async def glance(self, key: CalendarKey, around: Interval | None) -> CalendarGlance | None:
        wanted = [f"RowKey eq '{STATE}'", f"RowKey eq '{PROGRESS}'"]
        if around is not None:
            wanted += [f"({rows_under(BUSY, month)})" for month in months(around)]
        rows = await self._read(key, in_partition(key, " or ".join(wanted)))
        if STATE not in rows:
            return None
        packs = _packs(rows, _generation(rows[STATE])).values()
        events = {e.id: e for data in packs for e in packing.unpack_events(data)}
        state = from_json(CalendarState, rows[STATE]["data"])
        progress = _progress(rows.get(PROGRESS)) if state.checked_at is None else None
        return CalendarGlance(state, tuple(events.values()), progress)

    async def report_progress(self, key: CalendarKey, events: int) -> None:
        await self._table.put({**_row(key, PROGRESS), "events": events})

    async def _stage(
        self, key: CalendarKey, generation: int, mirror: Mirror, window: Window | None
    ) -> set[str]:
        """Writes a whole mirror under a generation that does not count yet; returns its rows."""
        packed = packing.by_month(mirror.events.values(), window)
        rows = [r for name in packed for r in _event_rows(key, generation, name, packed[name])]
        rows += _series_rows(key, generation, mirror)
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


def _row(key: CalendarKey, name: str) -> Entity:
    return {"PartitionKey": key, "RowKey": name}


def _kind(name: str) -> str:
    return name.partition(SEPARATOR)[0]


def _generation(state: Entity) -> int:
    return int(state["generation"])


def _state_row(key: CalendarKey, state: CalendarState, generation: int) -> Entity:
    return {**_row(key, STATE), "data": to_json(state), "generation": generation}


def _touched(row: Entity | None, key: CalendarKey, state: CalendarState) -> Operation:
    """A write of the state row that makes every run that has read it before lose its race."""
    if row is None:
        return ("create", _state_row(key, state, 0))
    touched = replace(state, watch_version=state.watch_version + 1)
    return ("update", _state_row(key, touched, _generation(row)), guarded(etag_of(row)))


def _version(state: Entity, rows: Iterable[str]) -> _Version:
    packed = frozenset(name for name in rows if _kind(name) in {BUSY, SERIES})
    return _Version(etag_of(state), _generation(state), packed)


def _known(read: CalendarPartition) -> _Version:
    if not isinstance(read.version, _Version):
        raise StoreConflict
    return read.version


def _watch(row: Entity) -> Watch:
    _, location, user = row["RowKey"].split(SEPARATOR)
    return Watch(LocationId(location), UserId(user), Role(row["role"]))


def _progress(row: Entity | None) -> int | None:
    return int(row["events"]) if row else None


def _packs(rows: Mapping[str, Entity], generation: int) -> dict[str, bytes]:
    """The packs of that generation by name (`series`, or `busy|YYYY-MM`)."""
    found: dict[str, list[Entity]] = {}
    for name in sorted(rows):
        pack, _, rest = name.rpartition(SEPARATOR)[0].rpartition(SEPARATOR)
        if _kind(name) in {BUSY, SERIES} and rest == f"{generation:04d}":
            found.setdefault(pack, []).append(rows[name])
    return {pack: packing.joined(parts) for pack, parts in found.items()}


def _plan(
    read: CalendarPartition,
    state: CalendarState,
    version: _Version,
    reconciled: Reconciled | None,
) -> _Plan:
    """The packs that differ, written anew; rows of theirs that are no longer needed go."""
    if reconciled is None:
        return _Plan()
    key, mirror, generation = read.key, reconciled.mirror, version.generation
    puts: list[Entity] = []
    replaced: set[str] = set()
    touched = _touched_months(read, state, reconciled)
    monthly = packing.by_month(mirror.events.values(), state.window) if touched else {}
    for month in sorted(touched):
        puts += _event_rows(key, generation, month, monthly.get(month, []))
        replaced.add(row_key(BUSY, month, ""))
    if mirror.series != read.mirror.series:
        puts += _series_rows(key, generation, mirror)
        replaced.add(row_key(SERIES, ""))
    kept = {row["RowKey"] for row in puts}
    left = {n for n in version.packed if n.split(SEPARATOR)[-2] != f"{generation:04d}"}
    stale = {n for n in version.packed - kept - left if n.startswith(tuple(replaced))}
    # What others have left behind goes as far as there is room.
    room = max(0, _OPERATIONS - 1 - len(puts) - len(stale))
    return _Plan(tuple(puts), (*sorted(stale), *sorted(left)[:room]))


def _touched_months(
    read: CalendarPartition, state: CalendarState, reconciled: Reconciled
) -> set[str]:
    """Every month in which an event changed, was before it changed, or is no more; and those by
    which the window has moved, where long events begin or cease to count."""
    old, new = read.state.window, state.window
    events = read.mirror.events
    former = [events[e.id] for e in reconciled.upserted if e.id in events]
    touched = {m for e in (*reconciled.dropped, *former) for m in months(e.span, old)}
    touched |= {m for e in reconciled.upserted for m in months(e.span, new)}
    if old is not None and new is not None and old != new:
        touched |= set(months(old)) ^ set(months(new))
    return touched


def _event_rows(
    key: CalendarKey, generation: int, month: str, events: list[Event]
) -> Iterable[Entity]:
    data = packing.pack_events(events) if events else b""
    return _part_rows(key, row_key(BUSY, month, f"{generation:04d}"), data)


def _series_rows(key: CalendarKey, generation: int, mirror: Mirror) -> Iterable[Entity]:
    data = packing.pack_series(mirror.series.values()) if mirror.series else b""
    return _part_rows(key, row_key(SERIES, f"{generation:04d}"), data)


def _part_rows(key: CalendarKey, name: str, data: bytes) -> list[Entity]:
    return [
        {**_row(key, row_key(name, f"{number:02d}")), **part}
        for number, part in enumerate(packing.parts(data))
    ]


def _deletes(key: CalendarKey, names: Iterable[str]) -> list[Operation]:
    return [("delete", _row(key, name)) for name in names]


def _operations(key: CalendarKey, plan: _Plan) -> list[Operation]:
    return [*(("upsert", row) for row in plan.puts), *_deletes(key, plan.deletes)]
