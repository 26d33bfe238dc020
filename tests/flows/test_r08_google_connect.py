"""R1–R4, R8 and R12 with a Google account, alone and beside an Outlook account."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.google.account import Account
from sandbox.google.service import Google
from sandbox.request_log import LogFilter
from sandbox.stack import Stack
from shared.errors import ProviderUnavailable
from shared.flows import disconnect as disconnecting
from shared.providers.google.sign_in import CALENDAR_SCOPES
from shared.triggers.retries import RETRIES, Again
from tests.e2e.refusals import assert_problem
from tests.flows.outlook import Requests, busy_spans, span, until
from tests.people import ADELE, GINA, GREG, HUGO, NORA, Person, choice
from tests.storage import Storage


@pytest.fixture
def google(stack: Stack) -> Google:
    """Google with whole pages, and each message once."""
    found = stack.sandbox.world.google
    found.be_gentle()
    found.channels.settings.delay_seconds = (0.0, 0.0)
    return found


@pytest.fixture(autouse=True)
def _gentle(google: Google) -> None:
    """In every test of this module."""


def outcome(answer: httpx.Response) -> str:
    """`connected`, or the code of the error."""
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    return "connected" if "connected" in query else query["error"][0]


def sentence(answer: httpx.Response) -> str:
    return parse_qs(urlsplit(answer.headers["location"]).fragment)["error_description"][0]


async def connect(person: Person, address: str = GINA, **how: Any) -> httpx.Response:
    return await person.connect(address, provider="google", **how)


async def connections(person: Person) -> dict[str, dict[str, Any]]:
    found = (await person.call("GET", person.path("connections"))).json()["connections"]
    return {one["provider"]: one for one in found}


async def disconnect(person: Person, provider: str = "google") -> None:
    answer = await person.call("DELETE", person.path(f"connections/{provider}"))
    assert answer.status_code == 204, answer.text


async def erased(person: Person, storage: Storage, provider: str = "google") -> None:
    """Waits until nothing is kept of any account of that provider."""

    async def gone() -> bool:
        rows = await storage.rows("accounts")
        return not any(name[1].startswith(f"{provider}|") for name in rows)

    await until(person.stack, gone)


def revocations(stack: Stack) -> int:
    return stack.sandbox.world.log.count(LogFilter(method="POST", path="/revoke$"))


def works(google: Google, account: Account) -> bool:
    """Whether we hold a grant of that account."""
    return bool(google.oauth.granted(account))


# Connecting.


@pytest.mark.parametrize(("address", "kind"), [(GINA, "work"), (GREG, "personal")])
async def test_r01_a_member_connects_their_own_google_account(
    agent: Person, address: str, kind: str
) -> None:
    answer = await connect(agent, address)

    assert answer.status_code == 303
    assert answer.headers["location"] == (
        "http://localhost:3000/integrations?tab=mine&connected=google"
    )
    found = await connections(agent)
    assert found.keys() == {"google"}
    one = found["google"]
    assert (one["email"], one["accountType"], one["status"]) == (address, kind, "connected")


async def test_r01_only_the_user_may_begin(agent: Person, other: Person, admin: Person) -> None:
    for person in (other, admin):
        answer = await person.call("POST", agent.path("connections/google"), json={})
        assert_problem(answer, 403, "not_your_account")


@pytest.mark.parametrize("granted", [[], [CALENDAR_SCOPES[0]], [CALENDAR_SCOPES[1]]], ids=len)
async def test_fewer_scopes_than_asked_for_connect_nothing(
    agent: Person, storage: Storage, granted: list[str]
) -> None:
    answer = await connect(agent, consent=granted)

    assert outcome(answer) == "permissions_missing"
    assert "tick all boxes" in sentence(answer)
    assert await storage.rows() == {}
    assert outcome(await connect(agent)) == "connected"


async def test_who_denies_access_connects_nothing(agent: Person, storage: Storage) -> None:
    assert outcome(await connect(agent, consent="deny")) == "denied"
    assert await storage.rows() == {}


async def test_without_lasting_access_nothing_is_connected(
    agent: Person, storage: Storage, google: Google
) -> None:
    google.oauth.settings.omit_refresh_token = {"*"}
    assert outcome(await connect(agent)) == "no_lasting_access"
    assert await storage.rows() == {}


async def test_r02_an_account_without_a_calendar_is_refused(
    agent: Person, storage: Storage
) -> None:
    answer = await connect(agent, NORA)
    assert outcome(answer) == "no_mailbox"
    assert "has no calendar" in sentence(answer)
    assert await storage.rows() == {}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"preset": "google-token-internal"}, "provider_unavailable"),
        ({"preset": "google-token-throttled"}, "provider_unavailable"),
        ({"preset": "google-token-cut"}, "provider_unavailable"),
        ({"preset": "google-token-invalid-client"}, "operator_fault"),
        ({"preset": "google-token-admin-policy"}, "administrator_needed"),
        ({"preset": "google-token-revoked"}, "sign_in_failed"),
        ({"preset": "google-unavailable"}, "provider_unavailable"),
        ({"preset": "google-user-rate-limit"}, "provider_unavailable"),
    ],
    ids=str,
)
async def test_a_provider_that_fails_meanwhile_connects_nothing(
    agent: Person, storage: Storage, fault: dict[str, Any], code: str
) -> None:
    added = await agent.sandbox.post("/sandbox/faults", json={**fault, "count": None})
    assert added.status_code == 200, added.text
    assert outcome(await connect(agent)) == code
    assert await storage.rows("accounts", "locations") == {}


async def test_signing_keys_that_google_changes_are_followed(agent: Person, other: Person) -> None:
    assert outcome(await connect(agent, GINA)) == "connected"
    await agent.sandbox.post("/sandbox/google/oauth/roll-keys", json={"keepOld": False})
    assert outcome(await connect(other, HUGO)) == "connected"


# Whose account it is.


async def test_r03_a_second_google_account_is_refused_naming_the_first(agent: Person) -> None:
    await connect(agent, GINA)

    answer = await connect(agent, GREG)

    assert outcome(answer) == "another_account_connected"
    assert GINA in sentence(answer)
    assert (await connections(agent))["google"]["email"] == GINA


async def test_r03_an_outlook_account_beside_it_is_no_second_one(agent: Person) -> None:
    assert outcome(await connect(agent)) == "connected"
    assert outcome(await agent.connect(ADELE)) == "connected"
    found = await connections(agent)
    assert {name: one["email"] for name, one in found.items()} == {"google": GINA, "outlook": ADELE}


async def test_r04_another_user_is_refused_and_the_owners_grant_goes_on(
    stack: Stack, agent: Person, other: Person, google: Google
) -> None:
    await connect(agent)

    answer = await connect(other)

    assert outcome(answer) == "account_taken"
    assert "already connected by Agnes One," in sentence(answer)
    assert await connections(other) == {}
    assert revocations(stack) == 0  # it would have ended the owner's
    google.oauth.expire_access_tokens(None, google.clock())
    assert GINA in await agent.calendars()


async def test_r04_the_same_user_may_connect_the_account_elsewhere(
    agent: Person, elsewhere: Person
) -> None:
    for person in (agent, elsewhere):
        assert outcome(await connect(person)) == "connected"


# Tokens.


async def test_a_refresh_keeps_the_refresh_token(
    stack: Stack, agent: Person, google: Google
) -> None:
    await connect(agent)
    for _ in range(3):
        google.oauth.expire_access_tokens(None, google.clock())
        assert GINA in await agent.calendars()
    assert len(google.oauth.refresh_tokens) == 1


async def test_an_access_token_that_ends_is_refreshed_ahead_of_time(
    stack: Stack, agent: Person, pass_time: Callable[[timedelta], None]
) -> None:
    await connect(agent)
    asked = Requests(stack)
    pass_time(timedelta(minutes=55))
    assert GINA in await agent.calendars()
    assert all(request.status == 200 for request in asked.find(service="google"))


async def test_a_grant_that_the_user_took_back_asks_for_a_reconnect(
    agent: Person, google: Google
) -> None:
    await connect(agent)
    await agent.choose(GINA)
    google.revoke(google.account(GINA))

    answer = await agent.call("GET", agent.path("calendars"))
    assert_problem(answer, 409, "reconnect_required")
    assert (await connections(agent))["google"]["status"] == "reconnect_required"

    assert outcome(await connect(agent)) == "connected"
    await agent.settled()
    assert (await connections(agent))["google"]["status"] == "connected"
    assert (await agent.busy())["complete"]


async def test_no_token_and_no_secret_is_logged(
    stack: Stack,
    agent: Person,
    storage: Storage,
    google: Google,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    await connect(agent)
    google.oauth.expire_access_tokens(None, google.clock())
    await agent.calendars()
    tokens = [*google.oauth.access_tokens, *google.oauth.refresh_tokens, *google.oauth.codes]
    await disconnect(agent)
    await erased(agent, storage)
    assert len(tokens) == 4
    for secret in (*tokens, stack.settings["GOOGLE_CLIENT_SECRET"]):
        assert secret not in caplog.text


# Both at once.


async def both(person: Person) -> None:
    assert outcome(await person.connect(ADELE)) == "connected"
    assert outcome(await connect(person)) == "connected"


async def test_r08_the_calendars_of_both_are_listed_and_chosen_together(
    agent: Person, admin: Person, google: Google
) -> None:
    await both(agent)
    found = await agent.calendars()
    assert {found["Calendar"]["provider"], found[GINA]["provider"]} == {"outlook", "google"}

    await agent.choose("Calendar", GINA, "Project Heron")

    google.account(GINA).create_event(start=span(40)[0], end=span(40)[1], summary="Far ahead")
    await agent.settled()
    assert span(40) in await busy_spans(agent)
    [member] = (await admin.call("GET", "/locations/loc1/users")).json()["users"]
    assert [one["provider"] for one in member["connections"]] == ["google", "outlook"]
    health = {one["calendarId"]: one for one in member["health"]}
    assert health[GINA]["push"] == "active"
    assert len(google.channels.live()) == 2


@pytest.mark.parametrize("how", ["down", "revoked"])
async def test_r08_a_google_that_does_not_answer_hides_no_outlook_calendar(
    agent: Person, google: Google, how: str
) -> None:
    await both(agent)
    if how == "revoked":
        google.revoke(google.account(GINA))
    else:
        await agent.sandbox.post(
            "/sandbox/faults", json={"preset": "google-unavailable", "count": None}
        )

    answer = await agent.call("GET", agent.path("calendars"))

    assert answer.status_code == 200
    assert {found["provider"] for found in answer.json()["calendars"]} == {"outlook"}
    [unlisted] = answer.json()["unlisted"]
    code = "reconnect_required" if how == "revoked" else "provider_unavailable"
    assert (unlisted["provider"], unlisted["code"]) == ("google", code)
    assert unlisted["detail"]
    [calendar] = [c for c in answer.json()["calendars"] if c["name"] == "Calendar"]
    body = {"primary": choice(calendar), "conflicts": []}
    assert (await agent.configure(body)).status_code == 200


async def test_r08_an_outlook_that_does_not_answer_hides_no_google_calendar(agent: Person) -> None:
    await both(agent)
    listed = (await agent.call("GET", agent.path("calendars"))).json()
    assert "unlisted" not in listed
    await agent.sandbox.post("/sandbox/faults", json={"preset": "internal", "count": None})

    answer = (await agent.call("GET", agent.path("calendars"))).json()

    assert {found["provider"] for found in answer["calendars"]} == {"google"}
    assert [one["provider"] for one in answer["unlisted"]] == ["outlook"]


async def test_r08_where_none_answers_the_list_is_a_problem(agent: Person) -> None:
    await both(agent)
    for preset in ("internal", "google-unavailable"):
        await agent.sandbox.post("/sandbox/faults", json={"preset": preset, "count": None})
    assert_problem(await agent.call("GET", agent.path("calendars")), 503, "provider_unavailable")


# Disconnecting.


async def test_r12_disconnecting_ends_channels_then_the_grant_and_leaves_nothing(
    stack: Stack, agent: Person, storage: Storage, google: Google
) -> None:
    await connect(agent)
    await agent.choose(GINA, "Project Heron")
    account = google.account(GINA)
    assert len(google.channels.live(account)) == 2

    await disconnect(agent)
    await erased(agent, storage)

    assert google.channels.live(account) == []
    assert not works(google, account)
    assert google.oauth.refresh_tokens == {}
    log = stack.sandbox.world.log.find(LogFilter(method="POST", path="(/revoke|/stop)$"))
    *stops, last = [entry.path.rpartition("/")[2] for entry in log]
    assert (set(stops), last) == ({"stop"}, "revoke")
    assert {entry.query for entry in log} == {""}


async def test_r12_the_grant_goes_on_while_another_location_uses_the_account(
    stack: Stack, agent: Person, elsewhere: Person, storage: Storage, google: Google
) -> None:
    for person in (agent, elsewhere):
        await connect(person)
    await disconnect(agent)
    await agent.settled()

    assert revocations(stack) == 0
    google.oauth.expire_access_tokens(None, google.clock())
    assert GINA in await elsewhere.calendars()

    await disconnect(elsewhere)
    await erased(elsewhere, storage)
    assert not works(google, google.account(GINA))


@pytest.mark.parametrize("gone", ["google", "outlook"])
async def test_r12_disconnecting_one_leaves_the_other_untouched(
    stack: Stack, agent: Person, storage: Storage, google: Google, gone: str
) -> None:
    left, primary, conflict = (
        ("outlook", GINA, "Calendar") if gone == "google" else ("google", "Calendar", GINA)
    )
    await both(agent)
    await agent.choose(primary, conflict)
    before = (await connections(agent))[left]
    assert before["status"] == "connected"

    await disconnect(agent, gone)
    await erased(agent, storage, gone)
    await agent.settled()

    after = await connections(agent)
    assert after.keys() == {left}
    assert (after[left]["status"], after[left]["email"]) == ("connected", before["email"])
    kept = (await agent.call("GET", agent.path("configuration"))).json()
    assert kept["primary"] is None
    assert [one["provider"] for one in kept["conflicts"]] == [left]
    assert (await agent.busy())["complete"]
    assert len(stack.sandbox.world.subscriptions.live()) == (left == "outlook")
    assert len(google.channels.live()) == (left == "google")
    assert works(google, google.account(GINA)) is (left == "google")
    assert conflict in await agent.calendars()


async def test_r12_a_grant_that_is_over_already_is_no_hindrance(
    agent: Person, storage: Storage, google: Google
) -> None:
    await connect(agent)
    await agent.choose(GINA)
    google.revoke(google.account(GINA))
    await disconnect(agent)
    await erased(agent, storage)


@pytest.fixture
def erased_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By one message, over and over at once; the one sent ahead of it comes too late to count."""
    monkeypatch.setitem(RETRIES, ProviderUnavailable, Again(first=0, grows=False))
    late = partial(disconnecting.settle_later, wait=timedelta(minutes=15))
    monkeypatch.setattr(disconnecting, "settle_later", late)


