"""Who has signed in: the id token, checked.

https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken
"""

from datetime import datetime, timedelta
from typing import Annotated

import jwt
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from shared.errors import SignInFailed

_CLOCK_SKEW = timedelta(minutes=2)


class Identity(BaseModel):
    """`sub` is the key; the rest changes. `hd` is there for accounts of a Workspace only."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    # Part of the keys of tables, where some characters are forbidden; Google's are digits.
    sub: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,255}$")]
    exp: int
    nonce: str
    email: str = ""
    name: str = ""
    hd: str | None = None


def checked(
    id_token: str, keys: jwt.PyJWKSet, issuer: str, client_id: str, nonce: str, now: datetime
) -> Identity:
    """Checks signature, issuer, audience, time and nonce. Raises SignInFailed."""
    try:
        identity = Identity.model_validate(_claims(id_token, keys, issuer, client_id))
    except (jwt.PyJWTError, ValidationError, KeyError):
        raise _invalid() from None
    if identity.exp <= (now - _CLOCK_SKEW).timestamp():
        raise _invalid()
    if identity.nonce != nonce:
        raise SignInFailed(
            "The answer does not belong to this sign-in. Start again.", code="sign_in_mismatch"
        )
    return identity


def _claims(id_token: str, keys: jwt.PyJWKSet, issuer: str, client_id: str) -> object:
    """The time is left to `checked`, which knows ours. Google's issuer may lack its scheme."""
    return jwt.decode(
        id_token,
        keys[jwt.get_unverified_header(id_token)["kid"]],
        algorithms=["RS256"],
        audience=client_id,
        issuer=(issuer, issuer.removeprefix("https://")),
        options={
            "require": ["iss", "aud", "sub", "exp"],
            "strict_aud": True,
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
        },
    )


def _invalid() -> SignInFailed:
    return SignInFailed("The identity that Google returned is not valid.", code="identity_invalid")
