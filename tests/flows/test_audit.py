"""Who connected, configured and disconnected what is kept; what was not done is told apart."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared import services
from shared.domain.audit import Act, AuditRecord, Outcome
from shared.errors import StoreConflict
from shared.store.audit import KEPT
from shared.store.locations import TableLocationStore
from tests.e2e.refusals import assert_problem
from tests.flows.corners import Corner
from tests.flows.cutting import Scenario, Stage, recorded
from tests.flows.erasing import all_rows, of
from tests.flows.outlook import OLGA, account_of, add, key_of, new_mailbox, span
from tests.flows.two_providers import PAULA, gentle, new_account
from tests.people import Person

TRAIL = "/locations/loc1/audit"


async def trail(caller: Person, **asked: str) -> list[dict[str, Any]]:
    answer = await caller.call("GET", TRAIL, params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["records"])


def bare(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in one.items() if k not in {"id", "timestamp"}} for one in records]


async def a_day(stage: Stage, agent: Person, admin: Person, crm: Person) -> None:
    """One of each act."""
    mailbox = new_mailbox(stage.person.stack)
    mailbox.create_calendar("Second")
    add(mailbox, span(3), "Between us")
    await agent.connect(OLGA)
    await agent.choose("Calendar", "Second")
    await admin.choose("Calendar", user=agent.user, recurringEvents="every", ignoreAllDay=True)
    settings = {"externalChanges": "restore"}
    path = "/locations/loc1/settings"
    await admin.call("PUT", path, json=settings, headers={"If-Match": '"v0"'})
    await agent.connect(OLGA)
    await admin.call("DELETE", agent.path("connections/outlook"))
    await crm.call("DELETE", "/locations/loc1/users/nobody")
    await stage.line.work_off(timedelta(hours=2))


async def test_every_act_is_kept_with_who_did_what_for_whom(
    stage: Stage, agent: Person, admin: Person, crm: Person
) -> None:
    await a_day(stage, agent, admin, crm)

    primary, second = (key_of(stage.person.stack, OLGA, name) for name in ("Calendar", "Second"))
    hers = {"outcome": "done", "by": "agent1", "role": "agent", "userId": "agent1"}
    his = {"outcome": "done", "by": "admin1", "role": "admin"}
    policy = {"recurringEvents": "first", "busyWhenTentative": True, "busyWhenElsewhere": False}
    first = {**policy, "ignoreAllDay": False, "primary": primary, "conflicts": [second]}
    every = {**first, "recurringEvents": "every", "ignoreAllDay": True, "conflicts": []}
    outlook = {"userId": "agent1", "provider": "outlook"}
    assert bare(await trail(admin)) == [
        {"act": "connected", **hers, "provider": "outlook"},
        {"act": "configured", **hers, "configuration": first, "version": 1},
        {"act": "configured", **his, "userId": "agent1", "configuration": every, "version": 2},
        {"act": "settings_changed", **his, "externalChanges": "restore", "version": 1},
        {"act": "reconnected", **hers, "provider": "outlook"},
        {"act": "disconnected", **his, **outlook},
        {"act": "erased", "outcome": "done", "by": "crm", "role": "service"},
    ]


async def test_r15_the_trail_holds_no_address_name_title_or_account(
    stage: Stage, agent: Person, admin: Person, crm: Person
) -> None:
    gentle(stage.person.stack).channels.settings.losing = {"*"}
    new_account(stage.person.stack)
    await agent.connect(PAULA, provider="google")
    await agent.choose(PAULA)  # Google's id of that calendar is the address
    await a_day(stage, agent, admin, crm)

    rows = of(await all_rows(), lambda row: row[0] == "audit")
    assert len(rows) == 9
    text = repr(rows)
    assert "agent1" in text
    subject = account_of(stage.person.stack, OLGA).subject
    for word in (OLGA, PAULA, subject, "Agnes", "Adam", "Between us", agent.token):
        assert word not in text


async def test_who_asks_again_for_what_is_done_did_nothing(
    stage: Stage, agent: Person, admin: Person
) -> None:
    for _ in range(2):
        answer = await agent.call("DELETE", agent.path("connections/outlook"))
        assert answer.status_code == 204
        stale = {"If-Match": '"v7"'}
        assert (
            await agent.call("PUT", agent.path("configuration"), json={}, headers=stale)
        ).status_code == 412
    assert await trail(admin) == []


async def test_what_was_begun_and_then_refused_is_told_as_failed(
    stage: Stage, agent: Person, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def overtaken(*_: Any) -> None:
        raise StoreConflict

    monkeypatch.setattr(TableLocationStore, "choose", overtaken)
    v0 = {"If-Match": '"v0"'}
    answer = await agent.call("PUT", agent.path("configuration"), json={}, headers=v0)
    assert_problem(answer, 412, "stale_version")
    [record] = await trail(admin)
    assert (record["act"], record["outcome"]) == ("configured", "failed")


async def test_it_is_read_page_by_page(
    stage: Stage, agent: Person, admin: Person, crm: Person
) -> None:
    await a_day(stage, agent, admin, crm)

    whole, pages, after = await trail(crm), list[dict[str, Any]](), ""
    while True:
        answer = (await admin.call("GET", TRAIL, params={"after": after, "limit": "3"})).json()
        pages += answer["records"]
        if answer["next"] == after:
            break
        after = answer["next"]
    assert pages == whole
    assert [one["id"] for one in whole] == sorted(one["id"] for one in whole)
    assert_problem(await agent.call("GET", TRAIL), 403, "not_allowed")
    for wrong in ("1", "x' or RowKey gt '", whole[0]["id"] + "0"):
        answer = await admin.call("GET", TRAIL, params={"after": wrong})
        assert_problem(answer, 400, "invalid_request")


async def test_it_is_kept_for_400_days_and_no_longer(
    stage: Stage, agent: Person, admin: Person, crm: Person
) -> None:
    await a_day(stage, agent, admin, crm)
    stage.line.pass_time(KEPT - timedelta(days=1))
    assert len(await trail(admin)) == 7
    stage.line.pass_time(timedelta(days=2))
    assert await trail(admin) == []

    path = "/locations/loc1/settings"
    await admin.call("PUT", path, json={}, headers={"If-Match": '"v1"'})
    assert len(of(await all_rows(), lambda row: row[0] == "audit")) == 1
    assert [one["act"] for one in await trail(admin)] == ["settings_changed"]


async def test_of_an_erased_user_neither_what_was_done_nor_for_whom_is_told(
    stage: Stage, agent: Person, admin: Person, crm: Person
) -> None:
    """What an erased admin has done for others stays, without who it was."""
    await a_day(stage, agent, admin, crm)
    await crm.call("DELETE", "/locations/loc1/users/admin1")
    await stage.line.work_off(timedelta(hours=2))
    by = [(one["act"], one.get("by"), one["role"]) for one in await trail(crm)]
    assert by == [
        ("connected", "agent1", "agent"),
        ("configured", "agent1", "agent"),
        ("configured", None, "admin"),
        ("settings_changed", None, "admin"),
        ("reconnected", "agent1", "agent"),
        ("disconnected", None, "admin"),
        ("erased", "crm", "service"),
        ("erased", "crm", "service"),
    ]

    await crm.call("DELETE", "/locations/loc1/users/agent1")
    await stage.line.work_off(timedelta(hours=2))
    assert [one["act"] for one in await trail(crm)] == ["settings_changed", *["erased"] * 3]
    assert all("userId" not in one for one in await trail(crm))


# Wherever an act is cut short.


async def records(corner: Corner, act: Act) -> list[AuditRecord]:
    ports = services.ports()
    found = await ports.audit.read(corner.near, "", 500, ports.clock())
    return [one for one in found if one.act is act and one.user == corner.user]


async def connects(corner: Corner) -> None:
    await corner.connect()


async def chooses(corner: Corner) -> None:
    await corner.choose("Calendar")


async def disconnects(corner: Corner) -> None:
    await corner.disconnect()


async def connected(corner: Corner) -> bool:
    return bool(await corner.connections())


async def chosen(corner: Corner) -> bool:
    return bool(await corner.chosen())


async def disconnected(corner: Corner) -> bool:
    return not await connected(corner)


async def anew(_: Corner) -> None:
    """A corner of which nothing is kept yet."""


HERE = frozenset({"user at near"})
CHOSEN = frozenset({"user at near", "Calendar primary of user at near"})
Acts = dict[Act, tuple[Scenario, Callable[[Corner], Awaitable[bool]]]]
ACTS: Acts = {
    Act.CONNECTED: (Scenario(anew, connects, [frozenset(), HERE]), connected),
    Act.CONFIGURED: (Scenario(connects, chooses, [HERE, CHOSEN]), chosen),
    Act.DISCONNECTED: (Scenario(connects, disconnects, [frozenset(), HERE]), disconnected),
}


@pytest.mark.parametrize("act", ACTS)
async def test_nothing_is_done_without_a_record_wherever_it_is_cut(
    stage: Stage, record_property: Any, act: Act
) -> None:
    """What was done has a record that does not deny it, and of what was not none says `done`."""
    scenario, done = ACTS[act]

    async def check(corner: Corner) -> list[str]:
        outcomes = [one.outcome for one in await records(corner, act)]
        if await done(corner):
            denied = set(outcomes) <= {Outcome.FAILED}
            return ["done without a record"] if denied else []
        return ["told of what was not done"] if Outcome.DONE in outcomes else []

    await stage.cut_everywhere(replace(scenario, check=check))

    recorded(stage, record_property)
