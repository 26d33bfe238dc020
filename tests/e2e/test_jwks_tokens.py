"""The CRM's tokens where it publishes its keys (`CRM_JWKS_URL`)."""

import base64
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from shared.credentials.crm_token import CrmTokens
from shared.domain.access import Membership
from shared.errors import NotAuthenticated

ISSUER, AUDIENCE = "https://crm.example", "calendar-sync"


class Keys:
    """A server of public keys: what it answers, and how often it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answer: bytes = b'{"keys": []}'
        self.status = 200
        self.asked = 0

    def publish(self, **keys: Any) -> None:
        """Publishes the public halves of `keys`, by their key id."""
        self.answer = json.dumps(
            {"keys": [_public(kid, key) for kid, key in keys.items()]}
        ).encode()


def _public(kid: str, key: Any) -> dict[str, Any]:
    algorithm = jwt.algorithms.RSAAlgorithm
    if isinstance(key, ec.EllipticCurvePrivateKey):
        algorithm = jwt.algorithms.ECAlgorithm
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}


@pytest.fixture(scope="module")
def server() -> Iterator[Keys]:
    served: list[Keys] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys = served[0]
            keys.asked += 1
            self.send_response(keys.status)
            self.send_header("Content-Length", str(len(keys.answer)))
            self.end_headers()
            self.wfile.write(keys.answer)

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        served.append(Keys(f"http://127.0.0.1:{listening.server_address[1]}/keys"))
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served[0]
        listening.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def keys(server: Keys, rsa_key: rsa.RSAPrivateKey) -> Keys:
    """The server with one key, `one`."""
    server.status, server.asked = 200, 0
    server.publish(one=rsa_key)
    return server


@pytest.fixture
def tokens(keys: Keys) -> CrmTokens:
    """Nothing cached yet."""
    return CrmTokens(ISSUER, AUDIENCE, None, keys.url, ssl.create_default_context())


def bearer(key: Any, algorithm: str = "RS256", kid: str | None = "one", **others: Any) -> str:
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "agent1",
        "name": "Agnes One",
        "locations": {"loc1": "agent", "*": "service"},
        "exp": datetime.now(UTC) + timedelta(hours=1),
    }
    claims = {name: value for name, value in {**claims, **others}.items() if value is not None}
    headers = {"kid": kid} if kid else {}
    return "Bearer " + jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


async def refusal(tokens: CrmTokens, authorization: str) -> str:
    with pytest.raises(NotAuthenticated) as refused:
        await tokens.caller(authorization)
    return refused.value.reason


async def test_a_token_by_a_published_key_names_its_caller(
    tokens: CrmTokens, rsa_key: rsa.RSAPrivateKey
) -> None:
    caller = await tokens.caller(bearer(rsa_key))
    assert (caller.user, caller.name) == ("agent1", "Agnes One")
    assert caller.locations == {"loc1": Membership.AGENT, "*": Membership.SERVICE}


async def test_keys_are_asked_for_once(
    tokens: CrmTokens, keys: Keys, rsa_key: rsa.RSAPrivateKey
) -> None:
    for _ in range(5):
        await tokens.caller(bearer(rsa_key))
    assert keys.asked == 1


async def test_a_new_key_is_found_when_the_crm_changes_keys(
    tokens: CrmTokens, keys: Keys, rsa_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tokens.caller(bearer(rsa_key))
    second = ec.generate_private_key(ec.SECP256R1())
    keys.publish(one=rsa_key, two=second)
    half_a_minute_on = SimpleNamespace(monotonic=lambda: time.monotonic() + 31)
    monkeypatch.setattr(jwt.jwks_client, "time", half_a_minute_on)

    assert (await tokens.caller(bearer(second, "ES256", "two"))).user == "agent1"
    assert (await tokens.caller(bearer(rsa_key))).user == "agent1"
    assert keys.asked == 2


async def test_made_up_key_ids_do_not_make_us_ask_the_crm_each_time(
    tokens: CrmTokens, keys: Keys, rsa_key: rsa.RSAPrivateKey
) -> None:
    await tokens.caller(bearer(rsa_key))
    for number in range(5):
        assert await refusal(tokens, bearer(rsa_key, kid=f"made-up-{number}")) == "token_invalid"
    assert keys.asked == 1


async def test_a_key_that_is_not_published_is_refused(tokens: CrmTokens) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert await refusal(tokens, bearer(stranger)) == "token_invalid"
    assert await refusal(tokens, bearer(stranger, kid="two")) == "token_invalid"
    assert await refusal(tokens, bearer(stranger, kid=None)) == "token_invalid"


async def test_the_public_key_is_no_shared_secret(
    tokens: CrmTokens, rsa_key: rsa.RSAPrivateKey
) -> None:
    """Else everybody could sign: https://nvd.nist.gov/vuln/detail/CVE-2022-29217"""
    public = rsa_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = {"alg": "HS256", "kid": "one", "typ": "JWT"}
    body = bearer(rsa_key).split(".")[1]
    start = f"{encoded(json.dumps(head).encode())}.{body}"
    forged = f"{start}.{encoded(hmac.digest(public, start.encode(), 'sha256'))}"

    assert await refusal(tokens, f"Bearer {forged}") == "token_invalid"


async def test_alg_none_is_refused(tokens: CrmTokens) -> None:
    assert await refusal(tokens, bearer(None, "none")) == "token_invalid"


async def test_claims_are_checked_as_with_a_shared_secret(
    tokens: CrmTokens, rsa_key: rsa.RSAPrivateKey
) -> None:
    expired = bearer(rsa_key, exp=datetime.now(UTC) - timedelta(minutes=5))
    assert await refusal(tokens, expired) == "token_expired"
    wrong: list[dict[str, Any]] = [
        {"iss": "https://other.example"},
        {"aud": "other"},
        {"exp": None},
        {"sub": None},
        {"locations": ["loc1"]},
        {"locations": None},
    ]
    for changed in wrong:
        assert await refusal(tokens, bearer(rsa_key, **changed)) == "token_invalid", changed


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (500, b"", "token_unverifiable"),
        (404, b"{}", "token_unverifiable"),
        (200, b"<html>", "token_unverifiable"),
        (200, b"\xff", "token_unverifiable"),
        (200, b"[]", "token_invalid"),
        (200, b'{"keys": []}', "token_invalid"),
    ],
)
async def test_without_readable_keys_nobody_gets_in(
    tokens: CrmTokens, keys: Keys, rsa_key: rsa.RSAPrivateKey, status: int, answer: bytes, code: str
) -> None:
    keys.status, keys.answer = status, answer
    assert await refusal(tokens, bearer(rsa_key)) == code
    keys.status = 200
    keys.publish(one=rsa_key)
    assert (await tokens.caller(bearer(rsa_key))).user == "agent1"


async def test_while_the_keys_are_away_known_ones_still_count(
    tokens: CrmTokens, keys: Keys, rsa_key: rsa.RSAPrivateKey
) -> None:
    await tokens.caller(bearer(rsa_key))
    keys.status = 500
    assert (await tokens.caller(bearer(rsa_key))).user == "agent1"
