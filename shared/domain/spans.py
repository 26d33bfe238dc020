"""Spans of time: timed ones are UTC instants, all-day ones are dates; both are half-open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.domain.model import Window


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From `start` up to, not including, `end`; aware UTC instants."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Interval | Window") -> bool:
        """A span without length overlaps nothing: it blocks no time."""
        return self.start < other.end and other.start < self.end and self.start < self.end

    def clipped(self, to: "Interval | Window") -> "Interval":
        return Interval(max(self.start, to.start), min(self.end, to.end))


@dataclass(frozen=True, slots=True, order=True)
class Days:
    """Whole days from `first` up to, not including, `end`, wherever the calendar's owner is."""

    first: date
    end: date

    def in_zone(self, zone: ZoneInfo) -> Interval:
        """The instants from local midnight to local midnight."""
        return Interval(_midnight(self.first, zone), _midnight(self.end, zone))


Span = Interval | Days

# Local days begin at most 14 h before and end at most 12 h after the same days in UTC.
_FURTHEST_ZONE = timedelta(hours=14)


def possible_interval(span: Span) -> Interval:
    """The instants that `span` may touch in any zone."""
    if isinstance(span, Interval):
        return span
    whole = span.in_zone(ZoneInfo("UTC"))
    return Interval(whole.start - _FURTHEST_ZONE, whole.end + _FURTHEST_ZONE)


def months(span: Span | Window) -> Iterator[str]:
    """The months, as `YYYY-MM` in UTC, that `span` may touch; at least the one it starts in."""
    reach = possible_interval(span) if isinstance(span, Interval | Days) else span
    month = reach.start.astimezone(UTC).replace(day=1)
    last = max(reach.start, reach.end - timedelta(microseconds=1)).astimezone(UTC)
    while (month.year, month.month) <= (last.year, last.month):
        yield f"{month.year:04d}-{month.month:02d}"
        month = (month + timedelta(days=31)).replace(day=1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
