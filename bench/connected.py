"""Users of the CRM with an Outlook account each, connected, chosen and read."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from bench.place import Place
from sandbox.tour.client import Person
from sandbox.tour.reading import choice
from sandbox.tour.unseen import Unseen, until

_USERS_PER_LOCATION = 5
_AT_ONCE = 4
_READ_WITHIN_SECONDS = 120.0
_REST_SECONDS = 240.0
_PAUSE_SECONDS = 2.0


@dataclass(frozen=True)
class Connected:
    """A user with a mailbox; `calendars` are the ids of those chosen, the primary one first."""

    person: Person
    address: str
    calendars: tuple[str, ...]


@asynccontextmanager
async def clients(here: Place) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """One for the API, and one for what the functions host says of itself."""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    root = here.environ["PUBLIC_BASE_URL"]
    async with (
        httpx.AsyncClient(base_url=here.api, trust_env=False, timeout=60, limits=limits) as api,
        httpx.AsyncClient(base_url=root, trust_env=False, timeout=60) as host,
    ):
        yield api, host


async def connected(
    here: Place,
    api: httpx.AsyncClient,
    mailboxes: int,
    calendars: int,
    show: Callable[[str], None],
) -> list[Connected]:
    """Mailboxes with so many calendars each, all of them chosen and read. Raises Unseen."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> Connected:
        async with room:
            found = await _connect(here, api, number, calendars)
            await _read(found.person)
        return found

    made = await asyncio.gather(*(one(number) for number in range(mailboxes)))
    await _watched(here, mailboxes * calendars)
    show(f"{mailboxes} mailboxes with {mailboxes * calendars} calendars are connected")
    return made


async def at_rest(host: httpx.AsyncClient) -> None:
    """Waits until nothing runs and nothing waits but what is for later. Raises Unseen."""
    path = f"/host/idle?timeout={_REST_SECONDS}"
    answer = await host.get(path, timeout=_REST_SECONDS + 30)
    if not answer.is_success:
        queues = answer.json()["queues"]
        left = {name: depth for name, depth in queues.items() if any(depth.values())}
        raise Unseen(f"The functions did not rest within {_REST_SECONDS:.0f} s: {left}.")


async def empty(host: httpx.AsyncClient, queue: str) -> None:
    """Waits until nothing is on that queue, for later neither. Raises Unseen."""

    async def look() -> bool | None:
        await asyncio.sleep(_PAUSE_SECONDS)
        depth = (await host.get("/host/status")).json()["queues"][queue]
        return None if depth["visible"] or depth["in_hand"] or depth["delayed"] else True

    await until(look, _REST_SECONDS, f"The end of {queue}")


async def _connect(here: Place, api: httpx.AsyncClient, number: int, calendars: int) -> Connected:
    address = f"box{number}@contoso.example"
    given = {"address": address, "name": f"Box {number}", "timeZone": "UTC"}
    await here.outlook.ask("POST", "users", json=given)
    for other in range(1, calendars):
        named = {"name": f"Calendar {other}"}
        await here.outlook.ask("POST", f"mailboxes/{address}/calendars", json=named)
    location = f"loc-{number // _USERS_PER_LOCATION}"
    person = Person(here, api, f"user-{number}", location, f"User {number}")
    told = await person.connect(here.outlook, address)
    if told.get("connected") != "outlook":
        raise Unseen(f"{person.name} could not connect: {told}.")
    listed = sorted(await person.calendars(), key=lambda one: not one["isDefault"])
    chosen = [choice(one) for one in listed]
    wanted = {"primary": chosen[0], "conflicts": chosen[1:], "recurringEvents": "every"}
    await person.configure(wanted)
    return Connected(person, address, tuple(one["calendarId"] for one in listed))


async def _read(person: Person) -> None:
    now = datetime.now(UTC)

    async def look() -> bool | None:
        busy = await person.busy((now, now + timedelta(days=1)))
        return True if busy["complete"] else None

    await until(look, _READ_WITHIN_SECONDS, f"The first read of {person.name}")


async def _watched(here: Place, calendars: int) -> None:
    async def look() -> bool | None:
        found = (await here.outlook.ask("GET", "subscriptions"))["value"]
        return True if len(found) == calendars else None

    await until(look, _READ_WITHIN_SECONDS, "A subscription for each calendar")
