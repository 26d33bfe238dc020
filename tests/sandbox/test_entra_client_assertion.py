"""Applications that prove who they are by an assertion: what Entra takes, and what it refuses."""

import base64
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.server import RunningSandbox
from tests.certificates import Certificate

CLIENT_ID = "11111111-2222-3333-4444-555555555555"
PATH = "/common/oauth2/v2.0/token"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
OURS, OTHER, EXPIRED = Certificate(), Certificate(days=91), Certificate(days=-1)
TRUSTED = {
    "issuer": "https://issuer.example/tenant/v2.0",
    "subject": "the identity",
    "audience": "api://AzureADTokenExchange",
}


def registered(sandbox: RunningSandbox) -> None:
    sandbox.world.registration.certificates = (OURS.public, EXPIRED.public)
    key = OTHER.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    sandbox.world.registration.federated_credentials = ({**TRUSTED, "publicKey": key.decode()},)


def thumbprint(certificate: Certificate) -> str:
    digest = certificate.certificate.fingerprint(hashes.SHA256())
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def own(sandbox: RunningSandbox, **changed: Any) -> dict[str, Any]:
    now = time.time()
    return {
        "aud": sandbox.http_url + PATH,
        "iss": CLIENT_ID,
        "sub": CLIENT_ID,
        "jti": str(uuid4()),
        "nbf": now,
        "exp": now + 600,
    } | changed


def theirs(**changed: Any) -> dict[str, Any]:
    claims = {"iss": TRUSTED["issuer"], "sub": TRUSTED["subject"], "aud": TRUSTED["audience"]}
    return claims | {"exp": time.time() + 600} | changed


def signed(claims: dict[str, Any], by: Certificate = OURS, named: Certificate | None = None) -> str:
    headers = {"x5t#S256": thumbprint(named or by)}
    return jwt.encode(claims, by.key, algorithm="PS256", headers=headers)


async def asked(http: httpx.AsyncClient, assertion: str, **changed: str) -> Mapping[str, Any]:
    """The error for a code that is not known tells that the client was taken: 70000."""
    form = {
        "client_id": CLIENT_ID,
        "client_assertion_type": TYPE,
        "client_assertion": assertion,
        "grant_type": "authorization_code",
        "code": "unknown",
    } | changed
    answer = await http.post(PATH, data=form)
    body: Mapping[str, Any] = answer.json()
    assert answer.status_code == (401 if body["error"] == "invalid_client" else 400)
    return body


async def test_a_certificate_of_the_registration_proves_the_client(
    http: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    registered(sandbox)
    assert (await asked(http, signed(own(sandbox))))["error_codes"] == [70000]
    by_issuer = own(sandbox, aud=f"{sandbox.http_url}/common/v2.0")
    assert (await asked(http, signed(by_issuer)))["error_codes"] == [70000]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"sub": "another"}, 700021),
        ({"aud": "https://login.example.test/common/oauth2/v2.0/token"}, 700023),
        ({"exp": 1}, 700024),
        ({"exp": None}, 700024),
        ({"nbf": time.time() + 3600}, 700024),
    ],
)
async def test_claims_that_are_not_right(
    http: httpx.AsyncClient, sandbox: RunningSandbox, changed: dict[str, Any], code: int
) -> None:
    registered(sandbox)
    claims = {name: value for name, value in own(sandbox, **changed).items() if value is not None}
    found = await asked(http, signed(claims))
    assert (found["error"], found["error_codes"]) == ("invalid_client", [code])


@pytest.mark.parametrize("by", ["a stranger", "a stranger in our name", "expired"])
async def test_keys_that_are_not_right(
    http: httpx.AsyncClient, sandbox: RunningSandbox, by: str
) -> None:
    registered(sandbox)
    signer = EXPIRED if by == "expired" else OTHER
    named = OURS if by == "a stranger in our name" else None
    found = await asked(http, signed(own(sandbox), signer, named))
    assert (found["error"], found["error_codes"]) == ("invalid_client", [700027])


async def test_a_federated_credential_proves_the_client(
    http: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    registered(sandbox)
    assert (await asked(http, signed(theirs(), OTHER)))["error_codes"] == [70000]


@pytest.mark.parametrize(
    ("changed", "by", "code"),
    [
        ({"iss": "https://other.example"}, OTHER, 700211),
        ({"sub": "another identity"}, OTHER, 700213),
        ({"aud": "api://other"}, OTHER, 700212),
        ({"exp": 1}, OTHER, 700024),
        ({}, OURS, 700027),
    ],
)
async def test_a_federated_credential_must_fit(
    http: httpx.AsyncClient,
    sandbox: RunningSandbox,
    changed: dict[str, Any],
    by: Certificate,
    code: int,
) -> None:
    registered(sandbox)
    found = await asked(http, signed(theirs(**changed), by))
    assert (found["error"], found["error_codes"]) == ("invalid_client", [code])


async def test_what_is_no_assertion(http: httpx.AsyncClient, sandbox: RunningSandbox) -> None:
    registered(sandbox)
    assert (await asked(http, "no token"))["error_codes"] == [50027]
    untyped = await asked(http, signed(own(sandbox)), client_assertion_type="other")
    assert untyped["error_codes"] == [900144]
