"""What is in the tables and queues, seen past the application."""

import asyncio
from types import TracebackType
from typing import Any, Self

from azure.core.pipeline.transport import AioHttpTransport
from azure.data.tables.aio import TableServiceClient
from azure.storage.queue.aio import QueueServiceClient

Row = tuple[str, str, str]


class Storage:
    """All tables and queues of a storage account."""

    def __init__(self, connection_string: str) -> None:
        tables, queues = (AioHttpTransport(use_env_settings=False) for _ in range(2))  # faster
        self._tables = TableServiceClient.from_connection_string(
            connection_string, transport=tables
        )
        self._queues = QueueServiceClient.from_connection_string(
            connection_string, transport=queues
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        await self._tables.close()
        await self._queues.close()

    async def rows(self, *tables: str) -> dict[Row, dict[str, Any]]:
        """Every row by (table, partition, row key), of all tables or of those named."""
        names = [table.name async for table in self._tables.list_tables()]
        found: dict[Row, dict[str, Any]] = {}
        for name in names:
            if tables and name not in tables:
                continue
            async for entity in self._tables.get_table_client(name).list_entities():
                found[name, entity["PartitionKey"], entity["RowKey"]] = dict(entity)
        return found

    async def messages(self) -> dict[str, int]:
        """About how many messages each queue holds, hidden ones included; empty ones left out."""
        found: dict[str, int] = {}
        async for queue in self._queues.list_queues():
            properties = await self._queues.get_queue_client(queue.name).get_queue_properties()
            if properties.approximate_message_count:
                found[queue.name] = properties.approximate_message_count
        return found

    async def empty(self) -> None:
        """Removes every row and message."""
        clients = {name: self._tables.get_table_client(name) for name in await self._names()}
        await asyncio.gather(
            *(clients[table].delete_entity(p, r) for table, p, r in await self.rows())
        )
        await self.clear_queues()

    async def clear_queues(self) -> None:
        """Removes every message, also those for later."""
        async for queue in self._queues.list_queues():
            await self._queues.get_queue_client(queue.name).clear_messages()

    async def _names(self) -> list[str]:
        return [table.name async for table in self._tables.list_tables()]
