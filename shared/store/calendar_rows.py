"""The rows of a calendar's partition, and which of them a commit writes and removes.

state                       the state as JSON; its ETag guards the whole partition
watch|{location}|{user}     who watches, in which role
busy|{YYYY-MM}|{gen}|{n}    the events that may touch that month, packed
series|{gen}|{n}            the facts of the series, packed
link|{location}|{appointment}|{generation}
                            what an event written for an appointment is known to say
outbox|{time}|{id}          what one commit has to tell, named for its first change
progress                    how far a first read has come
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from shared.domain.mirror import Event, Mirror
from shared.domain.model import CalendarKey, CalendarState, LocationId, Role, UserId, Watch
from shared.domain.reconcile import Reconciled
from shared.domain.records import CalendarPartition
from shared.domain.spans import months
from shared.errors import StoreConflict
from shared.store import packing
from shared.store.rows import SEPARATOR, row_key, to_json
from shared.store.tables import Entity, Operation, etag_of, guarded

STATE, WATCH, BUSY, SERIES, PROGRESS = "state", "watch", "busy", "series", "progress"
LINK, OUTBOX = "link", "outbox"

# A transaction holds 100 entities and 4 MiB; bytes travel as base64, a third longer.
OPERATIONS = 100
_BYTES = int(2.7 * 1024 * 1024)


@dataclass(frozen=True, slots=True)
class Version:
    etag: str
    generation: int
    packed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows to write and rows to remove, and the one that is new in the outbox."""

    puts: tuple[Entity, ...] = ()
    deletes: tuple[str, ...] = ()
    outbox: Entity | None = None

    @property
    def fits(self) -> bool:
        written = [*self.puts, *([self.outbox] if self.outbox else [])]
        size = sum(len(v) for row in written for v in row.values() if isinstance(v, bytes))
        return len(written) + len(self.deletes) <= room_beside(None) and size <= _BYTES


def room_beside(outbox: Entity | None) -> int:
    """How many operations a transaction has room for, beside the state and that row."""
    return OPERATIONS - 1 - (outbox is not None)


def calendar_row(key: CalendarKey, name: str) -> Entity:
    return {"PartitionKey": key, "RowKey": name}


def kind_of(name: str) -> str:
    return name.partition(SEPARATOR)[0]


def generation_of(state: Entity) -> int:
    return int(state["generation"])


def state_row(key: CalendarKey, state: CalendarState, generation: int) -> Entity:
    return {**calendar_row(key, STATE), "data": to_json(state), "generation": generation}


def bumped_state(row: Entity | None, key: CalendarKey, state: CalendarState) -> Operation:
    """A write of the state row that makes every run that has read it before lose its race."""
    if row is None:
        return ("create", state_row(key, state, 0))
    bumped = replace(state, watch_version=state.watch_version + 1)
    return ("update", state_row(key, bumped, generation_of(row)), guarded(etag_of(row)))


def version_of(state: Entity, rows: Iterable[str]) -> Version:
    packed = frozenset(name for name in rows if kind_of(name) in {BUSY, SERIES})
    return Version(etag_of(state), generation_of(state), packed)


def known_version(read: CalendarPartition) -> Version:
    if not isinstance(read.version, Version):
        raise StoreConflict
    return read.version


def watch_of(row: Entity) -> Watch:
    _, location, user = row["RowKey"].split(SEPARATOR)
    return Watch(LocationId(location), UserId(user), Role(row["role"]))


def progress_of(row: Entity | None) -> int | None:
    return int(row["events"]) if row else None


def packs_of(rows: Mapping[str, Entity], generation: int) -> dict[str, bytes]:
    """The packs of that generation by name (`series`, or `busy|YYYY-MM`)."""
    found: dict[str, list[Entity]] = {}
    for name in sorted(rows):
        pack, _, rest = name.rpartition(SEPARATOR)[0].rpartition(SEPARATOR)
        if kind_of(name) in {BUSY, SERIES} and rest == f"{generation:04d}":
            found.setdefault(pack, []).append(rows[name])
    return {pack: packing.joined(parts) for pack, parts in found.items()}


def plan_of(
    read: CalendarPartition,
    state: CalendarState,
    version: Version,
    reconciled: Reconciled | None,
    outbox: Entity | None,
) -> Plan:
    """The packs that differ, written anew; rows of theirs that are no longer needed go."""
    if reconciled is None:
        return Plan(outbox=outbox)
    key, mirror, generation = read.key, reconciled.mirror, version.generation
    puts: list[Entity] = []
    replaced: set[str] = set()
    # The first time there is nothing to compare with: what there is, is written.
    first = not version.packed
    touched = set[str]() if first else _touched_months(read, state, reconciled)
    monthly = packing.by_month(mirror.events.values(), state.window) if touched or first else {}
    for month in sorted(touched or monthly):
        puts += event_rows(key, generation, month, monthly.get(month, []))
        replaced.add(row_key(BUSY, month, ""))
    if mirror.series != read.mirror.series:
        puts += series_rows(key, generation, mirror)
        replaced.add(row_key(SERIES, ""))
    kept = {row["RowKey"] for row in puts}
    left = {n for n in version.packed if n.split(SEPARATOR)[-2] != f"{generation:04d}"}
    stale = {n for n in version.packed - kept - left if n.startswith(tuple(replaced))}
    # What others have left behind goes as far as there is room.
    room = max(0, room_beside(outbox) - len(puts) - len(stale))
    return Plan(tuple(puts), (*sorted(stale), *sorted(left)[:room]), outbox)


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


def event_rows(
    key: CalendarKey, generation: int, month: str, events: list[Event]
) -> Iterable[Entity]:
    data = packing.pack_events(events) if events else b""
    return _part_rows(key, row_key(BUSY, month, f"{generation:04d}"), data)


def series_rows(key: CalendarKey, generation: int, mirror: Mirror) -> Iterable[Entity]:
    data = packing.pack_series(mirror.series.values()) if mirror.series else b""
    return _part_rows(key, row_key(SERIES, f"{generation:04d}"), data)


def _part_rows(key: CalendarKey, name: str, data: bytes) -> list[Entity]:
    return [
        {**calendar_row(key, row_key(name, f"{number:02d}")), **part}
        for number, part in enumerate(packing.parts(data))
    ]


def deletes(key: CalendarKey, names: Iterable[str]) -> list[Operation]:
    return [("delete", calendar_row(key, name)) for name in names]


def operations_of(key: CalendarKey, plan: Plan) -> list[Operation]:
    # A row of that name would hold what others have to tell: it must not be written over.
    new: list[Operation] = [("create", plan.outbox)] if plan.outbox else []
    return [*new, *(("upsert", row) for row in plan.puts), *deletes(key, plan.deletes)]
