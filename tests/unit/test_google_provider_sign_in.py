"""Google's sign-in: what is asked for, what is refused, and what each error means."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import google.oauth2.credentials
import google.oauth2.id_token
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from shared.domain.model import Account
from shared.domain.records import AccountProfile
from shared.domain.sign_in import Begun, SignedIn
from shared.errors import (
    CalendarSyncError,
    OperatorFault,
    ProviderUnavailable,
    ReconnectRequired,
    SignInFailed,
)
from shared.providers.google.sign_in import (
    CALENDAR_SCOPES,
    GOOGLE,
    GoogleApp,
    GoogleSignIn,
    _challenge,
)
from shared.providers.google.sign_in_errors import meaning, refusal

BASE = "https://accounts.example.test"
TOKEN, REVOKE, CERTS = (f"{BASE}/{path}" for path in ("token", "revoke", "oauth2/v3/certs"))
CALLBACK = "https://app.example.test/api/oauth/google/callback"
KEY, OTHER_KEY = (generate_private_key(65537, 2048) for _ in range(2))
GRANTED = (
    "openid",
    "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/userinfo.profile",
    *CALENDAR_SCOPES,
)


def signed(claims: dict[str, Any], key: RSAPrivateKey = KEY, kid: str | None = "k1") -> str:
    return jwt.encode(claims, key, "RS256", headers={"kid": kid} if kid else {})


def published(key: RSAPrivateKey = KEY, kid: str = "k1") -> dict[str, Any]:
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**jwk, "kid": kid, "use": "sig", "alg": "RS256"}


class Google:
    """Answers in memory: each endpoint as it should, unless a test says otherwise."""

    def __init__(self) -> None:
        self.issuer = BASE
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answers: dict[str, httpx.Response | Exception] = {}
        self.granted: dict[str, Any] = {
            "access_token": "ya29.first",
            "expires_in": 3599,
            "refresh_token": "1//kept",
            "scope": " ".join(GRANTED),
            "token_type": "Bearer",
        }
        self.keys = [published()]
        self.sign: Callable[[dict[str, Any]], str] = signed
        self.claims: dict[str, Any] = {
            "iss": BASE,
            "aud": "client",
            "azp": "client",
            "sub": "110169484474386276334",
            "email": "anne@gmail.example",
            "email_verified": True,
            "name": "Anne",
            "iat": int(time.time()),
            "exp": int(time.time()) + 3600,
        }

    def __call__(self, request: httpx.Request) -> httpx.Response:
        url, form = str(request.url), dict(parse_qsl(request.content.decode()))
        self.asked.append((url, form))
        answer = self.answers.get(url) or self._usual(url)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _usual(self, url: str) -> httpx.Response:
        if url == TOKEN:
            return httpx.Response(200, json=self.granted)
        if url == CERTS:
            return httpx.Response(200, json={"keys": self.keys})
        if url == REVOKE:
            return httpx.Response(200, json={})
        assert url == f"{BASE}/.well-known/openid-configuration"
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{BASE}/o/oauth2/v2/auth",
            "token_endpoint": TOKEN,
            "revocation_endpoint": REVOKE,
            "jwks_uri": CERTS,
            "response_types_supported": ["code"],
        }
        return httpx.Response(200, json=found)

    def forms(self, url: str) -> list[dict[str, str]]:
        return [form for asked, form in self.asked if asked == url]


class Clock:
    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def sign_in_at(google: Google, clock: Callable[[], datetime]) -> GoogleSignIn:
    http = httpx.AsyncClient(transport=httpx.MockTransport(google))
    return GoogleSignIn(GoogleApp("client", "secret", BASE), http, clock)


@pytest.fixture
def server() -> Google:
    return Google()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sign_in(server: Google, clock: Clock) -> GoogleSignIn:
    return sign_in_at(server, clock)


async def finished(sign_in: GoogleSignIn, server: Google, **answer: str | None) -> SignedIn:
    """The whole sign-in; the id token gets the nonce that was sent unless it has one."""
    begun = await sign_in.begin(CALLBACK)
    nonce = parse_qs(urlsplit(begun.authorization_url).query)["nonce"][0]
    if "id_token" not in server.granted:
        server.granted["id_token"] = server.sign({"nonce": nonce, **server.claims})
    given = {"state": begun.state, "code": "4/0Acode", **answer}
    flow = json.loads(json.dumps(begun.flow))  # as it is kept meanwhile
    return await sign_in.finish(flow, {k: v for k, v in given.items() if v is not None})


async def refused(sign_in: GoogleSignIn, server: Google, **answer: str | None) -> SignInFailed:
    with pytest.raises(SignInFailed) as raised:
        await finished(sign_in, server, **answer)
    return raised.value


# Beginning.


def query_of(begun: Begun) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(begun.authorization_url).query))


async def test_the_browser_is_sent_with_all_that_lasting_access_needs(
    sign_in: GoogleSignIn,
) -> None:
    begun = await sign_in.begin(CALLBACK)
    query = query_of(begun)
    assert begun.authorization_url.startswith(f"{BASE}/o/oauth2/v2/auth?")
    secret = {query.pop(name) for name in ("state", "nonce", "code_challenge")}
    assert query == {
        "client_id": "client",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid email profile https://www.googleapis.com/auth/calendar.events "
        "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent select_account",
        "include_granted_scopes": "false",
    }
    assert len(secret) == 3
    assert all(len(text) >= 43 for text in secret)


async def test_no_two_sign_ins_are_alike(sign_in: GoogleSignIn) -> None:
    one, other = query_of(await sign_in.begin(CALLBACK)), query_of(await sign_in.begin(CALLBACK))
    for name in ("state", "nonce", "code_challenge"):
        assert one[name] != other[name]


async def test_the_addresses_are_asked_for_once(sign_in: GoogleSignIn, server: Google) -> None:
    for _ in range(3):
        await sign_in.begin(CALLBACK)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404),
        httpx.Response(429),
        httpx.Response(503, text="<html>"),
        httpx.Response(302, headers={"Location": "https://elsewhere.example.test"}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"issuer": BASE}),
        httpx.ConnectError("no route"),
        httpx.ReadTimeout("slow"),
    ],
    ids=str,
)
async def test_without_the_addresses_nothing_begins_and_the_next_try_asks_anew(
    sign_in: GoogleSignIn, server: Google, answer: httpx.Response | Exception
) -> None:
    server.answers[f"{BASE}/.well-known/openid-configuration"] = answer
    with pytest.raises(ProviderUnavailable):
        await sign_in.begin(CALLBACK)
    server.answers.clear()
    await sign_in.begin(CALLBACK)


async def test_a_base_that_is_not_the_issuer_is_the_operators_fault(
    sign_in: GoogleSignIn, server: Google
) -> None:
    server.issuer = "https://elsewhere.example.test"
    with pytest.raises(OperatorFault):
        await sign_in.begin(CALLBACK)


# Finishing.


async def test_who_has_signed_in(sign_in: GoogleSignIn, server: Google, clock: Clock) -> None:
    found = await finished(sign_in, server)
    assert found.account == Account(GOOGLE, "110169484474386276334")
    assert found.profile == AccountProfile("anne@gmail.example", "Anne", "personal")
    assert found.tokens.access_token == "ya29.first"
    left = found.tokens.access_expires_at - clock()
    assert timedelta(seconds=3590) < left <= timedelta(seconds=3599)
    assert sign_in.read(found.tokens.cache) == found.tokens


async def test_an_account_of_an_organisation_is_for_work(
    sign_in: GoogleSignIn, server: Google
) -> None:
    server.claims["hd"] = "contoso.example"
    assert (await finished(sign_in, server)).profile.kind == "work"


async def test_the_code_is_redeemed_with_the_verifier_of_its_challenge(
    sign_in: GoogleSignIn, server: Google
) -> None:
    begun = await sign_in.begin(CALLBACK)
    server.granted["id_token"] = signed({**server.claims, "nonce": query_of(begun)["nonce"]})
    await sign_in.finish(begun.flow, {"state": begun.state, "code": "4/0Acode"})
    [form] = server.forms(TOKEN)
    verifier = form.pop("code_verifier")
    assert form == {
        "client_id": "client",
        "client_secret": "secret",
        "grant_type": "authorization_code",
        "code": "4/0Acode",
        "redirect_uri": CALLBACK,
    }
    assert 43 <= len(verifier) <= 128
    assert query_of(begun)["code_challenge"] == _challenge(verifier)


def test_a_challenge_is_that_of_the_standard() -> None:
    """https://www.rfc-editor.org/rfc/rfc7636#appendix-B"""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert _challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize("state", [None, "", "of somebody else"])
