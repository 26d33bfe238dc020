"""What the application asks of the storage, request by request."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline.transport import AioHttpTransport

_READS = frozenset({"GET", "HEAD"})


@dataclass
class StorageRequests:
    """Requests to tables and queues. A transaction is one, as it is to the bill."""

    reads: int = 0
    writes: int = 0
    named: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.reads + self.writes

    def _add(self, method: str, url: str) -> None:
        # `$batch`, `calendars()`, `calendars(PartitionKey=…)`, `sync-calendar/messages`
        path = urlsplit(url).path.removeprefix("/devstoreaccount1/")
        name = path.partition("(")[0].removesuffix("/messages")
        self.named[f"{method} {name}"] += 1
        if method in _READS:
            self.reads += 1
        else:
            self.writes += 1


@contextlib.contextmanager
def storage_requests() -> Iterator[StorageRequests]:
    """Counts what this process asks by Azure's asynchronous clients, repeats included.

    What the Functions host asks to receive messages is counted too where it runs in this process.
    """
    counted, send = StorageRequests(), AioHttpTransport.send

    async def counting(self: AioHttpTransport, request: Any, **config: Any) -> Any:
        counted._add(request.method, request.url)
        return await send(self, request, **config)

    AioHttpTransport.send = counting
    try:
        yield counted
    finally:
        AioHttpTransport.send = send
