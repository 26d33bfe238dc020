"""Reading the JSON of an event that is to be written.

Rules: developers.google.com/workspace/calendar/api/v3/reference/events. Members that cannot be
written are passed over, so that a resource once read can be sent back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sandbox.google.calendars.members import read_fields
from sandbox.google.calendars.recurrence import Rule
from sandbox.google.calendars.times import EventTime, zone_of
from sandbox.google.errors import ApiError, invalid

_STATUSES = ("confirmed", "tentative", "cancelled")


@dataclass(frozen=True)
class Draft:
    """A checked event."""

    start: EventTime
    end: EventTime
    recurrence: list[str]
    status: str
    fields: dict[str, Any]


def read(body: Any, calendar_zone: str) -> Draft:
    """Check the whole JSON of an event."""
    if not isinstance(body, dict):
        raise ApiError("parseError")
    start, end = (_time(body, name) for name in ("start", "end"))
    if start.all_day != end.all_day:
        raise invalid("Start and end times must either both be date or both be dateTime.")
    recurrence = _recurrence(body.get("recurrence"), start, calendar_zone)
    if start.until(end).total_seconds() < (1 if start.all_day else 0):
        raise ApiError("timeRangeEmpty", location="timeMax")
    status = body.get("status") or "confirmed"
    if status not in _STATUSES:
        raise invalid("Invalid value for: status", "status")
    start, end = (_in_zone(moment, calendar_zone) for moment in (start, end))
    return Draft(start, end, recurrence, status, read_fields(body))


def _in_zone(moment: EventTime, calendar_zone: str) -> EventTime:
    """Without a zone of its own a moment has the calendar's."""
    if moment.all_day or moment.zone is not None:
        return moment
    return EventTime(moment=moment.moment, zone=calendar_zone)


def _time(body: dict[str, Any], name: str) -> EventTime:
    given = body.get(name)
    if not isinstance(given, dict):
        raise ApiError("required", f"Missing {name} time.")
    day, moment, zone = (given.get(part) or None for part in ("date", "dateTime", "timeZone"))
    if (day is None) == (moment is None):
        raise invalid(f"Invalid {name} time.")
    if zone is not None:
        _check_zone(str(zone), name)
    try:
        if day is not None:
            return EventTime(day=date.fromisoformat(str(day)))
        return _moment(str(moment), zone, name)
    except ValueError:
        raise invalid(f"Invalid {name} time.") from None


def _moment(text: str, zone: str | None, name: str) -> EventTime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        if zone is None:
            raise ApiError("required", f"Missing time zone definition for {name} time.")
        found = found.replace(tzinfo=zone_of(zone))
    return EventTime(moment=found.astimezone(UTC).replace(microsecond=0), zone=zone)


def _check_zone(zone: str, name: str) -> None:
    try:
        zone_of(zone)
    except ValueError:
        raise invalid(f"Invalid time zone definition for {name} time.") from None


def _recurrence(given: Any, start: EventTime, calendar_zone: str) -> list[str]:
    if not given:
        return []
    if not isinstance(given, list) or not all(isinstance(line, str) for line in given):
        raise invalid("Invalid recurrence rule.")
    if not start.all_day and start.zone is None:
        raise ApiError("required", "Missing time zone definition for start time.")
    try:
        Rule(given, start, zone_of(start.zone or calendar_zone))
    except (ValueError, TypeError, KeyError):
        raise invalid("Invalid recurrence rule.") from None
    return list(given)
