"""Google beside Outlook: one calendar of either as tests look at it, and the mixes of them (R8)."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest

from sandbox.google.account import Account
from sandbox.google.calendars.views import View
from sandbox.google.service import Google
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.seeding import add_google_user
from sandbox.stack import Stack
from shared import services
from shared.domain.model import Account as OurAccount
from shared.domain.model import Calendar, CalendarKey, ProviderName
from shared.errors import CalendarSyncError
from shared.flows.realign_appointments import realign_appointments
from shared.flows.write_appointment import write_appointment
from shared.messages import Message, RealignAppointments, WriteAppointment, WriteCause
from shared.providers.google.client import GoogleClient
from shared.providers.outlook.client import GraphClient
from shared.store.queues import StorageQueues
from tests.flows import crm
from tests.flows.crm import Shown
from tests.flows.outlook import OLGA, Span, add, add_series, calendar_id, key_of, new_mailbox
from tests.people import Person

GOOGLE = ProviderName("google")
PAULA = "paula.two@gmail.example"


def gentle(stack: Stack) -> Google:
    """Google with whole pages, and each message once."""
    google = stack.sandbox.world.google
    google.be_gentle()
    google.channels.settings.delay_seconds = (0.0, 0.0)
    return google


def new_account(stack: Stack, address: str = PAULA) -> Account:
    """A Google account with an empty calendar."""
    add_google_user(
        stack.sandbox.world,
        {"address": address, "name": address, "timeZone": "Europe/Berlin"},
    )
    account = stack.sandbox.world.google.account(address)
    account.faults.be_gentle()
    return account


class Place(Protocol):
    """A calendar, and what its owner does there. `name` is what the list calls it."""

    provider: str
    name: str

    @property
    def key(self) -> CalendarKey: ...
    def add(self, when: Span, title: str = "Talk") -> str: ...
    def add_private(self, when: Span, title: str) -> str: ...
    def add_series(self, first: Span, count: int) -> str: ...
    def move(self, event_id: str, when: Span) -> None: ...
    def rename(self, event_id: str, title: str) -> None: ...
    def remove(self, event_id: str) -> None: ...
    def only(self) -> str: ...
    def written(self) -> list[Shown]: ...


@dataclass
class OutlookPlace:
    stack: Stack
    mailbox: Mailbox
    name: str = "Calendar"
    provider: str = "outlook"

    @property
    def key(self) -> CalendarKey:
        return key_of(self.stack, OLGA, self.name)

    def add(self, when: Span, title: str = "Talk", **given: Any) -> str:
        where = calendar_id(self.mailbox, self.name)
        return add(self.mailbox, when, title, calendar_id=where, **given)

    def add_private(self, when: Span, title: str) -> str:
        return self.add(when, title, sensitivity="private")

    def add_series(self, first: Span, count: int) -> str:
        return add_series(self.mailbox, first, count)

    def move(self, event_id: str, when: Span) -> None:
        self.mailbox.update_event(event_id, start=when[0], end=when[1])

    def rename(self, event_id: str, title: str) -> None:
        self.mailbox.update_event(event_id, subject=title)

    def remove(self, event_id: str) -> None:
        self.mailbox.delete_event(event_id)

    def only(self) -> str:
        [entry] = [one for one in self.mailbox.calendars() if one.calendar.name == self.name]
        [event] = entry.calendar.events.values()
        return self.mailbox.event_id(event)

    def written(self) -> list[Shown]:
        return crm.written(self.mailbox, self.name)


@dataclass
class GooglePlace:
    stack: Stack
    account: Account
    name: str
    provider: str = "google"

    @property
    def key(self) -> CalendarKey:
        account = OurAccount(GOOGLE, self.account.sub)
        return Calendar(account, self.account.calendar(self.name).id).key

    def add(self, when: Span, title: str = "Talk", **given: Any) -> str:
        event = self.account.create_event(
            calendar=self.name, start=when[0], end=when[1], summary=title, **given
        )
        return event.id

    def add_private(self, when: Span, title: str) -> str:
        return self.add(when, title, visibility="private", description=title, location=title)

    def add_series(self, first: Span, count: int) -> str:
        return self.add(first, "Series", recurrence=[f"RRULE:FREQ=WEEKLY;COUNT={count}"])

    def move(self, event_id: str, when: Span) -> None:
        self.account.update_event(event_id, calendar=self.name, start=when[0], end=when[1])

    def rename(self, event_id: str, title: str) -> None:
        self.account.update_event(event_id, calendar=self.name, summary=title)

    def remove(self, event_id: str) -> None:
        self.account.delete_event(event_id, calendar=self.name)

    def only(self) -> str:
        [view] = self._views()
        return view.id

    def written(self) -> list[Shown]:
        return sorted((one.fields["summary"], one.begins, one.ends) for one in self._views())

    def _views(self) -> list[View]:
        return self.account.events(calendar=self.name)


@dataclass
class Mix:
    """A user whose primary and conflict calendar are those; the accounts are connected."""

    person: Person
    primary: Place
    conflict: Place

    async def choose(self, **policy: Any) -> None:
        """Chooses both, and waits until they have been read."""
        await self.person.choose(self.primary.name, self.conflict.name, **policy)

    async def switch(self) -> None:
        """Primary becomes conflict calendar, and the other way round."""
        self.primary, self.conflict = self.conflict, self.primary
        await self.choose()


OUTLOOK_WITH_GOOGLE = "primary Outlook, conflicts Google"
GOOGLE_WITH_OUTLOOK = "primary Google, conflicts Outlook"
GOOGLE_ALONE = "both on Google"
MIXES = (OUTLOOK_WITH_GOOGLE, GOOGLE_WITH_OUTLOOK, GOOGLE_ALONE)


async def mixed(person: Person, name: str) -> Mix:
    """Connects what the mix needs; nothing is chosen yet."""
    gentle(person.stack)
    account = new_account(person.stack)
    answer = await person.connect(PAULA, provider="google")
    assert "connected=google" in answer.headers["location"], answer.headers["location"]
    google = GooglePlace(person.stack, account, PAULA)
    if name == GOOGLE_ALONE:
        account.create_calendar("Private")
        return Mix(person, google, GooglePlace(person.stack, account, "Private"))
    outlook = OutlookPlace(person.stack, new_mailbox(person.stack))
    answer = await person.connect(OLGA)
    assert "connected=outlook" in answer.headers["location"], answer.headers["location"]
    return Mix(person, *((outlook, google) if name == OUTLOOK_WITH_GOOGLE else (google, outlook)))


@dataclass
class Census:
    """Counts the events of every title before and after each request to a calendar provider."""

    places: Sequence[Place]
    titles: Sequence[str] = ()
    found: set[int] = field(default_factory=set)
    requests: int = 0

    def begin(self, *titles: str) -> None:
        """From here on these must be there."""
        self.titles, self.found, self.requests = titles, set(), 0

    def now(self) -> Counter[str]:
        return Counter(title for place in self.places for title, *_ in place.written())

    def look(self) -> None:
        there = self.now()
        self.found.update(there[title] for title in self.titles)

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for client in (GraphClient, GoogleClient):
            monkeypatch.setattr(client, "_sent", self._counting(client._sent))

    def _counting(self, real: Callable[..., Any]) -> Callable[..., Any]:
        async def sent(client: Any, *args: Any) -> Any:
            self.requests += 1
            self.look()
            try:
                return await real(client, *args)
            finally:
                self.look()

        return sent


@dataclass
class Move:
    """Appointments that follow the primary calendar. Of the queues, the test works off what
    concerns that; nothing else happens."""

    mix: Mix
    census: Census
    waiting: list[Message] = field(default_factory=list)
    selections: dict[str, dict[str, Any]] = field(default_factory=dict)

    def keep_messages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def sent(_: StorageQueues, message: Message, delay_seconds: float = 0) -> None:
            again = isinstance(message, WriteAppointment) and message.cause is WriteCause.AGAIN
            if isinstance(message, RealignAppointments | WriteAppointment) and not again:
                self.waiting.append(message)

        monkeypatch.setattr(StorageQueues, "send", sent)

    async def switch(self) -> None:
        """Asks for it; the appointments are still to follow."""
        mix = self.mix
        mix.primary, mix.conflict = mix.conflict, mix.primary
        answer = await mix.person.configure(self.selections[mix.primary.name])
        assert answer.status_code == 200, answer.text

    async def step(self) -> None:
        """Handles the next message; it is gone only once that is done."""
        message = self.waiting[0]
        if isinstance(message, RealignAppointments):
            await realign_appointments(message, services.ports())
        elif isinstance(message, WriteAppointment):
            await write_appointment(message, services.ports())
        if message in self.waiting:  # a second worker may have been faster
            self.waiting.remove(message)

    async def finish(self) -> None:
        """As the queue does: again and again until nothing is left."""
        for _ in range(40):
            if not self.waiting:
                return
            with suppress(CalendarSyncError):
                await self.step()
        raise AssertionError("The move does not come to an end.")