async def test_an_answer_of_another_sign_in_is_refused(
    sign_in: GoogleSignIn, server: Google, state: str | None
) -> None:
    assert (await refused(sign_in, server, state=state)).reason == "sign_in_mismatch"
    assert server.forms(TOKEN) == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("access_denied", "denied"),
        ("consent_required", "denied"),
        ("admin_policy_enforced", "administrator_needed"),
        ("org_internal", "administrator_needed"),
        ("server_error", "provider_unavailable"),
        ("temporarily_unavailable", "provider_unavailable"),
        ("login_required", "sign_in_failed"),
        ("<b>", "sign_in_failed"),
    ],
)
async def test_error_redirects(
    sign_in: GoogleSignIn, server: Google, error: str, code: str
) -> None:
    found = await refused(sign_in, server, error=error, error_description="<b>", code=None)
    assert found.reason == code
    assert "<b>" not in found.detail
    assert server.forms(TOKEN) == []


async def test_an_answer_without_a_code_is_refused(sign_in: GoogleSignIn, server: Google) -> None:
    assert (await refused(sign_in, server, code=None)).reason == "sign_in_failed"


@pytest.mark.parametrize("missing", CALENDAR_SCOPES)
async def test_fewer_scopes_than_are_needed_are_refused(
    sign_in: GoogleSignIn, server: Google, missing: str
) -> None:
    server.granted["scope"] = " ".join(scope for scope in GRANTED if scope != missing)
    found = await refused(sign_in, server)
    assert found.reason == "permissions_missing"
    assert "tick all boxes" in found.detail
    assert server.forms(REVOKE) == []  # it would end the grant of who has the account connected


