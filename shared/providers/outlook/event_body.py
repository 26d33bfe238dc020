"""What is written into an event of ours. Pure.

https://learn.microsoft.com/graph/api/resources/event,
https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-post-singlevalueextendedproperties
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from shared.domain.appointments import Attendee, Content
from shared.domain.zones import iana_zone, windows_zone, zone_info
from shared.providers.outlook.wire import WireGuest

Body = dict[str, Any]

MARK = "String {14d40149-9b74-4194-8655-9dde99c43dc2} Name CalendarSyncAppointment"
TEAMS = "teamsForBusiness"
TIMES = frozenset({"start", "end"})


def new_event(content: Content, transaction: str, *, online: bool) -> Body:
    """All of a new event but its times. Graph sets a reminder unless it is told not to, and mails
    everybody who is on an event: nobody is who is not invited."""
    body: Body = {
        "subject": content.title,
        "body": _text(content.description),
        "showAs": "busy",
        "isReminderOn": False,
        "transactionId": transaction,
        "singleValueExtendedProperties": [{"id": MARK, "value": transaction}],
    }
    if content.place:
        body["location"] = _place(content.place)
    if content.invited:
        body["attendees"] = _attendees(content.invited)
    if online:
        body |= {"isOnlineMeeting": True, "onlineMeetingProvider": TEAMS}
    return body


def changes(content: Content, fields: frozenset[str]) -> Body:
    """The fields of that name (`Content.differing`), without times and attendees."""
    return {name: value(content) for field, (name, value) in _CHANGES.items() if field in fields}


def guests(
    people: Iterable[Attendee], known: Iterable[WireGuest], before: Iterable[Attendee]
) -> list[Body]:
    """The attendees of an event: `people`, and of those `known` to be on it all but who was invited
    `before` and is not any more. The others are those whom the calendar's owner has added: the list
    replaces the one that is there."""
    ours = {one.email.casefold() for one in (*people, *before)}
    theirs = [one for one in known if (one.address.address or "").casefold() not in ours]
    return _attendees(people) + [one.model_dump(by_alias=True, exclude_none=True) for one in theirs]


def wall_times(content: Content) -> Body:
    """Start and end as the clocks in the appointment's zone show them, as Outlook then does too.

    By the name that Windows has for the zone: Graph has been seen to refuse IANA names that it
    documents (microsoft-graph-docs issues 4242 and 19286). An hour that comes twice, when clocks
    are put back, cannot be told by them.
    """
    name = iana_zone(content.zone)
    zone = zone_info(name)
    if name is None or _comes_twice(content.start, zone) or _comes_twice(content.end, zone):
        return utc_times(content)
    return _times(content, zone, windows_zone(name) or name)


def utc_times(content: Content) -> Body:
    return _times(content, UTC, "UTC")


def marked_with(transaction: str) -> str:
    """The filter for events that bear our mark with that value.

    https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get
    """
    value = transaction.replace("'", "''")
    return f"singleValueExtendedProperties/Any(ep: ep/id eq '{MARK}' and ep/value eq '{value}')"


def _times(content: Content, zone: tzinfo, name: str) -> Body:
    return {"start": _time(content.start, zone, name), "end": _time(content.end, zone, name)}


def _time(moment: datetime, zone: tzinfo, name: str) -> Mapping[str, str]:
    return {"dateTime": f"{moment.astimezone(zone):%Y-%m-%dT%H:%M:%S}", "timeZone": name}


def _comes_twice(moment: datetime, zone: tzinfo) -> bool:
    local = moment.astimezone(zone)
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _text(content: str) -> Body:
    return {"contentType": "text", "content": content}


def _place(name: str) -> Body:
    return {"displayName": name}


def _attendees(people: Iterable[Attendee]) -> list[Body]:
    return [{"emailAddress": _address(one), "type": "required"} for one in people]


def _address(person: Attendee) -> Body:
    return {"address": person.email} | ({"name": person.name} if person.name else {})


_CHANGES: Mapping[str, tuple[str, Callable[[Content], Any]]] = {
    "title": ("subject", lambda content: content.title),
    "description": ("body", lambda content: _text(content.description)),
    "place": ("location", lambda content: _place(content.place)),
}
