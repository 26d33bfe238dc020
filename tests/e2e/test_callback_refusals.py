"""The end of a sign-in that does not end well: the browser learns why, and nothing is kept.

The row of the sign-in itself goes with the first answer: it can be used once.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit

import httpx
import pytest
import requests

from sandbox.request_log import LogFilter
from sandbox.stack import Stack
from tests.e2e.refusals import (
    assert_page,
    assert_problem,
    assert_sent_back,
    nothing_kept,
    nothing_kept_but_the_used_state,
    of_sign_ins,
)
from tests.people import ADELE, ALEX, MEGAN, PAT, RETURN_URL, Person, cookie_of
from tests.storage import Storage

CALLBACK = "/oauth/outlook/callback"
UNLICENSED = "unlicensed@contoso.example"
FOREIGN_ADDRESS = "sam.example@mail.example"
ADMIN_CONSENT_ONLY = "nestor.wilke@northwind.example"


async def begun(person: Person, return_url: str | None = RETURN_URL) -> tuple[str, str]:
    """Where the browser is sent, and the cookie it got."""
    answer = await person.begin(return_url=return_url)
    assert answer.status_code == 201, answer.text
    return answer.json()["authorizationUrl"], cookie_of(answer)


def state_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


def with_query(address: str, **changed: str | None) -> str:
    """The address with parameters changed, or taken away by None."""
    parts = urlsplit(address)
    query: dict[str, Any] = {name: value[0] for name, value in parse_qs(parts.query).items()}
    query = {name: value for name, value in (query | changed).items() if value is not None}
    return urlunsplit(parts._replace(query=urlencode(query)))


async def tokens_asked_for(stack: Stack) -> int:
    return stack.sandbox.world.log.count(LogFilter(path="/oauth2/v2.0/token$"))


async def not_connected(person: Person) -> bool:
    answer = await person.call("GET", person.path("connections"))
    return bool(answer.json() == {"connections": []})


# The state.


async def test_a_callback_without_a_state_is_refused(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    async with nothing_kept(storage):
        for address in (
            f"{stack.api}{CALLBACK}",
            f"{stack.api}{CALLBACK}?state=&code=abc",
            with_query(redirect, state=None),
        ):
            assert_page(await agent.back(address, cookie), "only ends a sign-in")
    assert await tokens_asked_for(stack) == 0


async def test_an_unknown_state_is_refused(stack: Stack, agent: Person, storage: Storage) -> None:
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    state = state_of(redirect)
    async with nothing_kept(storage):
        for unknown in ("x", state[:-1], state.swapcase(), f"{state},{state}", "'", "a|b", "€" * 9):
            answer = await agent.back(with_query(redirect, state=unknown), cookie)
            assert_page(answer, "not known, or was used already")
    assert await tokens_asked_for(stack) == 0


async def test_a_state_can_be_used_once(stack: Stack, agent: Person, storage: Storage) -> None:
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    assert "connected=outlook" in (await agent.back(redirect, cookie)).headers["location"]
    await agent.settled()
    async with nothing_kept(storage):
        assert_page(await agent.back(redirect, cookie), "was used already")
    assert await tokens_asked_for(stack) == 1


async def test_a_state_is_used_up_by_a_refusal_too(agent: Person, storage: Storage) -> None:
    url, cookie = await begun(agent)
    denied = await agent.sign_in(url, ADELE, "deny")
    accepted = await agent.sign_in(url, ADELE)
    assert_sent_back(await agent.back(denied, cookie), "denied")
    async with nothing_kept(storage):
        assert_page(await agent.back(accepted, cookie), "was used already")
    assert await not_connected(agent)


async def test_an_expired_state_is_refused(
    stack: Stack, agent: Person, storage: Storage, clock: Any
) -> None:
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    clock.ahead = timedelta(minutes=10, seconds=1)
    async with nothing_kept_but_the_used_state(storage):
        sentence = assert_sent_back(await agent.back(redirect, cookie), "state_expired")
    assert "longer than ten minutes" in sentence
    assert await tokens_asked_for(stack) == 0


async def test_a_state_is_good_until_its_ten_minutes_are_over(agent: Person, clock: Any) -> None:
    began = clock()
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    clock.ahead += began + timedelta(minutes=9, seconds=45) - clock()
    assert "connected=outlook" in (await agent.back(redirect, cookie)).headers["location"]


async def test_r01_a_sign_in_that_another_browser_began_is_refused(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    """Else somebody could be made to connect their account to the profile of another."""
    redirect = ""
    for cookie in (None, "sign-in=", "sign-in=another", "other=1", "sign-in", '"; =x'):
        async with Person(stack, "victim", {"loc1": "agent"}) as browser:
            url, _ = await begun(agent)
            redirect = await agent.sign_in(url, ADELE)
            async with nothing_kept_but_the_used_state(storage):
                assert_page(await browser.back(redirect, cookie), "begun in another browser")
    assert await tokens_asked_for(stack) == 0
    assert await not_connected(agent)


async def test_r01_the_cookie_of_another_sign_in_is_not_enough(
    agent: Person, storage: Storage
) -> None:
    first, first_cookie = await begun(agent)
    redirect = await agent.sign_in(first, ADELE)
    await begun(agent)
    _, later_cookie = await begun(agent)
    assert first_cookie != later_cookie
    assert_page(await agent.back(redirect, later_cookie), "begun in another browser")
    assert await not_connected(agent)
    assert len(of_sign_ins(await storage.rows())) == 2


async def test_other_cookies_of_the_host_do_no_harm(agent: Person) -> None:
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    answer = await agent.back(redirect, f"theme=dark; {cookie}; _ga=GA1.1.1")
    assert "connected=outlook" in answer.headers["location"]


async def test_the_cookie_ends_with_the_sign_in(agent: Person) -> None:
    begin = await agent.begin()
    attributes = begin.headers["set-cookie"].lower().split("; ")
    assert {"httponly", "max-age=600", "path=/", "samesite=lax"} <= set(attributes)
    url, cookie = begin.json()["authorizationUrl"], cookie_of(begin)
    answer = await agent.back(await agent.sign_in(url, ADELE, "deny"), cookie)
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_a_callback_of_an_unknown_provider_is_refused(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    async with nothing_kept(storage):
        for provider in ("icloud", "Outlook", "a'b", "%00", "<b>"):
            address = redirect.replace("/oauth/outlook/", f"/oauth/{quote(provider, safe='%')}/")
            assert_page(await agent.back(address, cookie), "only ends a sign-in")


async def test_an_answer_at_the_callback_of_another_provider_is_refused(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    async with nothing_kept_but_the_used_state(storage):
        address = redirect.replace("/oauth/outlook/", "/oauth/google/")
        assert_page(await agent.back(address, cookie), "begun in another browser")
    assert await tokens_asked_for(stack) == 0


async def test_an_address_that_is_too_long_is_refused(agent: Person, storage: Storage) -> None:
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    async with nothing_kept(storage):
        answer = await agent.back(with_query(redirect, code="x" * 9000), cookie)
        assert_page(answer, "only ends a sign-in")


async def test_the_page_shows_nothing_of_what_was_sent(agent: Person) -> None:
    address = f"{agent.stack.api}{CALLBACK}?state=<script>alert(1)</script>&error_description=<b>x"
    answer = await agent.http.get(address)
    assert_page(answer, "not known")
    assert "<script" not in answer.text
    assert "<b>" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


# What the provider says.


async def test_consent_that_is_denied_connects_nothing(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE, "deny")
    async with nothing_kept_but_the_used_state(storage):
        sentence = assert_sent_back(await agent.back(redirect, cookie), "denied")
    assert "nothing was connected" in sentence
    assert await tokens_asked_for(stack) == 0
    assert await not_connected(agent)


async def test_an_organisation_whose_administrator_must_consent_is_told_so(
    agent: Person, storage: Storage
) -> None:
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADMIN_CONSENT_ONLY)
    async with nothing_kept_but_the_used_state(storage):
        sentence = assert_sent_back(await agent.back(redirect, cookie), "administrator_needed")
    assert "administrator" in sentence


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("temporarily_unavailable", "provider_unavailable"),
        ("server_error", "provider_unavailable"),
        ("access_denied", "denied"),
        ("login_required", "sign_in_failed"),
        ("something_new", "sign_in_failed"),
    ],
)
async def test_an_error_redirect_is_told_in_our_words(
    agent: Person, storage: Storage, error: str, code: str
) -> None:
    fault = {"service": "authorize", "error": error, "message": "AADSTS90033: <b>Trace ID: 1</b>"}
    await agent.sandbox.post("/sandbox/faults", json=fault)
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    assert f"error={error}" in redirect
    async with nothing_kept_but_the_used_state(storage):
        sentence = assert_sent_back(await agent.back(redirect, cookie), code)
    assert "AADSTS" not in sentence
    assert "Trace" not in sentence


async def test_an_error_counts_even_beside_a_code(agent: Person, storage: Storage) -> None:
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    async with nothing_kept_but_the_used_state(storage):
        answer = await agent.back(with_query(redirect, error="access_denied"), cookie)
    assert_sent_back(answer, "denied")
    assert await not_connected(agent)


async def test_an_answer_with_neither_code_nor_error_connects_nothing(
    agent: Person, storage: Storage
) -> None:
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    async with nothing_kept_but_the_used_state(storage):
        answer = await agent.back(with_query(redirect, code=None), cookie)
    assert_sent_back(answer, "sign_in_mismatch")


async def test_a_made_up_code_connects_nothing(agent: Person, storage: Storage) -> None:
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    async with nothing_kept_but_the_used_state(storage):
        answer = await agent.back(with_query(redirect, code="0.made-up"), cookie)
    assert_sent_back(answer, "sign_in_failed")


async def test_a_code_of_another_sign_in_connects_nothing(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    """PKCE and nonce: a code that was stolen is worth nothing in another sign-in."""
    async with Person(stack, "agent2", {"loc1": "agent"}) as other:
        url, _ = await begun(other)
        stolen = parse_qs(urlsplit(await other.sign_in(url, ALEX)).query)["code"][0]
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    before = await storage.rows()
    answer = await agent.back(with_query(redirect, code=stolen), cookie)
    # The only error of Entra's that says so (AADSTS501481) is otherwise a fault of the application.
    assert_sent_back(answer, "operator_fault")
    assert await not_connected(agent)
    after = await storage.rows()
    [used] = set(before) - set(after)
    assert used in of_sign_ins(before)
    assert set(after) < set(before)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"preset": "token-unavailable"}, "provider_unavailable"),
        ({"preset": "token-bad-gateway"}, "provider_unavailable"),
        ({"service": "token", "effect": "cut"}, "provider_unavailable"),
        ({"service": "token", "effect": "commit-then-cut"}, "provider_unavailable"),
        ({"service": "token", "aadsts": 7000215}, "operator_fault"),
        ({"service": "token", "aadsts": 50057}, "administrator_needed"),
        ({"service": "token", "aadsts": 50076}, "sign_in_failed"),
        ({"preset": "internal", "path": "/calendar$"}, "provider_unavailable"),
        ({"preset": "throttled", "path": "/calendar$"}, "provider_unavailable"),
        ({"preset": "cut", "path": "/calendar$"}, "provider_unavailable"),
    ],
    ids=str,
)
async def test_a_provider_that_fails_meanwhile_connects_nothing(
    agent: Person, storage: Storage, fault: dict[str, Any], code: str
) -> None:
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    added = await agent.sandbox.post("/sandbox/faults", json={**fault, "count": None})
    assert added.status_code == 200, added.text
    async with nothing_kept_but_the_used_state(storage):
        answer = await agent.back(redirect, cookie)
    assert_sent_back(answer, code)
    fired = (await agent.sandbox.get("/sandbox/faults")).json()["value"][0]["fired"]
    assert fired > 0
    assert await not_connected(agent)


async def test_a_provider_that_is_away_when_a_sign_in_begins_leaves_nothing(
    agent: Person, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise requests.ConnectionError

    monkeypatch.setattr(requests.Session, "request", away)
    async with nothing_kept(storage):
        answer = await agent.begin()
    assert_problem(answer, 503, "provider_unavailable")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "granted",
    [
        ["User.Read"],
        ["User.Read", "Calendars.Read"],
        ["User.Read", "Calendars.ReadWrite"],
        ["Calendars.ReadWrite", "Calendars.ReadWrite.Shared"],
    ],
    ids=str,
)
async def test_fewer_permissions_than_asked_for_connect_nothing(
    agent: Person, storage: Storage, granted: list[str]
) -> None:
    url, cookie = await begun(agent)
    asked = ["openid", "profile", "offline_access", *granted]
    redirect = await agent.sign_in(url, ADELE, asked)
    async with nothing_kept_but_the_used_state(storage):
        answer = await agent.back(redirect, cookie)
    assert "Not all permissions" in assert_sent_back(answer, "permissions_missing")
    assert await not_connected(agent)


async def test_a_personal_account_needs_no_permission_for_shared_calendars(agent: Person) -> None:
    consent = ["openid", "profile", "offline_access", "User.Read", "Calendars.ReadWrite"]
    answer = await agent.connect(PAT, consent=consent)
    assert "connected=outlook" in answer.headers["location"]


async def test_without_lasting_access_nothing_is_connected(agent: Person, storage: Storage) -> None:
    await agent.sandbox.patch("/sandbox/entra", json={"omitRefreshToken": ["*"]})
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ADELE)
    async with nothing_kept_but_the_used_state(storage):
        assert_sent_back(await agent.back(redirect, cookie), "no_lasting_access")
    assert await not_connected(agent)


# The account.


async def test_r03_another_account_than_the_one_connected_is_refused_and_that_one_stays(
    agent: Person, storage: Storage
) -> None:
    await agent.connect(ADELE)
    await agent.settled()
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, ALEX)
    async with nothing_kept_but_the_used_state(storage):
        sentence = assert_sent_back(await agent.back(redirect, cookie), "another_account_connected")
    assert ADELE in sentence
    assert ALEX not in sentence
    [found] = (await agent.call("GET", agent.path("connections"))).json()["connections"]
    assert (found["email"], found["status"]) == (ADELE, "connected")


async def test_r03_the_refused_account_is_free_for_others(stack: Stack, agent: Person) -> None:
    await agent.connect(ADELE)
    await agent.connect(ALEX)
    async with Person(stack, "agent2", {"loc1": "agent"}) as other:
        assert "connected=outlook" in (await other.connect(ALEX)).headers["location"]


async def test_r04_an_account_that_another_user_has_is_refused_and_stays_theirs(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    await agent.connect(MEGAN)
    await agent.settled()
    async with Person(stack, "agent2", {"loc1": "agent"}) as other:
        url, cookie = await begun(other)
        redirect = await other.sign_in(url, MEGAN)
        async with nothing_kept_but_the_used_state(storage):
            sentence = assert_sent_back(await other.back(redirect, cookie), "account_taken")
        assert "Agnes One" in sentence
        assert await not_connected(other)


@pytest.mark.parametrize("address", [UNLICENSED, FOREIGN_ADDRESS])
async def test_r02_an_account_without_a_cloud_mailbox_is_refused(
    agent: Person, storage: Storage, address: str
) -> None:
    """A work account without a licence, and a Microsoft account over somebody else's e-mail."""
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, address)
    async with nothing_kept_but_the_used_state(storage):
        sentence = assert_sent_back(await agent.back(redirect, cookie), "no_mailbox")
    assert "no mailbox in the cloud" in sentence
    assert await not_connected(agent)


