"""Series and their exceptions: what a change of one means to the other."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.google.calendars.body import Draft
from sandbox.google.calendars.calendar import Calendar
from sandbox.google.calendars.event import Event
from sandbox.google.calendars.times import EventTime, Window
from sandbox.google.calendars.views import View, instances_of

# How far around now the instances that a change of a series takes away are told one by one.
_PAST, _FUTURE = timedelta(days=400), timedelta(days=800)


def materialize(view: View, now: datetime) -> Event:
    """The stored event of a view; an instance that nobody changed becomes an exception."""
    if not view.planned or view.original is None:
        return view.event
    parent = view.event
    made = Event(
        id=view.id,
        calendar=parent.calendar,
        ical_uid=parent.ical_uid,
        start=view.start,
        end=view.end,
        created=parent.created,
        known_as=parent.known_as,
        creator=parent.creator,
        status=parent.status,
        sequence=parent.sequence,
        updated=now,
        master=parent,
        original=view.original,
    )
    parent.exceptions[view.original.suffix] = made
    parent.calendar.events[made.id] = made
    return made


def take(event: Event, draft: Draft, view: View, now: datetime) -> bool:
    """Give an event its new times; whether anything about them changed."""
    before = (view.start, view.end, event.recurrence)
    wanted = (draft.start, draft.end, draft.recurrence)
    if before == wanted and not view.cancelled:
        return False
    if event.master is not None:
        event.moved = event.moved or (draft.start, draft.end) != (view.start, view.end)
    planned = _planned(event, now)
    event.start, event.end, event.recurrence = wanted
    _drop(event, planned, now)
    return before != wanted


def take_fields(event: Event, fields: dict[str, Any]) -> bool:
    """Give an event its new members; whether anything but reminders changed."""
    before = dict(event.all_fields)
    if event.master is None:
        event.fields = fields
    else:
        inherited = event.master.fields
        event.fields = {k: v for k, v in fields.items() if inherited.get(k) != v}
        event.fields |= {k: _empty(v) for k, v in inherited.items() if k not in fields}
        _tighten(event)
    changed = {k for k in {*before, *fields} if before.get(k) != fields.get(k)}
    return bool(changed - {"reminders"})


def _tighten(exception: Event) -> None:
    """A private instance makes the whole series private, and none of it is loosened alone
    (developers.google.com/workspace/calendar/api/v3/reference/events#visibility)."""
    wanted = exception.fields.pop("visibility", None)
    if exception.master is not None and wanted in ("private", "confidential"):
        exception.master.fields = dict(exception.master.fields) | {"visibility": wanted}


def copy_of(event: Event, calendar: Calendar) -> Event:
    """The same event, exceptions included, for another calendar; not stored yet."""
    made = _clone(event, calendar)
    for suffix, exception in event.exceptions.items():
        inner = _clone(exception, calendar)
        inner.master = made
        made.exceptions[suffix] = inner
    return made


def _clone(event: Event, calendar: Calendar) -> Event:
    return Event(
        id=event.id,
        calendar=calendar,
        ical_uid=event.ical_uid,
        start=event.start,
        end=event.end,
        created=event.created,
        known_as=dict(event.known_as),
        creator=dict(event.creator),
        fields=dict(event.fields),
        recurrence=list(event.recurrence),
        status=event.status,
        sequence=event.sequence,
        original=event.original,
        moved=event.moved,
    )


def _planned(event: Event, now: datetime) -> dict[str, EventTime]:
    if event.master is not None or not event.recurrence:
        return {}
    window = Window(now - _PAST, now + _FUTURE)
    return {v.original.suffix: v.original for v in instances_of(event, window) if v.original}


def follow(event: Event, now: datetime) -> None:
    """Let the exceptions follow the series; those of instances planned no more are cancelled."""
    for exception in event.exceptions.values():
        _follow(event, exception, now)


def _drop(event: Event, planned: dict[str, EventTime], now: datetime) -> None:
    """Note the instances that are planned no more."""
    if event.master is not None:
        return
    follow(event, now)
    kept = _planned(event, now)
    following = event.calendar.version + 1
    gone = {s: (o, following) for s, o in planned.items() if s not in kept}
    known = {s: found for s, found in event.dropped.items() if s not in kept}
    event.dropped = known | gone


def _follow(event: Event, exception: Event, now: datetime) -> None:
    rule, original = event.rule, exception.original
    if original is None:
        return
    if rule is None or not rule.plans(original):
        if not exception.cancelled:
            exception.status = "cancelled"
            event.calendar.changed(exception, now)
    elif not exception.moved:
        exception.start, exception.end = original, original.after(event.length)


def _empty(value: Any) -> Any:
    return type(value)()
