"""The claims of an id_token.

Source: developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload
"""

import base64
import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sandbox.google.account import Account

_SECONDS = 3600


def claims(
    account: Account,
    client_id: str,
    scopes: Collection[str],
    nonce: str | None,
    issuer: str,
    access_token: str,
    now: datetime,
) -> dict[str, Any]:
    """The claims of one sign-in."""
    start = int(now.timestamp())
    found: dict[str, Any] = {
        "iss": issuer,
        "azp": client_id,
        "aud": client_id,
        "sub": account.sub,
        "at_hash": _half(access_token),
        "iat": start,
        "exp": start + _SECONDS,
    }
    return found | profile(account, scopes) | ({"nonce": nonce} if nonce else {})


def profile(account: Account, scopes: Collection[str]) -> dict[str, Any]:
    """What the sign-in scopes tell of a person."""
    found: dict[str, Any] = {}
    if any(name.endswith("userinfo.email") for name in scopes):
        found |= {"email": account.address, "email_verified": True}
        found |= {"hd": account.hd} if account.hd else {}
    if any(name.endswith("userinfo.profile") for name in scopes):
        given, _, family = account.name.partition(" ")
        found |= {"name": account.name, "given_name": given}
        found |= {"family_name": family} if family else {}
    return found


def _half(access_token: str) -> str:
    """OpenID Connect Core 3.1.3.6: the left half of the hash."""
    digest = hashlib.sha256(access_token.encode("ascii")).digest()[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
