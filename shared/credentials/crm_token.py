"""The CRM's bearer tokens: JWTs by HS256 with a shared secret, or by the keys of a JWKS."""

import asyncio
import re
import ssl
from typing import Any

import jwt

from shared.domain.access import ID_PATTERN, Caller, Membership
from shared.domain.model import LocationId, UserId
from shared.errors import NotAuthenticated

_LEEWAY_SECONDS = 30
_ID = re.compile(ID_PATTERN)
_MOST_LOCATIONS = 1000
_ASYMMETRIC = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]


class CrmTokens:
    """Checks signature, issuer, audience and time, then reads who is calling."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        secret: str | None,
        jwks_url: str | None,
        tls: ssl.SSLContext,
    ) -> None:
        self._issuer, self._audience, self._secret = issuer, audience, secret
        self._jwks = jwt.PyJWKClient(jwks_url, ssl_context=tls) if jwks_url else None

    async def caller(self, authorization: str | None) -> Caller:
        """Raises NotAuthenticated, saying what is wrong but never showing the token."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.casefold() != "bearer" or not token:
            raise NotAuthenticated("A bearer token of the CRM is needed.", code="token_missing")
        try:
            claims = await self._claims(token.strip())
        except jwt.ExpiredSignatureError:
            raise NotAuthenticated("The token has expired.", code="token_expired") from None
        except jwt.PyJWKClientConnectionError:
            raise _unverifiable() from None
        except (jwt.PyJWTError, TypeError):  # the latter for an algorithm of another kind of key
            raise NotAuthenticated("The token is not valid.", code="token_invalid") from None
        return _caller(claims)

    async def _claims(self, token: str) -> dict[str, Any]:
        key: Any = self._secret
        algorithms = ["HS256"]
        if self._jwks is not None:
            key, algorithms = await self._published(self._jwks, token), _ASYMMETRIC
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            audience=self._audience,
            issuer=self._issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        return claims

    @staticmethod
    async def _published(jwks: jwt.PyJWKClient, token: str) -> Any:
        """The published key that the token names. Answers that are not JSON raise ValueError."""
        try:
            return (await asyncio.to_thread(jwks.get_signing_key_from_jwt, token)).key
        except ValueError:
            raise _unverifiable() from None


def _unverifiable() -> NotAuthenticated:
    return NotAuthenticated("The keys of the CRM cannot be read.", code="token_unverifiable")


def _caller(claims: dict[str, Any]) -> Caller:
    locations = claims.get("locations")
    if not isinstance(locations, dict) or len(locations) > _MOST_LOCATIONS:
        raise NotAuthenticated("The token names no locations.", code="token_invalid")
    known = {role.value: role for role in Membership}
    # A role that we do not know gives no right, and takes none away elsewhere.
    roles = {
        LocationId(str(key)): known[role]
        for key, role in locations.items()
        if isinstance(role, str) and role in known
    }
    subject = claims["sub"]
    if not isinstance(subject, str) or not _ID.fullmatch(subject):
        raise NotAuthenticated("The token names no user by an id.", code="token_invalid")
    return Caller(UserId(subject), str(claims.get("name") or ""), roles)
