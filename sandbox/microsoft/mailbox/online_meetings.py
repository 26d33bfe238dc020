"""Online meetings: the link, and the text that Exchange puts below the event's own.

Graph docs: outlook-calendar-online-meetings; event update, "body property and online meetings".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import ids
from .calendar import CalendarEntry
from .details import Details

TEAMS = "teamsForBusiness"
_BLOB = (
    '<div class="me-email-text">'
    '<a class="me-email-headline" href="{link}">Join Microsoft Teams Meeting</a></div>'
)
_NONE: Mapping[str, Any] = {
    "is_online_meeting": False,
    "online_meeting_provider": "unknown",
    "join_url": None,
}


def providers(entry: CalendarEntry) -> list[str]:
    """Name what meetings can be held on a calendar: none on those of personal accounts."""
    return [] if entry.calendar.owner.personal else [TEAMS]


def settled(entry: CalendarEntry, details: Details) -> Details:
    """Give an online meeting its link and its text, where the calendar has any."""
    if not details.is_online_meeting:
        return details
    if not providers(entry):
        return replace(details, **_NONE)
    link = details.join_url or f"https://teams.example/l/meetup-join/{ids.new_token()}"
    body = details.body if link in details.body else _with_blob(details.body, link)
    return replace(details, online_meeting_provider=TEAMS, join_url=link, body=body)


def kept_online(before: Details, given: dict[str, Any]) -> dict[str, Any]:
    """Keep an online meeting online, except where its text is written over without the link.

    Graph docs: it cannot be turned back; losing the text disables it.
    """
    if not before.is_online_meeting:
        return given
    if "body" in given and (before.join_url or "") not in given["body"]:
        return {**given, **_NONE}
    return {**given, "is_online_meeting": True}


def own_text(details: Details) -> Details:
    """Give the details as they were written, without link and text of the meeting."""
    link = details.join_url
    body = details.body.replace(_blob(link), "") if link else details.body
    return replace(details, join_url=None, body=body)


def chosen(details: Details) -> Mapping[str, Any]:
    """Give the fields of the meeting alone."""
    return {name: getattr(details, name) for name in (*_NONE, "body")}


def _blob(link: str) -> str:
    return _BLOB.format(link=link)


def _with_blob(body: str, link: str) -> str:
    before, end, after = body.rpartition("</body>")
    return f"{before}{_blob(link)}{end}{after}" if end else f"{body}{_blob(link)}"
