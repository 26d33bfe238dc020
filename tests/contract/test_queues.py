"""StorageQueues on Azurite."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from azure.storage.queue.aio import QueueServiceClient

from sandbox.azurite import shared_azurite
from shared.store.queues import StorageQueues


@pytest.fixture
async def queues() -> AsyncIterator[StorageQueues]:
    storage = shared_azurite().connection_string
    found = StorageQueues(QueueServiceClient.from_connection_string(storage))
    yield found
    await found.close()


class Note:
    """A message of a queue that no function reads, and no message of the application."""

    def __init__(self, queue: str) -> None:
        self.queue = queue

    def model_copy(self, update: object) -> "Note":
        return self

    def encode(self) -> str:
        return "{}"


async def put(queues: StorageQueues, name: str, delay_seconds: float = 0) -> None:
    await queues.send(Note(name), delay_seconds)  # type: ignore[arg-type]


async def test_the_head_of_a_queue_is_what_can_be_taken_now(queues: StorageQueues) -> None:
    name = f"head-{uuid4()}"
    assert await queues.head_since(name) is None
    await put(queues, name, delay_seconds=3600)
    assert await queues.head_since(name) is None
    assert await queues.length(name) == 1
    await put(queues, name)
    since = await queues.head_since(name)
    assert since is not None
    assert abs(datetime.now(UTC) - since) < timedelta(minutes=1)
