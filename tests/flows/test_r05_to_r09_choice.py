"""R5–R7 and R9: which calendars may be chosen, as what, and by whom."""

import pytest

from sandbox.stack import Stack
from shared.domain.model import Role
from tests.flows.outlook import (
    Requests,
    add,
    all_read,
    busy_spans,
    calendar_id,
    configuration,
    connected,
    key_of,
    look,
    new_mailbox,
    reasons,
    span,
    state_of,
)
from tests.people import ADELE, ALEX, Person, choice
from tests.storage import Storage


async def test_r05_shared_calendars_are_listed_with_their_owner(agent: Person) -> None:
    await agent.connect(ADELE)

    found = await agent.calendars()

    assert set(found) == {"Calendar", "Project Falcon", "Team rota", "Travel"}
    for name, may_write in (("Team rota", True), ("Travel", False)):
        assert found[name]["owner"] == {"name": "Alex Wilber", "address": ALEX}
        assert found[name]["canWrite"] is may_write
        assert found[name]["isDefault"] is False
    assert found["Calendar"]["owner"]["address"] == ADELE


async def test_r05_the_way_out_of_r04_works(stack: Stack, agent: Person, other: Person) -> None:
    await agent.connect(ALEX)
    assert "error=account_taken" in (await other.connect(ALEX)).headers["location"]

    alex, adele = stack.sandbox.world.mailbox(ALEX), stack.sandbox.world.mailbox(ADELE)
    await other.connect(ADELE)
    alex.share(alex.default_calendar.id, adele, "write")
    add(alex, span(3), "Of Alex")
    shared = [
        one
        for one in (await other.call("GET", other.path("calendars"))).json()["calendars"]
        if one["name"] == "Calendar" and one["owner"]["address"] == ALEX
    ]
    answer = await other.configure({"primary": choice(shared[0])})
    await other.settled()

    assert answer.status_code == 200
    assert await busy_spans(other) == [span(3)]
    assert [e["title"] for e in (await other.events())["events"]] == ["Of Alex"]


async def test_r05_a_shared_calendar_that_may_be_written_can_be_primary(
    stack: Stack, agent: Person
) -> None:
    alex = stack.sandbox.world.mailbox(ALEX)
    add(alex, span(4), "Shift", calendar_id=calendar_id(alex, "Team rota"))
    await agent.connect(ADELE)

    await agent.choose("Team rota")

    assert await busy_spans(agent) == [span(4)]
    assert [e["title"] for e in (await agent.events())["events"]] == ["On call", "Shift"]


async def test_r05_a_shared_calendar_that_may_only_be_read_is_a_conflict_calendar_at_most(
    stack: Stack, agent: Person
) -> None:
    alex = stack.sandbox.world.mailbox(ALEX)
    add(alex, span(9), "Flight", calendar_id=calendar_id(alex, "Travel"))
    await agent.connect(ADELE)

    refused = await agent.configure(await configuration(agent, "Travel"))
    assert (refused.status_code, refused.json()["code"]) == (400, "calendar_read_only")

    await agent.choose(None, "Travel")
    found = await busy_spans(agent)
    assert len(found) == 2
    assert found[1] == span(9)


async def test_r05_shared_calendars_are_polled_without_asking_for_a_subscription(
    stack: Stack, agent: Person
) -> None:
    alex = stack.sandbox.world.mailbox(ALEX)
    await agent.connect(ADELE)
    asked = Requests(stack)

    await agent.choose("Team rota", "Travel")

    assert asked.find("POST", "/subscriptions") == []
    assert stack.sandbox.world.subscriptions.live() == []
    add(alex, span(7), "Late shift", calendar_id=calendar_id(alex, "Team rota"))
    await look(stack, key_of(stack, ADELE, "Team rota"))
    assert span(7) in await busy_spans(agent)


async def test_r05_a_share_that_is_taken_back_makes_the_calendar_unreadable(
    stack: Stack, agent: Person
) -> None:
    alex, adele = stack.sandbox.world.mailbox(ALEX), stack.sandbox.world.mailbox(ADELE)
    await connected(agent, ADELE, "Travel")
    key = key_of(stack, ADELE, "Travel")

    alex.unshare(calendar_id(alex, "Travel"), adele)
    await look(stack, key)

    found = await agent.busy()
    assert not found["complete"]
    assert {(c["role"], c["status"]) for c in found["calendars"]} == {
        ("primary", "current"),
        ("conflict", "unreadable"),
    }


