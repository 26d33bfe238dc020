"""The days that programs play on: near ones, and those around the next change of clocks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.tour.intervals import Interval, clipped, merged
from tests.flows.outlook import BERLIN, day

NEW_YORK = ZoneInfo("America/New_York")
ZONES = (BERLIN.key, NEW_YORK.key)


def _next_shift() -> int:
    """The first day from the fourteenth on whose midnights in Berlin are not 24 hours apart."""
    lengths = ((n, _utc(n + 1) - _utc(n)) for n in range(14, 300))
    return next(n for n, length in lengths if length != timedelta(days=1))


def _utc(days: int) -> datetime:
    return day(days, zone=BERLIN).astimezone(UTC)


SHIFT = _next_shift()
DAYS = (2, 3, 4, 9, 10, SHIFT - 8, SHIFT - 1, SHIFT, SHIFT + 1)
WINDOWS: tuple[Interval, ...] = ((day(0), day(70)), (day(SHIFT - 10), day(SHIFT + 45)))
"""What is compared in the end: a series is over before its window is."""


@dataclass(frozen=True)
class At:
    """A stretch of time on the clocks of a zone, so many days from today."""

    day: int
    hour: int
    minutes: int = 60
    zone: str = BERLIN.key

    @property
    def span(self) -> Interval:
        """Begins and ends in that zone."""
        begin = day(self.day, self.hour, zone=ZoneInfo(self.zone))
        end = (begin.astimezone(UTC) + timedelta(minutes=self.minutes)).astimezone(begin.tzinfo)
        return begin, end

    @property
    def utc(self) -> Interval:
        begin, end = self.span
        return begin.astimezone(UTC), end.astimezone(UTC)

    def weeks_later(self, weeks: int) -> "At":
        return At(self.day + 7 * weeks, self.hour, self.minutes, self.zone)

    def __repr__(self) -> str:
        elsewhere = "" if self.zone == BERLIN.key else f", zone={self.zone!r}"
        return f"At({self.day}, {self.hour}, {self.minutes}{elsewhere})"


def without(blocks: Iterable[Interval], holes: Iterable[Interval]) -> list[Interval]:
    """What is left of the blocks outside the holes."""
    left = list(blocks)
    for begin, end in holes:
        left = [
            part
            for block in left
            for part in (
                *clipped([block], (block[0], min(begin, block[1]))),
                *clipped([block], (max(end, block[0]), block[1])),
            )
        ]
    return merged(left)
