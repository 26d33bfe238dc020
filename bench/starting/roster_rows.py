"""The table of the rosters, filled past the application and past Azure's client.

One calendar after another would take minutes, and so would the client's transactions: it spends
more time on each row than Azurite does.
https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, islice

import aiohttp
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.pipeline.transport import AioHttpTransport
from azure.data.tables import AccountSasPermissions, ResourceTypes, generate_account_sas
from azure.data.tables.aio import TableClient, TableServiceClient
from yarl import URL

from sandbox.azurite import ACCOUNT, KEY, Azurite
from sandbox.tour.unseen import Unseen
from shared.domain.due import minute_slot
from shared.domain.model import CalendarKey, Roster
from shared.store.rows import in_partition, row_key

_TABLE = "roster"
_ROWS_AT_ONCE = 100
_AT_ONCE = 4


class RosterRows:
    """Calendars with push whose place is `slot`, and others."""

    def __init__(
        self, table: TableClient, http: aiohttp.ClientSession, url: str, sas: str, slot: int
    ) -> None:
        self._table, self._http, self._url = table, http, url
        self._batch = URL(f"{url}/$batch?{sas}", encoded=True)
        self._keys = {due: _keys(slot, due=due) for due in (True, False)}
        self._held = {True: 0, False: 0}

    @property
    def known(self) -> int:
        return sum(self._held.values())

    @property
    def due(self) -> int:
        return self._held[True]

    async def become(self, known: int, due: int) -> None:
        """Adds what is missing; none is taken away."""
        await self._add(due - self.due, due=True)
        await self._add(known - self.known, due=False)

    async def told(self, partitions: Sequence[str]) -> int:
        """How many calendars bare queries of these partitions tell of, one after another."""
        found = 0
        for partition in partitions:
            filter_ = in_partition(partition)
            async for _ in self._table.query_entities(filter_, select=["RowKey"]):
                found += 1
        return found

    async def _add(self, number: int, *, due: bool) -> None:
        room = asyncio.Semaphore(_AT_ONCE)
        slots: dict[int, list[CalendarKey]] = {}
        for key in islice(self._keys[due], max(0, number)):
            slots.setdefault(minute_slot(key), []).append(key)
        async with asyncio.TaskGroup() as group:
            for slot, keys in slots.items():
                for first in range(0, len(keys), _ROWS_AT_ONCE):
                    some = keys[first : first + _ROWS_AT_ONCE]
                    group.create_task(self._write(partition_of(Roster.PUSH, slot), some, room))
        self._held[due] += max(0, number)

    async def _write(
        self, partition: str, keys: Sequence[CalendarKey], room: asyncio.Semaphore
    ) -> None:
        headers = {
            "Content-Type": "multipart/mixed; boundary=batch_1",
            "x-ms-version": "2019-02-02",
            "DataServiceVersion": "3.0",
        }
        body = _transaction(self._url, partition, keys)
        async with room, self._http.post(self._batch, data=body, headers=headers) as answer:
            told = await answer.text()
        if answer.status != 202 or told.count("HTTP/1.1 204") != len(keys):
            raise Unseen(f"Rows were not written: {answer.status} {told[:300]}")


@asynccontextmanager
async def roster_rows(azurite: Azurite, slot: int) -> AsyncIterator[RosterRows]:
    """Queries go by the same client, transport included, as the application's."""
    url = f"{azurite.table}/{ACCOUNT}"
    sas = generate_account_sas(
        AzureNamedKeyCredential(ACCOUNT, KEY),
        ResourceTypes(service=True, object=True),
        AccountSasPermissions(add=True, write=True, update=True),
        datetime.now(UTC) + timedelta(hours=1),
    )
    async with (
        TableServiceClient.from_connection_string(
            azurite.connection_string, transport=AioHttpTransport(use_env_settings=False)
        ) as tables,
        aiohttp.ClientSession() as http,
    ):
        await tables.create_table_if_not_exists(_TABLE)
        yield RosterRows(tables.get_table_client(_TABLE), http, url, sas, slot)


def partition_of(roster: Roster, slot: int) -> str:
    return row_key(roster.value, f"{slot:02d}")


def _keys(slot: int, *, due: bool) -> Iterator[CalendarKey]:
    """Keys as calendars have them, of those whose place is that slot, or of the others."""
    for number in count():
        key = CalendarKey(hashlib.sha256(f"calendar {number}".encode()).hexdigest()[:32])
        if (minute_slot(key) == slot) is due:
            yield key


def _transaction(url: str, partition: str, keys: Sequence[CalendarKey]) -> bytes:
    """Azurite reads it by the names that Microsoft's clients give boundaries."""
    parts = [
        "--batch_1\r\nContent-Type: multipart/mixed; boundary=changeset_1\r\n\r\n",
        *(_insertion(url, number, partition, key) for number, key in enumerate(keys)),
        "--changeset_1--\r\n\r\n--batch_1--\r\n",
    ]
    return "".join(parts).encode()


def _insertion(url: str, number: int, partition: str, key: CalendarKey) -> str:
    row = json.dumps({"PartitionKey": partition, "RowKey": key})
    lines = [
        "--changeset_1",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        f"Content-ID: {number}",
        "",
        f"POST {url}/{_TABLE} HTTP/1.1",
        "Content-Type: application/json",
        f"Content-Length: {len(row)}",
        "DataServiceVersion: 3.0",
        "Accept: application/json;odata=minimalmetadata",
        "Prefer: return-no-content",
        "",
        row,
        "",
    ]
    return "\r\n".join(lines)
