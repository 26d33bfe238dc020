"""The people of the soak: an account with two calendars each, connected by the real sign-in."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx

from bench.soak.edits import Editor
from bench.soak.hands import GoogleHands, Hands, OutlookHands
from bench.soak.seats import ZONE, Seats
from sandbox.seeding import add_google_user, add_user
from sandbox.stack import Service
from sandbox.tour.client import Person
from sandbox.tour.intervals import Interval
from sandbox.tour.outlook import Outlook
from sandbox.tour.reading import choice
from sandbox.tour.unseen import Unseen, until
from sandbox.world import World

_LOCATIONS = 4
_AT_ONCE = 4
_READ_WITHIN_SECONDS = 120
_PAUSE_SECONDS = 0.5
LOST = 0.05
"""Of so many edits nobody is told."""


@dataclass(frozen=True)
class Owner:
    """A user of the CRM, and the hands that edit the account."""

    person: Person
    hands: Hands
    editor: Editor


def owners(
    service: Service, http: httpx.AsyncClient, accounts: int, chance: random.Random, today: date
) -> list[Owner]:
    """Accounts at both providers by turns; nothing is connected yet."""
    world, made = service.sandbox.world, []
    for number in range(accounts):
        hands = account(world, number)
        location, user = f"loc-{number % _LOCATIONS}", f"user-{number}"
        person = Person(service, http, user, location, f"User {number}")
        editor = Editor(hands, Seats(today, chance), chance, LOST)
        made.append(Owner(person, hands, editor))
    return made


def account(world: World, number: int) -> Hands:
    """A new one, at each provider by turns."""
    return _outlook(world, number) if number % 2 == 0 else _google(world, number)


def _outlook(world: World, number: int) -> Hands:
    address = f"soak{number}@contoso.example"
    add_user(world, {"address": address, "name": f"Soak {number}", "timeZone": ZONE.key})
    box = world.mailbox(address)
    return OutlookHands(world, box, (box.default_calendar.id, box.create_calendar("Team").id))


def _google(world: World, number: int) -> Hands:
    address = f"soak{number}@gmail.example"
    given = {"address": address, "name": f"Soak {number}", "timeZone": ZONE.key}
    account = add_google_user(world, given)
    return GoogleHands(world, account, (account.primary.id, account.create_calendar("Team").id))


async def connect(
    found: Sequence[Owner], outlook: Outlook, window: Interval, progress: Callable[[int], None]
) -> None:
    """Signs all in, chooses both calendars of each, waits for the first reads. Raises Unseen."""
    room, done = asyncio.Semaphore(_AT_ONCE), 0

    async def one(owner: Owner) -> None:
        nonlocal done
        async with room:
            await _connected(owner, outlook)
        await _read(owner, window)
        done += 1
        progress(done)

    await asyncio.gather(*(one(owner) for owner in found))


async def _connected(owner: Owner, outlook: Outlook) -> None:
    hands = owner.hands
    told = await owner.person.connect(outlook, hands.address, hands.provider)
    if told.get("connected") != hands.provider:
        raise Unseen(f"{owner.person.name} could not connect: {told}.")
    listed = await owner.person.calendars()
    primary = next(one for one in listed if one["isDefault"])
    wanted: dict[str, Any] = {
        "primary": choice(primary),
        "conflicts": [choice(one) for one in listed if one is not primary],
        "recurringEvents": "every",
    }
    await owner.person.configure(wanted)


async def _read(owner: Owner, window: Interval) -> None:
    async def look() -> bool | None:
        await asyncio.sleep(_PAUSE_SECONDS)
        return True if (await owner.person.busy(window))["complete"] else None

    await until(look, _READ_WITHIN_SECONDS, f"The first read of {owner.hands.address}")
