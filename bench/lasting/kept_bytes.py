"""How much the tables hold, as Azure reckons the size of an entity.

https://learn.microsoft.com/archive/blogs/windowsazurestorage/understanding-windows-azure-storage-billing-bandwidth-transactions-and-capacity
"""

from typing import Any

from azure.data.tables import TableServiceClient

_OF_AN_ENTITY, _OF_A_PROPERTY, _OF_A_VALUE = 4, 8, 4
_FIXED = 8


def kept_bytes(connection_string: str) -> int:
    """All rows of all tables."""
    with TableServiceClient.from_connection_string(connection_string) as service:
        tables = [service.get_table_client(one.name) for one in service.list_tables()]
        return sum(_size(row) for table in tables for row in table.list_entities())


def _size(row: Any) -> int:
    keys = 2 * (len(row["PartitionKey"]) + len(row["RowKey"]))
    others = {name: value for name, value in row.items() if name not in {"PartitionKey", "RowKey"}}
    return _OF_AN_ENTITY + keys + sum(_property(name, one) for name, one in others.items())


def _property(name: str, value: Any) -> int:
    return _OF_A_PROPERTY + 2 * len(name) + _value(value)


def _value(value: Any) -> int:
    if isinstance(value, bytes):
        return _OF_A_VALUE + len(value)
    if isinstance(value, str):
        return _OF_A_VALUE + 2 * len(value)
    return _FIXED
