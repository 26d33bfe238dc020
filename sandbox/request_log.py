"""Every request the sandbox answered, kept in memory and countable. Never holds credentials."""

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

_CORRELATION = ("client-request-id", "traceparent", "x-correlation-id", "return-client-request-id")
_SECRET_PARAMETERS = frozenset(
    {
        "code",
        "state",
        "nonce",
        "client_secret",
        "client_assertion",
        "refresh_token",
        "code_challenge",
        "client_info",
    }
)
_KEPT = 50_000


@dataclass
class LoggedRequest:
    """One request and what became of it; `status` is None while running and when cut off."""

    number: int
    at: datetime
    service: str
    method: str
    path: str
    query: str
    mailbox: str | None = None
    status: int | None = None
    outcome: str = "running"
    duration_ms: float | None = None
    in_flight: int = 0
    in_batch: bool = False
    fault: str | None = None
    request_id: str | None = None
    prefer: str | None = None
    correlation: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The entry as JSON, times in ISO 8601."""
        return asdict(self) | {"at": self.at.isoformat()}


@dataclass(frozen=True)
class LogFilter:
    """Which entries to keep; an empty field does not restrict. `path` is a regular expression."""

    service: str | None = None
    mailbox: str | None = None
    method: str | None = None
    path: str | None = None
    query: str | None = None
    status: int | None = None
    outcome: str | None = None
    after: int = 0

    def matches(self, entry: LoggedRequest) -> bool:
        """Whether the entry passes."""
        exact = (
            (self.service, entry.service),
            (self.mailbox and self.mailbox.lower(), (entry.mailbox or "").lower()),
            (self.method and self.method.upper(), entry.method),
            (self.status, entry.status),
            (self.outcome, entry.outcome),
        )
        if any(wanted is not None and wanted != actual for wanted, actual in exact):
            return False
        if entry.number <= self.after:
            return False
        patterns = ((self.path, entry.path), (self.query, entry.query))
        return all(not p or re.search(p, text) for p, text in patterns)


class RequestLog:
    """Keeps the last requests in order of arrival."""

    def __init__(self) -> None:
        self._entries: deque[LoggedRequest] = deque(maxlen=_KEPT)
        self._number = 0

    def open(
        self,
        at: datetime,
        service: str,
        method: str,
        path: str,
        query: str,
        headers: Iterable[tuple[str, str]],
    ) -> LoggedRequest:
        """Add a request that has just arrived; the caller fills in the outcome."""
        self._number += 1
        given = {name.lower(): value for name, value in headers}
        entry = LoggedRequest(
            number=self._number,
            at=at,
            service=service,
            method=method,
            path=path,
            query=_without_secrets(query),
            prefer=given.get("prefer"),
            correlation={name: given[name] for name in _CORRELATION if name in given},
        )
        self._entries.append(entry)
        return entry

    def find(self, wanted: LogFilter | None = None) -> list[LoggedRequest]:
        """The entries that pass the filter, oldest first."""
        chosen = wanted or LogFilter()
        return [entry for entry in self._entries if chosen.matches(entry)]

    def count(self, wanted: LogFilter | None = None) -> int:
        """How many entries pass the filter."""
        return len(self.find(wanted))

    def clear(self) -> None:
        """Forget all entries; the numbering goes on."""
        self._entries.clear()


def _without_secrets(query: str) -> str:
    if not any(name in query for name in _SECRET_PARAMETERS):
        return query
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(k, "***" if k in _SECRET_PARAMETERS else v) for k, v in pairs])
