"""Microsoft sign-in by MSAL: authorization code with PKCE, nonce and state.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

import asyncio
import json
import ssl
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msal
import requests
from msal.exceptions import MsalServiceError
from requests.adapters import HTTPAdapter

from shared.domain.model import Account, ProviderName
from shared.domain.records import AccountKind, AccountProfile
from shared.domain.sign_in import Begun, SignedIn, Tokens
from shared.errors import ProviderUnavailable, SignInFailed
from shared.providers.outlook.credential import Credential
from shared.providers.outlook.sign_in_errors import meaning, refusal

OUTLOOK = ProviderName("outlook")
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"

# MSAL adds openid, profile and offline_access itself, and refuses to be given them.
SCOPES = ("User.Read", "Calendars.ReadWrite", "Calendars.ReadWrite.Shared")
# Whether personal accounts are granted the scope for others' calendars is not documented; without
# it they still have their own.
_NOT_FOR_PERSONAL = frozenset({"calendars.readwrite.shared"})

_TIMEOUT_SECONDS = 20
_CLOCK_SKEW_SECONDS = 120

# A form post comes from another site, without the cookie that binds the sign-in to the browser.
warnings.filterwarnings("ignore", message="response_mode='form_post' is recommended")


@dataclass(frozen=True, slots=True)
class MicrosoftApp:
    """Our registration at Entra."""

    client_id: str
    credential: Credential = field(repr=False)
    authority: str
    tls: ssl.SSLContext


class MicrosoftSignIn:
    """A SignIn (see base.py) for Microsoft work and personal accounts."""

    def __init__(self, app: MicrosoftApp) -> None:
        self._app = app
        self._http = _session(app.tls)

    async def begin(self, redirect_uri: str) -> Begun:
        flow = await self._call(self._client().initiate_auth_code_flow, redirect_uri)
        return Begun(flow["auth_uri"], flow["state"], flow)

    async def finish(self, flow: Mapping[str, object], answer: Mapping[str, str]) -> SignedIn:
        if "error" in answer:
            raise refusal(answer)
        cache = msal.SerializableTokenCache()
        result = await self._call(
            self._client(cache).acquire_token_by_auth_code_flow,
            dict(flow),
            dict(answer),
            mismatch=True,
        )
        _raise_for(result)
        claims = result.get("id_token_claims", {})
        self._check_identity(claims)
        _check_grant(result, claims)
        tokens = self.read(cache.serialize().encode())
        if tokens is None:
            raise SignInFailed("Microsoft returned no access token.", code="sign_in_failed")
        return SignedIn(_account(claims), _profile(claims), tokens)

    def read(self, cache: bytes) -> Tokens | None:
        newest = max(
            json.loads(cache).get("AccessToken", {}).values(),
            key=lambda entry: int(entry["expires_on"]),
            default=None,
        )
        if newest is None:
            return None
        expires_at = datetime.fromtimestamp(int(newest["expires_on"]), UTC)
        return Tokens(cache, newest["secret"], expires_at)

    async def refresh(self, cache: bytes) -> Tokens:
        kept = msal.SerializableTokenCache()
        kept.deserialize(cache.decode())
        result = await self._call(_refresh, self._client(kept))
        _raise_for(result)
        tokens = self.read(kept.serialize().encode())
        if tokens is None or tokens.access_expires_at < datetime.now(UTC) + timedelta(minutes=1):
            raise ProviderUnavailable("Microsoft returned no new access token.")
        return tokens

    async def end(self, cache: bytes) -> None:
        """Does nothing. Entra has no revocation of one app's grant, only of all sessions of a user:
        https://learn.microsoft.com/graph/api/user-revokesigninsessions
        """

    def _client(self, cache: Any = None) -> "_Client":
        return _Client(self._app, self._http, cache)

    async def _call(self, call: Any, *args: Any, mismatch: bool = False) -> dict[str, Any]:
        """Runs blocking MSAL code in a thread; `mismatch`: where a state or nonce is checked."""
        try:
            result: dict[str, Any] = await asyncio.to_thread(call, *args)
        except (requests.RequestException, MsalServiceError) as error:
            raise ProviderUnavailable(
                f"Microsoft sign-in did not answer: {type(error).__name__}"
            ) from None
        except (ValueError, RuntimeError) as error:
            # MSAL raises these for a state or nonce that is not the flow's, and for an answer of
            # Entra that is not what it should be.
            if mismatch:
                raise SignInFailed(
                    "The answer does not belong to this sign-in. Start again.",
                    code="sign_in_mismatch",
                ) from error
            raise ProviderUnavailable("Microsoft sign-in gave no usable answer.") from None
        return result

    def _check_identity(self, claims: Mapping[str, Any]) -> None:
        """MSAL checks the nonce and leaves the rest to us; the token came over our TLS call.

        The issuer of a token must be that of its own tenant: the metadata of `common` has only a
        template. https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
        """
        parts = urlsplit(self._app.authority)
        tenant = claims.get("tid")
        issuer = f"{parts.scheme}://{parts.netloc}/{tenant}/v2.0"
        audience_ok = claims.get("aud") == self._app.client_id
        time_ok = float(claims.get("exp", 0)) > time.time() - _CLOCK_SKEW_SECONDS
        if not (tenant and claims.get("oid") and audience_ok and time_ok) or (
            claims.get("iss") != issuer
        ):
            raise SignInFailed(
                "The identity that Microsoft returned is not valid.", code="identity_invalid"
            )


class _Client:
    """MSAL's client, made where it is used: making it asks Entra for its endpoints."""

    def __init__(self, app: MicrosoftApp, http: requests.Session, cache: Any) -> None:
        self._app, self._http, self._cache = app, http, cache

    def _made(self) -> Any:
        return msal.ConfidentialClientApplication(
            self._app.client_id,
            client_credential=self._app.credential,
            authority=self._app.authority,
            instance_discovery=False,
            http_client=self._http,
            token_cache=self._cache,
        )

    def initiate_auth_code_flow(self, redirect_uri: str) -> Any:
        return self._made().initiate_auth_code_flow(
            list(SCOPES), redirect_uri=redirect_uri, prompt="select_account"
        )

    def acquire_token_by_auth_code_flow(self, flow: Any, answer: Any) -> Any:
        return self._made().acquire_token_by_auth_code_flow(flow, answer)

    def refresh(self) -> Any:
        """With the scopes as consented: with others MSAL redeems the token on every call."""
        client = self._made()
        accounts = client.get_accounts()
        if not accounts:
            return {"error": "invalid_grant", "error_description": "no account in the cache"}
        result = client.acquire_token_silent_with_error(
            list(SCOPES), account=accounts[0], force_refresh=True
        )
        return result or {"error": "invalid_grant", "error_description": "no refresh token"}


