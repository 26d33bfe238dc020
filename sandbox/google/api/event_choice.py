"""Which events a list holds: all that fit the query, or what changed since a version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sandbox.google.api.event_query import EventQuery
from sandbox.google.calendars.calendar import Calendar
from sandbox.google.calendars.event import Event
from sandbox.google.calendars.times import Window
from sandbox.google.calendars.views import (
    View,
    instances_of,
    own_view,
    planned_view,
    reaches_into,
)
from sandbox.google.settings import EXPANSION_DAYS


def all_that_fit(calendar: Calendar, query: EventQuery, now: datetime) -> Iterator[View]:
    """The events of a full list."""
    for event in calendar.events.values():
        found = _expanded(event, query, now) if query.single else _as_stored(event, query)
        yield from (view for view in found if _fits(view, query))


def changed_since(
    calendar: Calendar, query: EventQuery, since: int, until: int, now: datetime
) -> Iterator[View]:
    """The events of an incremental list; deleted ones always.

    Of events moved out of the window of the first list it tells as well: else nobody would know.
    """
    for event in calendar.events.values():
        if not since < event.version <= until:
            continue
        if query.single:
            yield from _changed_instances(event, query, since, now)
        elif _was_in(event, query.window):
            yield own_view(event)


def horizon(calendar: Calendar, lag_seconds: float, now: datetime) -> int:
    """The version up to which changes show already."""
    if lag_seconds <= 0:
        return calendar.version
    latest = now - timedelta(seconds=lag_seconds)
    late = [e.version for e in calendar.events.values() if e.changed_at > latest]
    return min(late) - 1 if late else calendar.version


def sort_key(view: View, query: EventQuery, unordered: bool) -> list[str]:
    """Where an item stands; without orderBy the order is stable but nobody's own."""
    if query.order == "startTime":
        return [view.begins.isoformat(), view.id]
    if query.order == "updated":
        return [view.event.updated.isoformat(), view.id]
    if unordered:
        return [hashlib.sha256(view.id.encode()).hexdigest()]
    return [f"{view.event.created.isoformat()}", view.begins.isoformat(), view.id]


def of_type(view: View, query: EventQuery) -> bool:
    """Whether the event is of a type asked for."""
    return not query.event_types or view.fields.get("eventType", "default") in query.event_types


def _as_stored(event: Event, query: EventQuery) -> Iterator[View]:
    if not reaches_into(event, query.window):
        return
    view = own_view(event)
    if event.master is not None and event.master.cancelled:
        return
    if not view.cancelled or query.show_deleted or event.master is not None or query.updated_min:
        yield view


def _expanded(event: Event, query: EventQuery, now: datetime) -> Iterator[View]:
    if event.master is not None:
        return
    views = _instances(event, query.window, now) if event.recurrence else iter([own_view(event)])
    for view in views:
        if query.window.holds(view.begins, view.ends) and (
            not view.cancelled or query.show_deleted
        ):
            yield view


def _changed_instances(
    event: Event, query: EventQuery, since: int, now: datetime
) -> Iterator[View]:
    if not event.recurrence:
        if _was_in(event, query.window):
            yield own_view(event)
        return
    yield from _instances(event, query.window, now)
    for original, version in event.dropped.values():
        if version > since:
            yield planned_view(event, original, "cancelled")


def _instances(event: Event, window: Window, now: datetime) -> Iterator[View]:
    end = window.end or now + timedelta(days=EXPANSION_DAYS)
    for view in instances_of(event, replace(window, end=end)):
        yield replace(view, status="cancelled") if event.cancelled else view


def _was_in(event: Event, window: Window) -> bool:
    if window == Window() or event.cancelled:
        return True
    far = datetime.max.replace(tzinfo=event.created.tzinfo)
    return any(window.holds(begins, ends or far) for begins, ends in event.spans)


def _fits(view: View, query: EventQuery) -> bool:
    fields = view.fields
    if not of_type(view, query):
        return False
    if query.ical_uid is not None and view.event.ical_uid != query.ical_uid:
        return False
    if query.updated_min is not None and view.event.updated < query.updated_min:
        return False
    extended = fields.get("extendedProperties", {})
    for wanted, part in ((query.private, "private"), (query.shared, "shared")):
        if any(extended.get(part, {}).get(name) != value for name, value in wanted):
            return False
    return query.search in _searched(view)


def _searched(view: View) -> str:
    fields, people = view.fields, [view.event.known_as, *view.fields.get("attendees", [])]
    texts = [fields.get(name, "") for name in ("summary", "description", "location")]
    texts += [person.get(name, "") for person in people for name in ("email", "displayName")]
    return "\n".join(str(text) for text in texts).lower()
