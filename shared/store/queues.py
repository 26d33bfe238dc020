"""Sending to the queues of Azure Storage, now or later."""

from datetime import datetime

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from shared.messages import Message
from shared.tracing import traceparent


class StorageQueues:
    """Messages are Base64, as the Functions host's queue trigger expects by default."""

    def __init__(self, service: QueueServiceClient) -> None:
        self._service = service
        self._clients: dict[str, QueueClient] = {}

    async def send(self, message: Message, delay_seconds: float = 0) -> None:
        """The message becomes visible after `delay_seconds`, at most seven days."""
        client = self._client(message.queue)
        message = message.model_copy(update={"traceparent": traceparent()})
        delay = max(0, round(delay_seconds))
        try:
            await client.send_message(message.encode(), visibility_timeout=delay)
        except ResourceNotFoundError:
            await self._create(client)
            await client.send_message(message.encode(), visibility_timeout=delay)

    async def length(self, queue: str) -> int:
        client = self._client(queue)
        try:
            found = await client.get_queue_properties()
        except ResourceNotFoundError:
            return 0
        return found.approximate_message_count or 0

    async def head_since(self, queue: str) -> datetime | None:
        try:
            shown = await self._client(queue).peek_messages(max_messages=1)
        except ResourceNotFoundError:
            return None
        return shown[0].inserted_on if shown else None

    async def close(self) -> None:
        await self._service.close()

    def _client(self, queue: str) -> QueueClient:
        if queue not in self._clients:
            policy = TextBase64EncodePolicy()
            self._clients[queue] = self._service.get_queue_client(
                queue, message_encode_policy=policy
            )
        return self._clients[queue]

    @staticmethod
    async def _create(client: QueueClient) -> None:
        try:
            await client.create_queue()
        except ResourceExistsError:
            return
