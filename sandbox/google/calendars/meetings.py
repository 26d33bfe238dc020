"""Meetings: the attendees' copies, their answers, and the mails that go out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sandbox.google.calendars import series
from sandbox.google.calendars.event import Event
from sandbox.google.calendars.rights import PER_COPY
from sandbox.google.calendars.views import planned_view

if TYPE_CHECKING:
    from sandbox.google.account import Account
    from sandbox.google.calendars.editing import Author

MailKind = Literal["invitation", "update", "cancellation", "response"]


@dataclass(frozen=True)
class SentMail:
    """A mail that Google would have sent to guests or to the organizer."""

    kind: MailKind
    summary: str
    to: tuple[str, ...]
    at: datetime


def guests(event: Event) -> list[str]:
    """The addresses of the attendees besides the organizer."""
    organizer = str(event.known_as.get("email", "")).lower()
    found = [one["email"].lower() for one in event.all_fields.get("attendees", [])]
    return [address for address in found if address != organizer]


def with_organizer(event: Event, fields: dict[str, Any]) -> dict[str, Any]:
    """The members with the organizer marked among the attendees."""
    organizer = str(event.known_as.get("email", "")).lower()
    attendees = [
        one | ({"organizer": True} if one["email"].lower() == organizer else {})
        for one in fields.get("attendees", [])
    ]
    return fields | ({"attendees": attendees} if attendees else {})


def after_insert(author: Author, event: Event) -> None:
    """Invite."""
    _mail(author, event, "invitation", guests(event))
    _spread(author, event)
    _decline_others(author, event)


def after_update(author: Author, event: Event, before: list[str]) -> None:
    """Tell the guests, or the organizer of an attendee's answer."""
    if not event.is_organizer:
        _answer(author, event)
        return
    now = guests(event)
    _mail(author, event, "cancellation", [one for one in before if one not in now])
    _mail(author, event, "invitation", [one for one in now if one not in before])
    _mail(author, event, "update", [one for one in now if one in before])
    _spread(author, event, [one for one in before if one not in now])


def after_delete(author: Author, event: Event) -> None:
    """Call a meeting off, or decline by leaving."""
    if event.is_organizer:
        _mail(author, event, "cancellation", guests(event))
        _spread(author, event)
        return
    _respond_at_source(author, event, "declined")
    _mail(author, event, "response", [str(event.known_as.get("email", ""))])


def _answer(author: Author, event: Event) -> None:
    me = event.calendar.id.lower()
    mine = [a for a in event.all_fields.get("attendees", []) if a["email"].lower() == me]
    if mine and _respond_at_source(author, event, mine[0]["responseStatus"]):
        _mail(author, event, "response", [str(event.known_as.get("email", ""))])


def _respond_at_source(author: Author, event: Event, response: str) -> bool:
    """Note an attendee's answer in the organizer's event; False if it is noted already."""
    source, me = _source(author, event), event.calendar.id.lower()
    if source is None or source.cancelled:
        return event.source is None and "attendees" in event.all_fields
    attendees = [dict(one) for one in source.all_fields.get("attendees", [])]
    mine = [one for one in attendees if one["email"].lower() == me]
    if not mine or mine[0]["responseStatus"] == response:
        return False
    mine[0]["responseStatus"] = response
    source.fields = dict(source.fields) | {"attendees": attendees}
    source.calendar.changed(source, author.now)
    _spread(author, source)
    return True


def _source(author: Author, event: Event) -> Event | None:
    """The organizer's event; of an instance, the organizer's instance."""
    if event.master is None or event.master.source is None or event.original is None:
        return event.source
    parent = event.master.source
    known = parent.exceptions.get(event.original.suffix)
    if known is not None:
        return known
    return series.materialize(planned_view(parent, event.original), author.now)


