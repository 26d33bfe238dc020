"""Who is calling: a token that proves nothing gets 401, one without the right 403."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from sandbox.crm import JWT_AUDIENCE, JWT_ISSUER, token
from sandbox.stack import Stack
from tests.e2e.refusals import assert_problem, nothing_kept
from tests.people import ADELE, Person
from tests.storage import Storage

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
NAMES = {"location": "loc1", "user": "agent1", "provider": "outlook"}
EVERY_ROUTE = [
    (method.upper(), re.sub(r"{(\w+)}", lambda found: NAMES.get(found[1], "one"), path))
    for path, operations in json.loads(DOCUMENT.read_text())["paths"].items()
    for method, operation in operations.items()
    if "security" not in operation  # what anybody may call says so
]
A_ROUTE = "/locations/loc1/users/agent1/connections"
ERASING = (("DELETE", "/locations/loc1/users/agent1"), ("DELETE", "/locations/loc1"))


def claims(**others: Any) -> dict[str, Any]:
    """Good claims of agent1; `None` takes one away."""
    now = datetime.now(UTC)
    good = {
        "iss": JWT_ISSUER,
        "aud": JWT_AUDIENCE,
        "sub": "agent1",
        "name": "Agnes One",
        "locations": {"loc1": "agent"},
        "iat": now,
        "exp": now + timedelta(hours=1),
    }
    return {name: value for name, value in {**good, **others}.items() if value is not None}


def signed(stack: Stack, secret: str | None = None, algorithm: str = "HS256", **others: Any) -> str:
    return jwt.encode(claims(**others), secret or stack.jwt_secret, algorithm=algorithm)


def seconds(time: datetime) -> int:
    return int(time.timestamp())


def by_hand(header: dict[str, Any], body: dict[str, Any], signature: bytes = b"") -> str:
    """A token that no library would make."""
    parts = [json.dumps(part, default=seconds).encode() for part in (header, body)]
    return ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, signature)
    )


async def get(person: Person, authorization: str | None, path: str = A_ROUTE) -> httpx.Response:
    headers = {"Authorization": authorization} if authorization is not None else {}
    return await person.http.get(path, headers=headers)


async def test_the_good_claims_of_these_tests_are_good(stack: Stack, agent: Person) -> None:
    assert (await get(agent, f"Bearer {signed(stack)}")).status_code == 200
    assert (await get(agent, f"bearer  {signed(stack)}")).status_code == 200


async def test_every_route_needs_a_token(agent: Person, storage: Storage) -> None:
    async with nothing_kept(storage):
        for method, path in EVERY_ROUTE:
            answer = await agent.http.request(method, path)
            assert_problem(answer, 401, "token_missing")
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["cache-control"] == "no-store"


def test_the_routes_are_all_of_the_api() -> None:
    assert ("PUT", "/locations/loc1/appointments/one") in EVERY_ROUTE
    assert ("GET", "/locations/loc1/changes") in EVERY_ROUTE
    assert ("GET", "/locations/loc1/users/agent1/busy") in EVERY_ROUTE
    assert ("POST", "/locations/loc1/users/agent1/confirm") in EVERY_ROUTE
    assert not [path for _, path in EVERY_ROUTE if path.startswith(("/notif", "/oauth", "/health"))]


async def test_every_route_refuses_a_forged_token(agent: Person, storage: Storage) -> None:
    forged = jwt.encode(claims(), "another-secret-of-more-than-32-characters", algorithm="HS256")
    headers = {"Authorization": f"Bearer {forged}"}
    async with nothing_kept(storage):
        for method, path in EVERY_ROUTE:
            answer = await agent.http.request(method, path, headers=headers)
            assert_problem(answer, 401, "token_invalid")


async def test_what_is_no_bearer_token_is_as_good_as_none(agent: Person) -> None:
    for authorization in ("", "Bearer", "Basic YWdlbnQxOnNlY3JldA==", "token abc"):
        assert_problem(await get(agent, authorization), 401, "token_missing")


async def test_a_token_that_is_no_jwt_is_refused(agent: Person) -> None:
    texts = ("abc", "a.b.c", "....", "ey.ey.ey", "null", "%00", "a" * 4000, "e30.e30.e30")
    for text in texts:
        assert_problem(await get(agent, f"Bearer {text}"), 401, "token_invalid")


async def test_an_expired_token_is_refused_and_says_so(stack: Stack, agent: Person) -> None:
    old = token(stack.jwt_secret, "agent1", {"loc1": "agent"}, lasts=timedelta(minutes=-5))
    assert_problem(await get(agent, f"Bearer {old}"), 401, "token_expired")


async def test_clocks_may_differ_by_some_seconds_and_not_by_more(
    stack: Stack, agent: Person
) -> None:
    now = datetime.now(UTC)
    just_over = signed(stack, exp=now - timedelta(seconds=5))
    assert (await get(agent, f"Bearer {just_over}")).status_code == 200
    long_over = signed(stack, exp=now - timedelta(seconds=60))
    assert_problem(await get(agent, f"Bearer {long_over}"), 401, "token_expired")


async def test_a_token_that_is_not_valid_yet_is_refused(stack: Stack, agent: Person) -> None:
    early = signed(stack, nbf=datetime.now(UTC) + timedelta(minutes=5))
    assert_problem(await get(agent, f"Bearer {early}"), 401, "token_invalid")


async def test_alg_none_or_no_alg_at_all_is_refused(agent: Person, storage: Storage) -> None:
    headers = [{"alg": name, "typ": "JWT"} for name in ("none", "None", "NONE", "nOnE", "")]
    async with nothing_kept(storage):
        for header in (*headers, {"typ": "JWT"}):
            answer = await get(agent, f"Bearer {by_hand(header, claims())}")
            assert_problem(answer, 401, "token_invalid")


async def test_other_algorithms_than_the_agreed_one_are_refused(
    stack: Stack, agent: Person
) -> None:
    """HMAC fills a key up with zero bytes: this is the same key, long enough for the others."""
    key = stack.jwt_secret.encode().ljust(64, b"\0")
    for algorithm in ("HS384", "HS512"):
        other = jwt.encode(claims(), key, algorithm=algorithm)
        assert_problem(await get(agent, f"Bearer {other}"), 401, "token_invalid")


WRONG_CLAIMS: list[dict[str, Any]] = [
    {"aud": "another-service"},
    {"aud": ["another-service", "a-third"]},
    {"iss": "https://crm.example.evil"},
    {"iss": "https://crm.example/"},
    {"exp": None},
    {"sub": None},
    {"aud": None},
    {"iss": None},
    {"sub": 7},
    {"exp": "tomorrow"},
    {"locations": None},
    {"locations": "loc1"},
    {"locations": ["loc1"]},
    {"locations": {f"loc{n}": "agent" for n in range(1001)}},
]


async def test_wrong_or_missing_claims_are_refused(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    """Expiry, subject, audience, issuer, and locations."""
    found = []
    async with nothing_kept(storage):
        for wrong in WRONG_CLAIMS:
            # Signed without PyJWT's own checks of what it is given.
            body = json.dumps(claims(**wrong), default=seconds).encode()
            made = jwt.api_jws.encode(body, stack.jwt_secret, algorithm="HS256")
            answer = await get(agent, f"Bearer {made}")
            found.append((wrong, answer.status_code, answer.json().get("code")))
    assert found == [(wrong, 401, "token_invalid") for wrong in WRONG_CLAIMS]


async def test_a_role_that_is_not_known_gives_no_right(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    async with nothing_kept(storage):
        for role in ("owner", "Admin", "AGENT", "agent ", "", None, 1, ["agent"], {"agent": True}):
            made = signed(stack, locations={"loc1": role, "loc2": "agent"})
            for method, path in EVERY_ROUTE:
                headers = {"Authorization": f"Bearer {made}"}
                answer = await agent.http.request(method, path, headers=headers)
                assert_problem(answer, 403, "not_a_member")


async def test_a_role_that_is_not_known_takes_no_right_away_elsewhere(
    stack: Stack, agent: Person
) -> None:
    made = signed(stack, locations={"loc1": "agent", "loc2": "owner"})
    assert (await get(agent, f"Bearer {made}")).status_code == 200


async def test_a_changed_body_breaks_the_signature(stack: Stack, agent: Person) -> None:
    header, _, signature = signed(stack).split(".")
    raised = by_hand({}, claims(locations={"loc1": "admin"})).split(".")[1]
    answer = await get(agent, f"Bearer {header}.{raised}.{signature}", "/locations/loc1/users")
    assert_problem(answer, 401, "token_invalid")


async def test_no_refusal_shows_the_token(stack: Stack, agent: Person) -> None:
    wrong = signed(stack, aud="another-service")
    answer = await get(agent, f"Bearer {wrong}")
    assert not any(part in answer.text for part in wrong.split("."))


# What a good token may not do.


async def test_r01_a_location_that_is_not_ones_own_is_refused(
    stack: Stack, storage: Storage
) -> None:
    """Unknown or foreign makes no difference: nothing is given away."""
    async with Person(stack, "agent1", {"loc2": "admin"}) as stranger, nothing_kept(storage):
        for method, path in EVERY_ROUTE:
            foreign = await stranger.call(method, path)
            unknown = await stranger.call(method, path.replace("loc1", "nowhere"))
            told = assert_problem(foreign, 403, "not_a_member")
            assert assert_problem(unknown, 403, "not_a_member") == told


async def test_r01_an_agent_may_neither_see_nor_change_anything_of_another_user(
    agent: Person, storage: Storage
) -> None:
    async with nothing_kept(storage):
        for method, path in EVERY_ROUTE:
            if "agent1" not in path:
                continue
            connects = (method, path.rpartition("/")[0][-12:]) == ("POST", "/connections")
            code = "not_your_account" if connects else "not_allowed"
            for user in ("agent2", "nobody", "AGENT1"):
                answer = await agent.call(method, path.replace("agent1", user))
                assert_problem(answer, 403, code)


async def test_an_admin_asks_after_an_unknown_user_and_sees_nothing(
    admin: Person, storage: Storage
) -> None:
    """The CRM knows its users, we only those who have connected or configured something."""
    async with nothing_kept(storage):
        answer = await admin.call("GET", admin.path("connections", "nobody"))
        assert answer.json() == {"connections": []}
        answer = await admin.call("GET", admin.path("calendars", "nobody"))
        assert answer.json() == {"calendars": []}
        assert (await admin.call("GET", "/locations/loc1/users")).json() == {"users": []}


async def test_an_agent_may_not_see_team_or_settings(agent: Person) -> None:
    for path in ("/locations/loc1/users", "/locations/loc1/settings"):
        assert_problem(await agent.call("GET", path), 403, "not_allowed")


async def test_an_agent_may_not_change_the_settings_of_the_location(
    agent: Person, storage: Storage
) -> None:
    async with nothing_kept(storage):
        answer = await agent.call(
            "PUT",
            "/locations/loc1/settings",
            json={"externalChanges": "restore"},
            headers={"If-Match": '"v0"'},
        )
    assert_problem(answer, 403, "not_allowed")


async def test_r09_an_admin_cannot_connect_an_account_for_an_agent(
    admin: Person, storage: Storage
) -> None:
    async with nothing_kept(storage):
        answer = await admin.call("POST", admin.path("connections/outlook", "agent1"), json={})
    problem = assert_problem(answer, 403, "not_your_account")
    assert "their own account" in problem["detail"]


@pytest.mark.parametrize("locations", [{"loc1": "service"}, {"*": "service"}], ids=str)
async def test_r01_the_crm_itself_cannot_connect_an_account_even_as_that_user(
    stack: Stack, storage: Storage, locations: dict[str, str]
) -> None:
    async with Person(stack, "agent1", locations) as service, nothing_kept(storage):
        answer = await service.call("POST", service.path("connections/outlook", location="loc1"))
    assert_problem(answer, 403, "not_your_account")


@pytest.mark.parametrize("locations", [{"loc1": "service"}, {"*": "service"}], ids=str)
async def test_the_crm_may_read_time_book_and_be_told_and_no_more(
    stack: Stack, storage: Storage, locations: dict[str, str]
) -> None:
    times = {"start": "2027-01-01T00:00:00Z", "end": "2027-01-02T00:00:00Z"}
    may = (
        *("/busy", "/confirm", "/events", "/appointments", "/appointments/one", "/changes"),
        "/audit",
    )
    async with (
        Person(stack, "agent1", {"loc1": "agent"}) as agent,
        Person(stack, "crm", locations) as service,
    ):
        await agent.connect(ADELE)
        await agent.settled()
        for what in ("busy", "events"):
            path = service.path(what, "agent1", "loc1")
            assert (await service.call("GET", path, params=times)).status_code == 200
        path = service.path("confirm", "agent1", "loc1")
        assert (await service.call("POST", path, json=times)).status_code == 200
        async with nothing_kept(storage):
            for method, path in EVERY_ROUTE:
                if path.endswith(may) or (method, path) in ERASING:
                    continue
                answer = await service.call(method, path)
                assert_problem(
                    answer, 403, "not_your_account" if method == "POST" else "not_allowed"
                )


async def test_r16_a_user_who_has_connected_nothing_is_not_reported_as_free(
    stack: Stack, agent: Person, admin: Person, storage: Storage
) -> None:
    """A mistyped id would otherwise look like somebody with nothing to do."""
    times = {"start": "2027-01-01T00:00:00Z", "end": "2027-01-02T00:00:00Z"}
    async with Person(stack, "crm", {"*": "service"}) as service, nothing_kept(storage):
        for person in (service, admin):
            for what in ("busy", "events"):
                path = person.path(what, "nobody", "loc1")
                answer = await person.call("GET", path, params=times)
                assert_problem(answer, 404, "unknown_user")
            path = person.path("confirm", "nobody", "loc1")
            answer = await person.call("POST", path, json=times)
            assert_problem(answer, 404, "unknown_user")


@pytest.mark.parametrize("role", ["agent", "admin"])
async def test_only_a_service_may_be_everywhere(stack: Stack, role: str) -> None:
    async with Person(stack, "agent1", {"*": role}) as person:
        answer = await person.call("GET", person.path("connections", location="loc1"))
    assert_problem(answer, 403, "not_a_member")


async def test_an_admin_elsewhere_is_not_an_admin_here(stack: Stack) -> None:
    async with Person(stack, "admin1", {"loc1": "agent", "loc2": "admin"}) as person:
        answer = await person.call("GET", "/locations/loc1/users")
    assert_problem(answer, 403, "not_allowed")


async def test_r09_no_stranger_may_disconnect_an_account(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    await agent.connect(ADELE)
    path = agent.path("connections/outlook")
    async with (
        Person(stack, "agent2", {"loc1": "agent"}) as other,
        Person(stack, "crm", {"*": "service"}) as service,
        nothing_kept(storage),
    ):
        assert_problem(await other.call("DELETE", path), 403, "not_allowed")
        assert_problem(await service.call("DELETE", path), 403, "not_allowed")


async def test_no_agent_may_have_anybody_erased_and_no_person_a_location(
    stack: Stack, agent: Person, admin: Person, storage: Storage
) -> None:
    """An admin may have a user of the location erased; a location is the CRM's own affair."""
    user, location = (path for _, path in ERASING)
    async with (
        Person(stack, "admin1", {"loc2": "admin"}) as foreign,
        Person(stack, "crm", {"loc2": "service"}) as elsewhere,
        nothing_kept(storage),
    ):
        for path in (user, location):
            assert_problem(await agent.call("DELETE", path), 403, "not_allowed")
            for stranger in (foreign, elsewhere):
                assert_problem(await stranger.call("DELETE", path), 403, "not_a_member")
        problem = assert_problem(await admin.call("DELETE", location), 403, "not_allowed")
        assert "Only the CRM" in problem["detail"]
        answer = await admin.call("DELETE", "/locations/loc1/users/a|b")
        assert_problem(answer, 400, "invalid_id")
        assert_problem(await agent.call("GET", "/locations/loc1/audit"), 403, "not_allowed")
    assert (await admin.call("DELETE", user)).status_code == 202
