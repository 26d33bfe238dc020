"""Requests that cannot be understood or kept: a problem with a stable code, and nothing changes."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sandbox.stack import Stack
from tests.e2e.refusals import assert_problem, nothing_kept
from tests.people import ADELE, RETURN_URL, Person, choice
from tests.storage import Storage

CONNECT = "connections/outlook"
CONFIGURATION = "configuration"
V0 = {"If-Match": '"v0"'}


async def put(
    person: Person, body: Any, headers: Mapping[str, str] = V0, **kwargs: Any
) -> httpx.Response:
    path = person.path(CONFIGURATION)
    return await person.call("PUT", path, headers=dict(headers), json=body, **kwargs)


async def asked(person: Person, what: str = "busy", **params: Any) -> httpx.Response:
    return await person.call("GET", person.path(what), params=params)


# Bodies.


async def test_a_body_that_is_too_large_is_refused(agent: Person, storage: Storage) -> None:
    large = json.dumps({"returnUrl": "x" * 65 * 1024}).encode()
    async with nothing_kept(storage):
        begun = await agent.call("POST", agent.path(CONNECT), content=large)
        chosen = await agent.call("PUT", agent.path(CONFIGURATION), content=large, headers=V0)
    for answer in (begun, chosen):
        assert "65536" in assert_problem(answer, 413, "body_too_large")["detail"]


NOT_AN_OBJECT = [
    b"{",
    b"not json",
    b"[]",
    b'"text"',
    b"17",
    b"null",
    b"\xff\xfe",
    b"{'returnUrl': null}",
    b'{"returnUrl": "\\ud800"}',
    b"[" * 5000,
    b"returnUrl=http://localhost:3000/",
]


async def test_a_body_that_is_not_a_json_object_is_refused(agent: Person, storage: Storage) -> None:
    async with nothing_kept(storage):
        for body in NOT_AN_OBJECT:
            begun = await agent.call("POST", agent.path(CONNECT), content=body)
            assert_problem(begun, 400, "invalid_request")
            chosen = await agent.call("PUT", agent.path(CONFIGURATION), content=body, headers=V0)
            assert_problem(chosen, 400, "invalid_request")


async def test_a_configuration_without_a_body_is_refused_and_does_not_clear_what_is_chosen(
    agent: Person, admin: Person, storage: Storage
) -> None:
    async with nothing_kept(storage):
        answer = await agent.call("PUT", agent.path(CONFIGURATION), headers=V0)
        assert_problem(answer, 400, "invalid_request")
        answer = await admin.call("PUT", "/locations/loc1/settings", headers=V0)
        assert_problem(answer, 400, "invalid_request")


async def test_unknown_fields_are_refused_by_name(agent: Person, storage: Storage) -> None:
    bodies: list[tuple[dict[str, Any], str]] = [
        ({"colour": "blue"}, "colour"),
        ({"recurring_events ": "every"}, "recurring_events "),
        ({"primary": {"provider": "outlook", "calendarId": "x", "extra": 1}}, "primary.extra"),
        ({"conflicts": [{"provider": "outlook", "calendarId": "x", "n": 1}]}, "conflicts.0.n"),
    ]
    async with nothing_kept(storage):
        for body, field in bodies:
            problem = assert_problem(await put(agent, body), 400, "invalid_request")
            assert [error["field"] for error in problem["errors"]] == [field]
        begun = await agent.call("POST", agent.path(CONNECT), json={"returnURL": RETURN_URL})
        assert "returnURL" in assert_problem(begun, 400, "invalid_request")["detail"]
        answer = await asked(
            agent, start="2027-01-01T00:00:00Z", end="2027-01-02T00:00:00Z", zone="UTC"
        )
        assert "zone" in assert_problem(answer, 400, "invalid_request")["detail"]


async def test_unknown_fields_in_the_settings_of_a_location_are_refused(
    admin: Person, storage: Storage
) -> None:
    async with nothing_kept(storage):
        for body in ({"externalChanges": "apply", "x": 1}, {"externalChanges": "ignore"}):
            answer = await admin.call("PUT", "/locations/loc1/settings", json=body, headers=V0)
            assert_problem(answer, 400, "invalid_request")


async def test_values_of_the_wrong_kind_are_refused(agent: Person, storage: Storage) -> None:
    wrong: list[dict[str, Any]] = [
        {"primary": "Calendar"},
        {"primary": {"provider": "outlook"}},
        {"primary": {"provider": "outlook", "calendarId": ""}},
        {"primary": {"provider": "outlook", "calendarId": "x" * 1025}},
        {"primary": {"provider": "", "calendarId": "x"}},
        {"primary": {"provider": "outlook", "calendarId": 7}},
        {"conflicts": None},
        {"conflicts": {"provider": "outlook", "calendarId": "x"}},
        {"conflicts": [{"provider": "outlook", "calendarId": str(n)} for n in range(51)]},
        {"recurringEvents": "second"},
        {"busyWhenTentative": None},
    ]
    async with nothing_kept(storage):
        for body in wrong:
            assert_problem(await put(agent, body), 400, "invalid_request")


async def test_a_refusal_does_not_repeat_what_was_sent(agent: Person) -> None:
    answer = await put(agent, {"recurringEvents": "my-secret-value"})
    assert_problem(answer, 400, "invalid_request")
    assert "my-secret-value" not in answer.text


# Times.


@pytest.mark.parametrize("what", ["busy", "events"])
async def test_times_that_are_no_instants_are_refused(
    agent: Person, storage: Storage, what: str
) -> None:
    """Without an offset an hour is not said; a bare number may mean anything."""
    good = "2027-01-10T00:00:00Z"
    wrong = [
        "2027-01-01T00:00:00",
        "2027-01-01",
        "2027-01-01T00:00:00 Europe/Berlin",
        "2027-02-30T00:00:00Z",
        "2027-01-01T25:00:00Z",
        "1798761600",
        "1798761600.5",
        "-1",
        "now",
        "",
        "2027-01-01T00:00:00Z,2027-01-02T00:00:00Z",
    ]
    async with nothing_kept(storage):
        for start in wrong:
            answer = await asked(agent, what, start=start, end=good)
            assert "start" in assert_problem(answer, 400, "invalid_request")["detail"], start
        assert_problem(await asked(agent, what, start=good), 400, "invalid_request")
        assert_problem(await asked(agent, what), 400, "invalid_request")


@pytest.mark.parametrize("what", ["busy", "events"])
async def test_a_range_that_ends_before_it_starts_is_refused(agent: Person, what: str) -> None:
    start = "2027-01-01T12:00:00+01:00"
    for end in ("2027-01-01T11:59:59+01:00", "2027-01-01T11:00:00Z", "2026-12-31T00:00:00Z"):
        answer = await asked(agent, what, start=start, end=end)
        assert_problem(answer, 400, "range_empty")


@pytest.mark.parametrize("what", ["busy", "events"])
async def test_92_days_may_be_asked_for_and_not_a_second_more(agent: Person, what: str) -> None:
    start = datetime(2027, 1, 1, tzinfo=UTC)
    longest = start + timedelta(days=92)
    answer = await asked(agent, what, start=start.isoformat(), end=longest.isoformat())
    assert answer.status_code == 200
    over = longest + timedelta(seconds=1)
    answer = await asked(agent, what, start=start.isoformat(), end=over.isoformat())
    assert "92 days" in assert_problem(answer, 400, "range_too_long")["detail"]


@pytest.mark.parametrize("what", ["busy", "events"])
async def test_a_plus_sign_that_was_not_escaped_is_understood(agent: Person, what: str) -> None:
    query = "start=2027-01-01T00:00:00+01:00&end=2027-01-02T00:00:00%2B01:00"
    answer = await agent.call("GET", f"{agent.path(what)}?{query}")
    assert answer.status_code == 200, answer.text


async def test_the_ends_of_the_calendar_are_answered_not_broken(agent: Person) -> None:
    """Instants that leave the years 1 to 9999 once they are taken to UTC or a zone."""
    await agent.connect(ADELE)
    await agent.choose("Calendar")
    ends = [
        ("9999-12-31T00:00:00Z", "9999-12-31T23:59:59-05:00"),
        ("9999-12-31T23:00:00-14:00", "9999-12-31T23:59:59-14:00"),
        ("0001-01-01T00:00:00+14:00", "0001-01-02T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z"),
        ("9999-12-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    ]
    for what in ("busy", "events"):
        for start, end in ends:
            answer = await asked(agent, what, start=start, end=end)
            assert_problem(answer, 400, "range_out_of_bounds")


# Ids and providers.

ODD_IDS = [
    "a b",
    "a%2Fb",
    "a%7Cb",
    "a'b",
    "a%22b",
    "a%5Cb",
    "a%23b",
    "a%3Fb",
    "*",
    "a%00b",
    "a%0Ab",
    "a%0A",
    "%C3%A4",
    "%F0%9F%93%85",
    "%20",
    "a,b",
    "x" * 129,
    "a' or PartitionKey ne 'a",
]


async def test_ids_with_characters_that_no_id_has_are_refused(
    stack: Stack, admin: Person, storage: Storage
) -> None:
    """Row keys and filters are made of them."""
    async with nothing_kept(storage):
        for odd in ODD_IDS:
            for path in (
                f"/locations/{odd}/users/agent1/connections",
                f"/locations/loc1/users/{odd}/connections",
                f"/locations/{odd}/users",
            ):
                assert_problem(await admin.call("GET", path), 400, "invalid_id")


async def test_ids_of_all_allowed_characters_work(stack: Stack) -> None:
    odd = "Az09._~:@+=-"
    async with Person(stack, odd, {odd: "agent"}) as person:
        await person.connect(ADELE)
        await person.choose("Calendar")
        answer = await person.call("GET", person.path("connections"))
        assert [found["email"] for found in answer.json()["connections"]] == [ADELE]
        answer = await person.call("DELETE", person.path(CONNECT))
        assert answer.status_code == 204


async def test_ids_differ_by_the_case_of_their_letters(stack: Stack, agent: Person) -> None:
    await agent.connect(ADELE)
    async with Person(stack, "AGENT1", {"loc1": "agent", "LOC1": "agent"}) as other:
        for location in ("loc1", "LOC1"):
            path = other.path("connections", location=location)
            assert (await other.call("GET", path)).json() == {"connections": []}


async def test_an_unknown_provider_is_refused(agent: Person, storage: Storage) -> None:
    async with nothing_kept(storage):
        for provider in ("Google", "Outlook", "icloud", "a'b", "%00", "outlook%20"):
            path = agent.path(f"connections/{provider}")
            assert_problem(await agent.call("POST", path, json={}), 404, "unknown_provider")
            assert_problem(await agent.call("DELETE", path), 404, "unknown_provider")


# Versions.


async def test_a_change_without_if_match_is_refused(
    agent: Person, admin: Person, storage: Storage
) -> None:
    async with nothing_kept(storage):
        assert_problem(await put(agent, {}, headers={}), 428, "version_required")
        answer = await admin.call("PUT", "/locations/loc1/settings", json={})
        assert_problem(answer, 428, "version_required")


async def test_an_if_match_that_is_no_etag_of_ours_is_refused(
    agent: Person, admin: Person, storage: Storage
) -> None:
    malformed = ["v0", "*", '"v"', '"0"', '"v-1"', '"v0", "v1"', "W/v0", '"v1234567890"', ""]
    async with nothing_kept(storage):
        for etag in malformed:
            headers = {"If-Match": etag}
            assert_problem(await put(agent, {}, headers=headers), 400, "invalid_if_match")
            answer = await admin.call("PUT", "/locations/loc1/settings", json={}, headers=headers)
            assert_problem(answer, 400, "invalid_if_match")


async def test_a_stale_configuration_is_refused_and_the_newer_one_stays(
    agent: Person, storage: Storage
) -> None:
    assert (await put(agent, {"recurringEvents": "every"})).headers["etag"] == '"v1"'
    await agent.settled()
    async with nothing_kept(storage):
        for stale in ('"v0"', '"v2"', 'W/"v0"'):
            answer = await put(agent, {"ignoreAllDay": True}, headers={"If-Match": stale})
            assert_problem(answer, 412, "stale_version")
    kept = await agent.call("GET", agent.path(CONFIGURATION))
    assert kept.headers["etag"] == '"v1"'
    assert kept.json()["recurringEvents"] == "every"
    assert kept.json()["ignoreAllDay"] is False


async def test_a_stale_change_of_the_settings_is_refused(admin: Person, storage: Storage) -> None:
    path, first = "/locations/loc1/settings", {"externalChanges": "restore"}
    assert (await admin.call("PUT", path, json=first, headers=V0)).status_code == 200
    async with nothing_kept(storage):
        answer = await admin.call("PUT", path, json={"externalChanges": "apply"}, headers=V0)
        assert_problem(answer, 412, "stale_version")
    assert (await admin.call("GET", path)).json() == first


# Calendars that cannot be chosen.


async def test_nothing_can_be_chosen_before_an_account_is_connected(
    agent: Person, storage: Storage
) -> None:
    async with nothing_kept(storage):
        for provider in ("outlook", "google", "icloud"):
            body = {"primary": {"provider": provider, "calendarId": "any"}}
            assert_problem(await put(agent, body), 409, "provider_not_connected")


async def test_r09_an_admin_cannot_choose_calendars_before_the_agent_has_connected(
    admin: Person, storage: Storage
) -> None:
    async with nothing_kept(storage):
        path = admin.path(CONFIGURATION, "agent1")
        answer = await admin.call("PUT", path, json={}, headers=V0)
    problem = assert_problem(answer, 409, "agent_not_connected")
    assert "Only the agent can" in problem["detail"]


async def test_calendars_that_cannot_be_chosen_are_refused(agent: Person, storage: Storage) -> None:
    """Unknown ones, one chosen twice, one that is read-only as primary (R5), another provider's."""
    await agent.connect(ADELE)
    found = await agent.calendars()
    own, travel, rota = (choice(found[name]) for name in ("Calendar", "Travel", "Team rota"))
    unknown = {"provider": "outlook", "calendarId": "AQMkADAwATM0MDAAMS1unknown"}
    cut_short = {**own, "calendarId": own["calendarId"][:-2]}
    other_case = {**own, "calendarId": own["calendarId"].swapcase()}
    refused: list[tuple[dict[str, Any], int, str]] = [
        ({"primary": unknown}, 400, "unknown_calendar"),
        ({"conflicts": [unknown]}, 400, "unknown_calendar"),
        ({"primary": own, "conflicts": [rota, unknown]}, 400, "unknown_calendar"),
        ({"primary": cut_short}, 400, "unknown_calendar"),
        ({"primary": other_case}, 400, "unknown_calendar"),
        ({"primary": own, "conflicts": [own]}, 400, "calendar_twice"),
        ({"conflicts": [rota, own, rota]}, 400, "calendar_twice"),
        ({"primary": travel}, 400, "calendar_read_only"),
        ({"primary": {**own, "provider": "google"}}, 409, "provider_not_connected"),
        ({"primary": own, "conflicts": [{**rota, "provider": "x"}]}, 409, "provider_not_connected"),
    ]
    async with nothing_kept(storage):
        for body, status, code in refused:
            assert_problem(await put(agent, body), status, code)
    kept = (await agent.call("GET", agent.path(CONFIGURATION))).json()
    assert (kept.get("primary"), kept["conflicts"]) == (None, [])


