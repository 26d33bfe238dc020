"""The instances of a series.

Source: developers.google.com/workspace/calendar/api/v3/reference/events/instances
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sandbox.google.api import tokens
from sandbox.google.api.call import Call
from sandbox.google.api.event_json import event_json, tombstone
from sandbox.google.api.event_list import head, reader_of
from sandbox.google.api.event_query import MOST, read_window
from sandbox.google.api.paging import cut
from sandbox.google.api.tokens import PageToken
from sandbox.google.calendars.views import View, instances_of
from sandbox.google.errors import ApiError
from sandbox.google.settings import EXPANSION_DAYS


async def instances(call: Call) -> dict[str, Any]:
    """GET …/instances."""
    calendar = call.calendar()
    series = calendar.events.get(call.path("eventId"))
    if series is None or series.cancelled or not series.recurrence:
        raise ApiError("notFound")
    window = read_window(call)
    last = window.end or call.world.clock() + timedelta(days=EXPANSION_DAYS)
    views = [
        view
        for view in instances_of(series, replace(window, end=last))
        if _wanted(view, call.text("originalStart"), call.flag("showDeleted"))
    ]
    keyed = [([view.begins.isoformat(), view.id], view) for view in views]
    keyed.sort(key=lambda pair: pair[0])
    size = call.number("maxResults", 250, MOST)
    page = cut(keyed, _token(call, series.id), size, call.account.faults)
    reader = reader_of(call, calendar)
    items = [tombstone(v, reader) if v.cancelled else event_json(v, reader) for v in page.items]
    body = head(call, calendar) | {"items": items}
    return body | ({"nextPageToken": page.next_token} if page.next_token else {})


def _wanted(view: View, original: str | None, deleted: bool) -> bool:
    if view.cancelled and not deleted:
        return False
    if original is None or view.original is None:
        return True
    shown = view.original.as_json(view.event.zone, view.event.zone)
    return original in (view.original.suffix, shown.get("date"), shown.get("dateTime"))


def _token(call: Call, series_id: str) -> PageToken:
    if text := call.text("pageToken"):
        return tokens.read_page(text)
    return PageToken(series_id, 0, None, None, 0, [], [None, None])
