"""How a calendar's partition is emptied, though links may be written to it at the same time."""

from dataclasses import replace

from shared.domain.model import CalendarKey
from shared.domain.records import CalendarPartition
from shared.store.calendar_rows import (
    STATE,
    calendar_row,
    deletes,
    known_version,
    room_beside,
    state_row,
)
from shared.store.rows import in_partition
from shared.store.tables import Table, guarded, unless_changed


async def erase(table: Table, read: CalendarPartition) -> None:
    """Removes all rows, those that a transaction holds with the state as it was read.

    Raises StoreConflict if the state has changed, or a row went meanwhile.
    """
    etag = known_version(read).etag
    names = sorted(await _names(table, read.key) - {STATE})
    blank = replace(read.state, cursor=None, checked_at=None, full_read_at=None)
    row = state_row(read.key, blank, known_version(read).generation)
    room = room_beside(None)
    # A watch may still come in between, and no full read brings links back: no more rows than must
    # go ahead of the state, and those of the mirror first, as they sort.
    while (over := min(len(names) - room, room)) > 0:
        operations = [("update", row, guarded(etag)), *deletes(read.key, names[:over])]
        etag = str((await table.commit(operations))[0]["etag"])
        names = names[over:]
    last = ("delete", calendar_row(read.key, STATE), unless_changed(etag))
    await table.commit([last, *deletes(read.key, names)])
    await _sweep(table, read.key)


async def _sweep(table: Table, key: CalendarKey) -> None:
    """Removes what was written while the state was removed, unless there is a new state."""
    # A link is no part of a transaction. Its writer puts it and then looks for the state; we have
    # removed the state and then list. Whichever comes first, one sees the other: a link put before
    # we list is in the list, and the writer of one put later finds no state and removes it.
    while names := await _names(table, key):
        if STATE in names:
            return
        for name in names:
            await table.delete(key, name)


async def _names(table: Table, key: CalendarKey) -> set[str]:
    return {row["RowKey"] for row in await table.query(in_partition(key), ["RowKey"])}
