"""Figures for those who operate this: how late, how fresh, how much asked, what was missed.

Their attributes are few and name nobody: each other value is another time series. While nothing
exports them they cost next to nothing.
"""

from datetime import timedelta

from opentelemetry import metrics

from shared.domain.drift import Findings
from shared.tracing import SCOPE

_THROTTLED = 429
_METER = metrics.get_meter(SCOPE)
_LAG = _METER.create_histogram(
    "calendar_sync.lag", "s", "From a change, as far as that is known, to the mirror that has it"
)
_FRESHNESS = _METER.create_histogram(
    "calendar_sync.freshness", "s", "How old a mirror had become when it was read again"
)
_REQUESTS = _METER.create_counter(
    "calendar_sync.provider.requests", "1", "Requests to providers, by how they were answered"
)
_THROTTLES = _METER.create_counter(
    "calendar_sync.provider.throttles", "1", "Requests that providers refused as too many"
)
_DRIFT = _METER.create_counter(
    "calendar_sync.drift", "1", "Changes that nobody had told of, found and put right"
)


def read(provider: str, age: timedelta | None, lag: timedelta | None, found: Findings) -> None:
    """A calendar was read: how old its mirror was, how late the news, what had been missed."""
    about = {"provider": provider}
    if age is not None:
        _FRESHNESS.record(age.total_seconds(), about)
    if lag is not None:
        _LAG.record(lag.total_seconds(), about)
    if found.missed:
        _DRIFT.add(found.missed, {**about, "found_by": "comparison"})
    if found.by_sweep:
        _DRIFT.add(found.by_sweep, {**about, "found_by": "sweep"})


def answered(provider: str, status: int | None) -> None:
    """A provider answered a request; `status` is None where it did not."""
    _REQUESTS.add(1, {"provider": provider, "status": str(status or "none")})
    if status == _THROTTLED:
        _THROTTLES.add(1, {"provider": provider})
