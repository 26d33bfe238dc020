"""What a person does in Outlook or in Google Calendar, past every API."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol

from bench.soak.seats import ZONE
from sandbox.google.account import Account
from sandbox.microsoft.mailbox.details import Person
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.tour.intervals import Interval
from sandbox.world import World

_BOSS = "boss@elsewhere.example"


class Hands(Protocol):
    """One account. Calendars by id, the account's own first; what makes or moves an event returns
    its id."""

    provider: str
    calendars: tuple[str, ...]

    @property
    def address(self) -> str: ...
    def make(self, calendar: str, when: Interval, *, invited: bool = False) -> str: ...
    def make_days(self, calendar: str, first: date, days: int) -> str: ...
    def make_series(self, calendar: str, first: Interval, weeks: int) -> str: ...
    def move(self, calendar: str, event: str, when: Interval) -> None: ...
    def rename(self, calendar: str, event: str, title: str) -> None: ...
    def show(self, calendar: str, event: str, *, busy: bool) -> None: ...
    def hide(self, calendar: str, event: str) -> None:
        """Marks it as private."""
        ...

    def answer(self, calendar: str, event: str, *, accept: bool) -> None: ...
    def delete(self, calendar: str, event: str) -> None: ...
    def move_one(self, calendar: str, series: str, planned: datetime, when: Interval) -> None: ...
    def delete_one(self, calendar: str, series: str, planned: datetime) -> None: ...
    def put_on(self, calendar: str, event: str, other: str) -> str: ...

    def watched(self, calendar: str) -> bool:
        """Whether somebody is told of its changes."""
        ...

    def untold(self) -> Any:
        """A context in which nobody is told."""
        ...

    def stumble(self, kind: str) -> None:
        """`forgets` where readers were, `refuses` access tokens, `deafens`: ends channels, or
        `circles`: a full round never ends, where the provider does that, until it `recovers`."""
        ...

    def recovers(self) -> None: ...


@dataclass
class OutlookHands:
    world: World
    box: Mailbox
    calendars: tuple[str, ...]
    provider: str = "outlook"

    @property
    def address(self) -> str:
        return self.box.address

    def make(self, calendar: str, when: Interval, *, invited: bool = False) -> str:
        by = {"organizer": Person("Boss", _BOSS)} if invited else {}
        return self._made(calendar, when, by)

    def make_days(self, calendar: str, first: date, days: int) -> str:
        start = datetime.combine(first, time(), UTC)
        return self._made(calendar, (start, start + timedelta(days=days)), {"is_all_day": True})

    def make_series(self, calendar: str, first: Interval, weeks: int) -> str:
        day = first[0].astimezone(ZONE)
        rule = {
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [f"{day:%A}".lower()]},
            "range": {
                "type": "numbered",
                "startDate": f"{day:%Y-%m-%d}",
                "numberOfOccurrences": weeks,
                "recurrenceTimeZone": ZONE.key,
            },
        }
        return self._made(calendar, first, {"recurrence": rule})

    def move(self, calendar: str, event: str, when: Interval) -> None:
        self.box.update_event(event, start=when[0], end=when[1])

    def rename(self, calendar: str, event: str, title: str) -> None:
        self.box.update_event(event, subject=title)

    def show(self, calendar: str, event: str, *, busy: bool) -> None:
        self.box.update_event(event, show_as="busy" if busy else "free")

    def hide(self, calendar: str, event: str) -> None:
        self.box.set_private(event)

    def answer(self, calendar: str, event: str, *, accept: bool) -> None:
        self.box.respond(event, "accepted" if accept else "declined")

    def delete(self, calendar: str, event: str) -> None:
        self.box.delete_event(event)

    def move_one(self, calendar: str, series: str, planned: datetime, when: Interval) -> None:
        self.box.change_occurrence(series, planned, start=when[0], end=when[1])

    def delete_one(self, calendar: str, series: str, planned: datetime) -> None:
        self.box.delete_occurrence(series, planned)

    def put_on(self, calendar: str, event: str, other: str) -> str:
        return self.box.event_id(self.box.move_event(event, other), immutable=True)

    def watched(self, calendar: str) -> bool:
        default = self.box.default_calendar.id
        return any(
            (one.calendar_id or default) == calendar
            for one in self.world.subscriptions.live(self._user)
        )

    @contextmanager
    def untold(self) -> Iterator[None]:
        losing = self.world.subscriptions.settings.losing_mailboxes
        losing.add(self.address.lower())
        yield
        losing.discard(self.address.lower())

    def stumble(self, kind: str) -> None:
        if kind == "forgets":
            self.box.faults.expire_delta_tokens()
        elif kind == "refuses":
            self.world.entra.expire_access_tokens(self._user, self.world.clock())
        elif kind == "circles":
            self.box.faults.endless_delta = True
            self.box.faults.expire_delta_tokens()
        else:
            for number, one in enumerate(self.world.subscriptions.live(self._user)):
                if number % 2:
                    self.world.subscriptions.remove(one.id)
                else:
                    self.world.subscriptions.lifecycle(one, "subscriptionRemoved")

    def recovers(self) -> None:
        self.box.faults.endless_delta = False

    @property
    def _user(self) -> Any:
        return self.world.directory.user(self.address)

    def _made(self, calendar: str, when: Interval, given: Mapping[str, Any]) -> str:
        fields: Any = {"subject": "Talk", "start_zone": ZONE.key, **given}
        event = self.box.create_event(calendar_id=calendar, start=when[0], end=when[1], **fields)
        return self.box.event_id(event, immutable=True)


@dataclass
class GoogleHands:
    world: World
    account: Account
    calendars: tuple[str, ...]
    provider: str = "google"

    @property
    def address(self) -> str:
        return self.account.address

    def make(self, calendar: str, when: Interval, *, invited: bool = False) -> str:
        me = {"email": self.address, "responseStatus": "needsAction"}
        by = {"organizer": {"email": _BOSS}, "attendees": [me]} if invited else {}
        return self._made(calendar, when, by)

    def make_days(self, calendar: str, first: date, days: int) -> str:
        made = self.account.create_event(
            calendar=calendar, summary="Talk", start=first, end=first + timedelta(days=days)
        )
        return made.id

    def make_series(self, calendar: str, first: Interval, weeks: int) -> str:
        return self._made(calendar, first, {"recurrence": [f"RRULE:FREQ=WEEKLY;COUNT={weeks}"]})

    def move(self, calendar: str, event: str, when: Interval) -> None:
        self.account.update_event(event, calendar=calendar, start=when[0], end=when[1])

    def rename(self, calendar: str, event: str, title: str) -> None:
        self.account.update_event(event, calendar=calendar, summary=title)

    def show(self, calendar: str, event: str, *, busy: bool) -> None:
        shown = "opaque" if busy else "transparent"
        self.account.update_event(event, calendar=calendar, transparency=shown)

    def hide(self, calendar: str, event: str) -> None:
        self.account.update_event(event, calendar=calendar, visibility="private")

    def answer(self, calendar: str, event: str, *, accept: bool) -> None:
        self.account.respond(event, "accepted" if accept else "declined", calendar=calendar)

    def delete(self, calendar: str, event: str) -> None:
        self.account.delete_event(event, calendar=calendar)

    def move_one(self, calendar: str, series: str, planned: datetime, when: Interval) -> None:
        self.move(calendar, self.account.instance_id(series, planned, calendar=calendar), when)

    def delete_one(self, calendar: str, series: str, planned: datetime) -> None:
        self.delete(calendar, self.account.instance_id(series, planned, calendar=calendar))

    def put_on(self, calendar: str, event: str, other: str) -> str:
        return self.account.move_event(event, other, calendar=calendar).id

    def watched(self, calendar: str) -> bool:
        live = self.world.google.channels.live(self.account)
        return any(one.calendar is not None and one.calendar.id == calendar for one in live)

    @contextmanager
    def untold(self) -> Iterator[None]:
        losing = self.world.google.channels.settings.losing
        losing.add(self.address.lower())
        yield
        losing.discard(self.address.lower())

    def stumble(self, kind: str) -> None:
        google = self.world.google
        if kind in {"forgets", "circles"}:
            self.account.expire_sync_tokens()
        elif kind == "refuses":
            google.oauth.expire_access_tokens(self.account, self.world.clock())
        else:
            google.channels.end_of(self.account)

    def recovers(self) -> None:
        pass

    def _made(self, calendar: str, when: Interval, given: Mapping[str, Any]) -> str:
        start, end = (moment.astimezone(ZONE) for moment in when)
        made = self.account.create_event(
            calendar=calendar, summary="Talk", start=start, end=end, **given
        )
        return made.id
