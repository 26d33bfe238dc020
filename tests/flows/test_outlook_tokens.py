"""Tokens: refreshed by one at a time, marked as dead only when they are, healed by a reconnect."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.faults import rule_from_json
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.stack import Stack
from shared import services
from shared.domain.model import CalendarKey
from tests.flows.outlook import (
    OLGA,
    Requests,
    account_of,
    add,
    all_read,
    busy_spans,
    connected,
    connection,
    expire,
    key_of,
    look,
    new_mailbox,
    revoke,
    span,
    state_of,
    until,
    worked_off,
)
from tests.people import ALEX, Person
from tests.storage import Storage


@pytest.fixture
def mailbox(stack: Stack) -> Mailbox:
    return new_mailbox(stack)


@pytest.fixture
def key(stack: Stack, mailbox: Mailbox) -> CalendarKey:
    return key_of(stack, OLGA)


async def run_out(stack: Stack) -> None:
    """The access token has come to its end by our own clock."""
    accounts, account = services.ports().accounts, account_of(stack, OLGA)
    tokens = (await accounts.load(account)).tokens
    assert tokens is not None
    past = services.now() - timedelta(minutes=1)
    await accounts.save_tokens(account, replace(tokens, access_expires_at=past))
    expire(stack)


@pytest.mark.parametrize("how", ["refused by Graph", "run out"])
async def test_parallel_runs_redeem_the_refresh_token_once(
    stack: Stack, agent: Person, mailbox: Mailbox, how: str
) -> None:
    names = [f"Other {n}" for n in range(7)]
    for name in names:
        mailbox.create_calendar(name)
    await connected(agent, OLGA, *names)
    await all_read(agent)
    keys = [key_of(stack, OLGA, name) for name in ("Calendar", *names)]
    started = services.now()
    if how == "run out":
        await run_out(stack)
    else:
        expire(stack)
    asked = Requests(stack)

    await look(stack, *keys)

    async def read_since() -> bool:
        states = [await state_of(key) for key in keys]
        return all(state.checked_at and state.checked_at > started for state in states)

    await until(stack, read_since)
    assert [request.status for request in asked.tokens()] == [200]
    assert (await connection(agent))["status"] == "connected"


async def test_a_token_that_ends_in_mid_round_is_refreshed_and_the_round_goes_on(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    mailbox.faults.empty_pages = 3
    add(mailbox, span(3))
    rule = {"preset": "token-expired", "query": "skiptoken"}
    stack.sandbox.world.faults.add(rule_from_json(rule))
    asked = Requests(stack)

    await connected(agent)

    assert await busy_spans(agent) == [span(3)]
    assert len(asked.find("GET", "delta")) == 5
    assert len([r for r in asked.deltas() if "startDateTime" in r.query]) == 1


async def test_the_newest_refresh_token_is_the_one_that_is_kept(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey
) -> None:
    await connected(agent)
    entra = stack.sandbox.world.entra

    for _ in range(3):
        known = set(entra.refresh_tokens)
        expire(stack)
        await look(stack, key)
        [newest] = set(entra.refresh_tokens) - known
        for old in known:
            entra.refresh_tokens.pop(old)
        assert set(entra.refresh_tokens) == {newest}

    assert (await connection(agent))["status"] == "connected"


async def test_a_dead_grant_marks_the_connection_and_stops_every_further_try(
    stack: Stack, agent: Person, mailbox: Mailbox, storage: Storage
) -> None:
    mailbox.create_calendar("Second")
    await connected(agent, OLGA, "Second")
    keys = key_of(stack, OLGA), key_of(stack, OLGA, "Second")
    revoke(stack)
    asked = Requests(stack)

    await look(stack, *keys)

    found = await connection(agent)
    assert (found["status"], found["problem"]["code"]) == (
        "reconnect_required",
        "reconnect_required",
    )
    await worked_off(stack, storage)  # one may have waited for the other's refresh
    assert 1 <= len(asked.tokens()) <= 2
    asked.mark()
    await look(stack, *keys)
    await look(stack, *keys)
    listed = await agent.call("GET", agent.path("calendars"))
    assert (listed.status_code, listed.json()["code"]) == (409, "reconnect_required")
    assert asked.find() == asked.tokens() == []
    assert "sync-calendar" not in await storage.messages()


@pytest.mark.parametrize(
    ("aadsts", "code"),
    [(50173, "reconnect_required"), (65001, "reconnect_required"), (50057, "administrator_needed")],
)
async def test_the_reason_says_who_must_act(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey, aadsts: int, code: str
) -> None:
    await connected(agent)
    rule = {"service": "token", "aadsts": aadsts, "status": 400, "count": None}
    stack.sandbox.world.faults.add(rule_from_json(rule))
    expire(stack)

    await look(stack, key)

    found = await connection(agent)
    assert (found["status"], found["problem"]["code"]) == ("reconnect_required", code)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    "rule",
    [
        {"preset": "token-unavailable"},
        {"preset": "token-throttled"},
        {"preset": "token-bad-gateway"},
        {"effect": "cut"},
        {"aadsts": 7000222, "status": 401},
    ],
    ids=["503", "429", "502", "cut", "our secret expired"],
)
async def test_a_token_endpoint_that_fails_marks_nobody(
    stack: Stack,
    agent: Person,
    mailbox: Mailbox,
    key: CalendarKey,
    storage: Storage,
    rule: dict[str, object],
) -> None:
    add(mailbox, span(3))
    await connected(agent)
    world = stack.sandbox.world
    world.faults.add(rule_from_json({**rule, "service": "token", "count": None}))
    expire(stack)

    await look(stack, key)

    assert (await connection(agent))["status"] == "connected"
    assert (await state_of(key)).problem is None
    assert (await storage.messages())["sync-calendar"] >= 1
    assert await busy_spans(agent) == [span(3)]

    world.faults.clear()
    add(mailbox, span(4))
    await agent.settled()
    assert await busy_spans(agent) == [span(3), span(4)]


async def test_a_reconnect_heals_and_keeps_the_selection(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    second = mailbox.create_calendar("Second")
    add(mailbox, span(3))
    await connected(agent, OLGA, "Second", recurringEvents="every")
    keys = key_of(stack, OLGA), key_of(stack, OLGA, "Second")
    kept = (await agent.call("GET", agent.path("configuration"))).json()
    revoke(stack)
    await look(stack, *keys)
    add(mailbox, span(4), calendar_id=second.id)
    await agent.settled()
    assert (await connection(agent))["status"] == "reconnect_required"

    await agent.connect(OLGA)
    await agent.settled()

    assert (await agent.call("GET", agent.path("configuration"))).json() == kept
    assert await busy_spans(agent) == [span(3), span(4)]
    assert (await connection(agent))["status"] == "connected"


async def test_a_reconnect_with_another_account_is_refused_and_changes_nothing(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey
) -> None:
    await connected(agent)
    revoke(stack)
    await look(stack, key)

    answer = await agent.connect(ALEX)

    assert "error=another_account_connected" in answer.headers["location"]
    found = await connection(agent)
    assert (found["email"], found["status"]) == (OLGA, "reconnect_required")


async def test_a_reconnect_at_one_location_heals_the_others(
    stack: Stack, agent: Person, elsewhere: Person, mailbox: Mailbox, key: CalendarKey
) -> None:
    await connected(agent)
    await connected(elsewhere)
    revoke(stack)
    await look(stack, key)
    assert (await connection(elsewhere))["status"] == "reconnect_required"

    await agent.connect(OLGA)
    await agent.settled()

    assert (await connection(elsewhere))["status"] == "connected"
    assert await busy_spans(elsewhere) == []


async def test_tokens_are_kept_sealed(
    stack: Stack, agent: Person, mailbox: Mailbox, storage: Storage
) -> None:
    await connected(agent)
    entra = stack.sandbox.world.entra

    kept = repr(await storage.rows())

    for secret in (*entra.refresh_tokens, *entra.access_tokens):
        assert secret not in kept
