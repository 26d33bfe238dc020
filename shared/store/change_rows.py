"""The rows of a location's partition in the table `changes`.

counter                     the newest number; its ETag guards every addition
change|{number}             a change, and when it was added
told|{change id}            that a change was added, so that it is added once
pending|{subject}|{number}  a change that the CRM's webhook has not taken yet, and when it is due
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from shared.domain.changes import Change
from shared.domain.model import LocationId
from shared.domain.records import NumberedChange, PendingDelivery
from shared.store.rows import SEPARATOR, from_json, row_key, to_json
from shared.store.tables import Entity, Operation, etag_of, guarded

COUNTER, CHANGE, TOLD, PENDING = "counter", "change", "told", "pending"
WHEN = ["RowKey", "changeId", "addedAt"]
"""The columns of a change that tell whether it has aged."""

MOST_OPERATIONS = 100  # of one transaction
MOST_ADDED = (MOST_OPERATIONS - 1) // 3  # three rows of each change, and the counter
MOST_REMOVED = MOST_OPERATIONS // 2  # two rows of each change


def location_row(location: LocationId, *name: str) -> Entity:
    return {"PartitionKey": location, "RowKey": row_key(*name)}


def padded(number: int) -> str:
    return f"{number:012d}"


def number_of(row: Entity) -> int:
    return int(row["RowKey"].rpartition(SEPARATOR)[2])


def newest_of(counter: Entity | None) -> int:
    return int(counter["newest"]) if counter else 0


def additions(
    location: LocationId,
    counter: Entity | None,
    changes: Sequence[Change],
    now: datetime,
    deliver: bool,
) -> list[Operation]:
    """Numbers the changes after the counter, and moves it."""
    newest = newest_of(counter)
    rows: list[Entity] = []
    for number, change in enumerate(changes, newest + 1):
        kept = {"data": to_json(change), "addedAt": now}
        row = {**location_row(location, CHANGE, padded(number)), **kept, "changeId": change.id}
        rows += [row, {**location_row(location, TOLD, change.id), "number": number}]
        if deliver:
            rows.append({**location_row(location, PENDING, change.subject, padded(number)), **kept})
    moved = {**location_row(location, COUNTER), "newest": newest + len(changes)}
    if counter is None:
        return [("create", row) for row in (moved, *rows)]
    return [("update", moved, guarded(etag_of(counter))), *(("create", row) for row in rows)]


def names_of(changes: Iterable[Entity]) -> list[str]:
    """Of the rows of a change that go when it has aged."""
    return [name for row in changes for name in (row["RowKey"], row_key(TOLD, row["changeId"]))]


def numbers(first: int, last: int) -> str:
    """An OData filter for the changes from that number to that one."""
    low, high = row_key(CHANGE, padded(first)), row_key(CHANGE, padded(last))
    return f"RowKey ge '{low}' and RowKey le '{high}'"


def added(comparison: str, moment: datetime) -> str:
    """An OData filter for the rows that were added before (`lt`) or since (`ge`) that moment."""
    return f"addedAt {comparison} datetime'{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}'"


def numbered_of(row: Entity) -> NumberedChange:
    return NumberedChange(number_of(row), from_json(Change, row["data"]))


def pending_of(row: Entity) -> PendingDelivery:
    return PendingDelivery(numbered_of(row), row.get("attempt", 0), row.get("dueAt"), etag_of(row))


def pending_row(pending: PendingDelivery) -> Entity:
    change, number = pending.numbered.change, pending.numbered.number
    return location_row(change.location, PENDING, change.subject, padded(number))
