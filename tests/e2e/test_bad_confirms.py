"""Live checks that cannot be made are refused, and say what to do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sandbox.stack import Stack
from tests.e2e.refusals import assert_problem, nothing_kept
from tests.flows.outlook import Requests
from tests.people import ADELE, Person
from tests.storage import Storage

START = "2027-01-01T12:00:00+01:00"
GOOD = {"start": START, "end": "2027-01-01T13:00:00+01:00"}


async def confirm(person: Person, body: Any, user: str = "agent1") -> httpx.Response:
    return await person.call("POST", person.path("confirm", user, "loc1"), json=body)


async def test_who_has_no_right_is_refused(stack: Stack, agent: Person, storage: Storage) -> None:
    path = agent.path("confirm")
    async with (
        Person(stack, "agent2", {"loc1": "agent"}) as other,
        Person(stack, "agent1", {"loc2": "admin"}) as stranger,
        Person(stack, "crm", {"loc2": "service"}) as service,
        nothing_kept(storage),
    ):
        assert_problem(await agent.http.post(path, json=GOOD), 401, "token_missing")
        assert_problem(await confirm(other, GOOD), 403, "not_allowed")
        assert_problem(await confirm(stranger, GOOD), 403, "not_a_member")
        assert_problem(await confirm(service, GOOD), 403, "not_a_member")


async def test_who_may_not_ask_learns_nothing_of_the_request(stack: Stack) -> None:
    async with Person(stack, "agent2", {"loc1": "agent"}) as other:
        assert_problem(await confirm(other, {"start": 7}), 403, "not_allowed")


@pytest.mark.parametrize(
    "wrong",
    [
        "2027-01-01T00:00:00",
        "2027-01-01",
        "2027-01-01T00:00:00 Europe/Berlin",
        "2027-02-30T00:00:00Z",
        "2027-01-01T25:00:00Z",
        "1798761600",
        "now",
        "",
        1798761600,
        1798761600.5,
        True,
        None,
        [START],
        {"dateTime": START},
    ],
)
async def test_times_that_are_no_instants_are_refused(
    agent: Person, storage: Storage, wrong: Any
) -> None:
    async with nothing_kept(storage):
        for field in ("start", "end"):
            answer = await confirm(agent, {**GOOD, field: wrong})
            assert field in assert_problem(answer, 400, "invalid_request")["detail"]


@pytest.mark.parametrize(
    "body", [{}, {"start": START}, {"end": START}, {**GOOD, "zone": "UTC"}, [], "now", None]
)
async def test_bodies_that_are_no_question_are_refused(agent: Person, body: Any) -> None:
    assert_problem(await confirm(agent, body), 400, "invalid_request")


async def test_what_is_no_json_is_refused(agent: Person) -> None:
    for content in (b"", b"{", b"start=now", b"\xff"):
        answer = await agent.call("POST", agent.path("confirm"), content=content)
        assert_problem(answer, 400, "invalid_request")
    huge = b'{"start": "' + b"x" * 70_000 + b'"}'
    answer = await agent.call("POST", agent.path("confirm"), content=huge)
    assert_problem(answer, 413, "body_too_large")


async def test_a_range_that_ends_before_it_starts_is_refused(agent: Person) -> None:
    for end in (START, "2027-01-01T11:59:59+01:00", "2027-01-01T10:00:00Z"):
        assert_problem(await confirm(agent, {"start": START, "end": end}), 400, "range_empty")


async def test_seven_days_may_be_asked_for_and_not_a_second_more(agent: Person) -> None:
    start = datetime(2027, 1, 1, tzinfo=UTC)
    longest = start + timedelta(days=7)
    body = {"start": start.isoformat(), "end": longest.isoformat()}
    assert (await confirm(agent, body)).status_code == 200
    body["end"] = (longest + timedelta(seconds=1)).isoformat()
    problem = assert_problem(await confirm(agent, body), 400, "range_too_long")
    assert "7 days" in problem["detail"]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("9999-12-31T00:00:00Z", "9999-12-31T23:59:59-05:00"),
        ("0001-01-01T00:00:00+14:00", "0001-01-02T00:00:00Z"),
        ("1899-12-31T23:59:59Z", "1900-01-01T01:00:00Z"),
    ],
)
async def test_years_that_no_calendar_has_are_refused(agent: Person, start: str, end: str) -> None:
    answer = await confirm(agent, {"start": start, "end": end})
    assert_problem(answer, 400, "range_out_of_bounds")


async def test_the_ends_of_what_may_be_asked_are_answered(agent: Person) -> None:
    await agent.connect(ADELE)
    await agent.choose("Calendar")
    for start, end in (
        ("1900-01-01T00:00:00Z", "1900-01-01T01:00:00Z"),
        ("8999-12-31T23:00:00Z", "9000-01-01T00:00:00Z"),
    ):
        assert (await confirm(agent, {"start": start, "end": end})).status_code == 200


async def test_a_refused_question_asks_no_provider(stack: Stack, agent: Person) -> None:
    await agent.connect(ADELE)
    await agent.choose("Calendar")
    asked = Requests(stack)
    for body in ({"start": START, "end": START}, {**GOOD, "x": 1}, {}):
        assert (await confirm(agent, body)).status_code == 400
    assert asked.find(path="calendarView$") == []


async def test_only_a_post_asks(agent: Person) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert (await agent.call(method, agent.path("confirm"))).status_code == 404