async def test_a_calendar_of_somebody_else_is_unknown_to_this_account(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    """Knowing an id is not enough: what counts is what the own account lists."""
    async with Person(stack, "agent2", {"loc1": "agent"}) as other:
        await other.connect("megan.bowen@contoso.example")
        foreign = choice((await other.calendars())["Calendar"])
    await agent.connect(ADELE)
    async with nothing_kept(storage):
        assert_problem(await put(agent, {"conflicts": [foreign]}), 400, "unknown_calendar")


async def test_a_provider_that_fails_while_choosing_leaves_the_choice_as_it_was(
    agent: Person, storage: Storage
) -> None:
    await agent.connect(ADELE)
    own = choice((await agent.calendars())["Calendar"])
    fault = {"preset": "unavailable-no-header", "path": "/calendars", "count": 1}
    await agent.sandbox.post("/sandbox/faults", json=fault)
    async with nothing_kept(storage):
        answer = await put(agent, {"primary": own})
    assert_problem(answer, 503, "provider_unavailable")
    assert int(answer.headers["retry-after"]) > 0


# Where the browser may be sent back to.

NOT_OF_THE_CRM = [
    "https://evil.example/",
    "http://localhost:3000.evil.example/",
    "http://localhost:3000@evil.example/",
    "http://evil.example@localhost:3000/",
    "https://localhost:3000/",
    "http://localhost:3001/",
    "http://localhost/",
    "//localhost:3000/",
    "/integrations",
    "javascript:alert(1)",
    "data:text/html,hello",
    "http:localhost:3000",
    "http://localhost:3000\\@evil.example/",
    "http:\\\\localhost:3000/",
    "http://[::1",
    "http://localhost:3000／x",
    "",
]
WOULD_BREAK_A_HEADER = [
    "http://localhost:3000/\r\nSet-Cookie: sign-in=x",
    "http://localhost:3000/a\tb",
    "http://localhost:3000/a\x00b",
    "http://localhost:3000/a b",
    "http://localhost:3000/€",
    " http://localhost:3000/",
    "http://localhost:3000/\\evil.example",
]


async def test_a_return_url_that_is_not_of_the_crm_is_refused(
    agent: Person, storage: Storage
) -> None:
    async with nothing_kept(storage):
        for address in (*NOT_OF_THE_CRM, *WOULD_BREAK_A_HEADER):
            body = {"returnUrl": address}
            answer = await agent.call("POST", agent.path(CONNECT), json=body)
            assert "set-cookie" not in answer.headers, address
            assert_problem(answer, 400, "return_url_not_allowed")
        long = {"returnUrl": f"{RETURN_URL}{'x' * 2048}"}
        answer = await agent.call("POST", agent.path(CONNECT), json=long)
        assert_problem(answer, 400, "invalid_request")


async def test_a_route_that_is_not_there_is_not_found(agent: Person, storage: Storage) -> None:
    async with nothing_kept(storage):
        for method, path in (
            ("GET", "/nothing"),
            ("POST", agent.path("connections")),
            ("PATCH", agent.path(CONFIGURATION)),
            ("DELETE", agent.path(CONFIGURATION)),
            ("GET", "/notifications/outlook"),
            ("GET", "/notifications/google"),
        ):
            assert (await agent.call(method, path)).status_code == 404
