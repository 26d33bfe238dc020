"""Time values of the simulated mailbox. All of them are aware datetimes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    """Give the present instant in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Window:
    """A half-open range of instants [start, end)."""

    start: datetime
    end: datetime

    def holds(self, start: datetime, end: datetime) -> bool:
        """Tell whether a block of time overlaps; a block of no length is a point."""
        if start == end:
            return self.start <= start < self.end
        return start < self.end and end > self.start


def real_instant(moment: datetime, is_all_day: bool, zone: ZoneInfo) -> datetime:
    """Give the UTC instant of an event's start or end.

    An all-day event is a pair of dates, kept here as UTC midnights. Its instant is the midnight
    of the mailbox's zone (Graph issue microsoft-graph-docs#2804).
    """
    return (moment.replace(tzinfo=zone) if is_all_day else moment).astimezone(UTC)
