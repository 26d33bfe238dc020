"""Whatever is sent as the CRM's token: who is calling if the CRM has signed it, else a refusal."""

import asyncio
import base64
import hmac
import ssl
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.credentials.crm_token import CrmTokens
from shared.domain.access import Caller, Membership
from shared.errors import NotAuthenticated
from tests.unit.spoiling import ANY_JSON, changed, encoded, garbled

SECRET, ISSUER, AUDIENCE = "s" * 40, "https://crm.example", "calendar-sync"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = RSA.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
JWK = {**jwt.algorithms.RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True), "kid": "k1"}
ROLES = {role.value for role in Membership}
CLAIMS = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "agent1",
    "name": "Agnes One",
    "locations": {"loc1": "agent", "*": "service"},
    "iat": 1_700_000_000,
    "nbf": 1_700_000_000,
    "exp": 4_000_000_000,
}
HEADER = {"alg": "HS256", "typ": "JWT", "kid": "k1"}
ALGORITHMS = [
    *("none", "None", "NONE", "", "HS256", "hs256", "HS384", "HS512", "RS256", "PS256", "ES256"),
    *("EdDSA", "HS256 ", "HS256\x00", None, 256, ["HS256"], {"HS256": "HS256"}),
]
KIDS = [
    *("k1", "K1", "", "../../../../dev/null", "/proc/self/environ", "k1' OR '1'='1", "k1\x00"),
    *("https://evil.example/keys", "x" * 10_000, None, 7, ["k1"], {"kid": "k1"}),
]
OWN_KEYS = ["jku", "x5u", "jwk", "x5c", "crit", "b64", "zip", "cty", "typ"]


TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
BY_SECRET = CrmTokens(ISSUER, AUDIENCE, SECRET, None, TLS)


