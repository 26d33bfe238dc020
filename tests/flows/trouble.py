"""What tests of losses arrange: owners at either provider, readings that are not true, alarms."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from shared import services
from shared.domain.model import Calendar, CalendarKey, CalendarState, Cursor
from shared.domain.reconcile import Round
from shared.messages import Cause
from tests.flows.mailboxes import Owner, Span, owner_of
from tests.flows.outlook import day, look, state_of
from tests.people import Person

Untrue = Callable[[Round], Round]


@dataclass(frozen=True)
class Place:
    """The default calendar of an owner, chosen as somebody's primary calendar."""

    person: Person
    owner: Owner

    @property
    def key(self) -> CalendarKey:
        return Calendar(self.owner.account, self.owner.default).key

    async def settled(self) -> None:
        await self.person.settled()

    def silence(self) -> None:
        """From here on no channel that lives tells anything."""
        world = self.person.stack.sandbox.world
        for channel in (*world.subscriptions.live(), *world.google.channels.live()):
            channel.silent = True

    async def look(self, cause: Cause = Cause.SWEEP) -> None:
        await look(self.person.stack, self.key, cause=cause)

    async def state(self) -> CalendarState:
        return await state_of(self.key)

    async def health(self) -> dict[str, Any]:
        """What an admin sees of the calendar."""
        async with Person(self.person.stack, "boss", {"loc1": "admin"}, "The Boss") as admin:
            [member] = (await admin.call("GET", "/locations/loc1/users")).json()["users"]
        [found] = member["health"]
        return dict(found)


async def placed(person: Person, provider: str, *, push: bool = True) -> Place:
    """Connects somebody new and reads the calendar."""
    owner = owner_of(person.stack, provider, "trouble")
    if not push:
        owner.refuse_push()
    return await chosen(person, owner)


async def chosen(person: Person, owner: Owner, **policy: Any) -> Place:
    answer = await person.connect(owner.address, provider=str(owner.provider))
    assert "connected=" in answer.headers["location"], answer.headers["location"]
    primary = {"provider": str(owner.provider), "calendarId": owner.default}
    answer = await person.configure({"primary": primary, "conflicts": [], **policy})
    assert answer.status_code == 200, answer.text
    place = Place(person, owner)
    await place.settled()
    return place


def hourly(count: int, first_day: int = 3) -> list[Span]:
    """Stretches of half an hour that do not touch."""
    begin = day(first_day)
    return [
        (begin + timedelta(hours=n), begin + timedelta(hours=n, minutes=30)) for n in range(count)
    ]


def misread(
    monkeypatch: pytest.MonkeyPatch, place: Place, full: Untrue | None, delta: Untrue | None
) -> None:
    """From here on what the provider says in full, or by its cursor, is turned into that."""
    kind = type(services.ports().providers[place.owner.provider])
    true = kind.read

    async def read(self: Any, token: Any, state: Any, cursor: Cursor | None, *rest: Any) -> Round:
        found: Round = await true(self, token, state, cursor, *rest)
        turned = full if found.full else delta
        return turned(found) if turned else found

    monkeypatch.setattr(kind, "read", read)


def empty(found: Round) -> Round:
    return replace(found, events={}, series={}, removed=frozenset(), relisted=frozenset())


def alarms(caplog: pytest.LogCaptureFixture, what: str) -> list[dict[str, Any]]:
    """The alarms of that name, in order."""
    errors = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    found = [json.loads(text) for text in errors if text.startswith("{")]
    return [one for one in found if one["what"] == what]
