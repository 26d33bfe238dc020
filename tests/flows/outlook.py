"""What the tests of Outlook sync arrange and look at: mailboxes, time, requests, what is kept."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.request_log import LogFilter, LoggedRequest
from sandbox.seeding import add_user
from sandbox.stack import Stack
from shared import services
from shared.domain.model import Account, Calendar, CalendarKey, CalendarState, ProviderName
from shared.messages import Cause, SyncCalendar
from shared.store import packing
from tests.people import PATIENCE, Person, choice
from tests.storage import Storage

OLGA = "olga.one@contoso.example"
BERLIN = ZoneInfo("Europe/Berlin")
OUTLOOK = ProviderName("outlook")
Span = tuple[datetime, datetime]


def day(days: int, hour: int = 0, minute: int = 0, zone: ZoneInfo | None = None) -> datetime:
    """A time of day so many days from today."""
    date = datetime.now(UTC).date() + timedelta(days=days)
    return datetime.combine(date, time(hour, minute), zone or UTC)


def span(days: int, hour: int = 9, minutes: int = 60, zone: ZoneInfo | None = None) -> Span:
    """A stretch of time that begins at that hour, so many days from today; in UTC."""
    start = day(days, hour, zone=zone).astimezone(UTC)
    return start, start + timedelta(minutes=minutes)


def new_mailbox(stack: Stack, address: str = OLGA, zone: str = "Europe/Berlin") -> Mailbox:
    """An empty mailbox of a new user."""
    add_user(stack.sandbox.world, {"address": address, "name": address, "timeZone": zone})
    return stack.sandbox.world.mailbox(address)


def add(mailbox: Mailbox, when: Span, subject: str = "Talk", **given: Any) -> str:
    """Makes an event; returns its id."""
    event = mailbox.create_event(start=when[0], end=when[1], subject=subject, **given)
    return mailbox.event_id(event)


def add_days(mailbox: Mailbox, first: int, days: int = 1, **given: Any) -> str:
    """Makes an all-day event, busy, as Outlook does: in the zone of the mailbox."""
    given = {"show_as": "busy", "start_zone": mailbox.time_zone, **given}
    when = (day(first), day(first + days))
    return add(mailbox, when, is_all_day=True, **given)


def weekly(start: datetime, count: int, zone: str = "UTC") -> dict[str, Any]:
    """A weekly rule from that day on, as Graph words it."""
    return {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [f"{start:%A}".lower()]},
        "range": {
            "type": "numbered",
            "startDate": f"{start:%Y-%m-%d}",
            "numberOfOccurrences": count,
            "recurrenceTimeZone": zone,
        },
    }


def add_series(mailbox: Mailbox, first: Span, count: int = 4, **given: Any) -> str:
    """Makes a weekly series."""
    return add(mailbox, first, recurrence=weekly(first[0], count), **given)


def weeks(first: Span, count: int, skip: Iterable[int] = ()) -> list[Span]:
    """The occurrences of a weekly series, by number from 0 without those to skip."""
    left = [n for n in range(count) if n not in set(skip)]
    return [(first[0] + timedelta(weeks=n), first[1] + timedelta(weeks=n)) for n in left]


def user_of(stack: Stack, address: str) -> Any:
    return stack.sandbox.world.directory.user(address)


def account_of(stack: Stack, address: str) -> Account:
    user = user_of(stack, address)
    return Account(OUTLOOK, f"{user.tenant.id}.{user.object_id}".casefold())


def key_of(stack: Stack, address: str, name: str = "Calendar") -> CalendarKey:
    """The key of a calendar that the mailbox lists under that name."""
    entries = stack.sandbox.world.mailbox(address).calendars()
    [entry] = [entry for entry in entries if entry.calendar.name == name]
    return Calendar(account_of(stack, address), entry.id).key


def expire(stack: Stack) -> None:
    """Graph refuses the access token, which we still think good."""
    world = stack.sandbox.world
    world.entra.expire_access_tokens(user_of(stack, OLGA), world.clock())


def revoke(stack: Stack) -> None:
    world = stack.sandbox.world
    world.entra.revoke_sessions(user_of(stack, OLGA), world.clock())
    expire(stack)


async def state_of(key: CalendarKey) -> CalendarState:
    glance = await services.ports().calendars.glance(key, None)
    assert glance is not None
    return glance.state


def calendar_id(mailbox: Mailbox, name: str) -> str:
    [entry] = [entry for entry in mailbox.calendars() if entry.calendar.name == name]
    return entry.id


async def look(stack: Stack, *keys: CalendarKey, cause: Cause = Cause.SWEEP) -> None:
    """Has the calendars synced now, as the sweep would, and waits until that is done."""
    ports = services.ports()
    for key in keys:
        await ports.queues.send(SyncCalendar(calendar=key, cause=cause, at=ports.clock()))
    await stack.host.wait_idle(PATIENCE)


async def until(
    stack: Stack, true: Callable[[], Awaitable[bool]], within: float = PATIENCE
) -> None:
    """Waits for what also messages that wait a second or two bring about."""
    async with asyncio.timeout(within):
        while not await true():
            await stack.host.activity.changed(within=0.1)
            await stack.host.wait_idle(within)


async def all_read(person: Person) -> None:
    """Waits for first reads that wait for a place in flight at the mailbox."""

    async def done() -> bool:
        return str((await connection(person))["status"]) != "syncing"

    await until(person.stack, done)


async def worked_off(stack: Stack, storage: Storage) -> None:
    """Waits until no calendar waits to be synced, not even a second or two from now."""

    async def empty() -> bool:
        return "sync-calendar" not in await storage.messages()

    await until(stack, empty)


async def connected(person: Person, address: str = OLGA, *conflicts: str, **policy: Any) -> None:
    """Connects the account, chooses its default calendar as primary, and waits for the read."""
    answer = await person.connect(address)
    assert "connected=outlook" in answer.headers["location"], answer.headers["location"]
    await person.choose("Calendar", *conflicts, **policy)


async def configuration(person: Person, primary: str | None, *conflicts: str, **policy: Any) -> Any:
    """The body of a configuration, calendars given by name."""
    found = await person.calendars()
    return {
        "primary": choice(found[primary]) if primary else None,
        "conflicts": [choice(found[name]) for name in conflicts],
        **policy,
    }


async def busy_spans(person: Person, start: datetime | None = None, days: int = 80) -> list[Span]:
    """The busy time, merged, from today on; it must be complete."""
    found = await person.busy(start or day(0), days)
    assert found["complete"], found["calendars"]
    return spans(found)


def spans(found: Mapping[str, Any]) -> list[Span]:
    return [
        (moment(block["start"]).astimezone(UTC), moment(block["end"]).astimezone(UTC))
        for block in found["busy"]
    ]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def reasons(found: Mapping[str, Any]) -> list[str]:
    return [source["reason"] for block in found["busy"] for source in block["sources"]]


async def connection(person: Person) -> dict[str, Any]:
    answer = await person.call("GET", person.path("connections"))
    [found] = answer.json()["connections"]
    return dict(found)


@dataclass
class Requests:
    """The requests that the sandbox got since it was made, or since `mark`."""

    stack: Stack
    after: int = 0

    def __post_init__(self) -> None:
        self.mark()

    def mark(self) -> None:
        everything = self.stack.sandbox.world.log.find()
        self.after = everything[-1].number if everything else 0

    def find(
        self, method: str | None = None, path: str | None = None, service: str = "graph"
    ) -> list[LoggedRequest]:
        wanted = LogFilter(service=service, method=method, path=path, after=self.after)
        return self.stack.sandbox.world.log.find(wanted)

    def tokens(self) -> list[LoggedRequest]:
        return self.find("POST", "/token$", "entra")

    def deltas(self) -> list[LoggedRequest]:
        return self.find("GET", "/calendarView/.*delta")


def kept_text(rows: Mapping[tuple[str, str, str], Mapping[str, Any]]) -> str:
    """All that the rows say, packs opened; sealed tokens stay sealed."""
    return "\n".join(text for name, row in rows.items() for text in _texts(name, row))


def _texts(name: tuple[str, str, str], row: Mapping[str, Any]) -> Iterator[str]:
    yield "|".join(name)
    yield from (str(value) for value in row.values() if not isinstance(value, bytes))
    table, _, row_key = name
    if isinstance(row.get("data"), bytes):
        yield zlib.decompress(row["data"]).decode()
    if "d0" in row and (table in {"appointments", "locations"} or row_key.startswith("outbox|")):
        yield zlib.decompress(packing.joined([row])).decode()
    if table == "calendars" and row_key.startswith("busy|"):
        yield from map(repr, packing.unpack_events(packing.joined([row])))
    if table == "calendars" and row_key.startswith("series|"):
        yield from map(repr, packing.unpack_series(packing.joined([row])))
