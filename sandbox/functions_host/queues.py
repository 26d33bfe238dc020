"""The queues that the host reads and writes, and who is woken when it writes one."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from types import TracebackType

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from sandbox.functions_host import messages
from sandbox.functions_host.functions import QueueName
from sandbox.functions_host.settings import queue_service

Wake = Callable[[], None]


class Queues:
    """Clients of queues, one connection pool for each storage connection."""

    def __init__(self, environ: Mapping[str, str], *, base64_encoded: bool) -> None:
        self._environ = environ
        self.base64_encoded = base64_encoded
        self._services: dict[str, QueueServiceClient] = {}
        self._readers: defaultdict[QueueName, list[Wake]] = defaultdict(list)

    def client(self, queue: QueueName) -> QueueClient:
        """The client of a queue; it sends and receives text as it stands."""
        if queue.connection not in self._services:
            self._services[queue.connection] = queue_service(queue.connection, self._environ)
        return self._services[queue.connection].get_queue_client(queue.name)

    def on_write(self, queue: QueueName, wake: Wake) -> None:
        """Calls `wake` whenever this host writes to the queue."""
        self._readers[queue].append(wake)

    async def create(self, queue: QueueName) -> None:
        """Makes sure that the queue exists."""
        try:
            await self.client(queue).create_queue()
        except ResourceExistsError:
            return

    async def send(self, queue: QueueName, body: bytes) -> None:
        """Writes a message in the configured encoding."""
        await self.send_text(queue, messages.encode(body, base64_encoded=self.base64_encoded))

    async def send_text(self, queue: QueueName, text: str) -> None:
        """Writes a message whose text is final, makes the queue if need be, wakes its readers."""
        client = self.client(queue)
        try:
            await client.send_message(text)
        except ResourceNotFoundError:
            await self.create(queue)
            await client.send_message(text)
        for wake in self._readers[queue]:
            wake()

    async def __aenter__(self) -> "Queues":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for service in self._services.values():
            await service.close()
