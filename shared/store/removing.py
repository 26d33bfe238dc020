"""Removing many rows of a partition, some of which may be gone already."""

from collections.abc import Iterable

from shared.errors import StoreConflict
from shared.store.rows import in_partition
from shared.store.tables import Table

_MOST_OPERATIONS = 100  # of one transaction


async def remove(table: Table, partition: str, names: Iterable[str]) -> int:
    """Removes those rows, in this order; returns how many were asked for."""
    left = list(names)
    for start in range(0, len(left), _MOST_OPERATIONS):
        batch = left[start : start + _MOST_OPERATIONS]
        rows = [{"PartitionKey": partition, "RowKey": name} for name in batch]
        try:
            await table.commit([("delete", row) for row in rows])
        except StoreConflict:
            # As a whole it fails where one of them is gone.
            for name in batch:
                await table.delete(partition, name)
    return len(left)


async def names_in(table: Table, partition: str, rows: str | None = None) -> list[str]:
    """The names of the partition's rows, or of some of them."""
    found = await table.query(in_partition(partition, rows), ["RowKey"])
    return [str(row["RowKey"]) for row in found]
