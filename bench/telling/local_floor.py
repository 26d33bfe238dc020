"""What the local stack itself takes from a queue to an address."""

import asyncio
import time
from datetime import UTC, datetime

from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueClient

from bench.place import Place
from bench.telling.apps import POSTING_QUEUE, served
from sandbox.tour.unseen import until

_SEEN_SECONDS = 30.0


async def queue_and_post(here: Place, rate: float, seconds: float) -> list[float]:
    """Seconds from a message, put on a queue at that rate, to the post that a trivial function
    makes for it, as the sandbox logs it. Raises Unseen."""
    put: dict[str, datetime] = {}
    async with (
        served(here, "trivial"),
        QueueClient.from_connection_string(
            here.azurite.connection_string,
            POSTING_QUEUE,
            message_encode_policy=TextBase64EncodePolicy(),
        ) as queue,
        asyncio.TaskGroup() as group,
    ):
        before, began = await here.outlook.last_request(), time.monotonic()
        for number in range(round(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            path = f"/floor/{number}"
            put[path] = datetime.now(UTC)
            group.create_task(_put(queue, f"{here.sandbox.http_url}{path}"))

        async def look() -> list[float] | None:
            asked = {"after": before, "path": "^/floor/", "method": "POST"}
            found = (await here.outlook.ask("GET", "requests", params=asked))["value"]
            came = {one["path"]: datetime.fromisoformat(one["at"]) for one in found}
            if len(came) < len(put):
                return None
            return [(came[path] - at).total_seconds() for path, at in put.items()]

        return await until(look, _SEEN_SECONDS, "All of the posts")


async def _put(queue: QueueClient, address: str) -> None:
    await queue.send_message(address)