async def test_without_a_refresh_token_there_is_no_lasting_access(
    sign_in: GoogleSignIn, server: Google
) -> None:
    del server.granted["refresh_token"]
    assert (await refused(sign_in, server)).reason == "no_lasting_access"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://accounts.example.test.evil.example"},
        {"iss": "https://accounts.google.com"},
        {"aud": "another client"},
        {"aud": ["client", "another client"]},
        {"exp": 1_700_000_000},
        {"exp": "soon"},
        {"sub": ""},
        {"sub": "a/b"},
        {"sub": "a|b"},
        {"sub": "1" * 256},
        {"sub": 7},
    ],
    ids=str,
)
async def test_an_identity_that_is_not_valid_is_refused(
    sign_in: GoogleSignIn, server: Google, claims: dict[str, Any]
) -> None:
    server.claims |= claims
    assert (await refused(sign_in, server)).reason == "identity_invalid"


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "sub"])
async def test_an_identity_that_lacks_a_claim_is_refused(
    sign_in: GoogleSignIn, server: Google, name: str
) -> None:
    del server.claims[name]
    assert (await refused(sign_in, server)).reason == "identity_invalid"


async def test_the_nonce_must_be_that_of_the_sign_in(sign_in: GoogleSignIn, server: Google) -> None:
    server.claims["nonce"] = "of somebody else"
    assert (await refused(sign_in, server)).reason == "sign_in_mismatch"


