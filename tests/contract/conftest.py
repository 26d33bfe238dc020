"""The stores on Azurite. Every test has an account, and so partitions, of its own."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from azure.data.tables.aio import TableServiceClient

from sandbox.azurite import shared_azurite
from shared.domain.model import Account, LocationId, ProviderName
from shared.store.tables import Tables


class SeenTables(Tables):
    """Tables whose rows can be seen past the stores."""

    def __init__(self, service: TableServiceClient) -> None:
        super().__init__(service)
        self.service = service

    async def rows(self, table: str, partition: str) -> dict[str, dict[str, Any]]:
        """All rows of a partition by their keys."""
        query = f"PartitionKey eq '{partition}'"
        client = self.service.get_table_client(table)
        return {row["RowKey"]: dict(row) async for row in client.query_entities(query)}


@pytest.fixture(scope="session")
async def tables() -> AsyncIterator[SeenTables]:
    service = TableServiceClient.from_connection_string(shared_azurite().connection_string)
    found = SeenTables(service)
    yield found
    await found.close()


@pytest.fixture
def account() -> Account:
    return Account(ProviderName("outlook"), f"tenant.{uuid4()}")


@pytest.fixture
def location() -> LocationId:
    return LocationId(f"location {uuid4()}")
