"""Busy time of several calendars, without detail.

Source: developers.google.com/workspace/calendar/api/v3/reference/freebusy/query
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.google.api.call import Call
from sandbox.google.calendars.calendar import Calendar
from sandbox.google.calendars.times import Window, rfc3339, stamp, zone_of
from sandbox.google.calendars.views import View, instances_of, own_view
from sandbox.google.errors import ApiError, invalid

_MOST_CALENDARS = 50
Span = tuple[datetime, datetime]


async def free_busy(call: Call) -> dict[str, Any]:
    """POST freeBusy."""
    body = await call.body()
    start, end = (_moment(body, name) for name in ("timeMin", "timeMax"))
    if end <= start:
        raise ApiError("timeRangeEmpty")
    zone = _zone(body)
    items = [str(item.get("id", "")) for item in body.get("items") or []]
    most = min(int(body.get("calendarExpansionMax") or _MOST_CALENDARS), _MOST_CALENDARS)
    window = Window(start, end)
    shown = {
        name: _of_calendar(call, name, window, zone) if number < most else _error(_TOO_MANY)
        for number, name in enumerate(items)
    }
    return {
        "kind": "calendar#freeBusy",
        "timeMin": stamp(start),
        "timeMax": stamp(end),
        "calendars": shown,
    }


_TOO_MANY = "tooManyCalendarsRequested"


def _of_calendar(call: Call, name: str, window: Window, zone: ZoneInfo) -> dict[str, Any]:
    try:
        calendar = call.calendar(name)
    except ApiError:
        return _error("notFound")
    spans = merged(sorted(_busy(calendar, window)))
    return {
        "busy": [
            {"start": rfc3339(b.astimezone(zone)), "end": rfc3339(e.astimezone(zone))}
            for b, e in spans
        ]
    }


def _error(reason: str) -> dict[str, Any]:
    return {"errors": [{"domain": "global", "reason": reason}], "busy": []}


def _busy(calendar: Calendar, window: Window) -> Iterator[Span]:
    for event in calendar.events.values():
        if event.cancelled or event.master is not None:
            continue
        views = instances_of(event, window) if event.recurrence else iter([own_view(event)])
        for view in views:
            if window.holds(view.begins, view.ends) and _blocks(view, calendar):
                start, end = window.start or view.begins, window.end or view.ends
                yield max(view.begins, start), min(view.ends, end)


def _blocks(view: View, calendar: Calendar) -> bool:
    fields, me = view.fields, calendar.id.lower()
    if view.cancelled or fields.get("transparency") == "transparent":
        return False
    if fields.get("eventType") in ("workingLocation", "birthday"):
        return False
    mine = [one for one in fields.get("attendees", []) if one["email"].lower() == me]
    return not (mine and mine[0]["responseStatus"] == "declined")


def merged(spans: list[Span]) -> list[Span]:
    """Overlapping and touching spans as one."""
    found: list[Span] = []
    for begins, ends in spans:
        if begins >= ends:
            continue
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((begins, ends))
    return found


def _moment(body: dict[str, Any], name: str) -> datetime:
    text = body.get(name)
    if not text:
        raise ApiError("required", f"Missing {name} parameter.", location=name)
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        raise ApiError("badRequest", location=name) from None
    if found.tzinfo is None:
        raise ApiError("badRequest", location=name)
    return found


def _zone(body: dict[str, Any]) -> ZoneInfo:
    try:
        return zone_of(str(body.get("timeZone") or "UTC"))
    except ValueError:
        raise invalid("Invalid time zone.", "timeZone") from None
