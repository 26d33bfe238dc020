"""The tokens that the CRM's pages and servers carry."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import jwt

JWT_ISSUER = "https://crm.example"
JWT_AUDIENCE = "calendar-sync"


def token(
    secret: str,
    user: str,
    locations: Mapping[str, str],
    name: str = "",
    lasts: timedelta = timedelta(hours=1),
) -> str:
    """A bearer token as the CRM issues it; `locations` maps a location to the role there."""
    now = datetime.now(UTC)
    claims = {
        "iss": JWT_ISSUER,
        "aud": JWT_AUDIENCE,
        "sub": user,
        "name": name or user,
        "locations": dict(locations),
        "iat": now,
        "exp": now + lasts,
    }
    return jwt.encode(claims, secret, algorithm="HS256")