@pytest.fixture(scope="module")
def published() -> Iterator[CrmTokens]:
    """Tokens checked by a JWKS of one key, which is not asked for over the network."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(jwt.PyJWKClient, "fetch_data", lambda _: {"keys": [JWK]})
        yield CrmTokens(ISSUER, AUDIENCE, None, "https://crm.example/keys", TLS)


@pytest.fixture(scope="module", autouse=True)
def runner() -> Iterator[asyncio.Runner]:
    """One loop for all: a loop for each token would take most of the time."""
    with asyncio.Runner() as running:
        RUNNERS.append(running)
        yield running
        RUNNERS.clear()


RUNNERS: list[asyncio.Runner] = []
REFUSALS = {"token_missing", "token_invalid", "token_expired"}


def called(authorization: str, tokens: CrmTokens = BY_SECRET) -> Caller | None:
    """Who is calling; None for a refusal. Nothing else may come of it."""
    try:
        return RUNNERS[0].run(tokens.caller(authorization))
    except NotAuthenticated as refused:
        reason = refused.reason
    assert reason in REFUSALS
    return None


def part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(header: bytes, claims: bytes, key: bytes = SECRET.encode(), by: str = "sha256") -> str:
    """A token as no library would make it."""
    text = f"{part(header)}.{part(claims)}"
    return f"{text}.{part(hmac.digest(key, text.encode(), by))}"


headers = st.fixed_dictionaries(
    {"alg": st.sampled_from(ALGORITHMS)},
    optional={"kid": st.sampled_from(KIDS), **{name: ANY_JSON for name in OWN_KEYS}},
)


def test_the_good_token_of_these_tests_is_good(published: CrmTokens) -> None:
    known = Caller("agent1", "Agnes One", {"loc1": Membership.AGENT, "*": Membership.SERVICE})
    assert called(f"Bearer {signed(encoded(HEADER), encoded(CLAIMS))}") == known
    made = jwt.encode(CLAIMS, RSA, algorithm="RS256", headers={"kid": "k1"})
    assert called(f"Bearer {made}", published) == known


@settings(max_examples=300)
@given(st.one_of(
    st.text(max_size=200),
    st.text(max_size=200).map("Bearer {}".format),
    st.lists(st.text("eyJhbGciOi-_=", max_size=40), max_size=6).map(
        lambda parts: f"Bearer {'.'.join(parts)}"),
    garbled([f"Bearer {signed(encoded(HEADER), encoded(CLAIMS))}".encode()]).map(
        lambda raw: raw.decode("latin-1")).filter(lambda text: text.count(".") != 2),
))  # fmt: skip
def test_what_is_no_token_is_refused(text: str) -> None:
    assert called(text) is None


@settings(max_examples=250)
@given(headers, changed([CLAIMS]), st.sampled_from([b"", SECRET.encode()[:-1], PEM, b"null"]))
def test_nothing_but_the_secret_makes_a_token(header: Any, claims: Any, key: bytes) -> None:
    """No `alg`, `kid`, key of the token's own, or empty key takes the secret's place."""
    for made in (signed(encoded(header), encoded(claims), key or b"\0"),
                 signed(encoded(header), encoded(CLAIMS), key or b"\0"),
                 f"{part(encoded(header))}.{part(encoded(CLAIMS))}."):  # fmt: skip
        assert called(f"Bearer {made}") is None


@settings(max_examples=200)
@given(headers)
def test_with_the_secret_only_the_agreed_algorithm_counts(header: dict[str, Any]) -> None:
    for by in ("sha256", "sha384", "sha512"):
        made = signed(encoded(header), encoded(CLAIMS), by=by)
        if called(f"Bearer {made}") is not None:
            assert (header["alg"], by) == ("HS256", "sha256")
            assert isinstance(header.get("kid", ""), str | None)


@settings(max_examples=250)
@given(st.one_of(changed([CLAIMS]), ANY_JSON))
def test_claims_of_any_kind_name_a_caller_or_are_refused(claims: Any) -> None:
    """The CRM has signed them, and has got them wrong."""
    found = called(f"Bearer {signed(encoded(HEADER), encoded(claims))}")
    if found is None:
        assert claims != CLAIMS
        return
    assert (claims["iss"], claims["sub"]) == (ISSUER, found.user)
    assert AUDIENCE in claims["aud"]
    assert float(claims["exp"]) > time.time() - 60
    told = {key: role for key, role in claims["locations"].items() if role in tuple(ROLES)}
    assert {str(key): role.value for key, role in found.locations.items()} == told
    assert isinstance(found.name, str)


@settings(max_examples=250)
@given(garbled([signed(encoded(HEADER), encoded(CLAIMS)).encode()]))
def test_no_change_to_a_token_changes_who_is_calling(raw: bytes) -> None:
    """What a reader of Base64 overlooks may pass; anything else is refused."""
    good = called(f"Bearer {signed(encoded(HEADER), encoded(CLAIMS))}")
    assert called(f"Bearer {raw.decode('latin-1')}") in (None, good)


@settings(max_examples=200)
@given(header=headers, claims=changed([CLAIMS]))
def test_a_published_key_is_no_shared_secret(
    published: CrmTokens, header: Any, claims: Any
) -> None:
    """The public key is known to all: whoever signs with it by HMAC proves nothing."""
    for key in (PEM, encoded(JWK), b"\0"):
        for claimed in (CLAIMS, claims):
            made = signed(encoded(header), encoded(claimed), key)
            assert called(f"Bearer {made}", published) is None


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "PS256", "HS256"])
def test_an_algorithm_of_another_kind_of_key_is_refused(published: CrmTokens, alg: str) -> None:
    made = signed(encoded({**HEADER, "alg": alg}), encoded(CLAIMS), PEM)

    assert called(f"Bearer {made}", published) is None


@settings(max_examples=40)
@given(st.sampled_from(KIDS).filter(lambda kid: kid != "k1"))
def test_a_token_of_a_key_that_is_not_published_is_refused(published: CrmTokens, kid: Any) -> None:
    text = f"{part(encoded({**HEADER, 'alg': 'RS256', 'kid': kid}))}.{part(encoded(CLAIMS))}"
    signature = RSA.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert called(f"Bearer {text}.{part(signature)}", published) is None


LARGE = {
    "a long text": "x" * 1_000_000,
    "dots": "." * 1_000_000,
    "a deep header": signed(b"[" * 500_000, encoded(CLAIMS)),
    "a deep header, closed": signed(
        b'{"alg":"HS256","x":' + b"[" * 200_000 + b"]" * 200_000 + b"}", encoded(CLAIMS), b"no"
    ),
    "deep claims": signed(encoded(HEADER), b"[" * 500_000),
    "deep claims, closed": signed(
        encoded(HEADER), encoded(CLAIMS)[:-1] + b',"x":' + b"[" * 99_000 + b"]" * 99_000 + b"}"
    ),
    "a long number": signed(
        encoded(HEADER), encoded(CLAIMS)[:-1] + b',"x":' + b"9" * 900_000 + b"}"
    ),
    "a long number in the header": signed(
        b'{"alg":"HS256","x":' + b"9" * 900_000 + b"}", encoded(CLAIMS)
    ),
    "many locations": signed(
        encoded(HEADER), encoded({**CLAIMS, "locations": {f"l{n}": "admin" for n in range(60_000)}})
    ),
    "a long kid": signed(encoded({**HEADER, "kid": "k" * 900_000}), encoded(CLAIMS), b"no"),
}


@pytest.mark.parametrize("kind", LARGE)
def test_a_large_token_is_refused_in_bounded_time(kind: str) -> None:
    """Larger than any server lets through; time of this thread alone."""
    began = time.thread_time()
    assert called(f"Bearer {LARGE[kind]}") is None
    assert time.thread_time() - began < 2.0


@pytest.mark.parametrize("sub", ["", "a|b", "a/b", "a b", "\ud800", "x" * 129, 7, None, ["agent1"]])
def test_a_token_names_its_user_by_an_id_or_is_refused(sub: Any) -> None:
    """Ids become parts of keys."""
    assert called(f"Bearer {signed(encoded(HEADER), encoded({**CLAIMS, 'sub': sub}))}") is None