@pytest.mark.parametrize(
    "code",
    ["MailboxNotEnabledForRESTAPI", "ErrorNonExistentMailbox", "MailboxNotHostedInExchangeOnline"],
)
async def test_r02_every_way_in_which_graph_says_so_is_understood(
    agent: Person, storage: Storage, code: str
) -> None:
    """A mailbox on an Exchange server of the organisation's own is one of them."""
    await agent.sandbox.patch(f"/sandbox/users/{UNLICENSED}", json={"noMailboxCode": code})
    url, cookie = await begun(agent)
    redirect = await agent.sign_in(url, UNLICENSED)
    async with nothing_kept_but_the_used_state(storage):
        assert_sent_back(await agent.back(redirect, cookie), "no_mailbox")


async def test_r02_a_guest_has_no_mailbox_in_the_inviting_organisation(
    agent: Person, storage: Storage
) -> None:
    url, cookie = await begun(agent)
    as_guest = url.replace("/common/", "/fabrikam.example/")
    assert as_guest != url
    redirect = await agent.sign_in(as_guest, ADELE)
    async with nothing_kept_but_the_used_state(storage):
        assert_sent_back(await agent.back(redirect, cookie), "no_mailbox")
    assert await not_connected(agent)


async def test_r02_a_refused_account_can_be_followed_by_a_good_one(agent: Person) -> None:
    await agent.connect(UNLICENSED)
    assert "connected=outlook" in (await agent.connect(ADELE)).headers["location"]


async def test_without_a_return_url_a_page_tells_how_it_ended(agent: Person) -> None:
    refused: httpx.Response = await agent.connect(UNLICENSED, return_url=None)
    assert_page(refused, "no mailbox in the cloud")
    done = await agent.connect(ADELE, return_url=None)
    assert (done.status_code, "Connected" in done.text) == (200, True)
