"""Signing in: discovery, authorize, token, refresh, faults."""

import asyncio
import base64
import hashlib
import json
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import jwt
import msal
import pytest
import requests

from sandbox.server import RunningSandbox

ADELE = "adele.vance@contoso.example"
PAT = "pat.example@outlook.example"
CLIENT_ID = "11111111-2222-3333-4444-555555555555"
REDIRECT = "http://localhost:5000/callback"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"


def authorize_url(tenant: str = "common", **changes: str | None) -> str:
    values = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "openid profile email offline_access User.Read Calendars.ReadWrite",
        "state": "s1",
        "nonce": "n1",
        "code_challenge": CHALLENGE.decode(),
        "code_challenge_method": "S256",
    } | changes
    given = {name: value for name, value in values.items() if value is not None}
    return f"/{tenant}/oauth2/v2.0/authorize?{urlencode(given)}"


def answered(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


async def code_for(http: httpx.AsyncClient, user: str, url: str | None = None, **more) -> str:
    body = {"authorizationUrl": url or authorize_url(), "user": user} | more
    answer = await http.post("/sandbox/sign-in", json=body)
    return answered(answer.json()["redirectUrl"])["code"]


async def redeem(http: httpx.AsyncClient, code: str, tenant: str = "common", **changes: str):
    form = {
        "client_id": CLIENT_ID,
        "client_secret": "sandbox-secret",
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    } | changes
    return await http.post(f"/{tenant}/oauth2/v2.0/token", data=form)


async def refresh(http: httpx.AsyncClient, token: str, **changes: str):
    form = {
        "client_id": CLIENT_ID,
        "client_secret": "sandbox-secret",
        "grant_type": "refresh_token",
        "refresh_token": token,
    } | changes
    return await http.post("/common/oauth2/v2.0/token", data=form)


async def signed_in(http: httpx.AsyncClient, user: str, **more) -> dict:
    answer = await redeem(http, await code_for(http, user, **more))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_discovery_issuer_is_a_template_for_common_only(http: httpx.AsyncClient) -> None:
    async def issuer(tenant: str) -> str:
        path = f"/{tenant}/v2.0/.well-known/openid-configuration"
        return (await http.get(path)).json()["issuer"]

    assert (await issuer("common")).endswith("/{tenantid}/v2.0")
    assert (await issuer("organizations")).endswith("/{tenantid}/v2.0")
    assert (await issuer("consumers")).endswith(f"/{PERSONAL_TENANT}/v2.0")
    unknown = await http.get("/nowhere.example/v2.0/.well-known/openid-configuration")
    assert unknown.status_code == 400
    assert unknown.json()["error_codes"] == [90002]


async def test_id_token_is_signed_and_says_who_signed_in(http: httpx.AsyncClient) -> None:
    body = await signed_in(http, ADELE)
    keys = (await http.get("/common/discovery/v2.0/keys")).json()["keys"]
    kid = jwt.get_unverified_header(body["id_token"])["kid"]
    key = jwt.PyJWK(next(k for k in keys if k["kid"] == kid), "RS256")
    claims = jwt.decode(body["id_token"], key, algorithms=["RS256"], audience=CLIENT_ID)
    assert claims["nonce"] == "n1"
    assert claims["iss"].endswith(f"/{claims['tid']}/v2.0")
    assert claims["preferred_username"] == claims["email"] == ADELE
    assert set(body["scope"].split()) == {
        "openid",
        "profile",
        "email",
        "User.Read",
        "Calendars.ReadWrite",
    }


async def test_personal_account_has_the_personal_tenant_and_a_cid(http: httpx.AsyncClient) -> None:
    body = await signed_in(http, PAT)
    claims = jwt.decode(body["id_token"], options={"verify_signature": False})
    assert claims["tid"] == PERSONAL_TENANT
    assert claims["oid"].startswith("00000000-0000-0000-")
    me = await http.get("/v1.0/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert me.json()["id"] == claims["oid"].replace("-", "")[-16:]


async def test_guest_client_info_names_the_home_account(http: httpx.AsyncClient) -> None:
    url = authorize_url("fabrikam.example")
    code = await code_for(http, ADELE, url)
    body = (await redeem(http, code, "fabrikam.example", client_info="1")).json()
    raw = body["client_info"] + "=" * (-len(body["client_info"]) % 4)
    info = json.loads(base64.urlsafe_b64decode(raw))
    claims = jwt.decode(body["id_token"], options={"verify_signature": False})
    assert info["utid"] != claims["tid"]
    assert info["uid"] != claims["oid"]


async def test_code_is_single_use_and_bound_to_verifier(http: httpx.AsyncClient) -> None:
    code = await code_for(http, ADELE)
    wrong = await redeem(http, code, code_verifier="w" * 50)
    assert (wrong.status_code, wrong.json()["error_codes"]) == (400, [501481])
    assert (await redeem(http, code)).status_code == 200
    again = await redeem(http, code)
    assert (again.json()["error"], again.json()["error_codes"]) == ("invalid_grant", [54005])


async def test_code_expires(http: httpx.AsyncClient, sandbox: RunningSandbox) -> None:
    code = await code_for(http, ADELE)
    await http.post("/sandbox/clock", json={"advanceSeconds": 601})
    assert (await redeem(http, code)).json()["error_codes"] == [70008]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"client_secret": "wrong"}, 401, 7000215),
        ({"client_secret": ""}, 401, 7000218),
        ({"client_id": "nobody"}, 400, 700016),
        ({"redirect_uri": "http://localhost/other"}, 400, 500112),
        ({"grant_type": "password"}, 400, 70003),
    ],
)
async def test_token_endpoint_refuses(http: httpx.AsyncClient, changes, status, code) -> None:
    answer = await redeem(http, await code_for(http, ADELE), **changes)
    assert (answer.status_code, answer.json()["error_codes"]) == (status, [code])
    assert answer.json()["error_description"].startswith(f"AADSTS{code}:")


