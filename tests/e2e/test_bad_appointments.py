"""Appointments that cannot be taken: a clear problem, nothing kept, nothing written."""

import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.crm import token
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.stack import Stack
from tests.e2e.refusals import assert_problem
from tests.flows.crm import body, path, reaches, shown, written
from tests.flows.outlook import Requests, connected, new_mailbox, span
from tests.people import Person
from tests.storage import Storage

PYDANTIC = ("Input should", "should match", "should have", "Value error", "Field required")
WITHOUT = object()


@pytest.fixture
def mailbox(stack: Stack) -> Mailbox:
    return new_mailbox(stack)


@pytest.fixture
async def olga(mailbox: Mailbox, agent: Person) -> Person:
    """An agent who could be booked: her default calendar is primary."""
    await connected(agent)
    return agent


@pytest.fixture
async def crm(stack: Stack) -> AsyncIterator[Person]:
    async with Person(stack, "crm", {"loc1": "service"}, "The CRM") as service:
        yield service


@contextlib.asynccontextmanager
async def nothing_kept_or_written(
    olga: Person, mailbox: Mailbox, storage: Storage
) -> AsyncIterator[None]:
    """Appointments and events are as before, none waits to be written, and Graph was not asked."""
    kept, events = await storage.rows("appointments"), written(mailbox)
    waiting = (await storage.messages()).get("write-appointment", 0)
    requests = Requests(olga.stack)
    yield
    assert await storage.rows("appointments") == kept
    assert (await storage.messages()).get("write-appointment", 0) <= waiting
    await olga.settled()
    assert written(mailbox) == events
    sent = [requests.find(method, "/events") for method in ("POST", "PATCH", "DELETE")]
    assert sent == [[], [], []]


def changed(**fields: Any) -> dict[str, Any]:
    """A good appointment but for these fields; WITHOUT leaves one out."""
    asked = body() | fields
    return {name: value for name, value in asked.items() if value is not WITHOUT}


async def put(crm: Person, asked: Any, name: str = "a1") -> httpx.Response:
    return await crm.call("PUT", path(name), content=json.dumps(asked))


async def assert_refused(crm: Person, asked: Any, field: str, words: str) -> None:
    """400, with a sentence about that field that a person understands."""
    problem = assert_problem(await put(crm, asked), 400, "invalid_request")
    detail = problem["detail"]
    assert detail.startswith(f"{field} "), detail
    assert words in detail
    assert detail.endswith(".")
    assert not any(word in detail for word in PYDANTIC), detail
    assert problem["errors"][0]["field"] == ("" if field == "The body" else field)


Refused = Sequence[tuple[dict[str, Any], str, str]]

TIMES: Refused = [
    ({"start": "2027-01-31T09:00:00"}, "start", "with an offset"),
    ({"end": "2027-01-31T09:00:00"}, "end", "with an offset"),
    ({"start": "2027-01-31"}, "start", "with an offset"),
    ({"start": "2027-02-30T09:00:00Z"}, "start", "with an offset"),
    ({"start": "2027-01-31T25:00:00Z"}, "start", "with an offset"),
    ({"start": "next Tuesday"}, "start", "with an offset"),
    ({"start": 1801213200}, "start", "with an offset"),
    ({"start": "1801213200"}, "start", "with an offset"),
    ({"start": True}, "start", "with an offset"),
    ({"start": None}, "start", "with an offset"),
    ({"timeZone": WITHOUT}, "timeZone", "is missing"),
    ({"timeZone": None}, "timeZone", "must be a text"),
    ({"timeZone": ""}, "timeZone", "Europe/Berlin"),
    ({"timeZone": "Mars/Olympus"}, "timeZone", "IANA name"),
    ({"timeZone": "W. Europe Standard Time"}, "timeZone", "IANA name"),
    ({"timeZone": "+01:00"}, "timeZone", "IANA name"),
    ({"timeZone": "../../etc/passwd"}, "timeZone", "IANA name"),
]


def lasting(start: str, end: str) -> dict[str, str]:
    return {"start": start, "end": end}


