"""The keys that sign id tokens."""

import base64
from functools import cache
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key


@cache
def _first_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


class SigningKeys:
    """The published keys; the newest one signs."""

    def __init__(self) -> None:
        self._keys: list[tuple[str, RSAPrivateKey]] = [(uuid4().hex, _first_key())]

    def roll(self, keep_old: bool = True) -> str:
        """Start signing with a new key; returns its id."""
        key = generate_private_key(public_exponent=65537, key_size=2048)
        kept = self._keys[-1:] if keep_old else []
        self._keys = [*kept, (uuid4().hex, key)]
        return self._keys[-1][0]

    def sign(self, claims: dict[str, Any]) -> str:
        """A JWT over the claims, RS256."""
        kid, key = self._keys[-1]
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid, "typ": "JWT"})

    def published(self, issuer: str) -> list[dict[str, str]]:
        """The public keys as a JSON Web Key Set lists them."""
        return [_public(kid, key, issuer) for kid, key in self._keys]


def _public(kid: str, key: RSAPrivateKey, issuer: str) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "kid": kid,
        "x5t": kid,
        "n": _number(numbers.n),
        "e": _number(numbers.e),
        "issuer": issuer,
    }


def _number(value: int) -> str:
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
