"""Google sign-in: authorization code with PKCE, nonce and state.

https://developers.google.com/identity/protocols/oauth2/web-server
"""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.domain.model import Account, ProviderName
from shared.domain.records import AccountKind, AccountProfile
from shared.domain.sign_in import Begun, SignedIn, Tokens
from shared.errors import SignInFailed
from shared.providers.google.authorization_server import GoogleServer
from shared.providers.google.identity import Identity, checked
from shared.providers.google.sign_in_errors import refusal

GOOGLE = ProviderName("google")

# The least that serves. `calendar.events` reads, writes and watches the events of every calendar
# that the account sees; the list of calendars needs a scope of its own. `freebusy.query` would need
# a third: `events.list` tells as much. https://developers.google.com/workspace/calendar/api/auth
CALENDAR_SCOPES = (
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
)
SCOPES = ("openid", "email", "profile", *CALENDAR_SCOPES)

_Token = Annotated[str, StringConstraints(min_length=1)]


@dataclass(frozen=True, slots=True)
class GoogleApp:
    """Our OAuth client in a Google Cloud project."""

    client_id: str
    client_secret: str
    auth_base_url: str


class _Granted(BaseModel):
    """https://developers.google.com/identity/protocols/oauth2/web-server#exchange-authorization-code"""

    model_config = ConfigDict(extra="ignore", frozen=True)

    access_token: _Token
    expires_in: Annotated[int, Field(gt=0)]
    refresh_token: _Token | None = None
    scope: str = ""
    id_token: str = ""


class GoogleSignIn:
    """A SignIn (see base.py) for Google accounts, personal and of a Workspace."""

    def __init__(
        self, app: GoogleApp, http: httpx.AsyncClient, clock: Callable[[], datetime]
    ) -> None:
        self._app, self._clock = app, clock
        self._server = GoogleServer(app.auth_base_url, http)

    async def begin(self, redirect_uri: str) -> Begun:
        flow = {name: secrets.token_urlsafe(48) for name in ("state", "nonce", "code_verifier")}
        query = {
            "client_id": self._app.client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": " ".join(SCOPES),
            "state": flow["state"],
            "nonce": flow["nonce"],
            "code_challenge": _challenge(flow["code_verifier"]),
            "code_challenge_method": "S256",
            "access_type": "offline",
            # Without `consent` only the first sign-in of an account brings a refresh token.
            "prompt": "consent select_account",
            "include_granted_scopes": "false",
        }
        address = (await self._server.endpoints()).authorization_endpoint
        url = f"{address}?{urlencode(query)}"
        return Begun(url, flow["state"], {**flow, "redirect_uri": redirect_uri})

    async def finish(self, flow: Mapping[str, object], answer: Mapping[str, str]) -> SignedIn:
        if answer.get("state") != flow["state"]:
            raise SignInFailed(
                "The answer does not belong to this sign-in. Start again.", code="sign_in_mismatch"
            )
        if "error" in answer or not answer.get("code"):
            raise refusal(answer)
        granted = await self._token(
            grant_type="authorization_code",
            code=answer["code"],
            code_verifier=str(flow["code_verifier"]),
            redirect_uri=str(flow["redirect_uri"]),
        )
        _check_scopes(granted)
        if granted.refresh_token is None:
            raise SignInFailed(
                "Google did not allow lasting access. Connect again and accept all permissions.",
                code="no_lasting_access",
            )
        identity = await self._identity(granted, str(flow["nonce"]))
        tokens = self._tokens(granted, granted.refresh_token)
        return SignedIn(Account(GOOGLE, identity.sub), _profile(identity), tokens)

    def read(self, cache: bytes) -> Tokens | None:
        kept = json.loads(cache)
        expires_at = datetime.fromisoformat(kept["access_expires_at"])
        return Tokens(cache, kept["access_token"], expires_at)

    async def refresh(self, cache: bytes) -> Tokens:
        """Google's answer has no new refresh token: the old one goes on.

        https://developers.google.com/identity/protocols/oauth2/web-server#offline
        """
        kept = json.loads(cache)["refresh_token"]
        granted = await self._token(grant_type="refresh_token", refresh_token=kept)
        return self._tokens(granted, granted.refresh_token or kept)

    async def end(self, cache: bytes) -> None:
        """Takes the grant back: of this account for the whole Google Cloud project.

        https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke
        """
        await self._server.revoke(json.loads(cache)["refresh_token"])

    async def _token(self, **form: str) -> _Granted:
        client = {"client_id": self._app.client_id, "client_secret": self._app.client_secret}
        return await self._server.token({**client, **form}, _Granted)

    async def _identity(self, granted: _Granted, nonce: str) -> Identity:
        issuer = (await self._server.endpoints()).issuer
        keys = await self._server.keys()
        client_id, now = self._app.client_id, self._clock()
        return checked(granted.id_token, keys, issuer, client_id, nonce, now)

    def _tokens(self, granted: _Granted, refresh_token: str) -> Tokens:
        expires_at = self._clock() + timedelta(seconds=granted.expires_in)
        kept = {
            "refresh_token": refresh_token,
            "access_token": granted.access_token,
            "access_expires_at": expires_at.isoformat(),
        }
        return Tokens(json.dumps(kept).encode(), granted.access_token, expires_at)


def _profile(identity: Identity) -> AccountProfile:
    """`hd` names the organisation of an account that belongs to one."""
    kind: AccountKind = "work" if identity.hd else "personal"
    return AccountProfile(identity.email, identity.name, kind)


def _challenge(verifier: str) -> str:
    """https://www.rfc-editor.org/rfc/rfc7636#section-4.2"""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def _check_scopes(granted: _Granted) -> None:
    """People may untick some; writing would fail later.

    https://developers.google.com/identity/protocols/oauth2/resources/granular-permissions
    """
    if not set(CALENDAR_SCOPES) <= set(granted.scope.split()):
        raise SignInFailed(
            "Not all permissions were granted. Connect again and tick all boxes on Google's page.",
            code="permissions_missing",
        )
