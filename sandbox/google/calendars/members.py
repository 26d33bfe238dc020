"""The members of an event besides its times: which can be written, and how they must look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.google.errors import ApiError, invalid

EVENT_TYPES = (
    "default",
    "outOfOffice",
    "focusTime",
    "workingLocation",
    "birthday",
    "fromGmail",
)
_ENUMS = {
    "transparency": ("opaque", "transparent"),
    "visibility": ("default", "public", "private", "confidential"),
    "eventType": EVENT_TYPES,
}
_TEXTS = ("summary", "description", "location", "colorId", "eventLabelId")
_FLAGS = (
    "guestsCanInviteOthers",
    "guestsCanModify",
    "guestsCanSeeOtherGuests",
    "anyoneCanAddSelf",
    "attendeesOmitted",
    "privateCopy",
)
_OBJECTS = (
    "source",
    "conferenceData",
    "outOfOfficeProperties",
    "focusTimeProperties",
    "workingLocationProperties",
    "birthdayProperties",
)
_RESPONSES = ("needsAction", "declined", "tentative", "accepted")
# developers.google.com/workspace/calendar/api/guides/extended-properties: longer keys are dropped
# without a word, longer values cut.
_KEY_LENGTH, _VALUE_LENGTH = 44, 1024
# Left out of resources where they say the same (same reference page).
_DEFAULTS = {
    "transparency": "opaque",
    "visibility": "default",
    "guestsCanInviteOthers": True,
    "guestsCanModify": False,
    "guestsCanSeeOtherGuests": True,
    "anyoneCanAddSelf": False,
    "attendeesOmitted": False,
    "privateCopy": False,
}


def read_fields(body: dict[str, Any]) -> dict[str, Any]:
    """The members given, checked; absent where they say what is so anyway."""
    found: dict[str, Any] = {}
    for name, reader in _READERS.items():
        value = body.get(name)
        if value is None:
            continue
        checked = reader(value, name)
        if checked not in (None, "", [], {}) and _DEFAULTS.get(name) != checked:
            found[name] = checked
    return found


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str | int):
        raise invalid(f"Invalid value for: {name}", name)
    return str(value)


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise invalid(f"Invalid value for: {name}", name)
    return value


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"Invalid value for: {name}", name)
    return dict(value)


def _enum(value: Any, name: str) -> str:
    if value not in _ENUMS[name]:
        raise invalid(f"Invalid value for: {name}", name)
    return str(value)


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise invalid(f"Invalid value for: {name}", name)
    return list(value)


def _attendees(value: Any, name: str) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for given in _list(value, name):
        email = given.get("email") if isinstance(given, dict) else None
        if not isinstance(email, str) or "@" not in email:
            raise invalid("Invalid attendee email.", name)
        response = given.get("responseStatus") or "needsAction"
        if response not in _RESPONSES:
            raise invalid("Invalid value for: responseStatus", name)
        kept = ("displayName", "optional", "resource", "comment", "additionalGuests")
        extras = {part: given[part] for part in kept if given.get(part)}
        found[email.lower()] = {"email": email, "responseStatus": response} | extras
    return list(found.values())


def _extended(value: Any, name: str) -> dict[str, dict[str, str]]:
    found = {}
    for part in ("private", "shared"):
        given = _object(_object(value, name).get(part) or {}, name)
        kept = {
            key: str(text)[:_VALUE_LENGTH]
            for key, text in given.items()
            if text is not None and len(key) <= _KEY_LENGTH
        }
        if kept:
            found[part] = kept
    return found


def _reminders(value: Any, name: str) -> dict[str, Any]:
    given = _object(value, name)
    overrides = _list(given.get("overrides") or [], name)
    if given.get("useDefault") and overrides:
        text = "Cannot specify both default reminders and overrides at the same time."
        raise ApiError("cannotUseDefaultRemindersAndSpecifyOverride", text)
    if len(overrides) > 5:
        raise ApiError("invalid", "Too many override reminders specified.", location=name)
    for one in overrides:
        minutes = one.get("minutes") if isinstance(one, dict) else None
        if not isinstance(minutes, int) or not 0 <= minutes <= 40_320:
            raise invalid("Invalid value for: minutes", name)
        if one.get("method") not in ("email", "popup"):
            raise invalid("Invalid value for: method", name)
    if given.get("useDefault"):
        return {}
    return {"useDefault": False} | ({"overrides": overrides} if overrides else {})


_READERS: dict[str, Callable[[Any, str], Any]] = {
    **dict.fromkeys(_TEXTS, _text),
    **dict.fromkeys(_FLAGS, _flag),
    **dict.fromkeys(_OBJECTS, _object),
    **dict.fromkeys(_ENUMS, _enum),
    "attachments": _list,
    "attendees": _attendees,
    "extendedProperties": _extended,
    "reminders": _reminders,
}
