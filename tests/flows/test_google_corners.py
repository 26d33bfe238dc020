"""What goes wrong with Google at the edges: quotas, zones, moves, settings that are taken away."""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox.faults import rule_from_json
from sandbox.stack import Stack
from shared import services
from shared.errors import OperatorFault, ProviderUnavailable
from shared.flows import connect as connect_flow
from shared.flows.ports import Ports
from shared.triggers import retries
from shared.triggers.retries import RETRIES, Again
from tests.e2e.refusals import assert_problem
from tests.flows.crm import body, delete, get, put, reaches, synced
from tests.flows.outlook import BERLIN, busy_spans, day, look, span, until
from tests.flows.test_r08_google_connect import (
    connect,
    connections,
    disconnect,
    erased,
    outcome,
    works,
)
from tests.flows.two_providers import (
    GOOGLE,
    GOOGLE_ALONE,
    GOOGLE_WITH_OUTLOOK,
    PAULA,
    GooglePlace,
    Mix,
    gentle,
    mixed,
)
from tests.people import ADELE, GINA, Person, choice
from tests.storage import Storage

GUEST = {"email": "guest@elsewhere.example"}


def account_of(mix: Mix) -> Any:
    assert isinstance(mix.primary, GooglePlace)
    return mix.primary.account


# Appointments


async def test_r07_our_own_appointment_takes_its_time_when_the_agent_is_a_guest(
    agent: Person, crm: Person
) -> None:
    mix = await mixed(agent, GOOGLE_ALONE)
    await mix.choose(busyWhenTentative=False)

    await synced(
        crm, "a1", body(attendees=[{"email": PAULA, "name": "P"}, GUEST], inviteAttendees=True)
    )

    [view] = account_of(mix).events()
    answers = {one["email"]: one["responseStatus"] for one in view.fields["attendees"]}
    assert answers == {PAULA: "accepted", GUEST["email"]: "needsAction"}
    assert await busy_spans(agent) == [span(3)]


@pytest.mark.parametrize("then", ["kept", "deleted"])
async def test_f15_an_event_that_is_moved_before_its_answer_is_the_only_one(
    stack: Stack,
    agent: Person,
    crm: Person,
    pass_time: Callable[[timedelta], None],
    monkeypatch: pytest.MonkeyPatch,
    then: str,
) -> None:
    monkeypatch.setitem(RETRIES, ProviderUnavailable, Again(first=1, grows=False))
    mix = await mixed(agent, GOOGLE_ALONE)
    await mix.choose()
    stack.sandbox.world.faults.add(
        rule_from_json({"preset": "google-commit-then-cut", "path": "/events$"})
    )
    await put(crm, "a1")

    async def made() -> bool:
        return bool(mix.primary.written())

    await until(stack, made)
    account_of(mix).move_event(mix.primary.only(), "Private")
    if then == "deleted":
        await delete(crm, "a1")
    pass_time(timedelta(minutes=3))  # until the writer whose answer was lost is given up

    if then == "kept":
        await reaches(crm, "a1", "synced")
        await crm.settled()
        assert (len(mix.primary.written()), len(mix.conflict.written())) == (0, 1)
    else:

        async def gone() -> bool:
            return not mix.conflict.written()

        await until(stack, gone)
        assert mix.primary.written() == []


