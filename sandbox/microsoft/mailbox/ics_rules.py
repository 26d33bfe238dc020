"""From an iCalendar RRULE to Graph's recurrence, where Graph has one for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from .recurrence import INDEXES, WEEKDAYS, Recurrence

_DAYS = dict(zip(("MO", "TU", "WE", "TH", "FR", "SA", "SU"), WEEKDAYS, strict=True))
_NTH = re.compile(r"^([+-]?\d+)?(MO|TU|WE|TH|FR|SA|SU)$")
_COMMON = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}
_ALLOWED = {
    "DAILY": set(),
    "WEEKLY": {"BYDAY"},
    "MONTHLY": {"BYDAY", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": {"BYDAY", "BYMONTHDAY", "BYSETPOS", "BYMONTH"},
}


class InexpressibleRuleError(ValueError):
    """Graph's recurrence pattern has no form for this rule."""


def recurrence_from_rule(rule: Mapping[str, list[Any]], start: datetime, zone: str) -> Recurrence:
    """Translate one RRULE; raises InexpressibleRuleError where Graph has no such pattern.

    Graph docs: no sub-daily rules, no RDATE, one rule per series, one day of the month.
    """
    parts = {name.upper(): values for name, values in rule.items()}
    frequency = str(_one(parts, "FREQ") or "").upper()
    extra = parts.keys() - _COMMON - _ALLOWED.get(frequency, set())
    if frequency not in _ALLOWED or extra:
        raise InexpressibleRuleError(f"{frequency} with {', '.join(sorted(extra)) or 'no parts'}")
    base = Recurrence(
        type="daily",
        start_date=start.date(),
        zone=zone,
        interval=int(_one(parts, "INTERVAL") or 1),
        first_day_of_week=_DAYS[str(_one(parts, "WKST") or "MO").upper()],
        end_date=_last_day(_one(parts, "UNTIL"), start, zone),
        count=int(parts["COUNT"][0]) if "COUNT" in parts else None,
    )
    if frequency == "DAILY":
        return base
    if frequency == "WEEKLY":
        return replace(base, type="weekly", days_of_week=_plain_days(parts, start))
    return _by_month(base, parts, start, "Monthly" if frequency == "MONTHLY" else "Yearly")


def _by_month(
    base: Recurrence, parts: Mapping[str, list[Any]], start: datetime, suffix: str
) -> Recurrence:
    month = 0
    if suffix == "Yearly":
        month = int(_one(parts, "BYMONTH") or start.month)
        if "BYDAY" in parts and "BYMONTH" not in parts:
            raise InexpressibleRuleError("a weekday counted over the whole year")
    if "BYDAY" not in parts:
        day = int(_one(parts, "BYMONTHDAY") or start.day)
        return replace(
            base, type=f"absolute{suffix}", day_of_month=_same_everywhere(day), month=month
        )
    if "BYMONTHDAY" in parts:
        raise InexpressibleRuleError("weekday and day of the month together")
    days, index = _nth_days(parts)
    return replace(base, type=f"relative{suffix}", days_of_week=days, index=index, month=month)


def _same_everywhere(day: int) -> int:
    """Refuse days some months lack: iCalendar skips such a month, Exchange takes its last day.

    The last day itself (-1) is Exchange's day 31.
    """
    if day == -1:
        return 31
    if not 1 <= day <= 28:
        raise InexpressibleRuleError(f"day {day} of the month")
    return day


def _nth_days(parts: Mapping[str, list[Any]]) -> tuple[tuple[str, ...], str]:
    found = [_NTH.match(str(day).upper()) for day in parts["BYDAY"]]
    positions = {int(match[1]) for match in found if match and match[1]}
    positions |= {int(position) for position in parts.get("BYSETPOS", [])}
    names = {number: name for name, number in INDEXES.items()}
    position = positions.pop() if len(positions) == 1 else 0
    several_nths = len(found) > 1 and "BYSETPOS" not in parts
    if position not in names or several_nths or not all(found):
        raise InexpressibleRuleError("this choice of weekdays")
    return tuple(_DAYS[match[2]] for match in found if match), names[position]


def _plain_days(parts: Mapping[str, list[Any]], start: datetime) -> tuple[str, ...]:
    days = [str(day).upper() for day in parts.get("BYDAY", [])]
    if any(day not in _DAYS for day in days):
        raise InexpressibleRuleError("numbered weekdays in a weekly rule")
    return tuple(_DAYS[day] for day in days) or (WEEKDAYS[start.weekday()],)


def _last_day(until: object, start: datetime, zone: str) -> date | None:
    """Turn UNTIL into Graph's last date; an UNTIL before that day's start ends the day before."""
    if not isinstance(until, date):
        return None
    if not isinstance(until, datetime):
        return until
    local = (
        until.astimezone(ZoneInfo(zone)) if until.tzinfo else until.replace(tzinfo=ZoneInfo(zone))
    )
    day = local.date()
    return day if local.time() >= start.time() else date.fromordinal(day.toordinal() - 1)


def _one(parts: Mapping[str, list[Any]], name: str) -> Any:
    values = parts.get(name, [])
    if len(values) > 1:
        raise InexpressibleRuleError(f"several values of {name}")
    return values[0] if values else None
