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

FURTHEST_ZONE = timedelta(hours=14)
"""Local days begin at most 14 h before and end at most 12 h after the same days in UTC."""

# Providers send the years 1 and 9999, where a step further cannot be told.
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


def possible_interval(span: Span) -> Interval:
    """The instants that `span` may touch in any zone."""
    if isinstance(span, Interval):
        return span
    whole = span.in_zone(ZoneInfo("UTC"))
    return Interval(
        max(whole.start, _FIRST + FURTHEST_ZONE) - FURTHEST_ZONE,
        min(whole.end, _LAST - FURTHEST_ZONE) + FURTHEST_ZONE,
    )


def months(span: Span | Window, within: Window | None = None) -> Iterator[str]:
    """The months, as `YYYY-MM` in UTC, that `span` may touch; at least the one it starts in.

    With `within` only what lies there counts: an event may last for a century.
    """
    if isinstance(span, Interval) and _in_a_month(span):
        yield f"{span.start.year:04d}-{span.start.month:02d}"
        return
    reach = possible_interval(span) if isinstance(span, Interval | Days) else span
    if within is not None and reach.start < within.end and within.start < reach.end:
        reach = Interval(max(reach.start, within.start), min(reach.end, within.end))
    first = reach.start.astimezone(UTC)
    last = first
    if reach.end > reach.start:
        last = (reach.end - timedelta(microseconds=1)).astimezone(UTC)
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield f"{number // 12:04d}-{number % 12 + 1:02d}"


def _in_a_month(span: Interval) -> bool:
    """Told without any arithmetic, as of most events; False where that does not tell."""
    start, end = span.start, span.end
    same = start.month == end.month and start.year == end.year
    return same and start.tzinfo is UTC and end.tzinfo is UTC


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        return _FIRST if day.year == 1 else _LAST
