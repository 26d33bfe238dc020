"""Graph's recurrence pattern and range, expanded by python-dateutil."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import rrule

from .zones import zone_of

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PATTERN_TYPES = (
    "daily",
    "weekly",
    "absoluteMonthly",
    "relativeMonthly",
    "absoluteYearly",
    "relativeYearly",
)
INDEXES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_FREQUENCIES = {"daily": rrule.DAILY, "weekly": rrule.WEEKLY}


@dataclass(frozen=True)
class Recurrence:
    """One recurrence: the pattern, the range, and the zone whose wall clock it follows."""

    type: str
    start_date: date
    zone: str
    interval: int = 1
    days_of_week: tuple[str, ...] = ()
    first_day_of_week: str = "sunday"
    day_of_month: int = 0
    month: int = 0
    index: str = "first"
    end_date: date | None = None
    count: int | None = None

    @property
    def range_type(self) -> str:
        """Give `endDate`, `numbered` or `noEnd`."""
        if self.count is not None:
            return "numbered"
        return "noEnd" if self.end_date is None else "endDate"


class Rule:
    """An expanded rule: python-dateutil's rrule with types."""

    def __init__(self, rule: Any) -> None:
        self._rule = rule

    def first(self) -> datetime | None:
        """Give the first start, if the rule has any."""
        start: datetime | None = next(iter(self._rule), None)
        return start

    def between(self, after: datetime, before: datetime) -> list[datetime]:
        """List the starts of a closed range."""
        starts: list[datetime] = self._rule.between(after, before, inc=True)
        return starts

    def before(self, moment: datetime) -> datetime | None:
        """Give the last start before a moment."""
        start: datetime | None = self._rule.before(moment)
        return start

    def after(self, moment: datetime) -> datetime | None:
        """Give the first start after a moment."""
        start: datetime | None = self._rule.after(moment)
        return start


@lru_cache(maxsize=20_000)
def rule_of(recurrence: Recurrence, start: datetime, is_all_day: bool) -> Rule:
    """Build the rule of a series whose first possible start is `start`.

    The rule runs on the wall clock of the recurrence's own zone, so a meeting keeps its hour
    when the clocks change. All-day series run on dates, kept as UTC midnights.
    """
    zone = ZoneInfo("UTC") if is_all_day else zone_of(recurrence.zone)
    until = None
    if recurrence.end_date is not None:
        until = datetime.combine(recurrence.end_date, time.max, tzinfo=zone).astimezone(UTC)
    longer = rrule.MONTHLY if recurrence.type.endswith("Monthly") else rrule.YEARLY
    make: Any = rrule.rrule
    return Rule(
        make(
            _FREQUENCIES.get(recurrence.type, longer),
            dtstart=start.astimezone(zone),
            interval=recurrence.interval,
            wkst=WEEKDAYS.index(recurrence.first_day_of_week),
            count=recurrence.count,
            until=until,
            **_parts(recurrence),
        )
    )


def _parts(recurrence: Recurrence) -> dict[str, list[int] | int]:
    """Give the BY... parts of the rule."""
    days = [WEEKDAYS.index(day) for day in recurrence.days_of_week]
    if recurrence.type == "daily":
        return {}
    if recurrence.type == "weekly":
        return {"byweekday": days}
    parts: dict[str, list[int] | int] = {}
    if recurrence.type.endswith("Yearly"):
        parts["bymonth"] = recurrence.month
    if recurrence.type.startswith("relative"):
        parts |= {"byweekday": days, "bysetpos": INDEXES[recurrence.index]}
    else:
        parts |= _month_day(recurrence.day_of_month)
    return parts


def _month_day(day: int) -> dict[str, list[int] | int]:
    """Give the day of the month; in a shorter month it is that month's last day.

    Exchange docs, AbsoluteMonthlyRecurrencePatternType.DayOfMonth.
    """
    if day <= 28:
        return {"bymonthday": day}
    return {"bymonthday": list(range(28, day + 1)), "bysetpos": -1}