async def test_an_identity_without_a_nonce_is_refused(
    sign_in: GoogleSignIn, server: Google
) -> None:
    server.granted["id_token"] = signed(server.claims)
    assert (await refused(sign_in, server)).reason == "identity_invalid"


FORGERIES: dict[str, Callable[[dict[str, Any]], str]] = {
    "another key under the same name": lambda claims: signed(claims, OTHER_KEY),
    "an unknown key": lambda claims: signed(claims, OTHER_KEY, "k2"),
    "no key named": lambda claims: signed(claims, kid=None),
    "a changed payload": lambda claims: ".".join(
        (
            *signed({**claims, "sub": "1"}).split(".")[:2],
            signed(claims).split(".")[2],
        )
    ),
    "no signature": lambda claims: jwt.encode(claims, None, "none", headers={"kid": "k1"}),
    "a shared secret": lambda claims: jwt.encode(
        claims, "secret" * 8, "HS256", headers={"kid": "k1"}
    ),
    "nothing": lambda _: "",
    "no token": lambda _: "eyJ",
}


@pytest.mark.parametrize("forged", FORGERIES)
async def test_an_identity_that_google_has_not_signed_is_refused(
    sign_in: GoogleSignIn, server: Google, forged: str
) -> None:
    server.sign = FORGERIES[forged]
    assert (await refused(sign_in, server)).reason == "identity_invalid"


async def test_keys_that_google_has_changed_meanwhile_are_known(
    sign_in: GoogleSignIn, server: Google
) -> None:
    await finished(sign_in, server)
    server.keys = [published(OTHER_KEY, "k2"), published()]
    del server.granted["id_token"]
    server.sign = lambda claims: signed(claims, OTHER_KEY, "k2")
    await finished(sign_in, server)


async def test_the_issuer_may_lack_its_scheme(sign_in: GoogleSignIn, server: Google) -> None:
    server.claims["iss"] = "accounts.example.test"
    await finished(sign_in, server)


async def test_a_clock_may_be_a_little_wrong(
    sign_in: GoogleSignIn, server: Google, clock: Clock
) -> None:
    for ahead in (timedelta(minutes=-5), timedelta(minutes=61)):
        clock.ahead = ahead
        server.granted.pop("id_token", None)
        await finished(sign_in, server)
    clock.ahead = timedelta(minutes=63)
    del server.granted["id_token"]
    assert (await refused(sign_in, server)).reason == "identity_invalid"


async def test_googles_own_library_takes_the_identity_too(
    sign_in: GoogleSignIn, server: Google
) -> None:
    """What the tests make is what Google's tokens are, so far as its library looks."""
    await finished(sign_in, server)

    class Answer:
        status, headers, data = 200, {}, json.dumps({"keys": server.keys}).encode()

    found = google.oauth2.id_token.verify_token(
        server.granted["id_token"], lambda *_, **__: Answer(), "client", CERTS
    )
    assert found["sub"] == server.claims["sub"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"keys": []}),
        httpx.Response(200, json={"keys": "x"}),
        httpx.Response(500),
        httpx.ReadTimeout("slow"),
    ],
    ids=str,
)
async def test_keys_that_cannot_be_read_are_no_fault_of_the_user(
    sign_in: GoogleSignIn, server: Google, answer: httpx.Response | Exception
) -> None:
    server.answers[CERTS] = answer
    with pytest.raises(ProviderUnavailable):
        await finished(sign_in, server)


# Errors of the token endpoint.

