"""Stretches of time of which each event gets one of its own, so that it is seen which one blocks.

All lie within the 92 days that the service tells of at once.
"""

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sandbox.tour.intervals import Interval, whole_days

ZONE = ZoneInfo("Europe/Berlin")
DAYS = 91
_HOURS = (0, 3, 6, 9, 12, 15)
_SINGLE_DAYS = range(1, 56)
_EVENINGS = ((20, 30), (21, 45), (23, 0))
_WHOLE_DAYS = range(59, 87, 5)


def window(today: date) -> Interval:
    """What is looked at."""
    start = datetime.combine(today, time(), UTC)
    return start, start + timedelta(days=DAYS)


class Seats:
    """The seats of one account, each given once."""

    def __init__(self, today: date, chance: random.Random) -> None:
        self._today = today
        self._singles = [(day, hour) for day in _SINGLE_DAYS for hour in _HOURS]
        self._series = [(day, evening) for day in range(1, 8) for evening in _EVENINGS]
        self._days = list(_WHOLE_DAYS)
        for seats in (self._singles, self._series, self._days):
            chance.shuffle(seats)

    def single(self) -> Interval | None:
        """Three hours, to move about in."""
        if not self._singles:
            return None
        day, hour = self._singles.pop()
        start = datetime.combine(self._today + timedelta(days=day), time(hour), UTC)
        return start, start + timedelta(hours=3)

    def series(self, weeks: int) -> list[Interval] | None:
        """An hour of an evening in each of so many weeks, the same by the clocks of ZONE."""
        if not self._series:
            return None
        day, evening = self._series.pop()
        first = datetime.combine(self._today + timedelta(days=day), time(*evening), ZONE)
        starts = [(first + timedelta(weeks=week)).astimezone(UTC) for week in range(weeks)]
        return [(start, start + timedelta(hours=1)) for start in starts]

    def days(self) -> tuple[date, Interval] | None:
        """A day, with nothing else on the two after it."""
        if not self._days:
            return None
        first = self._today + timedelta(days=self._days.pop())
        return first, whole_days(first, first + timedelta(days=3), ZONE.key)
