"""events.list: pages, and sync tokens at the end of the last one.

Source: developers.google.com/workspace/calendar/api/guides/sync
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sandbox.google.api import tokens
from sandbox.google.api.call import Call
from sandbox.google.api.event_choice import (
    all_that_fit,
    changed_since,
    horizon,
    of_type,
    sort_key,
)
from sandbox.google.api.event_json import Reader, event_json, tombstone
from sandbox.google.api.event_query import EventQuery, read_query, refuse_restrictions
from sandbox.google.api.paging import Keyed, Page, cut
from sandbox.google.api.tokens import PageToken, SyncToken
from sandbox.google.calendars.calendar import Calendar
from sandbox.google.calendars.times import Window, stamp
from sandbox.google.calendars.views import View
from sandbox.google.errors import ApiError, invalid


async def list_events(call: Call) -> dict[str, Any]:
    """GET …/events."""
    calendar = call.calendar()
    if call.text("syncToken"):
        refuse_restrictions(call)
    query = read_query(call)
    token = _token(call, calendar, query)
    query = replace(query, window=_window(token))
    page = _page(call, calendar, query, token)
    reader = reader_of(call, calendar)
    body = head(call, calendar) | {"items": [_shown(view, reader) for view in page.items]}
    if page.next_token is not None:
        return body | {"nextPageToken": page.next_token}
    if query.restricted:
        return body
    return body | {"nextSyncToken": tokens.write(_next_sync(call, calendar, token))}


def reader_of(call: Call, calendar: Calendar) -> Reader:
    """How this request's account reads a calendar."""
    most = call.number("maxAttendees", 0, 10_000) or None
    role, zone = call.role(calendar), call.zone(calendar)
    return Reader(calendar, role, zone, call.account.address, most)


def _shown(view: View, reader: Reader) -> dict[str, Any]:
    return tombstone(view, reader) if view.cancelled else event_json(view, reader)


def _token(call: Call, calendar: Calendar, query: EventQuery) -> PageToken:
    """The page to give: the one asked for, the first of a sync, or the first of a full list."""
    parameters = tokens.parameters_of(call.request.query_params.multi_items())
    if text := call.text("pageToken"):
        page = tokens.read_page(text)
        strict = call.account.faults.strict_parameters
        if page.of != calendar.id or (strict and page.parameters != parameters):
            raise invalid("Invalid page token value.", "pageToken")
        return page
    now = call.world.clock()
    until = horizon(calendar, call.account.faults.sync_lag_seconds, now)
    if text := call.text("syncToken"):
        sync = _sync(call, calendar, text)
        until = max(until, sync.version)
        return PageToken(calendar.id, 0, None, sync.version, until, parameters, sync.window)
    ends = (query.window.start, query.window.end)
    window = [moment.isoformat() if moment else None for moment in ends]
    return PageToken(calendar.id, 0, None, None, until, parameters, window)


def _sync(call: Call, calendar: Calendar, text: str) -> SyncToken:
    """The sync token, if it still holds and the list is asked for as it was."""
    found, faults = tokens.read_sync(text), call.account.faults
    if found.of != calendar.id:
        raise invalid("Invalid sync token value.", "syncToken")
    age = timedelta(seconds=call.world.clock().timestamp() - found.issued)
    generation = calendar.generations.get(call.account.address.lower(), 0)
    if found.generation != generation or age > timedelta(days=faults.sync_token_days):
        raise ApiError("fullSyncRequired")
    asked = tokens.lasting(tokens.parameters_of(call.request.query_params.multi_items()))
    if faults.strict_parameters and asked != found.parameters:
        text = f"Parameters differ from those of the first list: {asked}, {found.parameters}"
        raise invalid(text, "syncToken")
    return found


def _page(call: Call, calendar: Calendar, query: EventQuery, token: PageToken) -> Page[View]:
    faults = call.account.faults
    asked = replace(query, size=0)
    key = f"{calendar.version} {token.since} {token.until} {faults.unordered} {asked}"
    if calendar.last_list is None or calendar.last_list[0] != key:
        found = _sorted(call, calendar, query, token)
        calendar.last_list = (key, found)
    return cut(calendar.last_list[1], token, query.size, faults)


def _sorted(
    call: Call, calendar: Calendar, query: EventQuery, token: PageToken
) -> list[Keyed[View]]:
    """All items of the list; kept for its next pages, as expanding series takes time."""
    now = call.world.clock()
    if token.since is None:
        found = list(all_that_fit(calendar, query, now))
    else:
        changed = changed_since(calendar, query, token.since, token.until, now)
        found = [view for view in changed if of_type(view, query)]
    once = {view.id: view for view in found}
    unordered = call.account.faults.unordered
    keyed = [(sort_key(view, query, unordered), view) for view in once.values()]
    return sorted(keyed, key=lambda pair: pair[0])


def _next_sync(call: Call, calendar: Calendar, token: PageToken) -> SyncToken:
    return SyncToken(
        of=calendar.id,
        version=token.until,
        generation=calendar.generations.get(call.account.address.lower(), 0),
        issued=call.world.clock().timestamp(),
        parameters=tokens.lasting(token.parameters),
        window=token.window,
    )


def _window(token: PageToken) -> Window:
    start, end = (datetime.fromisoformat(text) if text else None for text in token.window)
    return Window(start, end)


def head(call: Call, calendar: Calendar) -> dict[str, Any]:
    """What a list of events says of its calendar."""
    reminders = [e.default_reminders for e in call.account.entries if e.calendar is calendar]
    told: dict[str, Any] = {
        "kind": "calendar#events",
        "etag": calendar.etag,
        "summary": calendar.summary,
        "updated": stamp(calendar.updated or call.world.clock()),
        "timeZone": calendar.time_zone,
        "accessRole": call.role(calendar),
        "defaultReminders": reminders[0] if reminders else [],
    }
    return told | ({"description": calendar.description} if calendar.description else {})
