"""Checks and adjustments of an event's times and recurrence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from .errors import InvalidRequestError, MailboxError
from .event import Event, Instance
from .expansion import neighbours, real_span
from .recurrence import Recurrence, rule_of
from .recurrence_json import recurrence_from_json
from .zones import UnknownZoneError, zone_of


def floating(moment: datetime) -> datetime:
    """Turn an all-day boundary into its date, kept as UTC midnight; refuse other hours.

    Field reports: 400 "...needs to be set to midnight".
    """
    if moment.time() != datetime.min.time():
        raise InvalidRequestError(
            "The Event.Start property for an all-day event needs to be set to midnight."
        )
    return moment.replace(tzinfo=UTC)


def checked_zone(name: str) -> str:
    """Refuse a zone name nobody knows."""
    try:
        zone_of(name)
    except UnknownZoneError as error:
        raise MailboxError(
            "TimeZoneNotSupportedException",
            "A valid TimeZone value must be specified. The following TimeZone value is not "
            f"supported: '{name}'.",
        ) from error
    return name


def check_order(start: datetime, end: datetime, is_all_day: bool) -> None:
    """Refuse an end before the start, and an all-day event of no day."""
    if end < start:
        raise MailboxError(
            "ErrorPropertyValidationFailure", "At least one property failed validation."
        )
    if is_all_day and end == start:
        raise InvalidRequestError("The duration of an all-day event must be at least 24 hours.")


def settled_recurrence(
    given: Recurrence | Mapping[str, Any] | None, start: datetime, zone: str
) -> Recurrence | None:
    """Turn what was given into a Recurrence in a known zone."""
    if given is None or isinstance(given, Recurrence):
        return given
    return recurrence_from_json(given, start.date(), zone)


def align_to_rule(event: Event) -> None:
    """Give a series the times of its first occurrence; refuse a rule without any."""
    if event.recurrence is None:
        return
    length = event.duration
    zone = event.start.tzinfo if event.is_all_day else zone_of(event.recurrence.zone)
    first_day = event.recurrence.start_date
    start = event.start.astimezone(zone).replace(
        year=first_day.year, month=first_day.month, day=first_day.day
    )
    rule = rule_of(event.recurrence, start, event.is_all_day)
    first = rule.first()
    if first is None:
        raise MailboxError(
            "ErrorRecurrenceHasNoOccurrence", "The specified recurrence has no occurrence."
        )
    event.start, event.end = first, first + length
    event.recurrence = replace(event.recurrence, start_date=first.date())


def check_boundaries(event: Event, changed: Instance) -> None:
    """Refuse an exception that passes a neighbouring occurrence or lands on its day.

    Graph docs, event update: ErrorOccurrenceCrossingBoundary.
    """
    if changed.original is None:
        return
    before, after = neighbours(event, changed.original)
    start, end = real_span(changed)
    passes_before = before is not None and start < real_span(before)[1]
    passes_after = after is not None and end > real_span(after)[0]
    days = {_day(event, other) for other in (before, after) if other is not None}
    if passes_before or passes_after or _day(event, changed) in days:
        raise MailboxError(
            "ErrorOccurrenceCrossingBoundary",
            "Modified occurrence is crossing or overlapping adjacent occurrence.",
        )


def _day(event: Event, instance: Instance) -> str:
    zone = event.start.tzinfo
    local = instance.start if instance.is_all_day else instance.start.astimezone(zone)
    return local.date().isoformat()