async def test_refresh_rotates_and_the_old_token_stays_valid(http: httpx.AsyncClient) -> None:
    first = (await signed_in(http, ADELE))["refresh_token"]
    second = (await refresh(http, first)).json()["refresh_token"]
    assert second != first
    assert (await refresh(http, first)).status_code == 200
    assert (await refresh(http, second)).status_code == 200


@pytest.mark.parametrize(
    ("user", "path", "code"),
    [
        (ADELE, "revoke-sessions", 50173),
        (ADELE, "revoke-consent", 65001),
        (PAT, "revoke-sessions", 70000),
        (PAT, "revoke-consent", 70000),
    ],
)
async def test_dead_grants(http: httpx.AsyncClient, user: str, path: str, code: int) -> None:
    token = (await signed_in(http, user))["refresh_token"]
    await http.post(f"/sandbox/entra/{path}", json={"user": user})
    answer = await refresh(http, token)
    assert (answer.json()["error"], answer.json()["error_codes"]) == ("invalid_grant", [code])


async def test_unused_refresh_token_dies_after_90_days(http: httpx.AsyncClient) -> None:
    token = (await signed_in(http, ADELE))["refresh_token"]
    await http.post("/sandbox/clock", json={"advanceSeconds": 91 * 86400})
    assert (await refresh(http, token)).json()["error_codes"] == [700082]


async def test_aadsts_faults_are_selectable_per_user(http: httpx.AsyncClient) -> None:
    adele = (await signed_in(http, ADELE))["refresh_token"]
    pat = (await signed_in(http, PAT))["refresh_token"]
    rule = {"service": "token", "mailbox": ADELE, "aadsts": 50076}
    await http.post("/sandbox/faults", json=rule)
    assert (await refresh(http, pat)).status_code == 200
    refused = await refresh(http, adele)
    assert refused.json()["suberror"] == "basic_action"
    assert (await refresh(http, adele)).status_code == 200
    await http.post("/sandbox/faults", json={"preset": "token-throttled"})
    throttled = await refresh(http, pat)
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "12")


