"""What Entra's errors mean, and what MSAL's do when Entra answers oddly (F17, F18, F19)."""

import json
import ssl
import time
from collections.abc import Mapping
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from shared.errors import (
    CalendarSyncError,
    OperatorFault,
    ProviderUnavailable,
    ReconnectRequired,
    SignInFailed,
)
from shared.providers.outlook.sign_in import SCOPES, MicrosoftApp, MicrosoftSignIn
from shared.providers.outlook.sign_in_errors import meaning, refusal
from tests.unit.made import fixture

EXPECTED: dict[int, type[CalendarSyncError]] = {
    70011: OperatorFault,  # invalid_scope: what we ask for is wrong, for everybody
    70043: ReconnectRequired,
    700082: ReconnectRequired,
    50173: ReconnectRequired,
    50076: ReconnectRequired,
    65001: ReconnectRequired,
    7000215: OperatorFault,
    7000222: OperatorFault,
    70000: ReconnectRequired,
    90033: ProviderUnavailable,
    90055: ProviderUnavailable,
}


@pytest.mark.parametrize(
    "body",
    [one["body"] for one in fixture("51")["examples"]],
    ids=lambda body: f"{body['error']} {body['error_codes']}",
)
def test_real_bodies_of_the_token_endpoint(body: dict[str, Any]) -> None:
    found = meaning(body)
    assert type(found) is EXPECTED[body["error_codes"][0]]
    assert body["error_description"] not in str(found)


RECONNECT = [50173, 70008, 700082, 700084, 70000, 70043, 50076, 50074, 50079, 50072, 50078, 50158]
RECONNECT += [50055, 50132, 50133, 50144, 50089, 50085, 53000, 53001, 53002, 53003, 530032, 53011]
RECONNECT += [65001, 65004]
ADMINISTRATOR = [50057, 50105, 50034, 50020, 16000, 90094, 90095]
OPERATOR = [7000215, 7000222, 7000218, 700016, 70001, 70002, 90002, 90009, 90130, 90124, 50194]
OPERATOR += [9002332, 9001023, 50011, 7000112, 501481, 54005, 700005, 90038]
TRANSIENT = [90033, 90006, 90012, 90024, 90055, 90090, 50033, 50087, 50166, 70012, 80001, 50196]


@pytest.mark.parametrize(
    ("codes", "expected", "reason"),
    [
        (RECONNECT, ReconnectRequired, "reconnect_required"),
        (ADMINISTRATOR, ReconnectRequired, "administrator_needed"),
        (OPERATOR, OperatorFault, "operator_fault"),
        (TRANSIENT, ProviderUnavailable, "provider_unavailable"),
    ],
)
def test_numbers(codes: list[int], expected: type[CalendarSyncError], reason: str) -> None:
    for code in codes:
        found = meaning({"error": "invalid_grant", "error_codes": [code]})
        assert (code, type(found), found.reason) == (code, expected, reason)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("invalid_grant", ReconnectRequired),
        ("interaction_required", ReconnectRequired),
        ("consent_required", ReconnectRequired),
        ("login_required", ReconnectRequired),
        ("invalid_client", OperatorFault),
        ("unauthorized_client", OperatorFault),
        ("invalid_resource", OperatorFault),
        ("invalid_request", OperatorFault),
        ("unsupported_grant_type", OperatorFault),
        ("temporarily_unavailable", ProviderUnavailable),
        ("server_error", ProviderUnavailable),
    ],
)
def test_words_decide_where_there_is_no_number(
    error: str, expected: type[CalendarSyncError]
) -> None:
    assert type(meaning({"error": error})) is expected


@pytest.mark.parametrize(
    ("error", "description", "code"),
    [
        ("access_denied", "AADSTS65004: User declined to consent to access the app.", "denied"),
        ("access_denied", "the user canceled the authentication", "denied"),
        ("consent_required", "AADSTS65001: not consented", "denied"),
        ("access_denied", "AADSTS90094: Admin consent is required.", "administrator_needed"),
        ("consent_required", "AADSTS90095: Admin consent request.", "administrator_needed"),
        ("temporarily_unavailable", "AADSTS90033: transient", "provider_unavailable"),
        ("server_error", "", "provider_unavailable"),
        ("invalid_request", "AADSTS900144: the request body must contain …", "sign_in_failed"),
        ("", "", "sign_in_failed"),
    ],
)
def test_error_redirects(error: str, description: str, code: str) -> None:
    found = refusal({"error": error, "error_description": description})
    assert found.reason == code
    assert "AADSTS" not in found.detail


AUTHORITY = "https://login.example.test/common"


