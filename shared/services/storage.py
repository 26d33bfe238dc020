"""The clients of Azure Storage, and the identity that they work with."""

from typing import TYPE_CHECKING

from shared.services.lifetime import opened
from shared.settings import Settings

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import AioHttpTransport
    from azure.identity.aio import DefaultAzureCredential
    from azure.storage.queue.aio import QueueServiceClient

    from shared.store.tables import Tables


def tables_of(chosen: Settings) -> "Tables":
    """By the connection string that the settings have, else by identity."""
    from azure.data.tables.aio import TableServiceClient

    from shared.store.tables import Tables

    if chosen.calendar_storage is not None:
        connection = chosen.calendar_storage.get_secret_value()
        return Tables(TableServiceClient.from_connection_string(connection, **_direct()))
    endpoint = chosen.storage_address("table")
    return Tables(TableServiceClient(endpoint, credential=identity(chosen), **_direct()))


def queues_of(chosen: Settings) -> "QueueServiceClient":
    """By the connection string that the settings have, else by identity."""
    from azure.storage.queue.aio import QueueServiceClient

    if chosen.calendar_storage is not None:
        connection = chosen.calendar_storage.get_secret_value()
        return QueueServiceClient.from_connection_string(connection, **_direct())
    endpoint = chosen.storage_address("queue")
    return QueueServiceClient(endpoint, credential=identity(chosen), **_direct())


def _direct() -> "dict[str, AioHttpTransport]":
    """Without a proxy none is looked for: aiohttp would do that in a thread for each request, which
    takes as long as the request does."""
    from urllib.request import getproxies

    from azure.core.pipeline.transport import AioHttpTransport

    return {"transport": AioHttpTransport(use_env_settings=bool(getproxies()))}


def identity(chosen: Settings) -> "DefaultAzureCredential":
    """Of the function app in Azure; elsewhere of whoever is signed in there."""
    from azure.identity.aio import DefaultAzureCredential

    found = DefaultAzureCredential(**_named(chosen))
    opened(found.close)
    return found


def sync_identity(chosen: Settings) -> "TokenCredential | None":
    """Its resource takes no keys where the storage takes none."""
    if chosen.calendar_storage is not None:
        return None
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential(**_named(chosen))


def _named(chosen: Settings) -> dict[str, str]:
    client_id = chosen.calendar_storage__client_id
    # Passed as None it would hide AZURE_CLIENT_ID.
    return {"managed_identity_client_id": client_id} if client_id else {}
