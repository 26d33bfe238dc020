"""What runs have cost: storage, providers, processor, records."""

import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.counting import StorageRequests, storage_requests
from sandbox.tour.outlook import Outlook

_LOGGER = "calendar_sync"


@dataclass
class Tally:
    """Of one run, or of several. `provider` counts requests by what was asked, as `delta`."""

    runs: int = 0
    reads: int = 0
    writes: int = 0
    provider: Counter[str] = field(default_factory=Counter)
    storage: Counter[str] = field(default_factory=Counter)
    cpu: float = 0.0
    wall: float = 0.0
    log_bytes: int = 0

    @property
    def operations(self) -> int:
        return self.reads + self.writes

    @property
    def asked(self) -> int:
        """Requests to the calendar's provider: not its sign-in, and not the CRM's webhook."""
        return sum(count for name, count in self.provider.items() if name not in _OTHERS)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.runs + other.runs,
            self.reads + other.reads,
            self.writes + other.writes,
            self.provider + other.provider,
            self.storage + other.storage,
            self.cpu + other.cpu,
            self.wall + other.wall,
            self.log_bytes + other.log_bytes,
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "runs": self.runs,
            "reads": self.reads,
            "writes": self.writes,
            "provider": dict(sorted(self.provider.items())),
            "storage": dict(sorted(self.storage.items())),
            "cpu": round(self.cpu, 4),
            "wall": round(self.wall, 4),
            "log_bytes": self.log_bytes,
        }

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Tally":
        counted = {name: Counter(given[name]) for name in ("provider", "storage")}
        return cls(**{**given, **counted})


SIGN_IN, WEBHOOK = "sign-in", "webhook"
_OTHERS = frozenset({SIGN_IN, WEBHOOK})


class Counting:
    """Counts what is done inside `run`, one at a time."""

    def __init__(self, outlook: Outlook) -> None:
        self._outlook = outlook
        self._after: int | None = None

    @contextlib.asynccontextmanager
    async def run(self, *, asks: bool = True) -> AsyncIterator[Tally]:
        """The tally is filled in at the end; without `asks` no requests to providers are."""
        tally = Tally(runs=1)
        if self._after is None:
            self._after = await self._outlook.last_request()
        with storage_requests() as storage, _logged(tally):
            wall, cpu = time.perf_counter(), time.process_time()
            yield tally
            tally.wall = time.perf_counter() - wall
            tally.cpu = time.process_time() - cpu
        _add(tally, storage)
        if asks:
            tally.provider = Counter(map(_kind, await self._asked()))

    async def _asked(self) -> list[dict[str, Any]]:
        """What the sandbox was asked since the last time."""
        params = {"after": self._after}
        found: list[dict[str, Any]] = (await self._outlook.ask("GET", "requests", params=params))[
            "value"
        ]
        self._after = found[-1]["number"] if found else self._after
        return found


def _add(tally: Tally, storage: StorageRequests) -> None:
    tally.reads, tally.writes = storage.reads, storage.writes
    tally.storage = Counter(storage.named)


def _kind(request: dict[str, Any]) -> str:
    """`delta`, `subscriptions` and so on: the last word of the path that is no id."""
    if request["service"] == "entra":
        return SIGN_IN
    if request["service"] == "crm":
        return WEBHOOK
    words = [word.removesuffix("()") for word in str(request["path"]).split("/")]
    return next(word for word in reversed(words) if word.isalpha())


@contextlib.contextmanager
def _logged(tally: Tally) -> Iterator[None]:
    log, handler = logging.getLogger(_LOGGER), _Sizes(tally)
    level = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


class _Sizes(logging.Handler):
    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self._tally = tally

    def emit(self, record: logging.LogRecord) -> None:
        self._tally.log_bytes += len(record.getMessage().encode())