async def test_r06_there_is_one_primary_calendar_and_all_its_events_are_read(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    mailbox = new_mailbox(stack)
    second = mailbox.create_calendar("Second")
    add(mailbox, span(3), "Busy one")
    add(mailbox, span(4), "Free one", show_as="free")
    add(mailbox, span(5), "Of the second", calendar_id=second.id)
    await connected(agent)
    assert [e["title"] for e in (await agent.events())["events"]] == ["Busy one", "Free one"]

    await agent.choose("Second")

    kept = (await agent.call("GET", agent.path("configuration"))).json()
    assert kept["primary"]["calendarId"] == second.id
    assert [e["title"] for e in (await agent.events())["events"]] == ["Of the second"]
    watches = {
        n: row["role"] for n, row in (await storage.rows("calendars")).items() if "watch" in n[2]
    }
    assert list(watches.values()) == [Role.PRIMARY.value]


async def test_r06_a_calendar_is_primary_or_conflict_not_both(agent: Person) -> None:
    await agent.connect(ADELE)

    refused = await agent.configure(await configuration(agent, "Calendar", "Calendar"))

    assert (refused.status_code, refused.json()["code"]) == (400, "calendar_twice")


async def test_r06_the_primary_calendar_is_per_location(
    stack: Stack, agent: Person, elsewhere: Person
) -> None:
    mailbox = new_mailbox(stack)
    second = mailbox.create_calendar("Second")
    add(mailbox, span(3))
    add(mailbox, span(4), calendar_id=second.id)
    await connected(agent)
    await elsewhere.connect(mailbox.address)
    await elsewhere.choose("Second")

    assert await busy_spans(agent) == [span(3)]
    assert await busy_spans(elsewhere) == [span(4)]


async def test_r07_any_number_of_conflict_calendars_block_time_and_are_never_written(
    stack: Stack, agent: Person
) -> None:
    mailbox = new_mailbox(stack)
    names = [f"Conflict {n}" for n in range(6)]
    for number, name in enumerate(names):
        made = mailbox.create_calendar(name)
        add(mailbox, span(3 + number), calendar_id=made.id)
    before = {e.calendar.name: dict(e.calendar.events) for e in mailbox.calendars()}
    asked = Requests(stack)

    await connected(agent, mailbox.address, *names)
    await all_read(agent)
    await look(stack, *(key_of(stack, mailbox.address, name) for name in names))

    assert await busy_spans(agent) == [span(3 + n) for n in range(6)]
    for method in ("POST", "PATCH", "PUT", "DELETE"):
        assert asked.find(method, "/(events|calendars|calendar)") == []
    assert {e.calendar.name: dict(e.calendar.events) for e in mailbox.calendars()} == before
    assert mailbox.outbox == []


async def test_r07_events_of_conflict_calendars_are_not_shown(stack: Stack, agent: Person) -> None:
    mailbox = new_mailbox(stack)
    second = mailbox.create_calendar("Second")
    add(mailbox, span(3), "Of the conflict calendar", calendar_id=second.id)
    await connected(agent, mailbox.address, "Second")

    assert (await agent.events())["events"] == []
    assert reasons(await agent.busy()) == ["busy"]


async def test_r09_an_admin_cannot_connect_for_an_agent(agent: Person, admin: Person) -> None:
    path = agent.path("connections/outlook")

    refused = await admin.call("POST", path, json={})

    assert refused.status_code == 403


async def test_r09_an_admin_sets_the_calendars_only_after_the_agent_has_connected(
    stack: Stack, agent: Person, admin: Person, storage: Storage
) -> None:
    mailbox = new_mailbox(stack)
    second = mailbox.create_calendar("Second")
    add(mailbox, span(3), calendar_id=second.id)
    body = {"conflicts": [{"provider": "outlook", "calendarId": second.id}]}
    before = await storage.rows()

    early = await admin.configure(body, user=agent.user)
    assert (early.status_code, early.json()["code"]) == (409, "agent_not_connected")
    assert "Only the agent can" in early.json()["detail"]
    assert await storage.rows() == before

    await agent.connect(mailbox.address)
    await admin.choose("Calendar", "Second", user=agent.user)

    assert await busy_spans(agent) == [span(3)]
    roles = {name: found["role"] for name, found in (await agent.calendars()).items()}
    assert roles == {"Calendar": "primary", "Second": "conflict"}
    [member] = (await admin.call("GET", "/locations/loc1/users")).json()["users"]
    assert member["userId"] == agent.user
    assert member["configuration"]["conflicts"][0]["calendarId"] == second.id


@pytest.mark.parametrize("roles", [{"loc1": "agent"}, {"loc2": "admin"}], ids=["agent", "foreign"])
async def test_r09_only_an_admin_of_that_location_sets_the_calendars(
    stack: Stack, agent: Person, roles: dict[str, str]
) -> None:
    await agent.connect(ADELE)
    wanted = await configuration(agent, "Calendar")

    async with Person(stack, "meddler", roles) as meddler:
        path = agent.path("configuration")
        answer = await meddler.call("PUT", path, json=wanted, headers={"If-Match": '"0"'})

    assert answer.status_code in (403, 404)
    assert (await agent.call("GET", agent.path("configuration"))).json().get("primary") is None


async def test_a_calendar_that_is_chosen_is_read_at_once_and_told_of(
    stack: Stack, agent: Person
) -> None:
    mailbox = new_mailbox(stack)
    await connected(agent)

    [subscription] = stack.sandbox.world.subscriptions.live()
    assert subscription.resource == "me/events"
    assert subscription.immutable_ids
    state = await state_of(key_of(stack, mailbox.address))
    assert state.push.subscription_id == subscription.id
