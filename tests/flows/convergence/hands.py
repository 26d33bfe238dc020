"""What people do with their calendars in Outlook and in Google, and what stands in those.

Both are used alike; an id is the one that the owner's application would use.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from sandbox.google.account import Account
from sandbox.google.errors import ApiError
from sandbox.microsoft.mailbox.details import Person
from sandbox.microsoft.mailbox.errors import MailboxError
from sandbox.microsoft.mailbox.mailbox import Mailbox
from tests.flows.convergence.moments import At
from tests.flows.outlook import BERLIN, calendar_id, weekly

REFUSED = (MailboxError, ApiError, KeyError)
"""What a stand-in says to what cannot be done, such as to an event that is gone."""

_BOSS = "boss@elsewhere.example"


@dataclass(frozen=True)
class Standing:
    """An event, or a whole series, as its owner sees it; `text` is its description."""

    id: str
    calendar: str
    title: str
    text: str
    start: datetime
    end: datetime
    all_day: bool
    private: bool
    series: bool


class Hands(Protocol):
    """Somebody's hands, in one account with several calendars."""

    provider: str
    address: str
    calendars: tuple[str, ...]

    def add(self, calendar: str, at: At, title: str, shown: str = "busy") -> str: ...
    def add_days(self, calendar: str, first: date, days: int, title: str) -> str: ...
    def add_series(self, calendar: str, first: At, count: int, title: str) -> str: ...
    def invited(self, calendar: str, at: At, title: str) -> str: ...
    def move(self, calendar: str, event: str, at: At) -> None: ...
    def rename(self, calendar: str, event: str, title: str) -> None: ...
    def show_as(self, calendar: str, event: str, shown: str) -> None: ...
    def set_private(self, calendar: str, event: str, private: bool) -> None: ...
    def make_all_day(self, calendar: str, event: str, on: date) -> None: ...
    def repeat(self, calendar: str, event: str, first: At, count: int) -> None:
        """Makes a series of it, or another one of a series; count 1 makes a single event."""
        ...

    def respond(self, calendar: str, event: str, answer: str) -> None: ...
    def delete(self, calendar: str, event: str) -> None: ...
    def put_on(self, calendar: str, event: str, to: str) -> None: ...
    def move_one(self, calendar: str, series: str, original: At, to: At) -> None: ...
    def delete_one(self, calendar: str, series: str, original: At) -> None: ...
    def standing(self) -> Iterator[Standing]: ...


@dataclass
class OutlookHands:
    box: Mailbox
    calendars: tuple[str, ...]
    provider: str = "outlook"

    @property
    def address(self) -> str:
        return self.box.address

    def add(self, calendar: str, at: At, title: str, shown: str = "busy") -> str:
        return self._made(calendar, at, subject=title, show_as=shown)

    def add_days(self, calendar: str, first: date, days: int, title: str) -> str:
        start = datetime.combine(first, datetime.min.time(), UTC)
        event = self.box.create_event(
            calendar_id=calendar_id(self.box, calendar),
            start=start,
            end=start + timedelta(days=days),
            is_all_day=True,
            subject=title,
            start_zone=BERLIN.key,
        )
        return self.box.event_id(event, immutable=True)

    def add_series(self, calendar: str, first: At, count: int, title: str) -> str:
        rule = weekly(first.span[0], count, first.zone)
        return self._made(calendar, first, subject=title, recurrence=rule)

    def invited(self, calendar: str, at: At, title: str) -> str:
        boss = Person("Boss", _BOSS)
        return self._made(calendar, at, subject=title, organizer=boss, show_as="tentative")

    def move(self, calendar: str, event: str, at: At) -> None:
        start, end = at.span
        self.box.update_event(event, start=start, end=end, is_all_day=False)

    def rename(self, calendar: str, event: str, title: str) -> None:
        self.box.update_event(event, subject=title)

    def show_as(self, calendar: str, event: str, shown: str) -> None:
        self.box.update_event(event, show_as=shown)

    def set_private(self, calendar: str, event: str, private: bool) -> None:
        self.box.set_private(event, private)

    def make_all_day(self, calendar: str, event: str, on: date) -> None:
        start = datetime.combine(on, datetime.min.time(), UTC)
        self.box.update_event(event, is_all_day=True, start=start, end=start + timedelta(days=1))

    def repeat(self, calendar: str, event: str, first: At, count: int) -> None:
        start, end = first.span
        rule = weekly(start, count, first.zone) if count > 1 else None
        self.box.update_event(event, start=start, end=end, recurrence=rule, is_all_day=False)

    def respond(self, calendar: str, event: str, answer: str) -> None:
        self.box.respond(event, "tentativelyAccepted" if answer == "tentative" else answer)

    def delete(self, calendar: str, event: str) -> None:
        self.box.delete_event(event)

    def put_on(self, calendar: str, event: str, to: str) -> None:
        self.box.move_event(event, calendar_id(self.box, to))

    def move_one(self, calendar: str, series: str, original: At, to: At) -> None:
        start, end = to.span
        self.box.change_occurrence(series, original.utc[0], start=start, end=end)

    def delete_one(self, calendar: str, series: str, original: At) -> None:
        self.box.delete_occurrence(series, original.utc[0])

    def standing(self) -> Iterator[Standing]:
        for entry in self.box.calendars():
            for event in entry.calendar.events.values():
                yield Standing(
                    id=self.box.event_id(event, immutable=True),
                    calendar=entry.calendar.name,
                    title=event.details.subject,
                    text=event.details.body,
                    start=event.start.astimezone(UTC),
                    end=event.end.astimezone(UTC),
                    all_day=event.is_all_day,
                    private=event.details.sensitivity != "normal",
                    series=event.recurrence is not None,
                )

    def _made(self, calendar: str, at: At, **given: Any) -> str:
        start, end = at.span
        where = calendar_id(self.box, calendar)
        event = self.box.create_event(calendar_id=where, start=start, end=end, **given)
        return self.box.event_id(event, immutable=True)


