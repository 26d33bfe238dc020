"""Creating, changing, moving and removing events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from . import ids, online_meetings
from .calendar import CalendarEntry
from .details import Details, EventFields, Person, detail_fields
from .errors import InvalidRequestError
from .event import Event, Override
from .lookup import Located
from .timing import (
    align_to_rule,
    check_boundaries,
    check_order,
    checked_zone,
    floating,
    settled_recurrence,
)

if TYPE_CHECKING:
    from .mailbox import Mailbox

_TIMES = ("start", "end", "is_all_day", "recurrence", "start_zone", "end_zone")


def build_event(mailbox: Mailbox, entry: CalendarEntry, given: EventFields) -> Event:
    """Make an event from the given fields, checked but not yet stored."""
    is_all_day = given.get("is_all_day", False)
    start, end = given["start"], given["end"]
    start_zone = checked_zone(given.get("start_zone") or zone_name(start.tzinfo, mailbox))
    end_zone = checked_zone(given.get("end_zone") or start_zone)
    if is_all_day:
        start, end = floating(start), floating(end)
    check_order(start, end, is_all_day)
    owner = Person(entry.calendar.owner.display_name, entry.calendar.owner.address)
    organizer = given.get("organizer") or owner
    is_organizer = organizer.address.lower() == owner.address.lower()
    response = "organizer" if is_organizer else "notResponded"
    event = Event(
        key=ids.new_key(),
        calendar=entry.calendar,
        details=settled_details(entry, {"response": response, **detail_fields(given)}),
        start=start,
        end=end,
        is_all_day=is_all_day,
        start_zone=start_zone,
        end_zone=end_zone,
        organizer=organizer,
        created=mailbox.clock(),
        ical_uid=given.get("ical_uid"),
        is_organizer=is_organizer,
        custom_zone=given.get("custom_zone", False),
        transaction_id=given.get("transaction_id"),
        recurrence=settled_recurrence(given.get("recurrence"), start, start_zone),
        extended_properties=dict(given.get("extended_properties", {})),
        extensions={name: dict(data) for name, data in given.get("extensions", {}).items()},
    )
    align_to_rule(event)
    return event


def settled_details(entry: CalendarEntry, given: Mapping[str, Any]) -> Details:
    """Fill the details, those of an online meeting included."""
    return online_meetings.settled(entry, Details(**given))


def zone_name(zone: tzinfo | None, mailbox: Mailbox) -> str:
    """Give the name of a datetime's zone; the mailbox's own where it has none."""
    if zone is UTC:
        return "UTC"
    return getattr(zone, "key", None) or mailbox.time_zone


def change_event(mailbox: Mailbox, found: Located, given: EventFields) -> None:
    """Change a single event, a whole series, or one occurrence (which becomes an exception)."""
    if found.instance.original is not None:
        _change_occurrence(found, given)
        return
    event = found.event
    trial = replace(event, exceptions={}, deleted=set(), expansions={})
    _retime(mailbox, trial, given)
    changed = online_meetings.kept_online(event.details, detail_fields(given))
    event.details = settled_details(found.entry, {**vars(event.details), **changed})
    event.extended_properties.update(given.get("extended_properties", {}))
    if _timing(trial) != _timing(event):
        event.exceptions.clear()
        event.deleted.clear()
    for name in (*_TIMES, "custom_zone"):
        setattr(event, name, getattr(trial, name))


def _timing(event: Event) -> tuple[Any, ...]:
    return event.start, event.end, event.is_all_day, event.recurrence


def _retime(mailbox: Mailbox, trial: Event, given: EventFields) -> None:
    """Apply the given times to a copy of the event, so that a refusal leaves no trace."""
    if not given.keys() & {*_TIMES, "custom_zone"}:
        return
    moved = given.get("start")
    if moved is not None and "start_zone" not in given:
        trial.start_zone = zone_name(moved.tzinfo, mailbox)
    trial.start_zone = checked_zone(given.get("start_zone") or trial.start_zone)
    trial.end_zone = checked_zone(given.get("end_zone") or trial.start_zone)
    trial.is_all_day = given.get("is_all_day", trial.is_all_day)
    trial.custom_zone = given.get("custom_zone", trial.custom_zone)
    start, end = moved or trial.start, given.get("end") or trial.end
    if trial.is_all_day:
        start, end = floating(start), floating(end)
    check_order(start, end, trial.is_all_day)
    trial.start, trial.end = start, end
    if "recurrence" in given:
        trial.recurrence = settled_recurrence(given["recurrence"], start, trial.start_zone)
    elif trial.recurrence is not None and moved is not None:
        trial.recurrence = replace(trial.recurrence, start_date=start.date())
    align_to_rule(trial)


def _change_occurrence(found: Located, given: EventFields) -> None:
    event, old = found.event, found.instance
    original = old.original
    if original is None:
        return
    if given.get("recurrence") is not None:
        raise InvalidRequestError("An occurrence cannot have a recurrence of its own.")
    before = event.exceptions.get(original, Override())
    is_all_day = given.get("is_all_day", old.is_all_day)
    start = given.get("start", old.start)
    end = given.get("end", old.end)
    if is_all_day:
        start, end = floating(start), floating(end)
    check_order(start, end, is_all_day)
    details = {**before.details, **_own_details(found, detail_fields(given))}
    override = Override(start, end, is_all_day, details)
    changed = event.exception(original, start, override)
    if (start, end) != (old.start, old.end):
        check_boundaries(event, changed)
    event.exceptions[original] = override
    event.extended_properties.update(given.get("extended_properties", {}))


def _own_details(found: Located, given: dict[str, Any]) -> dict[str, Any]:
    """Give the details an exception gets of its own, an online meeting with its link."""
    before = found.instance.details
    if not before.is_online_meeting and "is_online_meeting" not in given:
        return given
    wanted = online_meetings.kept_online(before, given)
    settled = settled_details(found.entry, {**vars(before), **wanted})
    return {**given, **online_meetings.chosen(settled)}


def remove_occurrence(event: Event, original: datetime) -> None:
    """Take one occurrence out of its series; the series stays, without a trace of it in delta."""
    event.exceptions.pop(original, None)
    event.deleted.add(original)