class Entra(BaseAdapter):
    """Answers requests in memory: discovery as it should be, the token endpoint as told."""

    def __init__(self, token: tuple[int, bytes], discovery: tuple[int, bytes] | None = None):
        super().__init__()
        good = {
            "issuer": "https://login.example.test/{tenantid}/v2.0",
            "authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/authorize",
            "token_endpoint": f"{AUTHORITY}/oauth2/v2.0/token",
        }
        self._token = token
        self._discovery = discovery or (200, json.dumps(good).encode())
        self.asked: list[str] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        url = request.url or ""
        self.asked.append(url)
        status, body = self._token if url.endswith("/token") else self._discovery
        response = requests.Response()
        response.status_code, response._content = status, body  # as adapters do
        response.request, response.url = request, url
        return response

    def close(self) -> None:
        """Nothing is open."""


def _sign_in(entra: Entra) -> MicrosoftSignIn:
    app = MicrosoftApp("client", "secret", AUTHORITY, ssl.create_default_context())
    sign_in = MicrosoftSignIn(app)
    sign_in._http.mount("https://", entra)
    return sign_in


def _cache(expires_in: int = 3600, **more: Any) -> bytes:
    """A token cache as MSAL writes it."""
    now = int(time.time())
    home = {"home_account_id": "o.t", "environment": "login.example.test", "realm": "t"}
    target = " ".join((*SCOPES, "openid", "profile", "offline_access"))
    return json.dumps(
        {
            "AccessToken": {
                "a": {
                    **home,
                    "credential_type": "AccessToken",
                    "client_id": "client",
                    "secret": "old token",
                    "target": target,
                    "cached_at": str(now),
                    "expires_on": str(now + expires_in),
                }
            },
            "RefreshToken": {
                "r": {
                    **home,
                    "credential_type": "RefreshToken",
                    "client_id": "client",
                    "secret": "refresh token",
                    "target": target,
                }
            },
            "Account": {
                "x": {
                    **home,
                    "local_account_id": "o",
                    "username": "a@b.test",
                    "authority_type": "MSSTS",
                }
            },
            **more,
        }
    ).encode()


async def test_a_refresh_brings_new_tokens_and_keeps_the_rotated_refresh_token() -> None:
    body = {
        "token_type": "Bearer",
        "access_token": "new token",
        "refresh_token": "rotated",
        "expires_in": 3600,
        "scope": " ".join(SCOPES),
    }
    sign_in = _sign_in(Entra((200, json.dumps(body).encode())))
    tokens = await sign_in.refresh(_cache(60))
    assert tokens.access_token == "new token"
    assert b"rotated" in tokens.cache
    assert sign_in.read(tokens.cache) == tokens


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"error": "invalid_grant", "error_codes": [70000]}, ReconnectRequired),
        (401, {"error": "invalid_client", "error_codes": [7000215]}, OperatorFault),
        (429, {"error": "temporarily_unavailable", "error_codes": [90055]}, ProviderUnavailable),
        (429, b"<html>slow down</html>", ProviderUnavailable),
        (500, b"<html>", ProviderUnavailable),
        (503, {"error": "temporarily_unavailable"}, ProviderUnavailable),
        (200, b"not json", ProviderUnavailable),
    ],
)
async def test_a_refresh_that_fails(
    status: int, body: Mapping[str, Any] | bytes, expected: type[CalendarSyncError]
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(expected) as raised:
        await _sign_in(Entra((status, content))).refresh(_cache())
    assert "refresh token" not in str(raised.value)


@pytest.mark.parametrize("status", [404, 429, 500, 503])
async def test_discovery_that_fails_is_no_fault_of_the_user(status: int) -> None:
    sign_in = _sign_in(Entra((200, b"{}"), discovery=(status, b"<html>")))
    with pytest.raises(ProviderUnavailable):
        await sign_in.refresh(_cache())
    with pytest.raises(ProviderUnavailable):
        await sign_in.begin("https://app.example.test/callback")


async def test_a_cache_without_a_refresh_token_needs_a_sign_in() -> None:
    entra = Entra((200, b"{}"))
    for cache in (b"{}", _cache(RefreshToken={})):
        with pytest.raises(ReconnectRequired):
            await _sign_in(entra).refresh(cache)
    assert not any(url.endswith("/token") for url in entra.asked)


async def test_an_answer_of_another_sign_in_is_refused() -> None:
    sign_in = _sign_in(Entra((200, b"{}")))
    begun = await sign_in.begin("https://app.example.test/callback")
    assert "prompt=select_account" in begun.authorization_url
    with pytest.raises(SignInFailed) as raised:
        await sign_in.finish(begun.flow, {"code": "code", "state": "of somebody else"})
    assert raised.value.reason == "sign_in_mismatch"


def test_a_cache_is_read_without_any_request() -> None:
    sign_in = _sign_in(Entra((500, b"")))
    found = sign_in.read(_cache(-10))
    assert found is not None
    assert found.access_token == "old token"
    assert sign_in.read(b"{}") is None