@dataclass
class GoogleHands:
    account: Account
    calendars: tuple[str, ...]
    provider: str = "google"

    @property
    def address(self) -> str:
        return self.account.address

    def add(self, calendar: str, at: At, title: str, shown: str = "busy") -> str:
        return self._made(calendar, at, summary=title, **_google(shown))

    def add_days(self, calendar: str, first: date, days: int, title: str) -> str:
        end = first + timedelta(days=days)
        made = self.account.create_event(calendar=calendar, summary=title, start=first, end=end)
        return made.id

    def add_series(self, calendar: str, first: At, count: int, title: str) -> str:
        return self._made(calendar, first, summary=title, recurrence=_rule(count))

    def invited(self, calendar: str, at: At, title: str) -> str:
        me = {"email": self.address, "responseStatus": "needsAction"}
        return self._made(calendar, at, summary=title, organizer={"email": _BOSS}, attendees=[me])

    def move(self, calendar: str, event: str, at: At) -> None:
        start, end = at.span
        self._change(calendar, event, start=start, end=end)

    def rename(self, calendar: str, event: str, title: str) -> None:
        self._change(calendar, event, summary=title)

    def show_as(self, calendar: str, event: str, shown: str) -> None:
        self._change(calendar, event, **_google(shown))

    def set_private(self, calendar: str, event: str, private: bool) -> None:
        self._change(calendar, event, visibility="private" if private else "default")

    def make_all_day(self, calendar: str, event: str, on: date) -> None:
        self._change(calendar, event, start=on, end=on + timedelta(days=1))

    def repeat(self, calendar: str, event: str, first: At, count: int) -> None:
        start, end = first.span
        rule = _rule(count) if count > 1 else None
        self._change(calendar, event, start=start, end=end, recurrence=rule)

    def respond(self, calendar: str, event: str, answer: str) -> None:
        if "attendees" not in self.account.view(event, calendar).fields:
            raise KeyError(event)
        self.account.respond(event, answer, calendar=calendar)

    def delete(self, calendar: str, event: str) -> None:
        self.account.delete_event(event, calendar=calendar)

    def put_on(self, calendar: str, event: str, to: str) -> None:
        self.account.move_event(event, to, calendar=calendar)

    def move_one(self, calendar: str, series: str, original: At, to: At) -> None:
        self.move(calendar, self._one(calendar, series, original), to)

    def delete_one(self, calendar: str, series: str, original: At) -> None:
        self.delete(calendar, self._one(calendar, series, original))

    def standing(self) -> Iterator[Standing]:
        for entry in self.account.calendars():
            for view in self.account.events(calendar=entry.calendar.id):
                if view.series is not None:
                    continue
                yield Standing(
                    id=view.id,
                    calendar=entry.calendar.summary,
                    title=view.fields.get("summary", ""),
                    text=view.fields.get("description", ""),
                    start=view.begins.astimezone(UTC),
                    end=view.ends.astimezone(UTC),
                    all_day=view.start.all_day,
                    private=view.fields.get("visibility") == "private",
                    series=bool(view.event.recurrence),
                )

    def _one(self, calendar: str, series: str, original: At) -> str:
        return self.account.instance_id(series, original.utc[0], calendar=calendar)

    def _made(self, calendar: str, at: At, **given: Any) -> str:
        start, end = at.span
        return self.account.create_event(calendar=calendar, start=start, end=end, **given).id

    def _change(self, calendar: str, event: str, **given: Any) -> None:
        if self.account.view(event, calendar).cancelled:
            raise KeyError(event)
        self.account.update_event(event, calendar=calendar, **given)


def _rule(count: int) -> list[str]:
    return [f"RRULE:FREQ=WEEKLY;COUNT={count}"]


def _google(shown: str) -> dict[str, str]:
    """Google knows free and busy, and events that may not take place."""
    return {
        "transparency": "transparent" if shown == "free" else "opaque",
        "status": "tentative" if shown == "tentative" else "confirmed",
    }
