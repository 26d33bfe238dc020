"""The table `roster`: a partition for each minute slot of each roster, a row for each calendar."""

from collections.abc import AsyncIterator

from shared.domain.due import minute_slot
from shared.domain.model import CalendarKey, Roster
from shared.store.rows import in_partition, row_key
from shared.store.tables import Tables


class TableRosterStore:
    """A RosterStore (see base.py) on Azure Table Storage."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("roster")

    async def enter(self, roster: Roster, key: CalendarKey) -> None:
        await self._table.put({"PartitionKey": _slot(roster, minute_slot(key)), "RowKey": key})

    async def leave(self, roster: Roster, key: CalendarKey) -> None:
        await self._table.delete(_slot(roster, minute_slot(key)), key)

    async def due(self, roster: Roster, slot: int) -> AsyncIterator[CalendarKey]:
        async for row in self._table.scan(in_partition(_slot(roster, slot)), ["RowKey"]):
            yield CalendarKey(row["RowKey"])


def _slot(roster: Roster, slot: int) -> str:
    return row_key(roster.value, f"{slot:02d}")
