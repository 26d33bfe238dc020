"""How long changes at the provider took to be in the mirror, by the hour of the last day. Pure.

From the notification that told of them; where none did, from the reading before, which is the
longest that it can have been.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

BOUNDS = (2, 5, 15, 60, 300)
"""In seconds. A lag is counted with the first of them that it does not pass, or as longer."""

HOURS = 24
_HOUR = timedelta(hours=1)
_NONE = (0,) * (len(BOUNDS) + 1)


@dataclass(frozen=True, slots=True)
class LagHour:
    """`counts` are of the runs that found changes in the hour from `hour` on, one for each of
    BOUNDS and one for those that took longer; `longest` is in seconds."""

    hour: datetime
    counts: tuple[int, ...] = _NONE
    longest: int = 0

    def __add__(self, other: "LagHour") -> "LagHour":
        counts = tuple(a + b for a, b in zip(self.counts, other.counts, strict=True))
        return LagHour(self.hour, counts, max(self.longest, other.longest))


Lags = tuple[LagHour, ...]


def counted(lags: Lags, lag: timedelta, now: datetime) -> Lags:
    """With one more, which has ended `now`; what is older than a day is left out."""
    hour = _hour(now)
    seconds = max(0, round(lag.total_seconds()))
    found = LagHour(hour, tuple(int(place == _place(lag)) for place in range(len(_NONE))), seconds)
    kept = [one for one in lags if hour - HOURS * _HOUR < one.hour < hour]
    here = [one for one in lags if one.hour == hour]
    return (*kept, sum(here, found))


def last_day(lags: Iterable[LagHour], now: datetime) -> Lags:
    """The last 24 hours, this one last, each with all that was counted in it."""
    hours = [_hour(now) - n * _HOUR for n in reversed(range(HOURS))]
    summed = {hour: LagHour(hour) for hour in hours}
    for one in lags:
        if one.hour in summed:
            summed[one.hour] += one
    return tuple(summed.values())


def _place(lag: timedelta) -> int:
    seconds = lag.total_seconds()
    return next((n for n, bound in enumerate(BOUNDS) if seconds <= bound), len(BOUNDS))


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
