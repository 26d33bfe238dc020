"""How long somebody asks us to wait, from a Retry-After header."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST_SECONDS = 24 * 3600.0


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds, at most a day, from what the header says: whole, decimal or a date."""
    wait = _seconds(value or "", now)
    if wait is None or not math.isfinite(wait):
        return None
    return min(max(0.0, wait), _LONGEST_SECONDS)


def _seconds(value: str, now: datetime) -> float | None:
    try:
        return float(value)
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - now).total_seconds()
