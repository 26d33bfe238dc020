"""R2–R4: which account may be connected, and by whom, whatever the race."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.stack import Stack
from shared.flows import connect
from tests.flows.outlook import OLGA, account_of, connected, new_mailbox, worked_off
from tests.people import ADELE, ALEX, Person, cookie_of
from tests.storage import Storage

if TYPE_CHECKING:
    from tests.conftest import Clock


def outcome(answer: httpx.Response) -> str:
    """`connected`, or the code of the error."""
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    return "connected" if "connected" in query else query["error"][0]


def sentence(answer: httpx.Response) -> str:
    """The sentence for people."""
    return parse_qs(urlsplit(answer.headers["location"]).fragment)["error_description"][0]


async def ready(person: Person, address: str) -> tuple[str, str]:
    """Signs in up to the redirect to our callback: its address and the browser's cookie."""
    begun = await person.begin()
    return await person.sign_in(begun.json()["authorizationUrl"], address), cookie_of(begun)


async def race(*sign_ins: tuple[Person, str]) -> list[httpx.Response]:
    """All callbacks at once."""
    redirects = [await ready(person, address) for person, address in sign_ins]
    people = [person for person, _ in sign_ins]
    return list(
        await asyncio.gather(
            *(person.back(*redirect) for person, redirect in zip(people, redirects, strict=True))
        )
    )


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow machine too each sign-in of a race finds a place at the mailbox."""
    monkeypatch.setattr(connect, "_WAITS_FOR_A_PLACE", (0.1,) * 300)


@pytest.fixture
async def crowd(stack: Stack) -> AsyncIterator[list[Person]]:
    """Ten agents of one location."""
    async with AsyncExitStack() as opened:
        yield [
            await opened.enter_async_context(
                Person(stack, f"racer{n}", {"loc1": "agent"}, f"Racer Number{n}")
            )
            for n in range(10)
        ]


@pytest.mark.parametrize(
    "address", ["unlicensed@contoso.example", "sam.example@mail.example"], ids=["work", "personal"]
)
async def test_r02_an_account_without_a_cloud_mailbox_is_refused_and_nothing_kept(
    agent: Person, storage: Storage, address: str
) -> None:
    answer = await agent.connect(address)

    assert outcome(answer) == "no_mailbox"
    assert "no mailbox in the cloud" in sentence(answer)
    assert await storage.rows() == {}


async def test_r03_of_two_accounts_of_a_user_that_race_exactly_one_is_connected(
    agent: Person, other: Person, storage: Storage
) -> None:
    answers = await race((agent, ADELE), (agent, ALEX))

    assert sorted(map(outcome, answers)) == ["another_account_connected", "connected"]
    [found] = (await agent.call("GET", agent.path("connections"))).json()["connections"]
    won, lost = (ADELE, ALEX) if found["email"] == ADELE else (ALEX, ADELE)
    assert any(won in sentence(a) for a in answers if outcome(a) != "connected")

    await agent.settled()
    assert {name[1] for name in await storage.rows("accounts")} == {
        str(account_of(agent.stack, won))
    }
    assert outcome(await other.connect(lost)) == "connected"


async def test_r03_after_disconnecting_another_account_may_be_connected(agent: Person) -> None:
    await agent.connect(ADELE)
    await agent.call("DELETE", agent.path("connections/outlook"))

    assert outcome(await agent.connect(ALEX)) == "connected"


async def test_r04_of_many_users_who_claim_an_account_at_once_exactly_one_wins(
    crowd: list[Person], storage: Storage
) -> None:
    answers = await race(*((person, ADELE) for person in crowd))

    outcomes = [outcome(answer) for answer in answers]
    assert sorted(outcomes) == ["account_taken"] * 9 + ["connected"]
    winner = crowd[outcomes.index("connected")]
    for answer in answers:
        if outcome(answer) == "account_taken":
            told = sentence(answer)
            assert f"already connected by Racer Number{winner.user[5:]}," in told
            assert "connect another account for yourself" in told
            assert "share the calendar with it" in told
    rows = [name for name in await storage.rows("locations") if name[2].endswith("outlook")]
    assert rows == [("locations", "loc1", f"user|{winner.user}|connection|outlook")]


async def test_r04_the_owner_is_named_only_to_members_of_a_location_that_both_share(
    stack: Stack, agent: Person, elsewhere: Person
) -> None:
    await elsewhere.connect(ADELE)  # Agnes One, at loc2 alone

    async with Person(stack, "near", {"loc3": "agent", "loc2": "agent"}) as near:
        assert "already connected by Agnes One," in sentence(await near.connect(ADELE))
    async with Person(stack, "far", {"loc1": "agent"}) as far:
        refused = await far.connect(ADELE)
    assert outcome(refused) == "account_taken"
    assert "Agnes" not in refused.headers["location"]
    assert "already connected by another user," in sentence(refused)
    assert "share the calendar with it" in sentence(refused)


async def test_r04_the_same_user_may_connect_the_account_in_any_number_of_locations(
    stack: Stack,
) -> None:
    places = [f"place{n}" for n in range(5)]
    async with AsyncExitStack() as opened:
        people = [
            await opened.enter_async_context(
                Person(stack, "agent1", dict.fromkeys([place, *places], "agent"))
            )
            for place in places
        ]
        answers = await race(*((person, ADELE) for person in people))

        assert [outcome(answer) for answer in answers] == ["connected"] * 5
        for person in people:
            found = (await person.call("GET", person.path("connections"))).json()
            assert [one["email"] for one in found["connections"]] == [ADELE]


async def test_r04_another_user_may_connect_after_the_account_is_disconnected_everywhere(
    agent: Person, elsewhere: Person, other: Person
) -> None:
    await agent.connect(ADELE)
    await elsewhere.connect(ADELE)

    await agent.call("DELETE", agent.path("connections/outlook"))
    await agent.settled()
    assert outcome(await other.connect(ADELE)) == "account_taken"

    await elsewhere.call("DELETE", elsewhere.path("connections/outlook"))
    assert outcome(await other.connect(ADELE)) == "connected"
    await other.settled()
    assert outcome(await agent.connect(ADELE)) == "account_taken"
    await other.choose("Calendar")
    assert (await other.busy())["complete"]


async def test_r04_what_the_former_owner_mirrored_is_not_shown_to_the_next(
    stack: Stack, agent: Person, other: Person, storage: Storage
) -> None:
    new_mailbox(stack)
    await connected(agent)
    await agent.call("DELETE", agent.path("connections/outlook"))
    await connected(other)
    await worked_off(stack, storage)

    watches = [n[2] for n in await storage.rows("calendars") if n[2].startswith("watch|")]
    assert watches == [f"watch|loc1|{other.user}"]
    assert [s.mailbox for s in stack.sandbox.world.subscriptions.live()] == [OLGA]


async def test_r04_a_claim_whose_connection_never_came_is_void_after_ten_minutes(
    stack: Stack, agent: Person, other: Person, clock: "Clock", monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.store.locations import TableLocationStore

    async def crash(*_: object) -> None:
        raise RuntimeError("the process ended here")

    with monkeypatch.context() as broken:
        broken.setattr(TableLocationStore, "connect", crash)
        assert (await agent.connect(ADELE)).status_code == 400

    assert outcome(await other.connect(ADELE)) == "account_taken"
    clock.ahead = timedelta(minutes=11)
    assert outcome(await other.connect(ADELE)) == "connected"