def _refresh(client: _Client) -> Any:
    return client.refresh()


class _TlsAdapter(HTTPAdapter):
    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._tls, **kwargs)


class _Session(requests.Session):
    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", _TIMEOUT_SECONDS)
        return super().request(*args, **kwargs)


def _session(tls: ssl.SSLContext) -> requests.Session:
    """Of its own trust: REQUESTS_CA_BUNDLE would otherwise beat EXTRA_CA_BUNDLE."""
    session = _Session()
    session.trust_env = False
    session.mount("https://", _TlsAdapter(tls))
    return session


def _raise_for(result: Mapping[str, Any]) -> None:
    if "error" in result:
        raise meaning(result)


def _check_grant(result: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
    """Users may grant less than was asked; writes would fail later."""
    if "refresh_token" not in result:
        raise SignInFailed(
            "Microsoft did not allow lasting access. Connect again and accept all permissions.",
            code="no_lasting_access",
        )
    granted = {_bare(scope) for scope in str(result.get("scope", "")).split()}
    asked = {_bare(scope) for scope in SCOPES}
    if claims["tid"] == PERSONAL_TENANT:
        asked -= _NOT_FOR_PERSONAL
    if not asked <= granted:
        raise SignInFailed(
            "Not all permissions were granted. Connect again and accept all of them.",
            code="permissions_missing",
        )


def _bare(scope: str) -> str:
    """Scopes come back bare or as `https://graph.microsoft.com/Scope`, in any case."""
    return scope.rpartition("/")[2].casefold()


def _account(claims: Mapping[str, Any]) -> Account:
    """tid + oid is the key; name and address change."""
    return Account(OUTLOOK, f"{claims['tid']}.{claims['oid']}".casefold())


def _profile(claims: Mapping[str, Any]) -> AccountProfile:
    address = claims.get("email") or claims.get("preferred_username") or ""
    kind: AccountKind = "personal" if claims["tid"] == PERSONAL_TENANT else "work"
    return AccountProfile(str(address), str(claims.get("name", "")), kind)
