"""A grant that has ended (F05, F18): everybody is told, nothing is called free, nothing is written
twice, and the other account goes on as if nothing had happened."""

import pytest

from tests.flows.crm import body, put, reaches, shown, synced, told
from tests.flows.outlook import OLGA, Requests, busy_spans, look, reasons, revoke, span
from tests.flows.two_providers import (
    GOOGLE_WITH_OUTLOOK,
    OUTLOOK_WITH_GOOGLE,
    PAULA,
    Mix,
    mixed,
)
from tests.people import Person


@pytest.fixture
async def mix(agent: Person, request: pytest.FixtureRequest) -> Mix:
    found = await mixed(agent, request.param)
    await found.choose()
    return found


both_providers = pytest.mark.parametrize(
    "mix", [OUTLOOK_WITH_GOOGLE, GOOGLE_WITH_OUTLOOK], indirect=True
)
# Their times, once for all: a test that counted the days anew might do so on the next day.
FIRST_TIME, SECOND_TIME = span(3), span(5)
FIRST, SECOND = body(FIRST_TIME), body(SECOND_TIME, title="Second viewing")


def end_the_grant(mix: Mix) -> None:
    stack = mix.person.stack
    if mix.primary.provider == "outlook":
        revoke(stack)
    else:
        google = stack.sandbox.world.google
        google.revoke(google.account(PAULA))


async def sign_in_again(mix: Mix) -> None:
    provider = mix.primary.provider
    answer = await mix.person.connect(OLGA if provider == "outlook" else PAULA, provider=provider)
    assert "connected=" in answer.headers["location"], answer.headers["location"]


async def statuses(person: Person, asker: Person) -> dict[str, str]:
    """The state of each of the person's accounts, as the asker is told it."""
    path = person.path("connections") if asker is person else "/locations/loc1/users"
    answer = (await asker.call("GET", path)).json()
    found = (
        answer["connections"]
        if asker is person
        else next(one for one in answer["users"] if one["userId"] == "agent1")["connections"]
    )
    return {one["provider"]: one["status"] for one in found}


@both_providers
async def test_f05_user_admin_and_crm_are_told_once_and_of_that_account_alone(
    mix: Mix, admin: Person, crm: Person
) -> None:
    end_the_grant(mix)
    broken, well = mix.primary.provider, mix.conflict.provider

    for _ in range(3):
        await look(mix.person.stack, mix.primary.key, mix.conflict.key)
    await crm.settled()

    expected = {broken: "reconnect_required", well: "connected"}
    assert await statuses(mix.person, mix.person) == expected
    assert await statuses(mix.person, admin) == expected
    [change] = await told(crm, "connection.reconnect_required")
    assert (change["userId"], change["provider"]) == ("agent1", broken)
    webhooks = mix.person.stack.sandbox.world.crm.changes_of("connection.reconnect_required")
    assert [one.data["provider"] for one in webhooks] == [broken]


@both_providers
async def test_f05_meanwhile_nothing_is_called_free_and_what_is_asked_for_waits(
    mix: Mix, crm: Person
) -> None:
    await synced(crm, "a1", FIRST)
    end_the_grant(mix)
    await look(mix.person.stack, mix.primary.key)

    found = await mix.person.busy()
    assert not found["complete"]
    assert "unreadable" in reasons(found)
    assert {(c["role"], c["status"]) for c in found["calendars"]} == {
        ("primary", "unreadable"),
        ("conflict", "current"),
    }
    await put(crm, "a2", SECOND)
    waits = await reaches(crm, "a2", "not_synced", "reconnect_required")
    assert waits["sync"]["reason"]
    assert mix.primary.written() == [shown(FIRST)]


@both_providers
async def test_f05_signing_in_again_keeps_selection_and_links_and_writes_nothing_twice(
    mix: Mix, crm: Person
) -> None:
    await synced(crm, "a1", FIRST)
    configured = (await mix.person.call("GET", mix.person.path("configuration"))).json()
    end_the_grant(mix)
    await look(mix.person.stack, mix.primary.key)
    await put(crm, "a2", SECOND)
    await reaches(crm, "a2", "not_synced", "reconnect_required")
    asked = Requests(mix.person.stack)

    await sign_in_again(mix)
    await reaches(crm, "a2", "synced")
    await crm.settled()

    assert (await mix.person.call("GET", mix.person.path("configuration"))).json() == configured
    assert set((await statuses(mix.person, mix.person)).values()) == {"connected"}
    assert len(await told(crm, "connection.restored")) == 1
    assert mix.primary.written() == sorted([shown(FIRST), shown(SECOND)])
    service = "graph" if mix.primary.provider == "outlook" else "google"
    assert len([one for one in asked.find("POST", "/events$", service)]) == 1
    assert not asked.find("PATCH", "/events/", service)
    world = mix.person.stack.sandbox.world
    assert not world.mailbox(OLGA).outbox
    assert not world.google.account(PAULA).outbox
    assert await busy_spans(mix.person) == [FIRST_TIME, SECOND_TIME]

    moved = body(span(7))
    await synced(crm, "a1", moved)
    assert mix.primary.written() == sorted([shown(SECOND), shown(moved)])