async def test_f12_a_quota_of_writing_stops_no_reading(
    stack: Stack, agent: Person, crm: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """https://developers.google.com/workspace/calendar/api/guides/errors#403_calendar_usage_limits_exceeded"""
    monkeypatch.setitem(RETRIES, ProviderUnavailable, Again(first=1, grows=False))
    monkeypatch.setattr(retries, "_ATTEMPTS", 1_000)  # it is tried for as long as is looked
    mix = await mixed(agent, GOOGLE_WITH_OUTLOOK)
    await mix.choose()
    rule = stack.sandbox.world.faults.add(
        rule_from_json(
            {
                "preset": "google-usage-limits",
                "method": "POST",
                "path": "/events$",
                "count": None,
            }
        )
    )
    await put(crm, "a1", body(attendees=[GUEST], inviteAttendees=True))

    async def refused() -> bool:
        return rule.fired >= 2

    await until(stack, refused)
    assert (await get(crm, "a1"))["sync"]["state"] == "pending"
    listed = await agent.call("GET", agent.path("calendars"))
    assert "unlisted" not in listed.json(), listed.text
    mix.primary.add(span(12))
    await look(stack, mix.primary.key)
    assert span(12) in await busy_spans(agent)

    with monkeypatch.context() as impatient:
        impatient.setattr(retries, "_ATTEMPTS", 0)
        await reaches(crm, "a1", "failed", "provider_unavailable")
    stack.sandbox.world.faults.clear()
    await put(crm, "a1", body(title="Later", attendees=[GUEST], inviteAttendees=True))
    await reaches(crm, "a1", "synced")
    assert "Later" in [title for title, *_ in mix.primary.written()]


# Reading


async def test_r16_all_day_events_follow_the_zone_of_the_calendar(
    stack: Stack, agent: Person
) -> None:
    mix = await mixed(agent, GOOGLE_ALONE)
    account = account_of(mix)
    account.create_event(start=day(5).date(), end=day(6).date(), summary="Away")
    await mix.choose()
    [before] = await busy_spans(agent)

    account.primary.time_zone = "America/Los_Angeles"
    await look(stack, mix.primary.key)

    [after] = await busy_spans(agent)
    there = ZoneInfo("America/Los_Angeles")
    assert before == (day(5, zone=BERLIN), day(6, zone=BERLIN))
    assert after == (day(5, zone=there), day(6, zone=there))


# Accounts


async def test_a_grant_that_ended_with_the_one_before_shows_when_it_is_used(
    stack: Stack, agent: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/decisions/0020: the erasure of the account revokes the grant of a sign-in under way."""
    google = gentle(stack)
    await connect(agent)
    check = connect_flow._check_mailbox
    ended: list[bool] = []

    async def late(signed_in: Any, ports: Ports) -> None:
        await check(signed_in, ports)
        if not ended:
            ended.append(True)
            await disconnect(agent)
            async with asyncio.timeout(40):
                while works(google, google.account(GINA)):
                    await stack.host.activity.changed(within=0.1)

    monkeypatch.setattr(connect_flow, "_check_mailbox", late)
    assert outcome(await connect(agent)) == "connected"
    assert not works(google, google.account(GINA))

    answer = await agent.call("GET", agent.path("calendars"))
    assert_problem(answer, 409, "reconnect_required")
    assert (await connections(agent))["google"]["status"] == "reconnect_required"
    assert outcome(await connect(agent)) == "connected"
    assert GINA in await agent.calendars()


@pytest.fixture
def without_google(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The settings of Google are taken away, with accounts still connected."""

    def take() -> None:
        ports = services.ports()
        for known in (ports.providers, ports.ways_to_sign_in):
            monkeypatch.delitem(known, GOOGLE)  # type: ignore[arg-type]  # a dict in fact

    monkeypatch.setitem(RETRIES, OperatorFault, Again(first=1, grows=False))
    return take


async def test_r08_without_the_settings_of_google_outlook_goes_on(
    stack: Stack,
    agent: Person,
    crm: Person,
    without_google: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retries, "_ATTEMPTS", 2)
    mix = await mixed(agent, GOOGLE_WITH_OUTLOOK)
    await mix.choose()
    without_google()

    answer = await agent.call("GET", agent.path("calendars"))
    assert answer.status_code == 200, answer.text
    assert {one["provider"] for one in answer.json()["calendars"]} == {"outlook"}
    assert [(one["provider"], one["code"]) for one in answer.json()["unlisted"]] == [
        ("google", "provider_not_configured")
    ]
    assert_problem(
        await agent.call("POST", agent.path("connections/google"), json={}), 404, "unknown_provider"
    )
    await put(crm, "a1")
    await reaches(crm, "a1", "failed", "provider_unavailable")
    await look(stack, mix.primary.key, mix.conflict.key)
    mix.conflict.add(span(11))
    await look(stack, mix.conflict.key)
    assert span(11) in await busy_spans(agent)

    [calendar] = [one for one in answer.json()["calendars"] if one["name"] == "Calendar"]
    configured = await agent.configure({"primary": choice(calendar), "conflicts": []})
    assert configured.status_code == 200, configured.text

    async def written() -> bool:
        return "Viewing" in [title for title, *_ in mix.conflict.written()]

    await until(stack, written)


async def test_r12_an_account_of_a_provider_that_is_not_set_up_can_be_disconnected(
    stack: Stack,
    agent: Person,
    storage: Storage,
    without_google: Callable[[], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its tokens are erased; that the grant stays at Google is told to the operator."""
    google = gentle(stack)
    await agent.connect(ADELE)
    await connect(agent)
    await agent.choose("Calendar", GINA)
    without_google()

    with caplog.at_level(logging.ERROR, logger="calendar_sync"):
        await disconnect(agent)
        assert (await connections(agent)).keys() == {"outlook"}
        await erased(agent, storage)

    told = [json.loads(one.message) for one in caplog.records if one.name == "calendar_sync"]
    assert [one["error"] for one in told if one["what"] == "grant_left"] == [
        "provider_not_configured"
    ]
    tried = [one["error"] for one in told if one["what"] == "erase-account"]
    assert set(tried) == {"provider_not_configured"}
    assert works(google, google.account(GINA))
    again = await agent.call("DELETE", agent.path("connections/google"))
    assert_problem(again, 404, "unknown_provider")
    assert (await agent.busy())["complete"]
