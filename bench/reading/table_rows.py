"""Rows of a calendar's partition as azure-data-tables gives them, and nothing made of them."""

from azure.core.pipeline.transport import AioHttpTransport
from azure.data.tables.aio import TableServiceClient

from shared.domain.model import CalendarKey
from shared.domain.spans import Interval, months
from shared.store.calendar_rows import BUSY, PROGRESS, STATE
from shared.store.rows import in_partition, rows_under


class TableRows:
    """Over connections of its own, which are as the application's."""

    def __init__(self, connection_string: str) -> None:
        self._service = TableServiceClient.from_connection_string(
            connection_string, transport=AioHttpTransport(use_env_settings=False)
        )
        self._table = self._service.get_table_client("calendars")

    async def around(self, key: CalendarKey, asked: Interval) -> int:
        """How many rows tell of that time; one query."""
        wanted = [f"RowKey eq '{STATE}'", f"RowKey eq '{PROGRESS}'"]
        wanted += [f"({rows_under(BUSY, month)})" for month in months(asked)]
        rows = self._table.query_entities(in_partition(key, " or ".join(wanted)))
        return len([row async for row in rows])

    async def close(self) -> None:
        await self._service.close()
