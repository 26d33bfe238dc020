"""The stores on Azurite, and on the rows in memory on which runs are cut short.

Every test has an account, and so partitions, of its own.
"""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from azure.data.tables.aio import TableServiceClient

from sandbox.azurite import shared_azurite
from shared.domain.model import Account, LocationId, ProviderName
from shared.store.rows import in_partition
from shared.store.tables import Entity, Tables
from tests.flows.memory_tables import MemoryTables


class SeenTables(Tables):
    """Tables whose rows can be seen past the stores."""

    async def rows(self, table: str, partition: str) -> dict[str, Entity]:
        """All rows of a partition by their keys."""
        found = await self.table(table).query(in_partition(partition))
        return {row["RowKey"]: row for row in found}


@pytest.fixture(scope="session")
async def on_azurite() -> AsyncIterator[SeenTables]:
    service = TableServiceClient.from_connection_string(shared_azurite().connection_string)
    found = SeenTables(service)
    yield found
    await found.close()


@pytest.fixture(params=["azurite", "memory"])
def tables(
    on_azurite: SeenTables, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> SeenTables:
    if request.param == "memory":
        MemoryTables().stand_in(monkeypatch)
    return on_azurite


@pytest.fixture
def account() -> Account:
    return Account(ProviderName("outlook"), f"tenant.{uuid4()}")


@pytest.fixture
def location() -> LocationId:
    return LocationId(f"location {uuid4()}")
