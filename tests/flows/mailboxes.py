"""People with a calendar at a stand-in, whatever the provider, and what they do in it.

A third provider adds a class here and its name to `OWNERS`.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any, ClassVar, Protocol

from sandbox.faults import FaultRule, rule_from_json
from sandbox.google.account import Account as GoogleAccount
from sandbox.google.calendars.calendar import Role as GoogleRole
from sandbox.google.calendars.event import Event as GoogleEvent
from sandbox.google.calendars.times import EventTime
from sandbox.microsoft.graph.texts import as_text
from sandbox.microsoft.mailbox.calendar import Role
from sandbox.microsoft.mailbox.details import Attendee, Person
from sandbox.microsoft.mailbox.event import Event as OutlookEvent
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.stack import Stack
from shared.domain.model import Account, ProviderName
from tests.flows.outlook import BERLIN, Span, day, new_mailbox, span, weekly

__all__ = ["OWNERS", "Owner", "Seen", "Span", "day", "owner_of", "span"]

_GRAPH_SCOPES = ("User.Read", "Calendars.ReadWrite", "Calendars.ReadWrite.Shared")
_ORGANIZER = "boss@elsewhere.example"


@dataclass(frozen=True)
class Seen:
    """An event as its owner sees it; `text` holds the description, beside what else is there."""

    title: str
    start: datetime
    end: datetime
    text: str
    place: str
    reminded: bool
    busy: bool


class Owner(Protocol):
    """Somebody with a calendar. Ids are those that the provider tells the application."""

    provider: ClassVar[ProviderName]

    @property
    def account(self) -> Account: ...
    @property
    def address(self) -> str: ...
    @property
    def default(self) -> str:
        """The id of the calendar that is there from the start."""
        ...

    async def token(self, refused: str | None) -> str: ...

    # What the owner does

    def add(
        self, title: str, when: Span, *, calendar: str | None = None, free: bool = False
    ) -> str: ...
    def add_days(self, title: str, first: date, days: int) -> str: ...
    def add_weekly(self, title: str, first: Span, count: int) -> str: ...
    def add_invitation(self, title: str, when: Span) -> str: ...
    def decline(self, event: str) -> None: ...
    def rename(self, event: str, title: str) -> None: ...
    def move(self, event: str, when: Span) -> None: ...
    def make_private(self, event: str) -> None: ...
    def make_all_day(self, event: str) -> None: ...
    def delete(self, event: str) -> None: ...
    def move_occurrence(self, series: str, original: datetime, when: Span) -> None: ...
    def delete_occurrence(self, series: str, original: datetime) -> None: ...
    def put_on(self, event: str, calendar: str) -> None:
        """Moves the event to another calendar of the same owner."""
        ...

    def add_calendar(self, name: str) -> str: ...
    def delete_calendar(self, calendar: str) -> None: ...
    def make_read_only(self, calendar: str) -> None: ...
    def share(self, calendar: str, other: "Owner", *, write: bool, manage: bool = False) -> str:
        """Shares the calendar, to `manage` with all rights that there are; the id under which the
        other sees it."""
        ...

    def add_guest(self, event: str, address: str) -> None:
        """Invites somebody more to the event."""
        ...

    def guests(self, event: str) -> list[str]: ...

    # What the owner sees

    def seen(self, event: str) -> Seen: ...
    def titles(self, calendar: str) -> list[str]: ...
    @property
    def mails(self) -> int:
        """How many mails went out to others."""
        ...

    # What the provider does

    def forget_cursors(self) -> None: ...
    def keep_deleted(self) -> None:
        """The provider goes on knowing what was deleted, as well as it ever does."""
        ...

    def refuse_push(self) -> None: ...
    def channels(self) -> set[str]:
        """The ids of the channels that live."""
        ...

    def proofs(self) -> list[tuple[str | None, str | None]]:
        """Of each notification the channel and the proof that came with it."""
        ...

    def fails(self, what: str, **more: object) -> FaultRule:
        """`throttled`, `unavailable`, `cut`, `lost` or `unauthorized`, once."""
        ...


class OutlookOwner:
    provider: ClassVar[ProviderName] = ProviderName("outlook")

    def __init__(self, stack: Stack, address: str) -> None:
        self._world = stack.sandbox.world
        self._box: Mailbox = new_mailbox(stack, address)

    @property
    def account(self) -> Account:
        user: Any = self._world.directory.user(self.address)
        return Account(self.provider, f"{user.tenant.id}.{user.object_id}".casefold())

    @property
    def address(self) -> str:
        return self._box.address

    @property
    def default(self) -> str:
        return self._box.default_calendar.id

    async def token(self, refused: str | None) -> str:
        user = self._world.directory.user(self.address)
        return self._world.entra.add_access_token(user, _GRAPH_SCOPES, self._world.clock())

    def add(
        self, title: str, when: Span, *, calendar: str | None = None, free: bool = False
    ) -> str:
        shown = "free" if free else "busy"
        return self._made(subject=title, when=when, calendar_id=calendar, show_as=shown)

    def add_days(self, title: str, first: date, days: int) -> str:
        start = datetime.combine(first, datetime.min.time(), UTC)
        when = start, start + timedelta(days=days)
        return self._made(subject=title, when=when, is_all_day=True, start_zone=BERLIN.key)

    def add_weekly(self, title: str, first: Span, count: int) -> str:
        return self._made(subject=title, when=first, recurrence=weekly(first[0], count))

    def add_invitation(self, title: str, when: Span) -> str:
        return self._made(subject=title, when=when, organizer=Person("Boss", _ORGANIZER))

    def decline(self, event: str) -> None:
        self._box.respond(event, "declined")

    def rename(self, event: str, title: str) -> None:
        self._box.update_event(event, subject=title)

    def move(self, event: str, when: Span) -> None:
        self._box.update_event(event, start=when[0], end=when[1])

    def make_private(self, event: str) -> None:
        self._box.set_private(event)

    def make_all_day(self, event: str) -> None:
        self._box.make_all_day(event)

    def delete(self, event: str) -> None:
        self._box.delete_event(event)

    def move_occurrence(self, series: str, original: datetime, when: Span) -> None:
        self._box.change_occurrence(series, original, start=when[0], end=when[1])

    def delete_occurrence(self, series: str, original: datetime) -> None:
        self._box.delete_occurrence(series, original)

    def put_on(self, event: str, calendar: str) -> None:
        self._box.move_event(event, calendar)

    def add_calendar(self, name: str) -> str:
        return self._box.create_calendar(name).id

    def delete_calendar(self, calendar: str) -> None:
        self._box.delete_calendar(calendar)

    def make_read_only(self, calendar: str) -> None:
        self._box.set_read_only(calendar)

    def share(self, calendar: str, other: Owner, *, write: bool, manage: bool = False) -> str:
        theirs = self._world.mailbox(other.address)
        role: Role = "write" if write else "read"
        most: Role = "delegateWithPrivateEventAccess"
        return self._box.share(calendar, theirs, most if manage else role).id

    def add_guest(self, event: str, address: str) -> None:
        details = self._box.find_event(event).event.details
        self._box.update_event(event, attendees=(*details.attendees, Attendee(address)))

    def guests(self, event: str) -> list[str]:
        details = self._box.find_event(event).event.details
        return sorted(one.address for one in details.attendees)

    def seen(self, event: str) -> Seen:
        found: OutlookEvent = self._box.find_event(event).event
        details = found.details
        return Seen(
            title=details.subject,
            start=found.start,
            end=found.end,
            text=as_text(details.body),
            place=str(details.location.get("displayName", "")),
            reminded=details.is_reminder_on,
            busy=details.show_as == "busy",
        )

    def titles(self, calendar: str) -> list[str]:
        found = self._box.calendar(calendar).calendar.events.values()
        return sorted(event.details.subject for event in found)

    @property
    def mails(self) -> int:
        return len(self._box.outbox)

    def forget_cursors(self) -> None:
        self._box.faults.expire_delta_tokens()

    def keep_deleted(self) -> None:
        self._box.faults.deleted_readable = True
        self._box.faults.remember_deleted = True

    def refuse_push(self) -> None:
        self._world.subscriptions.settings.refused_mailboxes.add(self.address)

    def channels(self) -> set[str]:
        return {one.id for one in self._world.subscriptions.live()}

    def proofs(self) -> list[tuple[str | None, str | None]]:
        sent = self._world.subscriptions.delivery.attempts
        items = [item for attempt in sent for item in attempt.items]
        return [(item.get("subscriptionId"), item.get("clientState")) for item in items]

    def fails(self, what: str, **more: object) -> FaultRule:
        presets: dict[str, dict[str, object]] = {
            "throttled": {"preset": "throttled", "retryAfter": "7"},
            "unavailable": {"preset": "unavailable-no-header"},
            "cut": {"preset": "cut"},
            "lost": {"preset": "commit-then-cut", "path": "/events$"},
            "unauthorized": {"preset": "token-expired"},
        }
        return self._world.faults.add(rule_from_json({**presets[what], **more}))

    def _made(self, *, subject: str, when: Span, **given: Any) -> str:
        event = self._box.create_event(start=when[0], end=when[1], subject=subject, **given)
        return self._box.event_id(event, immutable=True)


class GoogleOwner:
    provider: ClassVar[ProviderName] = ProviderName("google")

    def __init__(self, stack: Stack, address: str) -> None:
        self._world = stack.sandbox.world
        self._world.google.channels.settings.hostile = False
        self._person: GoogleAccount = self._world.google.add_account(address, "", BERLIN.key)

    @property
    def account(self) -> Account:
        return Account(self.provider, self._person.sub)

    @property
    def address(self) -> str:
        return self._person.address

    @property
    def default(self) -> str:
        return self._person.primary.id

    async def token(self, refused: str | None) -> str:
        return self._world.google.access_token(self.address)

    def add(
        self, title: str, when: Span, *, calendar: str | None = None, free: bool = False
    ) -> str:
        shown = {"transparency": "transparent"} if free else {}
        return self._made(title, when, calendar=calendar, **shown)

    def add_days(self, title: str, first: date, days: int) -> str:
        end = first + timedelta(days=days)
        return self._person.create_event(summary=title, start=first, end=end).id

    def add_weekly(self, title: str, first: Span, count: int) -> str:
        return self._made(title, first, recurrence=[f"RRULE:FREQ=WEEKLY;COUNT={count}"])

    def add_invitation(self, title: str, when: Span) -> str:
        me = {"email": self.address, "responseStatus": "needsAction"}
        return self._made(title, when, organizer={"email": _ORGANIZER}, attendees=[me])

    def decline(self, event: str) -> None:
        self._person.respond(event, "declined")

    def rename(self, event: str, title: str) -> None:
        self._person.update_event(event, summary=title)

    def move(self, event: str, when: Span) -> None:
        self._person.update_event(event, start=when[0], end=when[1])

    def make_private(self, event: str) -> None:
        self._person.update_event(event, visibility="private")

    def make_all_day(self, event: str) -> None:
        first = _moment(self._event(event).start).astimezone(BERLIN).date()
        self._person.update_event(event, start=first, end=first + timedelta(days=1))

    def delete(self, event: str) -> None:
        self._person.delete_event(event)

    def move_occurrence(self, series: str, original: datetime, when: Span) -> None:
        instance = self._person.instance_id(series, original)
        self._person.update_event(instance, start=when[0], end=when[1])

    def delete_occurrence(self, series: str, original: datetime) -> None:
        self._person.delete_event(self._person.instance_id(series, original))

    def put_on(self, event: str, calendar: str) -> None:
        self._person.move_event(event, calendar)

    def add_calendar(self, name: str) -> str:
        return self._person.create_calendar(name).id

    def delete_calendar(self, calendar: str) -> None:
        self._person.delete_calendar(calendar)

    def make_read_only(self, calendar: str) -> None:
        self._person.set_read_only(calendar)

    def share(self, calendar: str, other: Owner, *, write: bool, manage: bool = False) -> str:
        theirs = self._world.google.account(other.address)
        role: GoogleRole = "writer" if write else "reader"
        self._person.share(calendar, theirs, "owner" if manage else role)
        return calendar

    def add_guest(self, event: str, address: str) -> None:
        there = self._event(event).fields.get("attendees", [])
        self._person.update_event(event, attendees=[*there, {"email": address}])

    def guests(self, event: str) -> list[str]:
        return sorted(one["email"] for one in self._event(event).fields.get("attendees", []))

    def seen(self, event: str) -> Seen:
        found = self._event(event)
        return Seen(
            title=found.fields.get("summary", ""),
            start=_moment(found.start),
            end=_moment(found.end),
            text=_shown(found.fields.get("description", "")),
            place=found.fields.get("location", ""),
            reminded=found.fields.get("reminders") != {"useDefault": False},
            busy=found.fields.get("transparency", "opaque") == "opaque",
        )

    def titles(self, calendar: str) -> list[str]:
        found = self._person.calendar(calendar).events.values()
        return sorted(event.fields.get("summary", "") for event in found if not event.cancelled)

    @property
    def mails(self) -> int:
        return len(self._person.outbox)

    def forget_cursors(self) -> None:
        self._person.expire_sync_tokens()

    def keep_deleted(self) -> None:
        """Google always does."""

    def refuse_push(self) -> None:
        self._person.primary.push = False

    def channels(self) -> set[str]:
        return {one.id for one in self._world.google.channels.live()}

    def proofs(self) -> list[tuple[str | None, str | None]]:
        sent = [one.message.headers for one in self._world.google.channels.delivery.attempts]
        told = [one for one in sent if one["X-Goog-Resource-State"] != "sync"]
        return [(one["X-Goog-Channel-ID"], one.get("X-Goog-Channel-Token")) for one in told]

    def fails(self, what: str, **more: object) -> FaultRule:
        presets: dict[str, dict[str, object]] = {
            "throttled": {"preset": "google-rate-limit", "retryAfter": "7"},
            "unavailable": {"preset": "google-unavailable"},
            "cut": {"preset": "google-cut"},
            "lost": {"preset": "google-commit-then-cut", "path": "/events$"},
            "unauthorized": {"preset": "google-auth-error"},
        }
        return self._world.faults.add(rule_from_json({**presets[what], **more}))

    def _made(self, title: str, when: Span, **given: Any) -> str:
        return self._person.create_event(summary=title, start=when[0], end=when[1], **given).id

    def _event(self, event: str) -> GoogleEvent:
        """Wherever it is."""
        calendars = [entry.calendar for entry in self._person.calendars()]
        [found] = [
            one.events[event]
            for one in calendars
            if event in one.events and not one.events[event].cancelled
        ]
        return found


def _shown(description: str) -> str:
    """Google Calendar takes a description for HTML."""
    return unescape(re.sub(r"<[^>]*>", "", description))


def _moment(time: EventTime) -> datetime:
    """Of an event that has a time of day."""
    assert time.moment is not None
    return time.moment


OWNERS: dict[str, type[OutlookOwner] | type[GoogleOwner]] = {
    "outlook": OutlookOwner,
    "google": GoogleOwner,
}
_DOMAINS = {"outlook": "contoso.example", "google": "gmail.example"}


def owner_of(stack: Stack, provider: str, name: str) -> Owner:
    """Somebody new, with an empty calendar in Berlin."""
    return OWNERS[provider](stack, f"{name}.contract@{_DOMAINS[provider]}")
