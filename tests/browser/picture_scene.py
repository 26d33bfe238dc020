"""An office of a CRM on a Wednesday morning in March 2027, whatever the date: who is there, what is
in their calendars, what was booked, and how long changes took to be read."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from sandbox.google.account import Account
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.seeding import add_google_user, add_user
from sandbox.stack import Stack
from shared import services
from shared.domain.model import CalendarKey
from shared.messages import Cause, SyncCalendar
from tests.flows.crm import written
from tests.flows.outlook import BERLIN, OUTLOOK, Span, add, key_of, look, until, user_of
from tests.flows.two_providers import GOOGLE, GooglePlace, gentle
from tests.people import PATIENCE, Person

LOCATION = "berlin-mitte"
NOW = datetime(2027, 3, 10, 9, 40, tzinfo=UTC)
MONDAY = datetime(2027, 3, 8, tzinfo=BERLIN).date()
AGNES, BEN, DAVID = (
    f"{name}@contoso.example" for name in ("agnes.moore", "ben.carter", "david.okafor")
)
AGNES_AT_GOOGLE, MIA = "agnes.moore@gmail.example", "mia.lang@gmail.example"
# How many seconds the changes of each hour took to be read, from midnight in Berlin on.
LAGS: tuple[tuple[int, ...], ...] = (
    (), (1,), (), (), (1,), (1, 4), (1, 1, 9), (1, 1, 1, 3), (1, 1, 1, 4, 40), (1, 1, 3, 12),
)  # fmt: skip


def at(day: int, begins: str, minutes: int = 60) -> Span:
    """A time of the week, `day` 0 being its Monday; in UTC."""
    that = MONDAY + timedelta(days=day)
    start = datetime.combine(that, time.fromisoformat(begins), BERLIN).astimezone(UTC)
    return start, start + timedelta(minutes=minutes)


BOOKED = {
    "Viewing of flat 3": at(0, "13:00"),
    "Handover of flat 2": at(1, "13:00"),
    "Viewing of flat 12": at(2, "11:00"),
    "Contract talk": at(3, "10:30", 90),
    "Viewing of flat 9": at(4, "10:00"),
}


def daily(first: date, count: int) -> dict[str, Any]:
    """A daily rule, as Graph words it."""
    return {
        "pattern": {"type": "daily", "interval": 1},
        "range": {
            "type": "numbered",
            "startDate": f"{first}",
            "numberOfOccurrences": count,
            "recurrenceTimeZone": "Europe/Berlin",
        },
    }


class Scenery:
    """Sets the scene up. `clock` is the application's; the sandbox's goes with it."""

    def __init__(self, stack: Stack, clock: Any) -> None:
        self.stack, self.clock, self.world = stack, clock, stack.sandbox.world

    def turn_to(self, moment: datetime) -> None:
        """Makes it that time, for the application and the sandbox."""
        by = moment - services.now()
        self.clock.ahead += by
        self.world.clock.advance(by)

    async def set_up(self, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch) -> None:
        self.turn_to(NOW - timedelta(hours=len(LAGS)))
        _believe_the_clock(monkeypatch)
        self._fill_mailboxes()
        await self._connect(people)
        await self._book(people["crm"])
        await self._pass_hours()
        self.world.entra.revoke_sessions(user_of(self.stack, DAVID), self.world.clock())
        self.world.entra.expire_access_tokens(user_of(self.stack, DAVID), self.world.clock())
        await self._read_all()

    def _fill_mailboxes(self) -> None:
        gentle(self.stack)
        agnes, ben, david = (
            self._mailbox(address, name)
            for address, name in (
                (AGNES, "Agnes Moore"),
                (BEN, "Ben Carter"),
                (DAVID, "David Okafor"),
            )
        )
        _fill_agnes(agnes)
        rota = ben.create_calendar("Team rota").id
        ben.share(rota, agnes, "write")
        add(ben, at(1, "08:00"), "On call", calendar_id=rota)
        add(david, at(2, "13:00"), "Notary")
        google = self._google(AGNES_AT_GOOGLE, "Agnes Moore")
        google.create_calendar("Family")
        for when, title in ((at(1, "15:30", 75), "School play"), (at(3, "14:00"), "Swimming")):
            google.create_event(calendar="Family", start=when[0], end=when[1], summary=title)
        self._google(MIA, "Mia Lang")

    def _mailbox(self, address: str, name: str) -> Mailbox:
        given = {"address": address, "name": name, "timeZone": "Europe/Berlin"}
        add_user(self.world, given)
        return self.world.mailbox(address)

    def _google(self, address: str, name: str) -> Account:
        given = {"address": address, "name": name, "timeZone": "Europe/Berlin"}
        account = add_google_user(self.world, given)
        account.faults.be_gentle()
        return account

    async def _connect(self, people: dict[str, Person]) -> None:
        for user, address, provider in (
            ("agnes", AGNES, OUTLOOK),
            ("agnes", AGNES_AT_GOOGLE, GOOGLE),
            ("ben", BEN, OUTLOOK),
            ("david", DAVID, OUTLOOK),
            ("mia", MIA, GOOGLE),
        ):
            answer = await people[user].connect(address, provider=provider)
            assert f"connected={provider}" in answer.headers["location"]
        await people["agnes"].choose("Calendar", "Family", recurringEvents="every")
        await people["david"].choose("Calendar")

    async def _book(self, crm: Person) -> None:
        """The CRM books Agnes, and all of it is written to her calendar."""
        for number, (title, when) in enumerate(BOOKED.items()):
            path = f"/locations/{LOCATION}/appointments/a{number}"
            answer = await crm.call("PUT", path, json=_asked(title, when))
            assert answer.status_code == 200, answer.text

        async def all_written() -> bool:
            return BOOKED.keys() <= {one[0] for one in written(self.world.mailbox(AGNES))}

        await until(self.stack, all_written)
        await crm.settled()

    async def _pass_hours(self) -> None:
        """An hour after the other; what changes is far ahead, and is told of as late as it was."""
        self.world.subscriptions.settings.losing_mailboxes = {"*"}
        for hour, lags in enumerate(LAGS):
            self.turn_to(NOW - timedelta(hours=len(LAGS) - hour))
            await self._read_all()
            for number, seconds in enumerate(lags):
                add(self.world.mailbox(AGNES), at(28 + hour, f"{8 + number:02}:00"))
                await self._told(key_of(self.stack, AGNES), seconds)
        self.world.subscriptions.settings.losing_mailboxes = set()
        self.turn_to(NOW)

    async def _told(self, key: CalendarKey, seconds: int) -> None:
        """A notification is worked off so many seconds after it came."""
        ports, then = services.ports(), services.now()
        self.turn_to(then + timedelta(seconds=seconds))
        await ports.queues.send(SyncCalendar(calendar=key, cause=Cause.NOTIFIED, at=then))
        await self.stack.host.wait_idle(PATIENCE)

    async def _read_all(self) -> None:
        await look(
            self.stack,
            *(key_of(self.stack, address) for address in (AGNES, DAVID)),
            GooglePlace(self.stack, self.world.google.account(AGNES_AT_GOOGLE), "Family").key,
        )


def _fill_agnes(agnes: Mailbox) -> None:
    """Her week; the appointments are booked by the CRM."""
    add(agnes, at(0, "09:00", 30), "Stand-up", recurrence=daily(MONDAY, 5))
    add(agnes, at(0, "10:00", 90), "Team meeting")
    add(agnes, at(1, "10:30"), "Photos of flat 7")
    add(agnes, at(2, "13:00"), "Lunch with Hanna")
    add(agnes, at(2, "15:30"), "Her doctor", sensitivity="private")
    add(agnes, at(3, "16:30"), "Call with the bank", show_as="tentative")
    add(agnes, at(4, "13:00", 180), "Afternoon off", show_as="oof")


def _believe_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign-ins hold an identity's times against the time of day; here that is the scene's."""
    from shared.providers.outlook import sign_in

    class Time:
        @staticmethod
        def time() -> float:
            return services.now().timestamp()

    monkeypatch.setattr(sign_in, "time", Time)


def _asked(title: str, when: Span) -> dict[str, Any]:
    return {
        "userId": "agnes",
        "calendar": {"id": "viewings", "kind": "team"},
        "title": title,
        "start": when[0].isoformat(),
        "end": when[1].isoformat(),
        "timeZone": "Europe/Berlin",
    }
