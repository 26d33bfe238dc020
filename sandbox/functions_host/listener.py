"""Reads one queue and runs its function for every message.

Facts: the Storage Queues extension in github.com/Azure/azure-sdk-for-net (`QueueListener`,
`QueueProcessor`): messages are invisible for ten minutes while they run, and renewed; a new batch
is fetched when no more than `newBatchThreshold` are in hand; deleted on success; visible again
after `visibilityTimeout` on failure; moved to `NAME-poison` at `maxDequeueCount`. What fails on a
poison queue stays invisible until its lease ends (QueueProcessor of the storage extension).
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import QueueMessage

from sandbox.functions_host import messages
from sandbox.functions_host.activity import Activity
from sandbox.functions_host.config import QueueOptions
from sandbox.functions_host.functions import Function
from sandbox.functions_host.invoker import Invoker
from sandbox.functions_host.queues import Queues

LEASE_SECONDS = 600
FIRST_POLL_SECONDS = 0.05
PEEK_LIMIT = 32  # the most that the service shows at once

logger = logging.getLogger("functions_host")


@dataclass(frozen=True)
class Depth:
    """Messages of a queue by state. `visible` counts up to 32 exactly, `poison` those moved."""

    visible: int
    in_hand: int
    delayed: int
    poison: int


class QueueListener:
    """The reader of one queue-triggered function."""

    def __init__(
        self,
        function: Function,
        queues: Queues,
        options: QueueOptions,
        invoker: Invoker,
        activity: Activity,
    ) -> None:
        self.function = function
        self.queue = function.queue
        self._queues = queues
        self._client = queues.client(self.queue)
        self._options = options
        self._invoker = invoker
        self._activity = activity
        self._tasks: set[asyncio.Task[None]] = set()
        self._receiving = asyncio.Lock()
        self._woken = asyncio.Event()
        self._wakes = 1
        self._wakes_heeded = 0
        self._stopping = False

    @property
    def in_hand(self) -> int:
        """Messages taken and not yet done with."""
        return len(self._tasks)

    def wake(self) -> None:
        """Looks for messages now."""
        self._wakes += 1
        self._woken.set()

    async def run(self) -> None:
        """Reads until told to stop."""
        self._queues.on_write(self.queue, self.wake)
        longest = self._options.max_polling_interval.total_seconds()
        pause = FIRST_POLL_SECONDS
        while not self._stopping:
            if self.in_hand > self._options.new_batch_threshold:
                await self._pause(None)
            elif await self._receive() or await self._pause(pause):
                pause = FIRST_POLL_SECONDS
            else:
                pause = min(pause * 2, longest)

    async def stop(self, within: float) -> None:
        """Takes no more, waits `within` seconds for what runs, leaves the rest to visibility."""
        self._stopping = True
        self.wake()
        async with self._receiving:
            running = set(self._tasks)
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=within)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def settled(self) -> None:
        """Returns when no request for messages is under way."""
        async with self._receiving:
            return

    async def waiting(self) -> bool:
        """Whether a message is visible now; one small request, or none.

        This host alone writes to poison queues, and wakes who reads them.
        """
        if self.queue.is_poison and self._wakes == self._wakes_heeded:
            return False
        try:
            return bool(await self._client.peek_messages(max_messages=1))
        except ResourceNotFoundError:
            return False

    async def depth(self) -> Depth:
        """What is in the queue now."""
        try:
            shown = await self._client.peek_messages(max_messages=PEEK_LIMIT)
        except ResourceNotFoundError:
            shown = []
        total = await _count(self._client)
        poison = await _count(self._queues.client(self.queue.poison))
        hidden = max(0, total - self.in_hand)
        visible = len(shown) if len(shown) < PEEK_LIMIT else max(PEEK_LIMIT, hidden)
        return Depth(visible, self.in_hand, max(0, hidden - visible), poison)

    async def _pause(self, seconds: float | None) -> bool:
        """Waits, at most `seconds`; whether it was woken."""
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    async def _receive(self) -> bool:
        """Takes a batch and starts on it; whether there was any."""
        async with self._receiving:
            if self._stopping:
                return False
            wakes = self._wakes
            try:
                batch = await self._batch()
            except ResourceNotFoundError:
                await self._queues.create(self.queue)
                return False
            except AzureError as error:
                logger.warning("queue %s cannot be read: %s", self.queue.name, error)
                return False
            for message in batch:
                task = asyncio.create_task(self._process(message))
                self._tasks.add(task)
                task.add_done_callback(self._done)
            if batch:
                self._activity.touch()
            else:
                self._wakes_heeded = wakes
            return bool(batch)

    async def _batch(self) -> list[QueueMessage]:
        size = self._options.batch_size
        found = self._client.receive_messages(
            messages_per_page=size, visibility_timeout=LEASE_SECONDS
        )
        async for page in found.by_page():
            return [message async for message in page]
        return []

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._activity.touch()
        self.wake()
        if not task.cancelled() and task.exception():
            logger.error("queue %s: %r", self.queue.name, task.exception())

    async def _process(self, message: QueueMessage) -> None:
        """Runs the function for a message and settles it."""
        count = message.dequeue_count or 0
        body = messages.decode(message.content, base64_encoded=self._options.base64)
        spent = count > self._options.max_dequeue_count and not self.queue.is_poison
        if body is None or spent:
            await self._poison(message)
            return
        facts = _facts(message)
        async with self._renewed(message):
            outcome = await self._invoker.invoke(
                self.function, lambda: messages.to_trigger(body, facts)
            )
        if outcome.succeeded:
            await self._delete(message)
        elif self.queue.is_poison:
            return  # it stays invisible for a while, so that nothing goes round and round
        elif count >= self._options.max_dequeue_count:
            await self._poison(message)
        else:
            await self._release(message)

    @contextlib.asynccontextmanager
    async def _renewed(self, message: QueueMessage) -> AsyncIterator[None]:
        """Keeps the message invisible meanwhile."""
        task = asyncio.create_task(self._renew(message))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _renew(self, message: QueueMessage) -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 2)
            await self._set_visibility(message, LEASE_SECONDS)

    async def _set_visibility(self, message: QueueMessage, seconds: int) -> None:
        updated = await self._client.update_message(
            message.id, message.pop_receipt, visibility_timeout=seconds
        )
        message.pop_receipt = updated.pop_receipt

    async def _release(self, message: QueueMessage) -> None:
        """Makes the message visible again after the configured delay, and looks for it then."""
        delay = self._options.visibility_timeout.total_seconds()
        await self._set_visibility(message, round(delay))
        asyncio.get_running_loop().call_later(delay, self.wake)

    async def _delete(self, message: QueueMessage) -> None:
        with contextlib.suppress(ResourceNotFoundError):
            await self._client.delete_message(message.id, message.pop_receipt)

    async def _poison(self, message: QueueMessage) -> None:
        """Moves the message to the poison queue."""
        logger.error("queue %s: message %s moved to poison", self.queue.name, message.id)
        await self._queues.send_text(self.queue.poison, message.content)
        await self._delete(message)


async def _count(client: Any) -> int:
    """All messages of a queue, visible or not; 0 when there is no such queue."""
    try:
        properties = await client.get_queue_properties()
    except ResourceNotFoundError:
        return 0
    return int(properties.approximate_message_count or 0)


def _facts(message: QueueMessage) -> dict[str, Any]:
    """The trigger metadata of a message, named as the host names it."""
    return {
        "Id": message.id,
        "DequeueCount": message.dequeue_count,
        "InsertionTime": message.inserted_on,
        "ExpirationTime": message.expires_on,
        "NextVisibleTime": message.next_visible_on,
        "PopReceipt": message.pop_receipt,
    }
