"""Sign-in with Google: authorization, tokens, revocation."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import jwt
import pytest

from sandbox.google.registration import CLIENT_ID, CLIENT_SECRET
from sandbox.server import RunningSandbox
from tests.sandbox.google_client import EVENTS, GINA, GREG

BACK = "http://localhost:7071/api/oauth/google/callback"
CALENDAR = "https://www.googleapis.com/auth/calendar"
ENTRIES = f"{CALENDAR}.calendarlist.readonly"
VERIFIER = "v" * 50
_DIGEST = hashlib.sha256(VERIFIER.encode()).digest()
CHALLENGE = base64.urlsafe_b64encode(_DIGEST).rstrip(b"=").decode()
ASKED = {
    "client_id": CLIENT_ID,
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": f"openid email profile {CALENDAR}.events {ENTRIES}",
    "state": "s1",
    "nonce": "n1",
    "access_type": "offline",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def url(**more: str | None) -> str:
    given = {name: value for name, value in (ASKED | more).items() if value is not None}
    return f"https://localhost/o/oauth2/v2/auth?{urlencode(given)}"


async def signed_in(
    http: httpx.AsyncClient, user: str = GINA, consent: Any = "accept", **more: str | None
) -> dict[str, str]:
    body = {"authorizationUrl": url(**more), "user": user, "consent": consent}
    answer = await http.post("/sandbox/sign-in", json=body)
    assert answer.status_code == 200, answer.text
    return dict(parse_qsl(urlsplit(answer.json()["redirectUrl"]).query))


async def redeem(http: httpx.AsyncClient, code: str, **more: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "code_verifier": VERIFIER,
    }
    return await http.post("/token", data=form | more)


async def tokens(http: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await redeem(http, (await signed_in(http, **more))["code"])
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def refresh(http: httpx.AsyncClient, token: str, **more: str) -> httpx.Response:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    return await http.post("/token", data=form | more)


async def test_code_flow(http: httpx.AsyncClient, sandbox: RunningSandbox) -> None:
    back = await signed_in(http)
    assert (back["state"], back["hd"]) == ("s1", "fabrikam.example")
    assert f"{CALENDAR}.events" in back["scope"].split()
    body = (await redeem(http, back["code"])).json()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 3599
    assert set(body["scope"].split()) == set(back["scope"].split())
    assert {"openid", "https://www.googleapis.com/auth/userinfo.email"} <= set(
        body["scope"].split()
    )
    keys = jwt.PyJWKSet.from_dict((await http.get("/oauth2/v3/certs")).json())
    claims = jwt.decode(
        body["id_token"],
        keys[jwt.get_unverified_header(body["id_token"])["kid"]],
        algorithms=["RS256"],
        audience=CLIENT_ID,
        issuer=sandbox.http_url,
    )
    account = sandbox.world.google.account(GINA)
    assert claims["sub"] == account.sub
    assert account.sub.isdigit()
    assert (claims["email"], claims["email_verified"]) == (GINA, True)
    assert (claims["hd"], claims["nonce"]) == ("fabrikam.example", "n1")
    digest = hashlib.sha256(body["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    headers = {"Authorization": f"Bearer {body['access_token']}"}
    assert (await http.get(EVENTS, headers=headers)).status_code == 200
    assert (await http.get("/v1/userinfo", headers=headers)).json()["sub"] == account.sub


async def test_discovery_names_what_is_there(
    http: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    found = (await http.get("/.well-known/openid-configuration")).json()
    assert found["issuer"] == sandbox.http_url
    assert found["token_endpoint"] == f"{sandbox.http_url}/token"
    assert found["jwks_uri"] == f"{sandbox.http_url}/oauth2/v3/certs"


async def test_no_hosted_domain_outside_workspace(http: httpx.AsyncClient) -> None:
    body = await tokens(http, user=GREG)
    claims = jwt.decode(body["id_token"], options={"verify_signature": False})
    assert "hd" not in claims


async def test_refresh_gives_no_new_refresh_token(http: httpx.AsyncClient) -> None:
    first = await tokens(http)
    answer = await refresh(http, first["refresh_token"])
    assert "refresh_token" not in answer.json()
    assert answer.json()["access_token"] != first["access_token"]
    assert (await refresh(http, first["refresh_token"])).status_code == 200


async def test_refresh_token_on_first_consent_only(http: httpx.AsyncClient) -> None:
    assert "refresh_token" in await tokens(http)
    assert "refresh_token" not in await tokens(http)
    assert "refresh_token" in await tokens(http, prompt="consent")
    assert "refresh_token" not in await tokens(http, prompt="consent", access_type="online")


async def test_fewer_scopes_than_asked(http: httpx.AsyncClient) -> None:
    body = await tokens(http, consent=[ENTRIES])
    assert f"{CALENDAR}.events" not in body["scope"].split()
    headers = {"Authorization": f"Bearer {body['access_token']}"}
    assert (await http.get("/calendar/v3/users/me/calendarList", headers=headers)).is_success
    refused = await http.get(EVENTS, headers=headers)
    assert refused.status_code == 403
    assert refused.json()["error"]["errors"][0]["reason"] == "insufficientPermissions"


async def test_earlier_grants_are_included_when_asked(http: httpx.AsyncClient) -> None:
    await tokens(http)
    more = {"scope": f"openid {CALENDAR}.freebusy", "include_granted_scopes": "true"}
    assert f"{CALENDAR}.events" in (await tokens(http, **more))["scope"].split()
    alone = await tokens(http, scope=f"openid {CALENDAR}.freebusy")
    assert f"{CALENDAR}.events" not in alone["scope"].split()


async def test_declined(http: httpx.AsyncClient) -> None:
    assert await signed_in(http, consent="deny") == {"error": "access_denied", "state": "s1"}


async def test_a_code_works_once_and_only_for_who_asked(http: httpx.AsyncClient) -> None:
    code = (await signed_in(http))["code"]
    wrong = await redeem(http, code, code_verifier="w" * 50)
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    assert wrong.json()["error_description"] == "Invalid code verifier."
    elsewhere = await redeem(http, code, redirect_uri="http://localhost:1/other")
    assert elsewhere.json()["error"] == "redirect_uri_mismatch"
    stranger = await redeem(http, code, client_secret="wrong")
    assert (stranger.status_code, stranger.json()["error"]) == (401, "invalid_client")
    assert (await redeem(http, code)).status_code == 200
    assert (await redeem(http, code)).json()["error"] == "invalid_grant"
    assert (await redeem(http, "nonsense")).json()["error_description"] == "Malformed auth code."


async def test_revoking_ends_the_whole_grant(
    http: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    one, other = await tokens(http), await tokens(http, prompt="consent")
    answer = await http.post("/revoke", params={"token": one["refresh_token"]})
    assert (answer.status_code, answer.json()) == (200, {})
    again = await http.post("/revoke", data={"token": one["refresh_token"]})
    assert (again.status_code, again.json()["error"]) == (400, "invalid_token")
    dead = await refresh(http, other["refresh_token"])
    assert (dead.status_code, dead.json()) == (
        400,
        {
            "error": "invalid_grant",
            "error_description": "Token has been expired or revoked.",
        },
    )
    headers = {"Authorization": f"Bearer {other['access_token']}"}
    assert (await http.get(EVENTS, headers=headers)).status_code == 401
    logged = sandbox.world.log.find()
    assert {entry.service for entry in logged} == {"google"}
    assert not any(one["refresh_token"] in entry.query for entry in logged)


async def test_the_oldest_of_too_many_refresh_tokens_dies(
    http: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    sandbox.world.google.oauth.settings.refresh_tokens_each = 2
    first, *others = [(await tokens(http, prompt="consent"))["refresh_token"] for _ in range(3)]
    assert (await refresh(http, first)).json()["error"] == "invalid_grant"
    assert [(await refresh(http, token)).status_code for token in others] == [200, 200]


async def test_in_testing_refresh_tokens_live_a_week(
    http: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    sandbox.world.google.registration.testing = True
    body = await tokens(http)
    assert body["refresh_token_expires_in"] == 604_799
    await http.post("/sandbox/clock", json={"advanceSeconds": 604_801})
    assert (await refresh(http, body["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({"client_id": "x"}, "invalid_client"),
        ({"redirect_uri": "https://evil.example/"}, "redirect_uri_mismatch"),
        ({"scope": "openid nonsense"}, "invalid_scope"),
        ({"response_type": "token"}, "invalid_request"),
    ],
)
async def test_mistakes_are_shown_not_sent_back(
    http: httpx.AsyncClient, more: dict[str, str], shown: str
) -> None:
    answer = await http.get(url(**more).removeprefix("https://localhost"))
    assert answer.status_code in (400, 401)
    assert shown in answer.text


async def test_the_pages(http: httpx.AsyncClient) -> None:
    path = url().removeprefix("https://localhost")
    assert GINA in (await http.get(path)).text
    assert "calendar.events" in (await http.post(path, data={"user": GINA})).text
    form = {"user": GINA, "decision": "accept", "chosen": "1", "scope": [ENTRIES]}
    answer = await http.post(path, data=form)
    values = parse_qs(urlsplit(answer.headers["location"]).query)
    assert f"{CALENDAR}.events" not in values["scope"][0].split()
    declined = await http.post(path, data={"decision": "deny"})
    assert "error=access_denied" in declined.headers["location"]


async def test_nobody_to_sign_in_silently(http: httpx.AsyncClient) -> None:
    path = url(prompt="none", login_hint=GINA).removeprefix("https://localhost")
    assert "error=interaction_required" in (await http.get(path)).headers["location"]
    await tokens(http)
    assert "code=" in (await http.get(path)).headers["location"]


@pytest.mark.parametrize(
    ("preset", "status", "error"),
    [
        ("google-token-revoked", 400, "invalid_grant"),
        ("google-token-rapt", 400, "invalid_grant"),
        ("google-token-admin-policy", 400, "admin_policy_enforced"),
        ("google-token-invalid-client", 401, "invalid_client"),
        ("google-token-internal", 500, "internal_failure"),
        ("google-token-throttled", 429, "rate_limit_exceeded"),
    ],
)
async def test_token_faults(http: httpx.AsyncClient, preset: str, status: int, error: str) -> None:
    first = await tokens(http)
    await http.post("/sandbox/faults", json={"preset": preset, "mailbox": GINA})
    answer = await refresh(http, first["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert (await refresh(http, first["refresh_token"])).status_code == 200


async def test_token_answer_lost(http: httpx.AsyncClient) -> None:
    code = (await signed_in(http))["code"]
    await http.post(
        "/sandbox/faults", json={"service": "google-token", "effect": "commit-then-cut"}
    )
    with pytest.raises(httpx.TransportError):
        await redeem(http, code)
    assert (await redeem(http, code)).json()["error"] == "invalid_grant"