ERRORS: list[tuple[int, dict[str, str] | str, type[CalendarSyncError]]] = [
    (400, {"error": "invalid_grant", "error_description": "Bad Request"}, ReconnectRequired),
    (
        400,
        {"error": "invalid_grant", "error_description": "Token has been expired or revoked."},
        ReconnectRequired,
    ),
    (
        400,
        {
            "error": "invalid_grant",
            "error_description": "reauth related error (invalid_rapt)",
            "error_subtype": "invalid_rapt",
        },
        ReconnectRequired,
    ),
    (400, {"error": "admin_policy_enforced"}, ReconnectRequired),
    (401, {"error": "invalid_client", "error_description": "Unauthorized"}, OperatorFault),
    (401, {"error": "deleted_client"}, OperatorFault),
    (401, {"error": "disabled_client"}, OperatorFault),
    (401, {"error": "unauthorized_client"}, OperatorFault),
    (400, {"error": "redirect_uri_mismatch"}, OperatorFault),
    (400, {"error": "invalid_request"}, OperatorFault),
    (400, {"error": "unsupported_grant_type"}, OperatorFault),
    (429, {"error": "rate_limit_exceeded"}, ProviderUnavailable),
    (403, {"error": "rate_limit_exceeded"}, ProviderUnavailable),
    (403, '{"error": {"code": 403, "status": "PERMISSION_DENIED"}}', ProviderUnavailable),
    (500, {"error": "invalid_grant"}, ProviderUnavailable),
    (500, {"error": "internal_failure"}, ProviderUnavailable),
    (503, "<html>", ProviderUnavailable),
    (400, "<html>", ProviderUnavailable),
    (400, "[]", ProviderUnavailable),
    (400, "{}", ProviderUnavailable),
    (302, "", ProviderUnavailable),
    (200, "not json", ProviderUnavailable),
    (200, "{}", ProviderUnavailable),
    (200, {"access_token": "", "expires_in": "3599"}, ProviderUnavailable),
    (200, {"access_token": "ya29.next", "expires_in": "0"}, ProviderUnavailable),
]


def cache(refresh_token: str = "1//kept", minutes: int = 60) -> bytes:
    expires = datetime.now(UTC) + timedelta(minutes=minutes)
    kept = {
        "refresh_token": refresh_token,
        "access_token": "ya29.old",
        "access_expires_at": expires.isoformat(),
    }
    return json.dumps(kept).encode()


@pytest.mark.parametrize(("status", "body", "expected"), ERRORS, ids=str)
async def test_a_refresh_that_fails(
    sign_in: GoogleSignIn,
    server: Google,
    status: int,
    body: dict[str, str] | str,
    expected: type[CalendarSyncError],
) -> None:
    content = body if isinstance(body, str) else json.dumps(body)
    server.answers[TOKEN] = httpx.Response(status, text=content)
    with pytest.raises(CalendarSyncError) as raised:
        await sign_in.refresh(cache("1//very-secret"))
    assert type(raised.value) is expected
    shown = f"{raised.value} {raised.value!r} {raised.value.detail}"
    assert "very-secret" not in shown
    assert "ya29" not in shown
    if isinstance(body, dict) and "error_description" in body:
        assert body["error_description"] not in shown


@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError]
)
async def test_a_refresh_that_is_not_answered(
    sign_in: GoogleSignIn, server: Google, error: type[httpx.HTTPError]
) -> None:
    server.answers[TOKEN] = error("1//very-secret")
    with pytest.raises(ProviderUnavailable) as raised:
        await sign_in.refresh(cache())
    assert "very-secret" not in str(raised.value)


async def test_a_code_that_google_does_not_take_asks_for_another_sign_in(
    sign_in: GoogleSignIn, server: Google
) -> None:
    server.answers[TOKEN] = httpx.Response(400, json={"error": "invalid_grant"})
    with pytest.raises(ReconnectRequired):
        await finished(sign_in, server)


def test_an_error_of_an_unknown_kind_is_not_quoted() -> None:
    found = meaning({"error": "anne@gmail.example has 1//secret"})
    assert type(found) is OperatorFault
    assert "anne" not in str(found)
    assert refusal({"error": "anne"}).reason == "sign_in_failed"


