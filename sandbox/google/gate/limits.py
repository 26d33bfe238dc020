"""Quotas: requests in a sliding minute, per user and for the project.

Source: developers.google.com/workspace/calendar/api/guides/quota
"""

from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.google.errors import ApiError


@dataclass
class GoogleLimitSettings:
    """Quotas and artificial latency. `status` is 403 or 429, or 0 for one after the other: the
    guide allows both. `reason` of the user's quota."""

    per_user: int = 600
    per_project: int = 10_000
    seconds: int = 60
    status: int = 0
    reason: str = "userRateLimitExceeded"
    latency_seconds: float = 0.0


class GoogleLimits:
    """Counts the requests of each account."""

    def __init__(self) -> None:
        self.settings = GoogleLimitSettings()
        self.in_flight: Counter[str] = Counter()
        self.maximum: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._recent: dict[str, deque[datetime]] = defaultdict(deque)

    def enter(self, address: str, now: datetime) -> ApiError | None:
        """Count a request in; the refusal if it is over a quota (then do not call `leave`)."""
        mine, all_of_them = self._count(address, now), self._count("", now)
        self.maximum[address] = max(self.maximum[address], self.in_flight[address] + 1)
        if mine > self.settings.per_user or all_of_them > self.settings.per_project:
            self.refused[address] += 1
            over_mine = mine > self.settings.per_user
            return self._refusal(self.settings.reason if over_mine else "rateLimitExceeded")
        self.in_flight[address] += 1
        return None

    def leave(self, address: str) -> None:
        """Count a request out."""
        self.in_flight[address] -= 1

    def clear_maxima(self) -> None:
        """Start measuring anew."""
        self.maximum.clear()
        self.refused.clear()

    def _refusal(self, reason: str) -> ApiError:
        turn = 429 if sum(self.refused.values()) % 2 == 0 else 403
        return ApiError(reason, status=self.settings.status or turn)

    def _count(self, key: str, now: datetime) -> int:
        recent = self._recent[key]
        horizon = now - timedelta(seconds=self.settings.seconds)
        while recent and recent[0] < horizon:
            recent.popleft()
        recent.append(now)
        return len(recent)
