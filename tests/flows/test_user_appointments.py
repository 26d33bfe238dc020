"""The list of a user's appointments: what the page shows of a week."""

from datetime import timedelta

import pytest

from sandbox.stack import Stack
from tests.flows.crm import body, delete, put, synced
from tests.flows.outlook import OLGA, Span, new_mailbox, span
from tests.people import Person

BORIS = "boris.two@contoso.example"


@pytest.fixture(autouse=True)
async def _known(stack: Stack, agent: Person, other: Person) -> None:
    for person, address in ((agent, OLGA), (other, BORIS)):
        new_mailbox(stack, address)
        await person.connect(address)


async def listed(asker: Person, when: Span, user: str = "agent1") -> list[str]:
    params = {"start": when[0].isoformat(), "end": when[1].isoformat()}
    path = f"/locations/loc1/users/{user}/appointments"
    answer = await asker.call("GET", path, params=params)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["appointments"]]


def days(first: int, last: int) -> Span:
    return span(first, 0)[0], span(last, 0)[0]


async def test_those_of_the_time_are_listed_in_order(crm: Person, agent: Person) -> None:
    await put(crm, "late", body(span(4, 15)))
    await put(crm, "early", body(span(4, 9)))
    await put(crm, "tomorrow", body(span(1)))
    await put(crm, "others", body(span(4), user="agent2"))

    assert await listed(agent, days(4, 5)) == ["early", "late"]
    assert await listed(agent, days(0, 9)) == ["tomorrow", "early", "late"]
    assert await listed(agent, days(5, 9)) == []
    assert await listed(crm, days(4, 5), "agent2") == ["others"]


async def test_the_range_is_half_open(crm: Person, agent: Person) -> None:
    start, end = span(3)
    await put(crm, "a1", body((start, end)))

    assert await listed(agent, (end, end + timedelta(hours=1))) == []
    assert await listed(agent, (start - timedelta(hours=1), start)) == []
    assert await listed(agent, (end - timedelta(seconds=1), end)) == ["a1"]


async def test_what_is_cancelled_moved_to_another_or_of_no_team_is_left_out(
    crm: Person, agent: Person
) -> None:
    await put(crm, "cancelled")
    await delete(crm, "cancelled")
    await put(crm, "moved")
    await put(crm, "moved", body(user="agent2"))
    await put(crm, "loose", body() | {"calendar": {"id": "x", "kind": "unassigned"}})
    await put(crm, "kept")

    assert await listed(agent, days(0, 9)) == ["kept"]


async def test_each_says_what_it_says_alone(crm: Person, agent: Person) -> None:
    await agent.choose("Calendar")
    alone = await synced(crm, "a1")
    when = days(0, 9)
    params = {"start": when[0].isoformat(), "end": when[1].isoformat()}

    answer = await agent.call("GET", agent.path("appointments"), params=params)

    [shown] = answer.json()["appointments"]
    assert shown == alone
    assert shown["sync"]["eventUrl"]


async def test_nobody_elses_are_shown_to_an_agent(agent: Person, other: Person) -> None:
    params = {"start": "2027-01-01T00:00:00Z", "end": "2027-01-02T00:00:00Z"}
    answer = await other.call("GET", agent.path("appointments"), params=params)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
