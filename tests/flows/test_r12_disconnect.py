"""R12: what disconnecting ends, and what it leaves."""

import asyncio
from typing import Any

import pytest

from sandbox.microsoft.subscriptions.bodies import change_item
from sandbox.stack import Stack
from shared import services
from shared.messages import ApplySelection
from tests.flows.outlook import (
    OLGA,
    Requests,
    account_of,
    add,
    busy_spans,
    connected,
    kept_text,
    key_of,
    look,
    new_mailbox,
    span,
    until,
    user_of,
)
from tests.people import Person
from tests.storage import Row, Storage


async def disconnect(person: Person, by: Person | None = None) -> int:
    answer = await (by or person).call("DELETE", person.path("connections/outlook"))
    return answer.status_code


async def erased(person: Person, storage: Storage) -> None:
    """Waits until nothing is kept of any account or calendar: some steps wait for others."""

    async def nothing_left() -> bool:
        return {name[0] for name in await kept(storage)} == {"locations"}

    await until(person.stack, nothing_left)


async def finished(person: Person) -> None:
    """What is sent ahead for a disconnect that dies half way comes ten seconds later: here now."""
    message = ApplySelection(location=person.location, user=person.user)
    await services.ports().queues.send(message)
    await person.settled()


async def kept(storage: Storage) -> dict[Row, dict[str, Any]]:
    """All rows but those of the feed and of the audit trail: these are the CRM's, and tell only
    when time changed, and who did what."""
    told = {"changes", "audit"}
    return {name: row for name, row in (await storage.rows()).items() if name[0] not in told}


async def selection(person: Person) -> tuple[object, list[object]]:
    kept = (await person.call("GET", person.path("configuration"))).json()
    return kept.get("primary"), kept["conflicts"]


async def test_r12_the_selection_is_emptied_at_once_and_nothing_else_is_left(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    mailbox = new_mailbox(stack)
    mailbox.create_calendar("Second")
    add(mailbox, span(3), "Between us")
    await connected(agent, OLGA, "Second", recurringEvents="every")
    assert len(stack.sandbox.world.subscriptions.live()) == 2

    assert await disconnect(agent) == 204

    assert await selection(agent) == (None, [])
    assert (await agent.call("GET", agent.path("connections"))).json() == {"connections": []}
    found = await agent.busy()
    assert (found["busy"], found["calendars"]) == ([], [])

    await erased(agent, storage)
    assert stack.sandbox.world.subscriptions.live() == []
    await finished(agent)
    assert set(await kept(storage)) == {("locations", "loc1", f"user|{agent.user}|selection")}
    text = kept_text(await storage.rows())
    assert "every" in text  # how the user wants time to be blocked stays
    for gone in (OLGA, account_of(stack, OLGA).subject, "Between us", mailbox.default_calendar.id):
        assert gone not in text


async def test_r12_repeating_it_is_harmless(stack: Stack, agent: Person, storage: Storage) -> None:
    new_mailbox(stack)
    assert await disconnect(agent) == 204
    await connected(agent)

    assert [await disconnect(agent) for _ in range(3)] == [204] * 3
    await erased(agent, storage)
    assert set(await kept(storage)) == {("locations", "loc1", f"user|{agent.user}|selection")}


async def test_r12_an_admin_may_disconnect_an_agent_and_another_agent_may_not(
    stack: Stack, agent: Person, admin: Person, other: Person
) -> None:
    new_mailbox(stack)
    await connected(agent)

    assert await disconnect(agent, by=other) == 403
    assert (await selection(agent))[0] is not None
    assert await disconnect(agent, by=admin) == 204
    assert (await selection(agent))[0] is None


async def test_r12_another_location_that_uses_the_account_keeps_working(
    stack: Stack, agent: Person, elsewhere: Person, storage: Storage
) -> None:
    mailbox = new_mailbox(stack)
    mailbox.create_calendar("Second")
    await connected(agent, OLGA, "Second")
    await connected(elsewhere)
    shared, own = key_of(stack, OLGA), key_of(stack, OLGA, "Second")

    assert await disconnect(agent) == 204
    await agent.settled()

    assert {n[1] for n in await storage.rows("calendars")} == {shared}
    assert own not in {n[2] for n in await storage.rows("roster")}
    [subscription] = stack.sandbox.world.subscriptions.live()
    assert subscription.calendar_id is None

    add(mailbox, span(3))
    await elsewhere.settled()
    assert await busy_spans(elsewhere) == [span(3)]

    assert await disconnect(elsewhere) == 204
    await erased(elsewhere, storage)
    assert stack.sandbox.world.subscriptions.live() == []


async def test_r12_disconnecting_in_both_locations_at_once_leaves_nothing(
    stack: Stack, agent: Person, elsewhere: Person, storage: Storage
) -> None:
    new_mailbox(stack)
    await connected(agent)
    await connected(elsewhere)

    answers = await asyncio.gather(disconnect(agent), disconnect(elsewhere))
    # A race that was lost says 503; what is left to do is done when it is asked again.
    for person, status in zip((agent, elsewhere), answers, strict=True):
        assert status in (204, 503)
        assert status == 204 or await disconnect(person) == 204
    await erased(agent, storage)
    assert stack.sandbox.world.subscriptions.live() == []


@pytest.mark.parametrize("how", ["token", "graph"])
async def test_r12_erases_also_where_the_provider_no_longer_lets_us_end_the_subscription(
    stack: Stack, agent: Person, storage: Storage, how: str
) -> None:
    new_mailbox(stack)
    await connected(agent)
    world = stack.sandbox.world
    if how == "token":
        world.entra.revoke_sessions(user_of(stack, OLGA), world.clock())
        world.entra.expire_access_tokens(user_of(stack, OLGA), world.clock())
    else:
        for subscription in world.subscriptions.live():
            world.subscriptions.remove(subscription.id)

    assert await disconnect(agent) == 204
    await erased(agent, storage)


async def test_r12_notifications_that_still_come_after_it_change_nothing(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    mailbox = new_mailbox(stack)
    await connected(agent)
    world = stack.sandbox.world
    [subscription] = world.subscriptions.live()
    await disconnect(agent)
    await erased(agent, storage)
    await finished(agent)
    before, asked = await storage.rows(), Requests(stack)

    # Under way when the subscription was deleted, as it can be at Graph.
    item = change_item(subscription, "updated", add(mailbox, span(3)), 'W/"x"', False)
    world.subscriptions.delivery.add(subscription.notification_url, item, 0.0)
    await agent.settled()

    assert await storage.rows() == before
    assert asked.find() == []


async def test_r12_connecting_again_begins_with_an_empty_selection(
    stack: Stack, agent: Person
) -> None:
    mailbox = new_mailbox(stack)
    add(mailbox, span(3))
    await connected(agent)
    await disconnect(agent)
    await agent.connect(OLGA)
    await agent.settled()

    assert await selection(agent) == (None, [])
    await agent.choose("Calendar")
    assert await busy_spans(agent) == [span(3)]


async def test_r12_a_calendar_that_is_no_longer_chosen_is_let_go(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    mailbox = new_mailbox(stack)
    mailbox.create_calendar("Second")
    await connected(agent, OLGA, "Second")
    gone = key_of(stack, OLGA, "Second")

    await agent.choose("Calendar")

    assert gone not in {n[1] for n in await storage.rows("calendars")}
    assert gone not in {n[2] for n in await storage.rows("roster")}
    assert [s.calendar_id for s in stack.sandbox.world.subscriptions.live()] == [None]
    await look(stack, key_of(stack, OLGA))
