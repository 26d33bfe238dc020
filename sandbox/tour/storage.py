"""What the service keeps of an account and has still to do, looked up past the service.

The layout of tables and queues is in docs/architecture.md.
"""

import json
from collections.abc import Collection
from typing import Any

from azure.data.tables.aio import TableServiceClient
from azure.storage.queue.aio import QueueServiceClient

Counts = dict[str, int]


class Storage:
    """The tables and queues of a storage account."""

    def __init__(self, tables: TableServiceClient, queues: QueueServiceClient) -> None:
        self._tables, self._queues = tables, queues

    async def mirrors(self, subject: str) -> dict[str, dict[str, Any]]:
        """The states of the account's mirrors, by partition."""
        rows = await self._rows("calendars", "RowKey eq 'state'")
        states = {row["PartitionKey"]: json.loads(row["data"]) for row in rows}
        return {key: s for key, s in states.items() if s["account"]["subject"] == subject}

    async def events(self, subject: str) -> int:
        """How many events the account's mirrors hold."""
        return sum(state["events"] for state in (await self.mirrors(subject)).values())

    async def kept(self, account: str, mirrors: Collection[str]) -> Counts:
        """How many rows there are of `provider|subject`, of its mirrors, and of their turns."""
        rows = await self._rows("accounts", f"PartitionKey eq '{account}'")
        parts = [await self._rows("calendars", f"PartitionKey eq '{key}'") for key in mirrors]
        turns = [row for row in await self._rows("roster", "") if row["RowKey"] in mirrors]
        return {
            "account and tokens": len(rows),
            "mirrored calendars": sum(len(rows) for rows in parts),
            "turns to be read": len(turns),
        }

    async def waiting(self, *queues: str) -> int:
        """How many messages there are: those for later, and those being worked on, too."""
        found = [await self._queues.get_queue_client(q).get_queue_properties() for q in queues]
        return sum(one.approximate_message_count or 0 for one in found)

    async def _rows(self, table: str, filter_: str) -> list[dict[str, Any]]:
        found = self._tables.get_table_client(table).query_entities(filter_)
        return [dict(row) async for row in found]
