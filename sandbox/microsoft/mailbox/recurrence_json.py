"""Graph's patternedRecurrence object, read and written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from .errors import InvalidRequestError
from .recurrence import INDEXES, PATTERN_TYPES, WEEKDAYS, Recurrence
from .zones import UnknownZoneError, windows_name, zone_of

_NO_DATE = "0001-01-01"


def recurrence_from_json(value: Mapping[str, Any], start: date, default_zone: str) -> Recurrence:
    """Read `{pattern, range}`; `start` and `default_zone` stand in where the range is silent."""
    try:
        recurrence = _read(value, start, default_zone)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidRequestError(f"The recurrence is invalid: {error}.") from error
    _check(recurrence)
    return recurrence


def _read(value: Mapping[str, Any], start: date, default_zone: str) -> Recurrence:
    pattern, span = value["pattern"], value["range"]
    zone = span.get("recurrenceTimeZone") or default_zone
    zone_of(zone)
    kind = _same_word(pattern["type"], PATTERN_TYPES)
    range_type = _same_word(span["type"], ("endDate", "numbered", "noEnd"))
    written_start = span.get("startDate") or _NO_DATE
    return Recurrence(
        type=kind,
        start_date=start if written_start == _NO_DATE else date.fromisoformat(written_start),
        zone=zone,
        interval=int(pattern.get("interval") or 1),
        days_of_week=tuple(_same_word(day, WEEKDAYS) for day in pattern.get("daysOfWeek") or ()),
        first_day_of_week=_same_word(pattern.get("firstDayOfWeek") or "sunday", WEEKDAYS),
        day_of_month=int(pattern.get("dayOfMonth") or 0),
        month=int(pattern.get("month") or 0),
        index=_same_word(pattern.get("index") or "first", tuple(INDEXES)),
        end_date=date.fromisoformat(span["endDate"]) if range_type == "endDate" else None,
        count=int(span["numberOfOccurrences"]) if range_type == "numbered" else None,
    )


def _same_word(word: str, known: tuple[str, ...]) -> str:
    """Find a word of a closed list whatever its letter case; Graph's own samples mix the case."""
    for candidate in known:
        if candidate.lower() == word.lower():
            return candidate
    raise ValueError(f"'{word}' is not one of {', '.join(known)}")


def _check(recurrence: Recurrence) -> None:
    needs_days = recurrence.type == "weekly" or recurrence.type.startswith("relative")
    needs_day = recurrence.type.startswith("absolute")
    if recurrence.interval < 1:
        raise InvalidRequestError("The recurrence interval has to be 1 or more.")
    if needs_days and not recurrence.days_of_week:
        raise InvalidRequestError("The recurrence needs daysOfWeek.")
    if needs_day and not 1 <= recurrence.day_of_month <= 31:
        raise InvalidRequestError("The recurrence needs dayOfMonth from 1 to 31.")
    if recurrence.type.endswith("Yearly") and not 1 <= recurrence.month <= 12:
        raise InvalidRequestError("The recurrence needs month from 1 to 12.")
    if recurrence.count is not None and recurrence.count < 1:
        raise InvalidRequestError("The recurrence needs numberOfOccurrences of 1 or more.")
    if recurrence.end_date is not None and recurrence.end_date < recurrence.start_date:
        raise InvalidRequestError("The recurrence ends before it starts.")


def recurrence_to_json(recurrence: Recurrence) -> dict[str, Any]:
    """Write `{pattern, range}` with every property, as Graph answers."""
    pattern: dict[str, Any] = {
        "type": recurrence.type,
        "interval": recurrence.interval,
        "month": recurrence.month,
        "dayOfMonth": recurrence.day_of_month,
    }
    if recurrence.days_of_week:
        pattern["daysOfWeek"] = list(recurrence.days_of_week)
    pattern |= {"firstDayOfWeek": recurrence.first_day_of_week, "index": recurrence.index}
    return {
        "pattern": pattern,
        "range": {
            "type": recurrence.range_type,
            "startDate": recurrence.start_date.isoformat(),
            "endDate": recurrence.end_date.isoformat() if recurrence.end_date else _NO_DATE,
            "recurrenceTimeZone": _zone_label(recurrence.zone),
            "numberOfOccurrences": recurrence.count or 0,
        },
    }


def _zone_label(name: str) -> str:
    try:
        return windows_name(name)
    except UnknownZoneError:
        return name
