"""Stretches of time as pairs of instants, half-open, and what differs between two lists of them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Interval = tuple[datetime, datetime]


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """In order; those that overlap or touch as one, those without length left out."""
    blocks: list[Interval] = []
    for start, end in sorted(intervals):
        if end <= start:
            continue
        if blocks and start <= blocks[-1][1]:
            blocks[-1] = (blocks[-1][0], max(blocks[-1][1], end))
        else:
            blocks.append((start, end))
    return blocks


def clipped(intervals: Iterable[Interval], window: Interval) -> list[Interval]:
    """What lies in the window."""
    cut = ((max(start, window[0]), min(end, window[1])) for start, end in intervals)
    return [(start, end) for start, end in cut if start < end]


def slices(window: Interval, longest: timedelta) -> Iterator[Interval]:
    """The window in parts that are no longer than `longest`."""
    start = window[0]
    while start < window[1]:
        end = min(start + longest, window[1])
        yield start, end
        start = end


def free_hour(busy: Iterable[Interval], window: Interval, zone: str) -> Interval | None:
    """An hour at ten on a day that is free until two, so that moving it is seen too."""
    blocks, (first, last) = list(busy), window
    ten = first.astimezone(ZoneInfo(zone)).replace(hour=10, minute=0)
    for day in range(2, (last - first).days - 1):
        start = ten + timedelta(days=day)
        if not clipped(blocks, (start, start + timedelta(hours=4))):
            return start, start + timedelta(hours=1)
    return None


def whole_days(first: date, end: date, zone: str) -> Interval:
    """From local midnight to local midnight."""
    here = ZoneInfo(zone)
    return (
        datetime.combine(first, time(), here).astimezone(UTC),
        datetime.combine(end, time(), here).astimezone(UTC),
    )


def differences(expected: Iterable[Interval], found: Iterable[Interval]) -> list[str]:
    """A sentence for each block that only one of the two has, in order of time."""
    wanted, seen = set(expected), set(found)
    odd = [(block, "should be busy and is not") for block in wanted - seen]
    odd += [(block, "is busy and should not be") for block in seen - wanted]
    return [
        f"{start:%Y-%m-%d %H:%M}-{end:%Y-%m-%d %H:%M} UTC {what}"
        for (start, end), what in sorted(odd)
    ]
