"""The short notation of the fact files for dates: how it reads, and which recurrence it is.

07-04             that day of every year
3MO-01, -1MO-05   the third, the last Monday of a month
easter-2          days from Easter Sunday
MO<=05-24         the last Monday up to a day, SA>=06-20: the first Saturday from a day on
2025-06-20 …      just these days (with "rdate" before them: one series of these days)
"""

import re
from datetime import date, timedelta

from dateutil.easter import easter

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
YEARS = range(2025, 2028)

_FIXED = re.compile(r"(\d\d)-(\d\d)")
_NTH = re.compile(r"(-?\d)([A-Z]{2})-(\d\d)")
_EASTER = re.compile(r"easter([+-]\d+)")
_NEAR = re.compile(r"([A-Z]{2})([<>])=(\d\d)-(\d\d)")


def dates_of(rule: str, year: int) -> list[date]:
    """The days of a year that a rule names."""
    if match := _FIXED.fullmatch(rule):
        return [date(year, int(match[1]), int(match[2]))]
    if match := _NTH.fullmatch(rule):
        return [nth_weekday(year, int(match[3]), match[2], int(match[1]))]
    if match := _EASTER.fullmatch(rule):
        sunday: date = easter(year)  # type: ignore[no-untyped-call]
        return [sunday + timedelta(days=int(match[1]))]
    if match := _NEAR.fullmatch(rule):
        return [_near(date(year, int(match[3]), int(match[4])), match[1], match[2])]
    listed = [date.fromisoformat(word) for word in rule.removeprefix("rdate ").split()]
    return [day for day in listed if day.year == year]


def recurrence_of(rule: str) -> str | None:
    """The yearly RRULE of a rule, where there is one."""
    if match := _FIXED.fullmatch(rule):
        return f"FREQ=YEARLY;BYMONTH={int(match[1])};BYMONTHDAY={int(match[2])}"
    if match := _NTH.fullmatch(rule):
        return f"FREQ=YEARLY;BYMONTH={int(match[3])};BYDAY={match[1]}{match[2]}"
    if match := _NEAR.fullmatch(rule):
        edge = int(match[4])
        week = range(edge - 6, edge + 1) if match[2] == "<" else range(edge, edge + 7)
        days = ",".join(str(day) for day in week)
        return f"FREQ=YEARLY;BYMONTH={int(match[3])};BYDAY={match[1]};BYMONTHDAY={days}"
    return None


def nth_weekday(year: int, month: int, weekday: str, nth: int) -> date:
    """The nth weekday of a month; the last for -1."""
    wanted = WEEKDAYS.index(weekday)
    if nth > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(wanted - first.weekday()) % 7 + 7 * (nth - 1))
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - wanted) % 7)


def observed(day: date) -> date:
    """Friday for a Saturday, Monday for a Sunday."""
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def substitute(day: date, taken: set[date]) -> date:
    """The next working day that is not a holiday already, for one on a weekend."""
    if day.weekday() < 5:
        return day
    while day.weekday() >= 5 or day in taken:
        day += timedelta(days=1)
    return day


def working_day_before(day: date) -> date:
    """Friday for a Saturday or a Sunday."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def _near(edge: date, weekday: str, direction: str) -> date:
    wanted = WEEKDAYS.index(weekday)
    if direction == ">":
        return edge + timedelta(days=(wanted - edge.weekday()) % 7)
    return edge - timedelta(days=(edge.weekday() - wanted) % 7)
