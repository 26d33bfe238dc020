"""How a user, or all, goes from the feed of a location; its rows are in change_rows.py.

A reader relies on numbers without gaps: of a change that told of the user the number stays, with
nothing else in it.
"""

from collections.abc import Sequence

from shared.domain.changes import Change, erased
from shared.domain.model import LocationId, UserId
from shared.store.change_rows import CHANGE, COUNTER, PENDING, TOLD, location_row, number_of
from shared.store.removing import names_in, remove
from shared.store.rows import from_json, in_partition, rows_under, to_json
from shared.store.tables import Entity, Operation, Table, etag_of, guarded

_BLANKED_AT_ONCE = 33  # three rows of each change, of the 100 of a transaction


async def blank(table: Table, location: LocationId, user: UserId) -> int:
    """Returns how many rows told of the user. Raises StoreConflict if one has aged meanwhile."""
    pending = await _about(table, location, PENDING, user)
    # First, so that nothing is delivered of which the feed says nothing any more.
    await remove(table, location, [row["RowKey"] for row in pending])
    changes = await _about(table, location, CHANGE, user)
    for start in range(0, len(changes), _BLANKED_AT_ONCE):
        await table.commit(_blanked(location, changes[start : start + _BLANKED_AT_ONCE]))
    return len(pending) + len(changes)


async def erase(table: Table, location: LocationId) -> int:
    """Removes the whole feed, the counter at last; returns how many rows there were."""
    names = await names_in(table, location)
    return await remove(table, location, sorted(names, key=lambda name: name == COUNTER))


async def _about(table: Table, location: LocationId, kind: str, user: UserId) -> list[Entity]:
    rows = table.scan(in_partition(location, rows_under(kind)))
    return [row async for row in rows if from_json(Change, row["data"]).data.get("userId") == user]


def _blanked(location: LocationId, rows: Sequence[Entity]) -> list[Operation]:
    operations: list[Operation] = []
    for row in rows:
        change = erased(location, row["addedAt"])
        told = {**location_row(location, TOLD, change.id), "number": number_of(row)}
        empty = {**row, "data": to_json(change), "changeId": change.id}
        operations += [
            ("update", empty, guarded(etag_of(row))),
            ("delete", location_row(location, TOLD, row["changeId"])),
            ("create", told),
        ]
    return operations
