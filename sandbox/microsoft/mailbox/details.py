"""What an event says besides its times, and the names by which fields are given to the mailbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypedDict

from .recurrence import Recurrence

SENSITIVITIES = ("normal", "personal", "private", "confidential")
SHOW_AS = ("free", "tentative", "busy", "oof", "workingElsewhere", "unknown")
IMPORTANCES = ("low", "normal", "high")


@dataclass(frozen=True)
class Person:
    """A name with an address."""

    name: str
    address: str


@dataclass(frozen=True)
class Attendee:
    """An invited person with the last known answer."""

    address: str
    name: str = ""
    type: str = "required"
    response: str = "none"
    responded_at: datetime | None = None


@dataclass(frozen=True)
class Details:
    """Fields an occurrence takes from its master and an exception may have of its own."""

    subject: str = ""
    body: str = ""
    importance: str = "normal"
    sensitivity: str = "normal"
    show_as: str = "busy"
    categories: tuple[str, ...] = ()
    location: Mapping[str, Any] = field(default_factory=dict)
    locations: tuple[Mapping[str, Any], ...] = ()
    attendees: tuple[Attendee, ...] = ()
    is_reminder_on: bool = True
    reminder_minutes: int = 15
    response_requested: bool = True
    allow_new_time_proposals: bool = True
    hide_attendees: bool = False
    is_online_meeting: bool = False
    online_meeting_provider: str = "unknown"
    join_url: str | None = None
    is_cancelled: bool = False
    is_draft: bool = False
    response: str = "organizer"
    responded_at: datetime | None = None


DETAIL_NAMES = frozenset(entry.name for entry in fields(Details))


class EventFields(TypedDict, total=False):
    """Every field `create_event` and `update_event` take. Times are aware datetimes.

    All-day events are given as midnights; only their dates count. `recurrence` may be a
    Recurrence or Graph's JSON object. `organizer` other than the owner makes it an invitation.
    """

    start: datetime
    end: datetime
    is_all_day: bool
    start_zone: str
    end_zone: str
    custom_zone: bool
    recurrence: Recurrence | Mapping[str, Any] | None
    organizer: Person
    transaction_id: str | None
    ical_uid: str
    extended_properties: Mapping[str, str]
    extensions: Mapping[str, Mapping[str, Any]]
    subject: str
    body: str
    importance: str
    sensitivity: str
    show_as: str
    categories: tuple[str, ...]
    location: Mapping[str, Any]
    locations: tuple[Mapping[str, Any], ...]
    attendees: tuple[Attendee, ...]
    is_reminder_on: bool
    reminder_minutes: int
    response_requested: bool
    allow_new_time_proposals: bool
    hide_attendees: bool
    is_online_meeting: bool
    online_meeting_provider: str
    join_url: str | None
    is_cancelled: bool
    is_draft: bool
    response: str
    responded_at: datetime | None


def detail_fields(given: EventFields) -> dict[str, Any]:
    """Pick the fields that belong to Details."""
    return {name: value for name, value in given.items() if name in DETAIL_NAMES}
