"""The table `figures`: what all calendars together have missed, for those who operate this.

A handful of rows, so that adding seldom meets another and reading is one small query. Rows are
written only where something was found. They are counters: what a crash between a run and its
counting leaves out is not made up for. The figures of each calendar, in its own state, are exact.
"""

from datetime import datetime

from shared.domain.drift import Figures, Findings
from shared.domain.model import CalendarKey
from shared.errors import StoreConflict
from shared.store.rows import in_partition
from shared.store.tables import Entity, Tables, etag_of

_PARTITION = "drift"
_ATTEMPTS = 5


class TableFiguresStore:
    """A FiguresStore (see base.py) on Azure Table Storage."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("figures")

    async def add(self, key: CalendarKey, found: Findings, at: datetime) -> bool:
        for _ in range(_ATTEMPTS):
            try:
                await self._add(key[:1], found, at)
            except StoreConflict:
                continue
            return True
        return False

    async def _add(self, row: str, found: Findings, at: datetime) -> None:
        kept = await self._table.get(_PARTITION, row)
        before = _figures(kept) if kept is not None else Figures()
        after = {
            "PartitionKey": _PARTITION,
            "RowKey": row,
            "missed": before.missed + found.missed,
            "bySweep": before.by_sweep + found.by_sweep,
            "lastAt": max(at, before.last_at or at),
        }
        if kept is None:
            await self._table.insert(after)
        else:
            await self._table.replace(after, etag_of(kept))

    async def read(self) -> Figures:
        rows = await self._table.query(in_partition(_PARTITION))
        return sum((_figures(row) for row in rows), Figures())


def _figures(row: Entity) -> Figures:
    return Figures(row["missed"], row["bySweep"], row["lastAt"])