async def test_a_lost_token_answer_leaves_the_old_token_usable(http: httpx.AsyncClient) -> None:
    token = (await signed_in(http, ADELE))["refresh_token"]
    rule = {"service": "token", "effect": "commit-then-cut"}
    await http.post("/sandbox/faults", json=rule)
    with pytest.raises(httpx.RemoteProtocolError):
        await refresh(http, token)
    assert (await refresh(http, token)).status_code == 200


async def test_no_refresh_token_when_switched_off(http: httpx.AsyncClient) -> None:
    await http.patch("/sandbox/entra", json={"omitRefreshToken": [ADELE]})
    assert "refresh_token" not in await signed_in(http, ADELE)
    assert "refresh_token" in await signed_in(http, PAT)


async def test_fewer_scopes_can_be_granted(http: httpx.AsyncClient) -> None:
    body = await signed_in(http, ADELE, consent=["User.Read"])
    assert "Calendars.ReadWrite" not in body["scope"]
    headers = {"Authorization": f"Bearer {body['access_token']}"}
    refused = await http.get("/v1.0/me/calendars", headers=headers)
    assert refused.json()["error"]["code"] == "ErrorAccessDenied"


async def test_denied_consent_and_administrators_only(http: httpx.AsyncClient) -> None:
    body = {"authorizationUrl": authorize_url(), "user": ADELE, "consent": "deny"}
    denied = (await http.post("/sandbox/sign-in", json=body)).json()["redirectUrl"]
    assert answered(denied)["error"] == "access_denied"
    assert answered(denied)["state"] == "s1"
    nestor = {"authorizationUrl": authorize_url(), "user": "nestor.wilke@northwind.example"}
    needs_admin = (await http.post("/sandbox/sign-in", json=nestor)).json()["redirectUrl"]
    assert "AADSTS90094" in answered(needs_admin)["error_description"]
    query = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "scope": "User.Read Calendars.ReadWrite",
        "state": "a",
    }
    url = f"/northwind.example/v2.0/adminconsent?{urlencode(query)}"
    consented = await http.post(url, data={"decision": "accept"})
    assert answered(consented.headers["location"])["admin_consent"] == "True"
    allowed = (await http.post("/sandbox/sign-in", json=nestor)).json()["redirectUrl"]
    assert "code" in answered(allowed)


async def test_a_denied_admin_consent_still_says_true(http: httpx.AsyncClient) -> None:
    query = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT, "scope": "User.Read"}
    url = f"/contoso.example/v2.0/adminconsent?{urlencode(query)}"
    values = answered((await http.post(url, data={"decision": "deny"})).headers["location"])
    assert (values["admin_consent"], values["error"]) == ("True", "consent_required")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "Everything.All"}, "invalid_scope"),
        ({"scope": None}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"code_challenge": "short"}, "invalid_request"),
    ],
)
async def test_authorize_errors_go_to_the_redirect_uri(
    http: httpx.AsyncClient, changes: dict[str, str | None], error: str
) -> None:
    answer = await http.get(authorize_url(**changes))
    assert answer.status_code == 302
    values = answered(answer.headers["location"])
    assert (values["error"], values["state"]) == (error, "s1")


@pytest.mark.parametrize(
    "changes",
    [{"client_id": "nobody"}, {"redirect_uri": "https://elsewhere.example/callback"}],
)
async def test_untrusted_requests_are_not_redirected(http: httpx.AsyncClient, changes) -> None:
    answer = await http.get(authorize_url(**changes))
    assert answer.status_code == 400
    assert "AADSTS" in answer.text