LENGTHS: Refused = [
    (lasting("2027-01-31T09:00:00Z", "2027-01-31T08:59:59Z"), "end", "after start"),
    (lasting("2027-01-31T09:00:00Z", "2027-01-31T09:00:00Z"), "end", "after start"),
    (lasting("2027-01-31T09:00:00Z", "2027-01-31T10:00:00+01:00"), "end", "after start"),
    (lasting("2027-01-31T09:00:00Z", "2027-02-01T09:00:01Z"), "end", "at most 24 hours"),
    (lasting("1900-01-31T09:00:00Z", "1900-01-31T10:00:00Z"), "start", "2000 to 2099"),
    (lasting("2200-01-31T09:00:00Z", "2200-01-31T10:00:00Z"), "start", "2000 to 2099"),
    (lasting("0001-01-01T00:00:00+14:00", "0001-01-01T01:00:00+14:00"), "start", "2000 to"),
    (lasting("9999-12-31T22:00:00-14:00", "9999-12-31T23:00:00-14:00"), "start", "2000 to"),
]
TEXTS: Refused = [
    ({"title": "x" * 10_000}, "title", "at most 255 characters"),
    ({"title": ""}, "title", "must not be empty"),
    ({"title": " \t\n "}, "title", "must not be empty"),
    ({"title": "\u200b"}, "title", "must not be blank"),
    ({"title": "View\x00ing"}, "title", "control characters"),
    ({"title": "View\x1b[31ming"}, "title", "control characters"),
    ({"title": "View\x9bing"}, "title", "control characters"),
    ({"title": 7}, "title", "must be a text"),
    ({"title": None}, "title", "must be a text"),
    ({"description": "x" * 16_001}, "description", "at most 16000 characters"),
    ({"description": "\x07"}, "description", "control characters"),
    ({"location": "x" * 501}, "location", "at most 500 characters"),
]
FIELDS: Refused = [
    ({"colour": "blue"}, "colour", "is not a field"),
    ({"sync": {"state": "synced"}}, "sync", "is not a field"),
    ({"title": WITHOUT}, "title", "is missing"),
    ({"userId": WITHOUT}, "userId", "is missing"),
    ({"userId": "a b"}, "userId", "must be an id"),
    ({"calendar": WITHOUT}, "calendar", "is missing"),
    ({"calendar": "team1"}, "calendar", "must be an object"),
    ({"calendar": {"id": "team1"}}, "calendar.kind", "is missing"),
    ({"calendar": {"id": "team1", "kind": "group"}}, "calendar.kind", "'team' or 'unassigned'"),
    ({"status": "tentative"}, "status", "'confirmed' or 'cancelled'"),
    ({"inviteAttendees": "yes"}, "inviteAttendees", "true or false"),
    ({"inviteAttendees": 1}, "inviteAttendees", "true or false"),
    ({"version": -1}, "version", "at least 0"),
    ({"version": True}, "version", "whole number"),
    ({"version": 1.5}, "version", "whole number"),
    ({"version": "3"}, "version", "whole number"),
    ({"version": 2**53}, "version", "less than"),
]
PEOPLE: Refused = [
    ({"attendees": [{"name": "Carl"}]}, "attendees.0.email", "is missing"),
    ({"attendees": [{"email": "carl"}]}, "attendees.0.email", "an e-mail address"),
    ({"attendees": [{"email": "c a@x.example"}]}, "attendees.0.email", "an e-mail address"),
    ({"attendees": [{"email": "c@x.example\n"}]}, "attendees.0.email", "an e-mail address"),
    ({"attendees": [{"email": f"{'c' * 300}@x.example"}]}, "attendees.0.email", "at most 254"),
    ({"attendees": [{"email": "c@x.example", "name": "x" * 201}]}, "attendees.0.name", "200"),
    ({"attendees": "carl@x.example"}, "attendees", "must be a list"),
    ({"attendees": [{"email": f"c{n}@x.example"} for n in range(101)]}, "attendees", "100 entries"),
]


@pytest.mark.parametrize(
    "refused",
    [TIMES, LENGTHS, TEXTS, FIELDS, PEOPLE],
    ids=["times", "lengths", "texts", "fields", "people"],
)
async def test_what_cannot_be_understood_is_refused_with_a_sentence_about_the_field(
    olga: Person, crm: Person, mailbox: Mailbox, storage: Storage, refused: Refused
) -> None:
    async with nothing_kept_or_written(olga, mailbox, storage):
        for fields, field, words in refused:
            await assert_refused(crm, changed(**fields), field, words)


async def test_what_is_bad_leaves_an_appointment_that_is_kept_as_it_is(
    olga: Person, crm: Person, mailbox: Mailbox, storage: Storage
) -> None:
    good = body(version=3)
    assert (await put(crm, good)).status_code == 200
    await reaches(crm, "a1", "synced")
    await crm.settled()

    async with nothing_kept_or_written(olga, mailbox, storage):
        await assert_refused(crm, changed(start="2027-01-31T09:00:00"), "start", "offset")
        await assert_refused(crm, changed(title="x" * 10_000, version=4), "title", "255")
    assert written(mailbox) == [shown(good)]


async def test_a_body_that_is_no_json_object_is_refused(
    olga: Person, crm: Person, mailbox: Mailbox, storage: Storage
) -> None:
    surrogate = json.dumps(body()).replace("Viewing", "\\ud800").encode()
    raw = [b"{", b"not json", b"\xff\xfe", b"title=Viewing", b"[" * 5000, surrogate]
    async with nothing_kept_or_written(olga, mailbox, storage):
        for asked in ([], [body()], "text", 7, None):
            await assert_refused(crm, asked, "The body", "must be an object")
        for content in raw:
            answer = await crm.call("PUT", path("a1"), content=content)
            problem = assert_problem(answer, 400, "invalid_request")
            assert problem["detail"].startswith("The body must be JSON: "), problem
        answer = await crm.call("PUT", path("a1"))
        assert "A body is needed" in assert_problem(answer, 400, "invalid_request")["detail"]
        large = await put(crm, body(description="x" * 70_000))
        assert "65536 bytes" in assert_problem(large, 413, "body_too_large")["detail"]