@pytest.mark.usefixtures("erased_once")
@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429}], ids=str)
async def test_r12_a_google_that_cannot_end_the_grant_keeps_us_from_erasing_for_a_while_only(
    stack: Stack,
    agent: Person,
    storage: Storage,
    google: Google,
    fault: dict[str, Any],
) -> None:
    await connect(agent)
    added = await agent.sandbox.post(
        "/sandbox/faults", json={"service": "google-revoke", **fault, "count": None}
    )
    assert added.status_code == 200, added.text
    await disconnect(agent)
    await erased(agent, storage)
    assert revocations(stack) == 6
    assert works(google, google.account(GINA))


@pytest.mark.usefixtures("erased_once")
async def test_r12_a_google_that_answers_again_ends_the_grant(
    stack: Stack, agent: Person, storage: Storage, google: Google
) -> None:
    await connect(agent)
    await agent.sandbox.post(
        "/sandbox/faults", json={"service": "google-revoke", "status": 503, "count": 2}
    )
    await disconnect(agent)
    await erased(agent, storage)
    assert revocations(stack) == 3
    assert not works(google, google.account(GINA))


async def test_r12_another_account_may_be_connected_after_it(
    agent: Person, storage: Storage
) -> None:
    await connect(agent, GINA)
    await disconnect(agent)
    assert outcome(await connect(agent, GREG)) == "connected"