async def test_picker_consent_and_form_post_pages(http: httpx.AsyncClient) -> None:
    url = authorize_url(response_mode="form_post")
    picker = await http.get(url)
    assert ADELE in picker.text
    consent = await http.post(url, data={"user": ADELE})
    assert "Calendars.ReadWrite" in consent.text
    form = {"user": ADELE, "decision": "accept", "chosen": "1", "scope": ["User.Read"]}
    done = await http.post(url, data=form)
    assert f'action="{REDIRECT}"' in done.text
    assert 'name="code"' in done.text
    cancelled = await http.post(authorize_url(), data={"decision": "deny"})
    assert answered(cancelled.headers["location"])["error_subcode"] == "cancel"
    picked = await http.get(authorize_url(), headers={"X-Sandbox-User": PAT})
    assert "code" in answered(picked.headers["location"])


async def test_accounts_are_tied_to_tenant_names(http: httpx.AsyncClient) -> None:
    for tenant, user in (("organizations", PAT), ("consumers", ADELE), ("fabrikam.example", PAT)):
        body = {"authorizationUrl": authorize_url(tenant), "user": user}
        answer = await http.post("/sandbox/sign-in", json=body)
        assert (answer.status_code, "AADSTS50020" in answer.text) == (400, True)


async def test_authorize_fault_is_an_error_redirect(http: httpx.AsyncClient) -> None:
    rule = {"service": "authorize", "error": "temporarily_unavailable", "message": "later"}
    await http.post("/sandbox/faults", json=rule)
    body = {"authorizationUrl": authorize_url(), "user": ADELE}
    url = (await http.post("/sandbox/sign-in", json=body)).json()["redirectUrl"]
    assert answered(url)["error"] == "temporarily_unavailable"


async def test_rolled_keys_are_published(http: httpx.AsyncClient) -> None:
    before = (await http.get("/common/discovery/v2.0/keys")).json()["keys"]
    await http.post("/sandbox/entra/roll-keys", json={})
    after = (await http.get("/common/discovery/v2.0/keys")).json()["keys"]
    assert {k["kid"] for k in before} < {k["kid"] for k in after}


async def test_log_never_holds_codes_or_tokens(
    http: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    await http.get(authorize_url())
    body = await signed_in(http, ADELE)
    await http.get("/v1.0/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    text = json.dumps([entry.as_json() for entry in sandbox.world.log.find()])
    for secret in (body["access_token"], body["refresh_token"], "sandbox-secret", VERIFIER):
        assert secret not in text


def _msal_round(sandbox: RunningSandbox) -> tuple[dict, dict, dict]:
    """Sign in, call Graph and refresh with MSAL, as a web application does."""
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(sandbox.ca_file)
        app = msal.ConfidentialClientApplication(
            CLIENT_ID,
            client_credential="sandbox-secret",
            authority=f"{sandbox.https_url}/common",
            instance_discovery=False,
            http_client=session,
        )
        scopes = ["User.Read", "Calendars.ReadWrite"]
        flow = app.initiate_auth_code_flow(
            scopes, redirect_uri=REDIRECT, prompt="select_account", response_mode="form_post"
        )
        body = {"authorizationUrl": flow["auth_uri"], "user": ADELE}
        answer = session.post(f"{sandbox.https_url}/sandbox/sign-in", json=body).json()
        first = app.acquire_token_by_auth_code_flow(flow, answer["form"])
        headers = {"Authorization": f"Bearer {first['access_token']}"}
        me = session.get(f"{sandbox.https_url}/v1.0/me", headers=headers).json()
        account = app.get_accounts()[0]
        again = app.acquire_token_silent(scopes, account=account, force_refresh=True)
        return first, me, again


async def test_msal_works_over_https(sandbox: RunningSandbox) -> None:
    first, me, again = await asyncio.to_thread(_msal_round, sandbox)
    assert first["id_token_claims"]["preferred_username"] == ADELE
    assert me["userPrincipalName"] == ADELE
    assert again["access_token"] != first["access_token"]
    assert again["refresh_token"]