def _spread(author: Author, event: Event, uninvited: list[str] | None = None) -> None:
    """Bring the copies of guests who use Google Calendar here up to date."""
    whole = event.master or event
    for address in uninvited or []:
        guest = author.account.find_peer(address)
        if guest is not None and guest.has_calendar:
            _withdraw(guest, event, author.now)
    for address in dict.fromkeys([*guests(whole), *guests(event)]):
        guest = author.account.find_peer(address)
        if guest is not None and guest.has_calendar and guest.primary is not event.calendar:
            _copy_to(guest, whole, event, author.now)


def _withdraw(guest: Account, event: Event, now: datetime) -> None:
    copy = guest.primary.events.get(event.id)
    if copy is not None and not copy.cancelled:
        copy.status = "cancelled"
        guest.primary.changed(copy, now)


def _copy_to(guest: Account, whole: Event, changed: Event, now: datetime) -> None:
    calendar = guest.primary
    known = calendar.events.get(whole.id)
    if known is None:
        if whole.cancelled:
            return
        made = series.copy_of(whole, calendar)
        for one in (made, *made.exceptions.values()):
            _refresh(one, whole if one is made else whole.exceptions[_suffix(one)])
            calendar.events[one.id] = one
            calendar.changed(one, now)
        return
    if changed is not whole:
        known = _instance_copy(known, changed, now)
    if known.source is None and known.is_organizer:
        return
    _refresh(known, changed)
    if known.master is None:
        series.follow(known, now)
    calendar.changed(known, now)


def _instance_copy(copy: Event, changed: Event, now: datetime) -> Event:
    suffix = _suffix(changed)
    if suffix not in copy.exceptions and changed.original is not None:
        series.materialize(planned_view(copy, changed.original), now)
    return copy.exceptions[suffix]


def _refresh(copy: Event, source: Event) -> None:
    """Take over what the organizer owns; keep what is the copy's own."""
    copy.source, copy.known_as = source, dict(source.known_as)
    copy.start, copy.end, copy.recurrence = source.start, source.end, list(source.recurrence)
    copy.status, copy.sequence, copy.moved = source.status, source.sequence, source.moved
    own = {name: value for name, value in copy.fields.items() if name in PER_COPY}
    mine = copy.fields.get("extendedProperties", {}).get("private")
    theirs = source.fields.get("extendedProperties", {}).get("shared")
    shared = {
        name: value
        for name, value in source.fields.items()
        if name not in PER_COPY - {"visibility"} and name != "extendedProperties"
    }
    extended = ({"private": mine} if mine else {}) | ({"shared": theirs} if theirs else {})
    copy.fields = shared | own | ({"extendedProperties": extended} if extended else {})


def _suffix(event: Event) -> str:
    return event.original.suffix if event.original else ""


def _mail(author: Author, event: Event, kind: MailKind, to: list[str]) -> None:
    if author.send_updates == "externalOnly":
        to = [address for address in to if author.account.find_peer(address) is None]
    if author.send_updates == "none" or not to:
        return
    mail = SentMail(kind, event.summary, tuple(to), author.now)
    event.calendar.owner.outbox.append(mail)


def _decline_others(author: Author, event: Event) -> None:
    """Time away declines the invitations it meets
    (developers.google.com/workspace/calendar/api/guides/calendar-status)."""
    kind = event.fields.get("eventType")
    mode = event.fields.get(f"{kind}Properties", {}).get("autoDeclineMode", "declineNone")
    if kind not in ("outOfOffice", "focusTime") or mode == "declineNone":
        return
    zone = event.zone
    begins, ends = event.start.instant(zone), event.end.instant(zone)
    for other in list(event.calendar.events.values()):
        meets = other.start.instant(zone) < ends and other.end.instant(zone) > begins
        if other.is_organizer or other.cancelled or other.recurrence or not meets:
            continue
        me = event.calendar.id.lower()
        attendees = [dict(one) for one in other.all_fields.get("attendees", [])]
        for one in attendees:
            if one["email"].lower() == me:
                one["responseStatus"] = "declined"
        other.fields = dict(other.fields) | {"attendees": attendees}
        other.calendar.changed(other, author.now)
        _respond_at_source(author, other, "declined")
        event.calendar.owner.outbox.append(
            SentMail("response", other.summary, (str(other.known_as["email"]),), author.now)
        )
