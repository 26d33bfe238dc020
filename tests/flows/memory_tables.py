"""Tables in memory that answer as `Table` does on Azure Table Storage, hundreds of times faster.

For runs that are made again for each of their steps. `tests/contract` holds the stores to the same
on Azurite.
"""

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import Any

import pytest
from azure.data.tables import TableEntity

from shared.errors import StoreConflict
from shared.store.tables import Entity, Operation, Table, etag_of

Name = tuple[str, str]
Rows = dict[Name, TableEntity]

_MOST_OPERATIONS = 100
_TOKEN = re.compile(r"datetime'([^']*)'|'((?:[^']|'')*)'|(\(|\))|(\w+)|\s+")
_WORDS = {"eq": "==", "ne": "!=", "ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


class MemoryTables:
    """What all tables hold, by table and row."""

    def __init__(self) -> None:
        self.tables: dict[str, Rows] = defaultdict(dict)
        self._numbers = count(1)

    def stand_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From here on every `Table` keeps its rows here."""
        for name in ("get", "query", "query_pages", "scan", "insert", "put", "replace"):
            self._take(monkeypatch, name)
        for name in ("delete", "commit"):
            self._take(monkeypatch, name)

    def copied(self) -> Mapping[str, Rows]:
        """All that they hold now."""
        return {table: dict(rows) for table, rows in self.tables.items()}

    def restore(self, copied: Mapping[str, Rows]) -> None:
        """They hold that again."""
        self.tables.clear()
        self.tables.update({table: dict(rows) for table, rows in copied.items()})

    def _take(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        own = getattr(self, name)

        def taken(table: Table, *args: Any, **kwargs: Any) -> Any:
            return own(self.tables[table._client.table_name], *args, **kwargs)

        monkeypatch.setattr(Table, name, taken)

    async def get(self, rows: Rows, partition: str, row: str) -> Entity | None:
        found = rows.get((partition, row))
        return _copy(found) if found is not None else None

    async def query(
        self, rows: Rows, filter_: str, select: list[str] | None = None
    ) -> list[Entity]:
        return [row async for row in self.scan(rows, filter_, select)]

    async def query_pages(self, rows: Rows, filter_: str) -> tuple[list[Entity], int]:
        return await self.query(rows, filter_), 1

    async def scan(
        self, rows: Rows, filter_: str, select: list[str] | None = None
    ) -> AsyncIterator[Entity]:
        matches = _predicate(filter_)
        for name in sorted(rows):
            row = rows.get(name)
            if row is not None and matches(row):
                yield _copy(row, select)

    async def insert(self, rows: Rows, entity: Entity) -> str:
        return self._done(rows, [("create", entity)])[0]

    async def put(self, rows: Rows, entity: Entity) -> None:
        self._done(rows, [("upsert", entity)])

    async def replace(self, rows: Rows, entity: Entity, etag: object) -> str:
        return self._done(rows, [("update", entity, {"etag": str(etag)})])[0]

    async def delete(self, rows: Rows, partition: str, row: str, etag: object = None) -> None:
        if (partition, row) not in rows:
            return
        guard = {"etag": str(etag)} if etag is not None else {}
        self._done(rows, [("delete", {"PartitionKey": partition, "RowKey": row}, guard)])

    async def commit(self, rows: Rows, operations: Iterable[Operation]) -> list[Mapping[str, Any]]:
        batch = list(operations)
        names = {_name(operation[1]) for operation in batch}
        assert 0 < len(batch) <= _MOST_OPERATIONS
        assert len(names) == len(batch)
        assert len({partition for partition, _ in names}) == 1
        return [{"etag": etag} for etag in self._done(rows, batch)]

    def _done(self, rows: Rows, operations: list[Operation]) -> list[str]:
        """All of them or none."""
        for operation in operations:
            _check(rows, operation)
        return [self._do(rows, operation[0], operation[1]) for operation in operations]

    def _do(self, rows: Rows, kind: str, entity: Entity) -> str:
        if kind == "delete":
            del rows[_name(entity)]
            return ""
        etag = f"W/{next(self._numbers)}"
        kept = TableEntity(
            {key: _kept(value) for key, value in entity.items() if value is not None}
        )
        kept._metadata = {"etag": etag, "timestamp": datetime.now(UTC)}
        rows[_name(entity)] = kept
        return etag


def _name(entity: Entity) -> Name:
    return str(entity["PartitionKey"]), str(entity["RowKey"])


def _check(rows: Rows, operation: Operation) -> None:
    kind, entity, guard = operation[0], operation[1], operation[2] if len(operation) > 2 else {}
    there = rows.get(_name(entity))
    if kind == "create" and there is not None:
        raise StoreConflict
    if kind in {"update", "delete"} and there is None:
        raise StoreConflict
    wanted = guard.get("etag")
    if wanted is not None and there is not None and etag_of(there) != wanted:
        raise StoreConflict


def _kept(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return str(value) if isinstance(value, str) else value


def _copy(row: TableEntity, select: list[str] | None = None) -> TableEntity:
    found = TableEntity({k: v for k, v in row.items() if select is None or k in select})
    found._metadata = row.metadata
    return found


@cache
def _predicate(filter_: str) -> Callable[[Entity], bool]:
    """An OData filter as a function of a row; a comparison with what a row lacks does not hold."""
    words = []
    for match in _TOKEN.finditer(filter_):
        moment, text, bracket, word = match.groups()
        if moment is not None:
            words.append(repr(datetime.fromisoformat(moment).timestamp()))
        elif text is not None:
            words.append(repr(text.replace("''", "'")))
        elif bracket or word in {"and", "or", "not"}:
            words.append(bracket or word)
        elif word:
            words.append(_WORDS.get(word, f"_Field(row.get({word!r}))"))
    code = compile(" ".join(words), "filter", "eval")
    names = {"_Field": _Field}
    return lambda row: bool(eval(code, names, {"row": row}))  # our own filters


class _Field:
    """A value as filters compare it: moments by their seconds, what is not there with nothing."""

    def __init__(self, value: Any) -> None:
        self._value = value.timestamp() if isinstance(value, datetime) else value

    def __eq__(self, other: object) -> bool:
        return self._value is not None and bool(self._value == other)

    def __hash__(self) -> int:
        return hash(self._value)

    def __lt__(self, other: Any) -> bool:
        return self._value is not None and bool(self._value < other)

    def __le__(self, other: Any) -> bool:
        return self._value is not None and bool(self._value <= other)

    def __gt__(self, other: Any) -> bool:
        return self._value is not None and bool(self._value > other)

    def __ge__(self, other: Any) -> bool:
        return self._value is not None and bool(self._value >= other)
