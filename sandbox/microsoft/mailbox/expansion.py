"""From a stored event to the instances of a window. The rules are expanded by python-dateutil."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from .calendar import Calendar
from .event import Event, Instance
from .recurrence import rule_of
from .times import Window, real_instant

_KEPT_WINDOWS = 4
_SLACK = timedelta(days=2)


def real_span(instance: Instance) -> tuple[datetime, datetime]:
    """Give the UTC instants an instance covers."""
    zone = instance.event.calendar.owner.zone
    return (
        real_instant(instance.start, instance.is_all_day, zone),
        real_instant(instance.end, instance.is_all_day, zone),
    )


def instances_in(event: Event, window: Window) -> list[Instance]:
    """List the single event, or the occurrences and exceptions, that overlap the window."""
    if event.recurrence is None:
        own = event.own()
        return [own] if window.holds(*real_span(own)) else []
    if window not in event.expansions:
        if len(event.expansions) >= _KEPT_WINDOWS:
            event.expansions.pop(next(iter(event.expansions)))
        event.expansions[window] = _expand(event, window)
    return event.expansions[window]


def view_of(calendar: Calendar, window: Window) -> list[Instance]:
    """List all instances of a window by start; the last answer is kept for paging."""
    known = calendar.last_view
    if known is None or known[:2] != (calendar.version, window):
        found = [item for event in calendar.events.values() for item in instances_in(event, window)]
        found.sort(key=lambda instance: real_span(instance)[0])
        known = calendar.last_view = (calendar.version, window, found)
    return known[2]


def _expand(event: Event, window: Window) -> list[Instance]:
    margin = abs(event.duration) + _SLACK
    found = [
        event.occurrence(start.astimezone(UTC), start)
        for start in planned_starts(event, window.start - margin, window.end)
        if start.astimezone(UTC) not in event.exceptions
    ]
    found += [
        event.exception(original, _on_wall_clock(event, original), override)
        for original, override in event.exceptions.items()
    ]
    inside = [instance for instance in found if window.holds(*real_span(instance))]
    return sorted(inside, key=lambda instance: real_span(instance)[0])


def planned_starts(event: Event, after: datetime, before: datetime) -> list[datetime]:
    """List the starts the rule gives from `after` to `before`, without deleted ones."""
    if event.recurrence is None:
        return []
    rule = rule_of(event.recurrence, event.start, event.is_all_day)
    planned = rule.between(after, before + _SLACK)
    return [start for start in planned if start.astimezone(UTC) not in event.deleted]


def instance_at(event: Event, original: datetime) -> Instance | None:
    """Give the occurrence or exception first planned for `original`; None when there is none."""
    if event.recurrence is None or original in event.deleted:
        return None
    override = event.exceptions.get(original)
    if override is not None:
        return event.exception(original, _on_wall_clock(event, original), override)
    rule = rule_of(event.recurrence, event.start, event.is_all_day)
    planned = rule.between(original, original)
    return event.occurrence(original, planned[0]) if planned else None


def neighbours(event: Event, original: datetime) -> tuple[Instance | None, Instance | None]:
    """Give the instances planned right before and right after one, past deleted ones."""
    if event.recurrence is None:
        return None, None
    rule = rule_of(event.recurrence, event.start, event.is_all_day)
    return _nearest(event, original, rule.before), _nearest(event, original, rule.after)


def _nearest(
    event: Event, original: datetime, step: Callable[[datetime], datetime | None]
) -> Instance | None:
    start = step(original)
    while start is not None:
        instance = instance_at(event, start.astimezone(UTC))
        if instance is not None:
            return instance
        start = step(start)
    return None


def _on_wall_clock(event: Event, original: datetime) -> datetime:
    return original.astimezone(event.start.tzinfo)