ODD_IDS = [
    "a b",
    "a%2Fb",
    "a%7Cb",
    "a'b",
    "a%5Cb",
    "a%23b",
    "a%3Fb",
    "a%00b",
    "a%0A",
    "%C3%A4",
    "%F0%9F%93%85",
    "x" * 129,
    "x" * 200,
]


async def test_ids_with_characters_that_no_id_has_are_refused(
    olga: Person, crm: Person, mailbox: Mailbox, storage: Storage
) -> None:
    async with nothing_kept_or_written(olga, mailbox, storage):
        for odd in ODD_IDS:
            for method in ("PUT", "GET", "DELETE"):
                answer = await crm.call(method, path(odd), json=body())
                problem = assert_problem(answer, 400, "invalid_id")
                assert problem["detail"].startswith("The appointment id "), problem


async def test_a_user_whom_nobody_knows_is_refused_with_the_way_out(
    olga: Person, crm: Person, mailbox: Mailbox, storage: Storage
) -> None:
    async with nothing_kept_or_written(olga, mailbox, storage):
        for user in ("nobody", "AGENT1"):
            problem = assert_problem(await put(crm, body(user=user)), 404, "unknown_user")
            assert "send the appointment again" in problem["detail"]


async def test_appointments_of_others_are_refused(
    olga: Person, stack: Stack, mailbox: Mailbox, storage: Storage
) -> None:
    """Of a location that is not one's own, and of another agent."""
    for_others = [
        ({"loc2": "service"}, "not_a_member"),
        ({"loc2": "admin"}, "not_a_member"),
        ({"loc1": "agent"}, "not_your_appointment"),
    ]
    async with nothing_kept_or_written(olga, mailbox, storage):
        for locations, code in for_others:
            async with Person(stack, "agent2", locations) as stranger:
                problem = assert_problem(await put(stranger, body()), 403, code)
                assert problem["detail"].endswith(".")


async def test_an_older_version_and_one_that_is_used_again_are_refused(
    olga: Person, crm: Person, mailbox: Mailbox, storage: Storage
) -> None:
    newest = body(span(4), version=7)
    assert (await put(crm, newest)).status_code == 200
    await reaches(crm, "a1", "synced")
    await crm.settled()

    async with nothing_kept_or_written(olga, mailbox, storage):
        older = assert_problem(await put(crm, body(version=6)), 409, "older_version")
        assert "newer version" in older["detail"]
        reused = assert_problem(await put(crm, body(version=7)), 409, "version_reused")
        assert "Raise `version`" in reused["detail"]
    assert written(mailbox) == [shown(newest)]


async def test_without_a_good_token_nothing_is_taken_shown_or_deleted(
    olga: Person, crm: Person, mailbox: Mailbox, storage: Storage
) -> None:
    assert (await put(crm, body())).status_code == 200
    await reaches(crm, "a1", "synced")
    await crm.settled()
    roles = {"loc1": "service"}
    old = token(crm.stack.jwt_secret, "crm", roles, lasts=timedelta(minutes=-5))
    forged = token("another-secret-of-more-than-32-characters", "crm", roles)
    bad = [(None, "token_missing"), (old, "token_expired"), (forged, "token_invalid")]
    calls = [(method, path("a1")) for method in ("PUT", "GET", "DELETE")]
    calls.append(("GET", "/locations/loc1/changes"))

    async with nothing_kept_or_written(olga, mailbox, storage):
        for bearer, code in bad:
            headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
            for method, where in calls:
                answer = await crm.http.request(method, where, headers=headers, json=body(span(9)))
                assert_problem(answer, 401, code)
                assert answer.headers["www-authenticate"] == "Bearer"
                assert "Viewing" not in answer.text


async def test_what_is_not_there_is_not_found_and_its_deletion_keeps_nothing(
    olga: Person, crm: Person, mailbox: Mailbox, storage: Storage
) -> None:
    async with nothing_kept_or_written(olga, mailbox, storage):
        answer = await crm.call("GET", path("unknown"))
        assert_problem(answer, 404, "unknown_appointment")
        assert (await crm.call("DELETE", path("unknown"))).status_code == 204


async def test_a_refusal_does_not_repeat_what_was_sent(olga: Person, crm: Person) -> None:
    secret = "Surgery of Mr Quentin"
    for fields in (
        {"status": secret},
        {"start": secret},
        {"timeZone": secret},
        {"version": secret},
    ):
        answer = await put(crm, changed(**fields))
        assert_problem(answer, 400, "invalid_request")
        assert "Quentin" not in answer.text
