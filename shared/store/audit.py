"""The table `audit`: one partition a location, a row for each record, named for its time.

They are kept for 400 days: a new record takes the oldest with it, a few at a time, and what is
older is not read.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.domain.audit import AuditRecord, Outcome
from shared.domain.model import LocationId, UserId
from shared.errors import StoreConflict
from shared.store.removing import remove
from shared.store.rows import from_json, in_partition, to_json
from shared.store.tables import Entity, Tables, etag_of

KEPT = timedelta(days=400)

_ATTEMPTS = 5
_MOST_FORGOTTEN = 50


class TableAuditStore:
    """An AuditStore (see base.py) on Azure Table Storage."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("audit")

    async def append(self, record: AuditRecord, now: datetime) -> None:
        await self._table.insert(_row(record))
        old = await self._first(record.location, f"RowKey lt '{_stamp(now - KEPT)}'")
        await remove(self._table, record.location, [row["RowKey"] for row in old])

    async def close(self, location: LocationId, name: str, outcome: Outcome) -> None:
        for _ in range(_ATTEMPTS):
            row = await self._table.get(location, name)
            if row is None:
                return
            with suppress(StoreConflict):
                closed = replace(_record(row), outcome=outcome)
                await self._table.replace(_row(closed), etag_of(row))
                return
        raise StoreConflict

    async def read(
        self, location: LocationId, after: str, limit: int, now: datetime
    ) -> list[AuditRecord]:
        since = max(after, _stamp(now - KEPT))
        rows = await self._first(location, f"RowKey gt '{since}'", limit)
        return [_record(row) for row in rows]

    async def forget(
        self, location: LocationId, user: UserId | None, keep: str | None = None
    ) -> int:
        gone, left = list[str](), list[tuple[AuditRecord, str]]()
        for row in await self._table.query(in_partition(location)):
            record = _record(row)
            if record.id == keep and user is None:
                continue
            if user is None or record.user == user:
                gone.append(record.id)
            elif record.by == user:
                left.append((record, etag_of(row)))
        await remove(self._table, location, gone)
        for record, etag in left:
            await self._table.replace(_row(replace(record, by=None)), etag)
        return len(gone) + len(left)

    async def _first(
        self, location: LocationId, rows: str, most: int = _MOST_FORGOTTEN
    ) -> list[Entity]:
        found: list[Entity] = []
        async for row in self._table.scan(in_partition(location, rows)):
            found.append(row)
            if len(found) == most:
                break
        return found


def _row(record: AuditRecord) -> Entity:
    return {"PartitionKey": record.location, "RowKey": record.id, "data": to_json(record)}


def _record(row: Entity) -> AuditRecord:
    return from_json(AuditRecord, row["data"])


def _stamp(moment: datetime) -> str:
    """Sorts before the ids of that moment."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S%fZ}"
