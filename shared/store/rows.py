"""Domain values as JSON in a row, and row keys."""

import zlib
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")

SEPARATOR = "|"
# In ASCII the first character after the separator, so that a range of keys ends just before it.
_AFTER_SEPARATOR = chr(ord(SEPARATOR) + 1)


def row_key(*parts: str) -> str:
    """Parts joined into a key. Ids are checked at the edge to hold no separator."""
    return SEPARATOR.join(parts)


def rows_under(*parts: str) -> str:
    """An OData filter for the row keys that begin with these parts."""
    prefix = row_key(*parts).replace("'", "''")
    return f"RowKey ge '{prefix}{SEPARATOR}' and RowKey lt '{prefix}{_AFTER_SEPARATOR}'"


def in_partition(partition: str, rows: str | None = None) -> str:
    """An OData filter for a partition, or for some of its rows."""
    only = f"PartitionKey eq '{partition.replace(chr(39), chr(39) * 2)}'"
    return f"{only} and ({rows})" if rows else only


def to_json(value: Any) -> str:
    """A frozen dataclass of the domain as JSON."""
    return _adapter(type(value)).dump_json(value).decode()


def from_json(kind: type[T], text: str) -> T:
    adapter: TypeAdapter[T] = _adapter(kind)
    return adapter.validate_json(text)


def to_bytes(value: Any) -> bytes:
    """The same, compressed: a text property holds 32 K characters, a binary one 64 KiB."""
    return zlib.compress(to_json(value).encode())


def from_bytes(kind: type[T], data: bytes) -> T:
    return from_json(kind, zlib.decompress(data).decode())


_adapters: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]
