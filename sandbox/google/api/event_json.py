"""An event as a reader gets it.

Source: developers.google.com/workspace/calendar/api/v3/reference/events
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.google.calendars.calendar import Calendar, Role
from sandbox.google.calendars.conferences import hangout_link
from sandbox.google.calendars.times import stamp
from sandbox.google.calendars.views import View

_WITHOUT_PRIVATE = ("freeBusyReader", "reader", "writerWithoutPrivateAccess")


@dataclass(frozen=True)
class Reader:
    """Who reads a calendar: the role, the zone of the answer, how many attendees at most."""

    calendar: Calendar
    role: Role
    zone: ZoneInfo
    address: str = ""
    max_attendees: int | None = None

    def sees(self, view: View) -> bool:
        """Whether the reader gets more than the times."""
        if self.role == "freeBusyReader":
            return False
        hidden = view.fields.get("visibility") in ("private", "confidential")
        return not (hidden and self.role in _WITHOUT_PRIVATE)


def tombstone(view: View, reader: Reader) -> dict[str, Any]:
    """A deleted event in a list: no more than what the reference guarantees."""
    return _head(view) | _instance(view, reader)


def event_json(view: View, reader: Reader) -> dict[str, Any]:
    """The whole resource, as far as the reader may see it."""
    shown = _head(view) | {
        "created": stamp(view.event.created),
        "updated": stamp(view.event.updated),
    }
    if reader.sees(view):
        shown |= {"htmlLink": _link(view)} | _details(view, reader)
    else:
        shown |= {"visibility": "private"}
        if view.fields.get("transparency"):
            shown["transparency"] = view.fields["transparency"]
    for name, moment in (("start", view.start), ("end", view.end)):
        shown[name] = moment.as_json(reader.zone, reader.calendar.zone)
    if view.series is None and view.event.recurrence:
        shown["recurrence"] = list(view.event.recurrence)
    shown |= _instance(view, reader)
    shown["iCalUID"] = view.event.ical_uid
    shown["sequence"] = view.event.sequence
    shown["eventType"] = view.fields.get("eventType", "default")
    return shown


def _head(view: View) -> dict[str, Any]:
    return {
        "kind": "calendar#event",
        "etag": view.event.etag,
        "id": view.id,
        "status": view.status,
    }


def _instance(view: View, reader: Reader) -> dict[str, Any]:
    if view.series is None or view.original is None:
        return {}
    return {
        "recurringEventId": view.series.id,
        "originalStartTime": view.original.as_json(reader.zone, reader.calendar.zone),
    }


def _details(view: View, reader: Reader) -> dict[str, Any]:
    me, event = reader.calendar.id, view.event
    kept = {k: v for k, v in view.fields.items() if v not in (None, "", [], {})}
    if kept.get("source") and event.creator.get("email") != reader.address:
        kept.pop("source")
    shown = kept | {
        "creator": _person(event.creator, me),
        "organizer": _person(event.known_as, me),
        "reminders": kept.get("reminders") or {"useDefault": True},
    }
    attendees = [_person(one, me) for one in kept.get("attendees", [])]
    if attendees:
        shown |= _attendees(attendees, view, reader)
    link = hangout_link(view.fields)
    return shown | ({"hangoutLink": link} if link else {})


def _attendees(attendees: list[dict[str, Any]], view: View, reader: Reader) -> dict[str, Any]:
    mine = [one for one in attendees if one.get("self")]
    hidden = view.fields.get("guestsCanSeeOtherGuests") is False and not view.event.is_organizer
    if hidden:
        return {"attendees": mine}
    if reader.max_attendees is not None and len(attendees) > reader.max_attendees:
        return {"attendees": mine, "attendeesOmitted": True}
    return {"attendees": attendees}


def _person(person: Mapping[str, Any], me: str) -> dict[str, Any]:
    mine = str(person.get("email", "")).lower() == me.lower()
    return dict(person) | ({"self": True} if mine else {})


def _link(view: View) -> str:
    named = f"{view.id} {view.event.calendar.id}".encode()
    eid = base64.urlsafe_b64encode(named).rstrip(b"=").decode()
    return f"https://www.google.com/calendar/event?eid={eid}"
