"""id_token claims and client_info."""

import base64
import hashlib
import json
import secrets
from datetime import datetime
from typing import Any

from sandbox.microsoft.directory import User
from sandbox.microsoft.entra.discovery import issuer

_WORK_SECONDS = 3600
_PERSONAL_SECONDS = 86_400
_SKEW_SECONDS = 300


def claims(
    user: User, client_id: str, scopes: list[str], nonce: str | None, base: str, now: datetime
) -> dict[str, Any]:
    """The claims of one sign-in.

    Source: learn.microsoft.com/entra/identity-platform/id-token-claims-reference. `oid` and the
    names need the `profile` scope, `email` needs `email`.
    """
    start = int(now.timestamp())
    life = _PERSONAL_SECONDS if user.personal else _WORK_SECONDS
    found: dict[str, Any] = {
        "ver": "2.0",
        "iss": issuer(base, user.tenant.id),
        "sub": _pairwise(user, client_id),
        "aud": client_id,
        "exp": start + life,
        "iat": start - _SKEW_SECONDS,
        "nbf": start - _SKEW_SECONDS,
        "tid": user.tenant.id,
        "uti": secrets.token_urlsafe(16),
    }
    if "profile" in scopes:
        found |= {
            "name": user.display_name,
            "preferred_username": user.user_principal_name,
            "oid": user.object_id,
        }
    if "email" in scopes and user.mail:
        found["email"] = user.mail
    if nonce:
        found["nonce"] = nonce
    if user.home is not None:
        found["idp"] = f"https://sts.windows.net/{user.home.tenant.id}/"
    if not user.personal:
        found["rh"] = f"0.A{secrets.token_urlsafe(12)}."
    return found


def client_info(user: User) -> str:
    """Object and tenant id of the home account, base64url JSON (as MSAL reads it)."""
    uid, utid = user.home_ids
    raw = json.dumps({"uid": uid, "utid": utid}, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _pairwise(user: User, client_id: str) -> str:
    digest = hashlib.sha256(f"{user.object_id}|{client_id}".encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
