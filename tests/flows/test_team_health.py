"""What admins are shown of how long changes take, and of the channels that tell of them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sandbox.faults import rule_from_json
from sandbox.stack import Stack
from tests.flows.outlook import OLGA, add, connected, key_of, look, new_mailbox, span
from tests.people import Person


async def lag(admin: Person) -> list[dict[str, Any]]:
    answer = await admin.call("GET", "/locations/loc1/lag")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["hours"])


async def counted(admin: Person) -> int:
    return sum(sum(hour["counts"]) for hour in await lag(admin))


async def health(admin: Person) -> dict[str, Any]:
    [user] = (await admin.call("GET", "/locations/loc1/users")).json()["users"]
    [found] = user["health"]
    return dict(found)


async def test_a_change_that_was_notified_is_counted_with_its_lag(
    stack: Stack, agent: Person, admin: Person
) -> None:
    mailbox = new_mailbox(stack)
    add(mailbox, span(3))
    await connected(agent)
    assert await counted(admin) == 0  # a first read says nothing of it

    add(mailbox, span(4))
    await agent.settled()

    hours = await lag(admin)
    assert len(hours) == 24
    assert sum(hours[-1]["counts"]) + sum(hours[-2]["counts"]) == await counted(admin) > 0
    assert max(hour["longestSeconds"] for hour in hours) < 60


async def test_one_that_nobody_told_of_has_taken_since_the_reading_before(
    stack: Stack, agent: Person, admin: Person, pass_time: Callable[[timedelta], None]
) -> None:
    mailbox = new_mailbox(stack)
    await connected(agent)
    [subscription] = stack.sandbox.world.subscriptions.live()
    subscription.silent = True
    add(mailbox, span(4))

    pass_time(timedelta(minutes=7))
    await look(stack, key_of(stack, OLGA))

    [hour] = [one for one in await lag(admin) if any(one["counts"])]
    assert sum(hour["counts"]) == hour["counts"][-1] == 1
    assert 400 < hour["longestSeconds"] < 600


async def test_agents_are_not_shown_the_lag(agent: Person) -> None:
    answer = await agent.call("GET", "/locations/loc1/lag")

    assert answer.status_code == 403


async def test_renewal_and_the_problem_that_has_healed_are_shown(
    stack: Stack, agent: Person, admin: Person
) -> None:
    new_mailbox(stack)
    await connected(agent)
    found = await health(admin)
    renews, ends = (datetime.fromisoformat(found[f"push{what}At"]) for what in ("Renews", "Ends"))
    assert renews < ends
    assert "pastProblem" not in found
    faults = stack.sandbox.world.faults
    rule = {"preset": "access-denied", "path": "calendarView", "mailbox": OLGA, "count": None}

    faults.add(rule_from_json(rule))
    await look(stack, key_of(stack, OLGA))
    forbidden = (await health(admin))["problem"]
    assert forbidden["code"] == "calendar_forbidden"
    faults.clear()
    await look(stack, key_of(stack, OLGA))

    found = await health(admin)
    assert "problem" not in found
    assert found["pastProblem"] == forbidden
