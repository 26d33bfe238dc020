"""Writing events: insert, import, update, patch, delete, move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sandbox.google.calendars import ids, meetings, series
from sandbox.google.calendars.body import Draft, read
from sandbox.google.calendars.calendar import Calendar, at_least
from sandbox.google.calendars.conferences import with_conference
from sandbox.google.calendars.event import Event
from sandbox.google.calendars.rights import check_members
from sandbox.google.calendars.views import View
from sandbox.google.errors import ApiError, invalid

if TYPE_CHECKING:
    from sandbox.google.account import Account

SendUpdates = Literal["all", "externalOnly", "none"]


@dataclass(frozen=True)
class Author:
    """Who writes, and how. A `trusted` one is not asked for rights."""

    account: Account
    send_updates: SendUpdates = "none"
    conference_version: int = 0
    trusted: bool = False

    @property
    def now(self) -> datetime:
        """The time of writing."""
        return self.account.clock()


def insert(author: Author, calendar: Calendar, body: dict[str, Any]) -> Event:
    """Make an event; an id that was ever used in the calendar is a duplicate."""
    _require_writer(author, calendar)
    event_id = body.get("id") or ids.new_event_id()
    if not ids.acceptable(event_id):
        raise invalid("Invalid resource id value.")
    if event_id in calendar.events:
        raise ApiError("duplicate")
    draft = read(body, calendar.time_zone)
    check_new(draft, calendar, author.trusted)
    uid = str(body.get("iCalUID") or f"{event_id}@google.com")
    event = _make(author, calendar, str(event_id), uid, draft)
    fields = with_conference(draft.fields, {}, author.conference_version)
    event.fields = meetings.with_organizer(event, fields)
    _store(event, author)
    meetings.after_insert(author, event)
    return event


def import_(author: Author, calendar: Calendar, body: dict[str, Any]) -> Event:
    """Make, or bring up to date, a private copy of an event of somebody else."""
    _require_writer(author, calendar)
    if not body.get("iCalUID"):
        raise ApiError("required", "Required", location="iCalUID")
    draft = read(body, calendar.time_zone)
    uid = str(body["iCalUID"])
    known = next((e for e in calendar.events.values() if e.ical_uid == uid and not e.master), None)
    event = known or _make(author, calendar, ids.new_event_id(), uid, draft)
    event.start, event.end, event.recurrence = draft.start, draft.end, draft.recurrence
    event.fields, event.status = draft.fields, draft.status
    organizer = body.get("organizer")
    if isinstance(organizer, dict) and organizer.get("email"):
        event.known_as = {k: organizer[k] for k in ("email", "displayName") if k in organizer}
    _store(event, author)
    return event


def update(author: Author, view: View, body: dict[str, Any], if_match: str | None = None) -> Event:
    """Replace an event or instance by the whole of `body`."""
    _require_writer(author, view.event.calendar)
    check_etag(view, if_match)
    draft = read(body, view.event.calendar.time_zone)
    check_members(author, view, draft)
    _check_sequence(view.event, body.get("sequence"))
    if view.cancelled and draft.status != "cancelled":
        _check_revival(author)
    if draft.status == "cancelled":
        return view.event if view.cancelled else delete(author, view)
    event = series.materialize(view, author.now)
    before = meetings.guests(event)
    timed = series.take(event, draft, view, author.now)
    fields = with_conference(draft.fields, dict(view.fields), author.conference_version)
    heard = series.take_fields(event, meetings.with_organizer(event, fields))
    event.status = draft.status
    event.sequence = max(event.sequence + int(timed), int(body.get("sequence") or 0))
    event.calendar.changed(event, author.now, update=heard or timed or view.cancelled)
    meetings.after_update(author, event, before)
    return event


def patch(author: Author, view: View, body: dict[str, Any], if_match: str | None = None) -> Event:
    """Merge `body` into an event or instance; null removes, lists are replaced."""
    if not isinstance(body, dict):
        raise ApiError("parseError")
    return update(author, view, merged(writable(view), body), if_match)


def delete(author: Author, view: View, if_match: str | None = None) -> Event:
    """Delete an event, a series or one instance."""
    _require_writer(author, view.event.calendar)
    check_etag(view, if_match)
    if view.cancelled:
        raise ApiError("deleted")
    event = series.materialize(view, author.now)
    event.status = "cancelled"
    event.sequence += 1
    event.calendar.changed(event, author.now)
    meetings.after_delete(author, event)
    return event


def move(author: Author, view: View, target: Calendar) -> Event:
    """Give an event another calendar, and so another organizer; its id stays."""
    event, source = view.event, view.event.calendar
    _require_writer(author, source)
    _require_writer(author, target)
    if view.series is not None or not event.is_organizer:
        raise ApiError("cannotChangeOrganizer")
    if event.fields.get("eventType", "default") != "default":
        raise ApiError("eventTypeRestriction")
    if event.id in target.events and not target.events[event.id].cancelled:
        raise ApiError("duplicate")
    moved = series.copy_of(event, target)
    moved.known_as = target.organizer
    event.status = "cancelled"
    source.changed(event, author.now)
    for one in (moved, *moved.exceptions.values()):
        _store(one, author)
    return moved


def merged(before: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Patch semantics: developers.google.com/workspace/calendar/api/guides/performance."""
    found = dict(before)
    for name, value in change.items():
        if value is None:
            found.pop(name, None)
        elif isinstance(value, dict):
            inner = found.get(name)
            found[name] = merged(inner if isinstance(inner, dict) else {}, value)
        else:
            found[name] = value
    return found


