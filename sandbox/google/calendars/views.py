"""What readers of a calendar see: events, series, exceptions, planned instances."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.google.calendars.calendar import Calendar
from sandbox.google.calendars.event import Event
from sandbox.google.calendars.times import EventTime, Window

_INSTANCE = re.compile(r"(?P<series>.+)_(?P<suffix>\d{8}(?:T\d{6}Z)?)")


@dataclass(frozen=True)
class View:
    """One item. `event` holds its fields and version: for a planned instance, the series."""

    event: Event
    id: str
    start: EventTime
    end: EventTime
    status: str
    original: EventTime | None = None
    series: Event | None = None

    @property
    def fields(self) -> Mapping[str, Any]:
        """Its members besides times and status."""
        return self.event.all_fields

    @property
    def cancelled(self) -> bool:
        """Whether it is deleted."""
        return self.status == "cancelled"

    @property
    def planned(self) -> bool:
        """Whether it is an instance that nobody changed."""
        return self.series is self.event

    @property
    def begins(self) -> datetime:
        """Its start as an instant."""
        return self.start.instant(self.event.zone)

    @property
    def ends(self) -> datetime:
        """Its end as an instant."""
        return self.end.instant(self.event.zone)


def own_view(event: Event) -> View:
    """A stored event as it stands: single, series or exception."""
    status = event.status
    if event.master is not None and event.master.cancelled:
        status = "cancelled"
    return View(event, event.id, event.start, event.end, status, event.original, event.master)


def planned_view(series: Event, original: EventTime, status: str | None = None) -> View:
    """An instance that nobody changed."""
    end = original.after(series.length)
    shown = status or series.status
    return View(series, series.instance_id(original), original, end, shown, original, series)


def instances_of(series: Event, window: Window) -> Iterator[View]:
    """All instances that reach into the window, exceptions and deleted ones included."""
    rule = series.rule
    if rule is None:
        return
    low = window.start - series.length if window.start else None
    for original in rule.starts(low, window.end):
        if original.suffix not in series.exceptions:
            found = planned_view(series, original)
            if window.holds(found.begins, found.ends):
                yield found
    for exception in series.exceptions.values():
        found = own_view(exception)
        if window.holds(found.begins, found.ends):
            yield found


def reaches_into(event: Event, window: Window) -> bool:
    """Whether an event, or any instance of a series, reaches into the window."""
    if window == Window():
        return True
    if event.recurrence:
        return next(instances_of(event, window), None) is not None
    found = own_view(event)
    return window.holds(found.begins, found.ends)


def find(calendar: Calendar, event_id: str) -> View | None:
    """The event or instance with this id, deleted ones included."""
    stored = calendar.events.get(event_id)
    if stored is not None:
        return own_view(stored)
    named = _INSTANCE.fullmatch(event_id)
    series = calendar.events.get(named["series"]) if named else None
    if named is None or series is None or series.rule is None:
        return None
    original = read_suffix(named["suffix"], series)
    if original is None or not series.rule.plans(original):
        return None
    return planned_view(series, original)


def read_suffix(suffix: str, series: Event) -> EventTime | None:
    """The original start that an instance id names."""
    if (len(suffix) == 8) != series.start.all_day:
        return None
    if series.start.all_day:
        return EventTime(day=datetime.strptime(suffix, "%Y%m%d").date())  # noqa: DTZ007
    moment = datetime.strptime(suffix, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return EventTime(moment=moment, zone=series.start.zone)
