"""The connection to Azure Table Storage, and what its errors mean here."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableTransactionError, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from shared.errors import StoreConflict

Entity = dict[str, Any]
Operation = tuple[str, Entity] | tuple[str, Entity, dict[str, Any]]

# What the service answers to a guarded write that came too late: the row is there already, gone,
# or newer. https://learn.microsoft.com/rest/api/storageservices/table-service-error-codes
_TOO_LATE = frozenset({404, 409, 412})


class Table:
    """One table, made when it is first used and found missing."""

    def __init__(self, client: TableClient) -> None:
        self._client = client

    async def get(self, partition: str, row: str) -> Entity | None:
        try:
            return await self._client.get_entity(partition, row)
        except ResourceNotFoundError:
            return None

    async def query(self, filter_: str, select: list[str] | None = None) -> list[Entity]:
        return [entity async for entity in self.scan(filter_, select)]

    async def query_pages(self, filter_: str) -> tuple[list[Entity], int]:
        """The rows, and over how many pages they came."""
        rows: list[Entity] = []
        pages = 0
        try:
            async for page in self._client.query_entities(filter_).by_page():
                rows += [entity async for entity in page]
                pages += 1
        except ResourceNotFoundError:
            return [], 0
        return rows, pages

    async def scan(self, filter_: str, select: list[str] | None = None) -> AsyncIterator[Entity]:
        try:
            async for entity in self._client.query_entities(filter_, select=select):
                yield entity
        except ResourceNotFoundError:
            return

    async def insert(self, entity: Entity) -> str:
        """Returns the ETag. Raises StoreConflict if the row is there."""
        try:
            return str((await self._made(lambda: self._client.create_entity(entity)))["etag"])
        except ResourceExistsError:
            raise StoreConflict from None

    async def put(self, entity: Entity) -> None:
        """Writes the row whatever was there."""
        await self._made(lambda: self._client.upsert_entity(entity, mode=UpdateMode.REPLACE))

    async def replace(self, entity: Entity, etag: object) -> str:
        """Returns the new ETag. Raises StoreConflict."""
        try:
            answer = await self._client.update_entity(
                entity,
                **guarded(etag),
            )
        except HttpResponseError as error:
            raise _meaning(error) from None
        return str(answer["etag"])

    async def delete(self, partition: str, row: str, etag: object = None) -> None:
        """Deletes the row if it is there; with `etag` only if it is that one: StoreConflict.

        A row that is gone is no error either way: the client does not tell.
        """
        guard = unless_changed(etag) if etag is not None else {}
        try:
            # As an entity: this is the form in which the client takes an ETag of ours.
            await self._client.delete_entity({"PartitionKey": partition, "RowKey": row}, **guard)
        except HttpResponseError as error:
            raise _meaning(error) from None

    async def commit(self, operations: Iterable[Operation]) -> list[Mapping[str, Any]]:
        """One entity-group transaction. Raises StoreConflict if a guard of it does not hold.

        An update alone is sent as such: the same to the service, and half the work to us.
        """
        batch = [_whole(operation) for operation in operations]
        try:
            match batch:
                case [("update", entity, guard)]:
                    return [await self._client.update_entity(entity, **guard)]
            return list(await self._made(lambda: self._client.submit_transaction(batch)))
        except (TableTransactionError, HttpResponseError) as error:
            raise _meaning(error) from None

    async def _made(self, write: Any) -> Any:
        """Runs `write`; where the table is missing, makes it and runs `write` again."""
        try:
            return await write()
        except HttpResponseError as error:
            if not _table_missing(error):
                raise
        try:
            await self._client.create_table()
        except ResourceExistsError:
            await asyncio.sleep(0)
        return await write()


class Tables:
    """All tables of the application, over one client."""

    def __init__(self, service: TableServiceClient) -> None:
        self._service = service

    def table(self, name: str) -> Table:
        return Table(self._service.get_table_client(name))

    async def close(self) -> None:
        await self._service.close()


def etag_of(row: Entity) -> str:
    """The ETag of a row as it was read."""
    return str(row.metadata["etag"])  # type: ignore[attr-defined]  # rows are TableEntity


def _whole(operation: Operation) -> Operation:
    """In a transaction too a row is written as a whole: by itself the client would leave what the
    new one lacks."""
    if operation[0] == "upsert":
        return (*operation[:2], {"mode": UpdateMode.REPLACE})
    return operation


def guarded(etag: object) -> dict[str, Any]:
    """The arguments of a transaction's operation that holds only for that ETag."""
    return {"mode": UpdateMode.REPLACE, **unless_changed(etag)}


def unless_changed(etag: object) -> dict[str, Any]:
    """The arguments of a deletion in a transaction that holds only for that ETag."""
    return {"etag": str(etag), "match_condition": MatchConditions.IfNotModified}


def _table_missing(error: HttpResponseError) -> bool:
    return "TableNotFound" in str(getattr(error, "error_code", "")) or "TableNotFound" in str(error)


def _meaning(error: HttpResponseError) -> Exception:
    return StoreConflict() if error.status_code in _TOO_LATE else error