def test_an_administrators_policy_is_told_apart() -> None:
    assert meaning({"error": "admin_policy_enforced"}).reason == "administrator_needed"
    assert meaning({"error": "invalid_grant"}).reason == "reconnect_required"


# Refreshing.


async def test_a_refresh_keeps_the_refresh_token(
    sign_in: GoogleSignIn, server: Google, clock: Clock
) -> None:
    server.granted = {"access_token": "ya29.next", "expires_in": 1800, "token_type": "Bearer"}
    tokens = await sign_in.refresh(cache())
    assert tokens.access_token == "ya29.next"
    assert json.loads(tokens.cache)["refresh_token"] == "1//kept"
    assert timedelta(seconds=1790) < tokens.access_expires_at - clock() <= timedelta(seconds=1800)
    assert sign_in.read(tokens.cache) == tokens
    again = await sign_in.refresh(tokens.cache)
    assert json.loads(again.cache)["refresh_token"] == "1//kept"


async def test_another_refresh_token_would_be_kept(sign_in: GoogleSignIn, server: Google) -> None:
    server.granted["refresh_token"] = "1//newer"
    tokens = await sign_in.refresh(cache())
    assert json.loads(tokens.cache)["refresh_token"] == "1//newer"


async def test_a_refresh_asks_as_googles_own_library_does(
    sign_in: GoogleSignIn, server: Google
) -> None:
    await sign_in.refresh(cache())
    sent: list[dict[str, str]] = []

    class Answer:
        status, headers = 200, {}
        data = json.dumps({"access_token": "ya29.next", "expires_in": 3599}).encode()

    def request(body: bytes, **_: Any) -> Answer:
        sent.append(dict(parse_qsl(body.decode())))
        return Answer()

    google.oauth2.credentials.Credentials(
        None,
        refresh_token="1//kept",
        token_uri=TOKEN,
        client_id="client",
        client_secret="secret",
    ).refresh(request)
    assert server.forms(TOKEN) == sent


def test_a_cache_is_read_without_any_request(sign_in: GoogleSignIn, server: Google) -> None:
    found = sign_in.read(cache(minutes=-10))
    assert found is not None
    assert found.access_token == "ya29.old"
    assert found.access_expires_at < datetime.now(UTC)
    assert server.asked == []


# Ending.


async def test_the_end_takes_back_the_refresh_token_in_the_body(
    sign_in: GoogleSignIn, server: Google
) -> None:
    """Not in the address, which proxies log."""
    await sign_in.end(cache())
    assert server.asked[-1] == (REVOKE, {"token": "1//kept"})


async def test_a_grant_that_is_over_already_is_no_error(
    sign_in: GoogleSignIn, server: Google
) -> None:
    body = {"error": "invalid_token", "error_description": "Token expired or revoked"}
    server.answers[REVOKE] = httpx.Response(400, json=body)
    await sign_in.end(cache())


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(429), ProviderUnavailable),
        (httpx.Response(503, text="<html>"), ProviderUnavailable),
        (httpx.Response(400, text="<html>"), ProviderUnavailable),
        (httpx.ReadTimeout("slow"), ProviderUnavailable),
        (httpx.Response(400, json={"error": "invalid_request"}), OperatorFault),
        (httpx.Response(400, json={"error": "rate_limit_exceeded"}), ProviderUnavailable),
        (httpx.Response(403, json={"error": {"code": 403}}), ProviderUnavailable),
        (httpx.Response(400, json={"error": ["invalid_token"]}), ProviderUnavailable),
    ],
    ids=str,
)
async def test_an_end_that_fails_says_whether_trying_again_may_help(
    sign_in: GoogleSignIn,
    server: Google,
    answer: httpx.Response | Exception,
    expected: type[CalendarSyncError],
) -> None:
    server.answers[REVOKE] = answer
    with pytest.raises(expected):
        await sign_in.end(cache())
