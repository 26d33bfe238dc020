"""Per-mailbox limits: requests at the same time, and requests in ten minutes.

Source: learn.microsoft.com/graph/throttling-limits (Outlook service limits: 4 concurrent requests
and 10,000 requests in 10 minutes per app and mailbox).
"""

from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class LimitSettings:
    """Limits, artificial latency, and whether shared calendars need a `.Shared` permission."""

    max_in_flight: int = 4
    budget: int = 10_000
    budget_seconds: int = 600
    latency_seconds: float = 0.0
    retry_after: str = "1.128"
    shared_scope_needed: bool = True


@dataclass(frozen=True)
class Overrun:
    """A request that came over a limit: error code and message."""

    code: str
    message: str


_CONCURRENCY = Overrun("ApplicationThrottled", "Application is over its MailboxConcurrency limit.")
_BUDGET = Overrun("TooManyRequests", "Please retry again later.")


class MailboxLimits:
    """Counts the requests of each mailbox."""

    def __init__(self) -> None:
        self.settings = LimitSettings()
        self.in_flight: Counter[str] = Counter()
        self.maximum: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._recent: dict[str, deque[datetime]] = defaultdict(deque)

    def enter(self, mailbox: str, now: datetime) -> Overrun | None:
        """Count a request in; the overrun if it must be refused (then do not call `leave`)."""
        wanted = self.in_flight[mailbox] + 1
        self.maximum[mailbox] = max(self.maximum[mailbox], wanted)
        overrun = self._over_budget(mailbox, now)
        if wanted > self.settings.max_in_flight:
            overrun = _CONCURRENCY
        if overrun is not None:
            self.refused[mailbox] += 1
            return overrun
        self.in_flight[mailbox] = wanted
        return None

    def leave(self, mailbox: str) -> None:
        """Count a request out."""
        self.in_flight[mailbox] -= 1

    def clear_maxima(self) -> None:
        """Start measuring anew."""
        self.maximum.clear()
        self.refused.clear()

    def _over_budget(self, mailbox: str, now: datetime) -> Overrun | None:
        recent = self._recent[mailbox]
        horizon = now - timedelta(seconds=self.settings.budget_seconds)
        while recent and recent[0] < horizon:
            recent.popleft()
        recent.append(now)  # refused requests count as well (learn.microsoft.com/graph/throttling)
        return _BUDGET if len(recent) > self.settings.budget else None
