"""From the JSON of a POST or PATCH to the mailbox's event fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from sandbox.microsoft.mailbox import Attendee, EventFields
from sandbox.microsoft.mailbox.details import IMPORTANCES, SENSITIVITIES, SHOW_AS
from sandbox.microsoft.mailbox.errors import InvalidRequestError, MailboxError

from .event_times import read_time
from .extended import read_extended, read_extension
from .texts import as_html, text_to_html

_FLAGS = {
    "isReminderOn": "is_reminder_on",
    "responseRequested": "response_requested",
    "allowNewTimeProposals": "allow_new_time_proposals",
    "hideAttendees": "hide_attendees",
    "isOnlineMeeting": "is_online_meeting",
    "isAllDay": "is_all_day",
}
_WORDS = {
    "importance": ("importance", IMPORTANCES),
    "sensitivity": ("sensitivity", SENSITIVITIES),
    "showAs": ("show_as", SHOW_AS),
}


def read_event(body: Mapping[str, Any]) -> EventFields:
    """Read the properties that may be written; read-only and unknown ones are passed over."""
    fields: dict[str, Any] = {}
    for name, value in body.items():
        if name in _FLAGS:
            fields[_FLAGS[name]] = _flag(name, value)
        elif name in _WORDS:
            target, known = _WORDS[name]
            fields[target] = _word(name, value, known)
        elif name in _READERS:
            fields |= _READERS[name](value)
    return cast(EventFields, fields)


def check_complete(fields: EventFields) -> None:
    """Refuse a creation without start or end."""
    for name in ("start", "end"):
        if name not in fields:
            raise MailboxError(
                "ErrorPropertyValidationFailure", f"The required property '{name}' is missing."
            )


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidRequestError(f"The property '{name}' has to be true or false.")
    return value


def _word(name: str, value: Any, known: tuple[str, ...]) -> str:
    for word in known:
        if isinstance(value, str) and value.lower() == word.lower():
            return word
    raise InvalidRequestError(f"'{value}' is no value of '{name}'.")


def _start(value: Any) -> dict[str, Any]:
    moment, zone = read_time(value, "start")
    return {"start": moment, "start_zone": zone}


def _end(value: Any) -> dict[str, Any]:
    moment, zone = read_time(value, "end")
    return {"end": moment, "end_zone": zone}


def _body(value: Any) -> dict[str, Any]:
    content = str((value or {}).get("content") or "")
    is_text = str((value or {}).get("contentType") or "text").lower() == "text"
    return {"body": as_html(text_to_html(content) if is_text else content)}


def _attendees(value: Any) -> dict[str, Any]:
    people = [_attendee(person) for person in value or []]
    if len(people) > 500:
        raise InvalidRequestError("An event has at most 500 attendees.")
    return {"attendees": tuple(people)}


def _attendee(value: Mapping[str, Any]) -> Attendee:
    address = value.get("emailAddress") or {}
    kind = _word("type", value.get("type") or "required", ("required", "optional", "resource"))
    return Attendee(str(address.get("address", "")), str(address.get("name", "")), kind)


_READERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "subject": lambda value: {"subject": str(value or "")},
    "start": _start,
    "end": _end,
    "body": _body,
    "attendees": _attendees,
    "recurrence": lambda value: {"recurrence": value},
    "categories": lambda value: {"categories": tuple(str(name) for name in value or ())},
    "location": lambda value: {"location": dict(value or {})},
    "locations": lambda value: {"locations": tuple(dict(place) for place in value or ())},
    "reminderMinutesBeforeStart": lambda value: {"reminder_minutes": int(value)},
    "transactionId": lambda value: {"transaction_id": value},
    "singleValueExtendedProperties": lambda value: {"extended_properties": read_extended(value)},
    "extensions": lambda value: {"extensions": dict(read_extension(data) for data in value or ())},
}
