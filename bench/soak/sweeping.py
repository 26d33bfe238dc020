"""One turn of every calendar, queued as the sweep of an hour does, and its end."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from azure.data.tables.aio import TableServiceClient
from azure.storage.queue.aio import QueueServiceClient

from sandbox.tour.unseen import Unseen, until
from shared.messages import Cause, SyncCalendar
from shared.store.queues import StorageQueues

_PAUSE_SECONDS = 0.5


class Sweeper:
    """The service's tables and queues, and what its host says of itself."""

    def __init__(
        self, tables: TableServiceClient, queues: QueueServiceClient, host: httpx.AsyncClient
    ) -> None:
        self._tables, self._queues, self._host = tables, StorageQueues(queues), host

    async def turn(self, within: float) -> int:
        """Queues all that are in a roster and waits until each was read; how many.

        Raises Unseen when they were not read in time.
        """
        began = datetime.now(UTC)
        keys = {row["RowKey"] for row in await self._rows("roster", "")}
        for key in keys:
            await self._queues.send(SyncCalendar(calendar=key, cause=Cause.SWEEP, at=began))

        async def look() -> bool | None:
            await asyncio.sleep(_PAUSE_SECONDS)
            states = [row["data"] for row in await self._rows("calendars", "RowKey eq 'state'")]
            read = [json.loads(state).get("checked_at") for state in states]
            return True if all(at and _moment(at) >= began for at in read) else None

        await until(look, within, "The end of the sweep")
        await self.rest(within)
        return len(keys)

    async def rest(self, within: float) -> None:
        """Waits until nothing runs and nothing that is due waits. Raises Unseen."""
        answer = await self._host.get("/host/idle", params={"timeout": within}, timeout=within + 60)
        if not answer.is_success:
            raise Unseen(f"The functions did not come to rest within {within:.0f} seconds.")

    async def runs(self) -> int:
        """How often a calendar was synced, since the start."""
        return int((await self._status())["functions"]["SyncCalendar"]["started"])

    async def waiting(self) -> int:
        """How many messages ask for a calendar to be synced now."""
        queue = (await self._status())["queues"][SyncCalendar.queue]
        return int(queue["visible"]) + int(queue["in_hand"])

    async def _status(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self._host.get("/host/status")).json()
        return found

    async def _rows(self, table: str, filter_: str) -> list[Mapping[str, Any]]:
        found = self._tables.get_table_client(table).query_entities(filter_)
        return [row async for row in found]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
