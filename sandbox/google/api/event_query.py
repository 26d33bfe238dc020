"""The parameters of events.list, checked.

Source: developers.google.com/workspace/calendar/api/v3/reference/events/list
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.google.api.call import Call
from sandbox.google.api.tokens import RESTRICTING
from sandbox.google.calendars.members import EVENT_TYPES
from sandbox.google.calendars.times import Window
from sandbox.google.errors import ApiError, invalid

MOST = 2500


@dataclass(frozen=True)
class EventQuery:
    """What is asked for. `restricted` queries are given no sync token."""

    single: bool
    show_deleted: bool
    window: Window
    order: str
    size: int
    updated_min: datetime | None = None
    search: str = ""
    ical_uid: str | None = None
    event_types: frozenset[str] = frozenset()
    private: list[tuple[str, str]] = field(default_factory=list)
    shared: list[tuple[str, str]] = field(default_factory=list)

    @property
    def restricted(self) -> bool:
        """Whether the list leaves out what a sync could not make up for."""
        narrowed = (self.order, self.updated_min, self.search, self.ical_uid)
        return any((*narrowed, self.private, self.shared))


def read_query(call: Call) -> EventQuery:
    """The query of a request."""
    window = read_window(call)
    order, single = call.text("orderBy") or "", call.flag("singleEvents")
    if order not in ("", "startTime", "updated"):
        raise invalid(f"Invalid string value: '{order}'.", "orderBy")
    if order == "startTime" and not single:
        text = "The requested ordering is not available for the particular query."
        raise invalid(text, "orderBy")
    params = call.request.query_params
    types = frozenset(params.getlist("eventTypes"))
    if types - set(EVENT_TYPES):
        raise invalid("Invalid value for: eventTypes", "eventTypes")
    return EventQuery(
        single=single,
        show_deleted=call.flag("showDeleted"),
        window=window,
        order=order,
        size=call.number("maxResults", 250, MOST),
        updated_min=_updated_min(call),
        search=(call.text("q") or "").lower(),
        ical_uid=call.text("iCalUID"),
        event_types=types,
        private=_properties(params.getlist("privateExtendedProperty")),
        shared=_properties(params.getlist("sharedExtendedProperty")),
    )


def refuse_restrictions(call: Call) -> None:
    """With a sync token several parameters are forbidden."""
    given = set(call.request.query_params)
    if given & RESTRICTING or (call.text("showDeleted") or "").lower() == "false":
        raise ApiError("syncTokenWithRequestRestrictions")


def read_window(call: Call) -> Window:
    """timeMin and timeMax."""
    start, end = (read_moment(call, name) for name in ("timeMin", "timeMax"))
    if start is not None and end is not None and end <= start:
        raise ApiError("timeRangeEmpty")
    return Window(start, end)


def read_moment(call: Call, name: str) -> datetime | None:
    """A timestamp with an offset; its fraction is ignored."""
    text = call.text(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text).replace(microsecond=0)
    except ValueError:
        raise ApiError("badRequest", location=name) from None
    if found.tzinfo is None:
        raise ApiError("badRequest", location=name)
    return found


def _updated_min(call: Call) -> datetime | None:
    found = read_moment(call, "updatedMin")
    oldest = call.world.clock() - timedelta(days=call.account.faults.updated_min_days)
    if found is not None and found < oldest:
        raise ApiError("updatedMinTooLongAgo")
    return found


def _properties(given: list[str]) -> list[tuple[str, str]]:
    found = []
    for text in given:
        name, glue, value = text.partition("=")
        if not glue:
            raise invalid("Invalid extended property constraint.")
        found.append((name, value))
    return found