def writable(view: View) -> dict[str, Any]:
    """What can be written of an event, as JSON."""
    zone = view.event.zone
    body = dict(view.fields)
    for name, moment in (("start", view.start), ("end", view.end)):
        body[name] = moment.as_json(zone, zone)
    if view.series is None and view.event.recurrence:
        body["recurrence"] = list(view.event.recurrence)
    return body | {"status": view.status}


def check_etag(view: View, if_match: str | None) -> None:
    """Refuse when the caller knows another version."""
    if if_match not in (None, "*", view.event.etag):
        raise ApiError("conditionNotMet")


def check_new(draft: Draft, calendar: Calendar, trusted: bool) -> None:
    """Refuse event types that cannot be made there."""
    kind = draft.fields.get("eventType", "default")
    if kind == "default" or trusted:
        return
    if kind == "fromGmail" or not calendar.primary:
        raise ApiError("eventTypeRestriction")


def _make(author: Author, calendar: Calendar, event_id: str, uid: str, draft: Draft) -> Event:
    return Event(
        id=event_id,
        calendar=calendar,
        ical_uid=uid,
        start=draft.start,
        end=draft.end,
        created=author.now,
        known_as=calendar.organizer,
        creator={"email": author.account.address},
        recurrence=draft.recurrence,
        status="confirmed" if draft.status == "cancelled" else draft.status,
        fields=draft.fields,
    )


def _store(event: Event, author: Author) -> None:
    event.calendar.events[event.id] = event
    event.calendar.changed(event, author.now)


def _require_writer(author: Author, calendar: Calendar) -> None:
    role = calendar.role_of(author.account)
    if author.trusted:
        return
    if role is None:
        raise ApiError("notFound")
    if not at_least(role, "writerWithoutPrivateAccess"):
        raise ApiError("requiredAccessLevel")


def _check_sequence(event: Event, given: Any) -> None:
    if isinstance(given, int) and given < event.sequence:
        text = (
            "Invalid sequence value. The specified sequence number is below the current sequence "
            "number of the resource. Re-fetch the resource and use its sequence number on the "
            "following request."
        )
        raise invalid(text, "sequence")


def _check_revival(author: Author) -> None:
    refused = author.account.faults.revival
    if refused in (403, 410) and not author.trusted:
        raise ApiError("forbidden" if refused == 403 else "deleted")
