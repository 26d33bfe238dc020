"""What is written into an event of ours. Pure.

https://developers.google.com/workspace/calendar/api/v3/reference/events
"""

from base64 import b32hexencode
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from shared.domain.appointments import Attendee, Content
from shared.domain.zones import iana_zone
from shared.providers.google.wire import WireAttendee

Body = dict[str, Any]

MARK = "calendarSyncTransaction"
MEET = "hangoutsMeet"
TIMES = frozenset({"start", "end"})

_UTC = "UTC"
_UNANSWERED = "needsAction"


def event_id(transaction: str) -> str:
    """The id that we give to the event: the transaction, in the characters that Google takes.

    It stays taken when the event is deleted, so no second one can ever be made.
    """
    return "cs" + b32hexencode(transaction.encode()).decode().rstrip("=").lower()


def new_event(content: Content, transaction: str, calendar_id: str, *, online: bool) -> Body:
    """All of a new event but its times. Google reminds by the calendar's defaults unless it is told
    not to, and puts an event on the calendar of everybody who is on it: nobody is who is not
    invited."""
    body: Body = {
        "id": event_id(transaction),
        "summary": content.title,
        "description": _html(content.description),
        "location": content.place,
        "transparency": "opaque",
        "reminders": {"useDefault": False, "overrides": []},
        "extendedProperties": {"private": {MARK: transaction}},
    }
    if content.invited:
        body["attendees"] = attendees(content.invited, calendar_id)
    if online:
        body["conferenceData"] = {"createRequest": _meeting(transaction)}
    return body


def changes(content: Content, fields: frozenset[str]) -> Body:
    """The fields of that name (`Content.differing`), without times and attendees."""
    return {name: value(content) for field, (name, value) in _CHANGES.items() if field in fields}


def zoned_times(content: Content) -> Body:
    """Start and end as instants, with the zone in which calendars show them."""
    name = iana_zone(content.zone) or _UTC
    return _times(content, _UTC if name == "Etc/UTC" else name)


def utc_times(content: Content) -> Body:
    return _times(content, _UTC)


def attendees(
    people: Iterable[Attendee],
    calendar_id: str,
    known: Iterable[WireAttendee] = (),
    before: Iterable[Attendee] = (),
) -> list[Body]:
    """The guests of an event: `people`, and of those `known` to be on it all but who was invited
    `before` and is not any more. The others are those whom the calendar's owner has added.

    A list of attendees replaces the one that is there: what those have answered who are on it is
    said again. The id of a primary calendar is its owner's address: they need no invitation.
    """
    there = {_key(one.email): one for one in known}
    invited = {_key(one.email) for one in people}
    over = {_key(one.email) for one in before} - invited
    stay = [
        one for key, one in there.items() if key not in invited and (one.is_self or key not in over)
    ]
    return [
        _attendee(one, there.get(_key(one.email)), own=_key(one.email) == _key(calendar_id))
        for one in people
    ] + [_kept(one) for one in stay]


def mailed(content: Content, fields: frozenset[str] = frozenset()) -> str:
    """Whom Google is to mail: those whom the CRM invites, or has invited so far."""
    return "all" if content.invited or "invited" in fields else "none"


def _times(content: Content, zone: str) -> Body:
    return {"start": _time(content.start, zone), "end": _time(content.end, zone)}


def _time(moment: datetime, zone: str) -> Body:
    """`date` is cleared: a patch would leave that of an all-day event beside the time, and be
    refused."""
    written = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
    return {"dateTime": written, "timeZone": zone, "date": None}


def _meeting(transaction: str) -> Body:
    """https://developers.google.com/workspace/calendar/api/guides/create-events#conferencing"""
    return {"requestId": transaction, "conferenceSolutionKey": {"type": MEET}}


def _attendee(person: Attendee, known: WireAttendee | None, *, own: bool) -> Body:
    body: Body = {"email": person.email} | ({"displayName": person.name} if person.name else {})
    answer = known.response if known is not None else None
    if own and answer in {None, _UNANSWERED}:
        answer = "accepted"
    return body if answer is None else body | {"responseStatus": answer}


def _kept(one: WireAttendee) -> Body:
    said = one.model_dump(by_alias=True, exclude_none=True, exclude={"is_self", "is_organizer"})
    return {"responseStatus": "accepted" if one.is_self else _UNANSWERED} | said


def _key(address: str | None) -> str:
    return (address or "").casefold()


def _html(text: str) -> str:
    """Descriptions are HTML at Google, other texts are not."""
    return escape(text, quote=False)


_CHANGES: Mapping[str, tuple[str, Callable[[Content], Any]]] = {
    "title": ("summary", lambda content: content.title),
    "description": ("description", lambda content: _html(content.description)),
    "place": ("location", lambda content: content.place),
}
