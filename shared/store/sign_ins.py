"""The table `signins`: sign-ins that have begun, keyed by a hash of their state."""

from datetime import datetime

from shared.errors import StoreConflict
from shared.store.tables import Tables, etag_of, unless_changed

_ROW = "sign-in"


class TableSignInStore:
    """A SignInStore (see base.py) on Azure Table Storage."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("signins")

    async def put(self, key: str, sealed: bytes, expires_at: datetime) -> None:
        row = {"PartitionKey": key, "RowKey": _ROW, "sealed": sealed, "expiresAt": expires_at}
        await self._table.insert(row)

    async def take(self, key: str) -> tuple[bytes, datetime] | None:
        row = await self._table.get(key, _ROW)
        if row is None:
            return None
        try:
            # A transaction: the client takes a plain deletion of what is gone for a success.
            gone = {"PartitionKey": key, "RowKey": _ROW}
            await self._table.commit([("delete", gone, unless_changed(etag_of(row)))])
        except StoreConflict:
            return None  # somebody else took it first
        return row["sealed"], row["expiresAt"]

    async def forget_expired(self, now: datetime) -> int:
        expired = await self._table.query(
            f"expiresAt lt datetime'{now:%Y-%m-%dT%H:%M:%SZ}'", ["PartitionKey"]
        )
        for row in expired:
            await self._table.delete(row["PartitionKey"], _ROW)
        return len(expired)
