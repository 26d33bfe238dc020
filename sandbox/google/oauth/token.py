"""The token endpoint.

Source: developers.google.com/identity/protocols/oauth2/web-server; texts of errors from issues of
googleapis/google-api-nodejs-client (2859, 3680), google-api-java-client (1479) and
google-auth-library-python.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.connections import cut
from sandbox.faults import FaultRule
from sandbox.google.oauth.discovery import base_url
from sandbox.google.oauth.id_token import claims
from sandbox.google.oauth.state import AuthorizationCode, RefreshToken

if TYPE_CHECKING:
    from sandbox.world import World

_NO_STORE = {"Cache-Control": "no-cache, no-store, max-age=0, must-revalidate"}


class TokenError(Exception):
    """A refusal: status, OAuth error, description."""

    def __init__(self, error: str, description: str = "Bad Request", status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.status = status
        self.body = {"error": error, "error_description": description}


async def token(request: Request) -> Response:
    """POST: code or refresh token in, tokens out."""
    world: World = request.app.state.world
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        _check_client(world, form, request.headers.get("authorization", ""))
        grant = _find_grant(world, form)
        request.scope["sandbox.log_entry"].mailbox = grant.account.address
        fault = world.faults.fire("google-token", grant.account.address, "POST", request.url.path)
        if fault is not None and fault.effect != "commit-then-cut":
            answer = await _faulted(world, request, fault)
            if answer is not None:
                return answer
        body = _redeem(world, form, grant, base_url(request))
    except TokenError as refusal:
        return JSONResponse(refusal.body, status_code=refusal.status, headers=_NO_STORE)
    if fault is not None and fault.effect == "commit-then-cut":
        await cut(request.scope, request.receive)
    return JSONResponse(body, headers=_NO_STORE)


async def _faulted(world: "World", request: Request, fault: FaultRule) -> Response | None:
    request.scope["sandbox.log_entry"].fault = fault.id
    if fault.delay_seconds:
        await asyncio.sleep(fault.delay_seconds)
    if fault.effect == "delay":
        return None
    if fault.effect == "cut":
        await cut(request.scope, request.receive)
        return Response()
    headers = _NO_STORE | fault.response_headers(world.clock())
    if fault.error is None:
        return Response(fault.message, status_code=fault.status, headers=headers)
    body = {"error": fault.error, "error_description": fault.message}
    if fault.code:
        body["error_subtype"] = fault.code
    return JSONResponse(body, status_code=fault.status, headers=headers)


def _check_client(world: "World", form: Mapping[str, str], authorization: str) -> None:
    app = world.google.registration
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if authorization.lower().startswith("basic "):
        client_id, secret = _basic(authorization)
    if not client_id:
        raise TokenError("invalid_request", "Could not determine client ID from request.")
    if client_id != app.client_id:
        raise TokenError("invalid_client", "The OAuth client was not found.", 401)
    if app.disabled:
        raise TokenError("disabled_client", "The OAuth client was disabled.", 401)
    if not secret:
        raise TokenError("invalid_request", "client_secret is missing.")
    if not hmac.compare_digest(secret.encode(), app.client_secret.encode()):
        raise TokenError("invalid_client", "The provided client secret is invalid.", 401)


def _basic(authorization: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(authorization.split(" ", 1)[1], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    client_id, _, secret = text.partition(":")
    return unquote(client_id), unquote(secret)


def _find_grant(world: "World", form: Mapping[str, str]) -> AuthorizationCode | RefreshToken:
    kind, oauth = form.get("grant_type", ""), world.google.oauth
    if kind not in ("authorization_code", "refresh_token"):
        raise TokenError("unsupported_grant_type", f"Invalid grant_type: {kind}")
    name = "code" if kind == "authorization_code" else kind
    if not form.get(name):
        raise TokenError("invalid_request", f"Missing required parameter: {name}")
    store: Mapping[str, AuthorizationCode | RefreshToken]
    store = oauth.codes if name == "code" else oauth.refresh_tokens
    found = store.get(form[name])
    if found is None and name == "code":
        known = form[name].startswith("4/")
        raise TokenError("invalid_grant", "Bad Request" if known else "Malformed auth code.")
    if found is None:
        raise TokenError("invalid_grant", "Token has been expired or revoked.")
    return found


def _redeem(
    world: "World", form: Mapping[str, str], grant: AuthorizationCode | RefreshToken, issuer: str
) -> dict[str, Any]:
    if isinstance(grant, RefreshToken):
        _check_refresh(world, grant)
        grant.last_used = world.clock()
        return _answer(world, grant, None, issuer)
    _check_code(world, grant, form)
    grant.redeemed = True
    body = _answer(world, grant, grant.nonce, issuer)
    oauth, address = world.google.oauth, grant.account.address.lower()
    if grant.refreshable and not oauth.settings.omit_refresh_token & {"*", address}:
        days, testing = oauth.settings.testing_refresh_days, world.google.registration.testing
        life = timedelta(days=days) if testing else None
        body["refresh_token"] = oauth.add_refresh_token(
            grant.account, grant.scopes, world.clock(), life
        )
        if life is not None:
            body["refresh_token_expires_in"] = int(life.total_seconds()) - 1
    return body


def _check_code(world: "World", code: AuthorizationCode, form: Mapping[str, str]) -> None:
    age = world.clock() - code.issued_at
    if code.redeemed or age > timedelta(seconds=world.google.oauth.settings.code_seconds):
        raise TokenError("invalid_grant")
    if form.get("redirect_uri") != code.redirect_uri:
        raise TokenError("redirect_uri_mismatch")
    verifier = form.get("code_verifier", "")
    if code.challenge is None:
        if verifier:
            raise TokenError("invalid_grant", "code_verifier or verifier is not needed.")
    elif not verifier:
        raise TokenError("invalid_grant", "Missing code verifier.")
    elif not _proves(code, verifier):
        raise TokenError("invalid_grant", "Invalid code verifier.")


def _proves(code: AuthorizationCode, verifier: str) -> bool:
    made = verifier
    if code.challenge_method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(made.encode(), (code.challenge or "").encode())


def _check_refresh(world: "World", held: RefreshToken) -> None:
    now, settings = world.clock(), world.google.oauth.settings
    unused = now - held.last_used > timedelta(days=settings.refresh_inactive_days)
    if unused or (held.expires_at is not None and held.expires_at <= now):
        raise TokenError("invalid_grant", "Token has been expired or revoked.")
    if not held.account.enabled:
        raise TokenError("invalid_grant", "Account has been deleted")


def _answer(
    world: "World", grant: AuthorizationCode | RefreshToken, nonce: str | None, issuer: str
) -> dict[str, Any]:
    now, oauth, account = world.clock(), world.google.oauth, grant.account
    access_token = oauth.add_access_token(account, grant.scopes, now)
    body: dict[str, Any] = {
        "access_token": access_token,
        "expires_in": oauth.settings.access_token_seconds,
        "scope": " ".join(sorted(grant.scopes, reverse=True)),
        "token_type": "Bearer",
    }
    if "openid" in grant.scopes:
        client_id = world.google.registration.client_id
        told = claims(account, client_id, grant.scopes, nonce, issuer, access_token, now)
        body["id_token"] = oauth.keys.sign(told)
    return body
