"""The token endpoint."""

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.connections import cut
from sandbox.faults import FaultRule
from sandbox.microsoft.directory import User
from sandbox.microsoft.entra import client_assertion
from sandbox.microsoft.entra import scopes as scope_names
from sandbox.microsoft.entra.discovery import base_url, issuer
from sandbox.microsoft.entra.errors import CATALOGUE, SignInError
from sandbox.microsoft.entra.id_token import claims, client_info
from sandbox.microsoft.entra.state import AuthorizationCode, RefreshToken
from sandbox.request_log import LoggedRequest

if TYPE_CHECKING:
    from sandbox.world import World

_NO_STORE = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}


async def token(request: Request) -> Response:
    """POST: code or refresh token in, tokens out; errors as AADSTS bodies.

    Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
    """
    world: World = request.app.state.world
    form = {name: str(value) for name, value in (await request.form()).items()}
    correlation = request.headers.get("client-request-id")
    try:
        _check_client(world, form, request)
        grant = _find_grant(world, form)
        _note_user(request, grant.user)
        fault = world.faults.fire("token", grant.user.address, "POST", request.url.path)
        if fault is not None and fault.effect != "commit-then-cut":
            answer = await _faulted(world, request, fault)
            if answer is not None:
                return answer
        body = _redeem(world, form, grant, request)
    except SignInError as refusal:
        body = refusal.body(correlation)
        return JSONResponse(body, status_code=refusal.status, headers=_NO_STORE)
    if fault is not None and fault.effect == "commit-then-cut":
        await cut(request.scope, request.receive)
    return JSONResponse(body, headers=_NO_STORE)


async def _faulted(world: "World", request: Request, fault: FaultRule) -> Response | None:
    if fault.delay_seconds:
        await asyncio.sleep(fault.delay_seconds)
    if fault.effect == "delay":
        return None
    if fault.effect == "cut":
        await cut(request.scope, request.receive)
        return Response()
    now = world.clock()
    headers = _NO_STORE | fault.response_headers(now)
    if fault.aadsts is None:
        return PlainTextResponse(fault.message, status_code=fault.status, headers=headers)
    now_text = _precise(now)
    facts = {"client": world.registration.client_id, "app": world.registration.name}
    refusal = SignInError(fault.aadsts, now, issued=now_text, valid=now_text, **facts)
    refusal.error = fault.error or refusal.error
    known = CATALOGUE.get(fault.aadsts)
    status = fault.status if fault.status != FaultRule.status else (known.status if known else 400)
    return JSONResponse(refusal.body(), status_code=status, headers=headers)


def _check_client(world: "World", form: Mapping[str, str], request: Request) -> None:
    now, app = world.clock(), world.registration
    client_id, secret = form.get("client_id", ""), form.get("client_secret")
    authorization = request.headers.get("authorization", "")
    if authorization.lower().startswith("basic "):
        client_id, secret = _basic(authorization)
    code = 0
    if client_id != app.client_id:
        code = 700016
    elif app.disabled:
        code = 7000112
    elif form.get("client_assertion"):
        base = base_url(request)
        names = {base + request.url.path, issuer(base, request.path_params["tenant"])}
        client_assertion.check(app, form, names, now)
    elif not secret:
        code = 7000218
    elif app.secret_expired:
        code = 7000222
    elif not hmac.compare_digest(secret.encode(), app.client_secret.encode()):
        code = 7000215
    if code:
        raise SignInError(code, now, client=client_id)


def _basic(authorization: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(authorization.split(" ", 1)[1], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    client_id, _, secret = text.partition(":")
    return unquote(client_id), unquote(secret)


def _find_grant(world: "World", form: Mapping[str, str]) -> AuthorizationCode | RefreshToken:
    now, kind = world.clock(), form.get("grant_type")
    if not kind:
        raise SignInError(900144, now, detail="grant_type")
    name = {"authorization_code": "code", "refresh_token": "refresh_token"}.get(kind)
    if name is None:
        raise SignInError(70003, now)
    if not form.get(name):
        raise SignInError(900144, now, detail=name)
    store: Mapping[str, AuthorizationCode | RefreshToken] = (
        world.entra.codes if name == "code" else world.entra.refresh_tokens
    )
    found = store.get(form[name])
    if found is None:
        raise SignInError(70000, now)
    return found


def _redeem(
    world: "World",
    form: Mapping[str, str],
    grant: AuthorizationCode | RefreshToken,
    request: Request,
) -> dict[str, Any]:
    now = world.clock()
    asked = _asked_scopes(world, form)
    if isinstance(grant, AuthorizationCode):
        _check_code(world, grant, form, request.path_params["tenant"])
        grant.redeemed = True
        nonce = grant.nonce
    else:
        _check_refresh(world, grant, asked)
        grant.last_used = now
        nonce = None
    base = base_url(request)
    return _answer(world, grant, nonce, base, form.get("client_info") == "1")


def _asked_scopes(world: "World", form: Mapping[str, str]) -> set[str]:
    try:
        return scope_names.for_graph(scope_names.parse(form.get("scope", "")))
    except scope_names.UnknownScopeError as unknown:
        text = f"The scope {unknown} isn't valid."
        raise SignInError(70011, world.clock(), detail=text) from None


def _check_code(
    world: "World", code: AuthorizationCode, form: Mapping[str, str], tenant_name: str
) -> None:
    now = world.clock()
    if code.redeemed:
        raise SignInError(54005, now)
    if now - code.issued_at > timedelta(seconds=world.entra.settings.code_seconds):
        raise SignInError(70008, now)
    if form.get("redirect_uri") != code.redirect_uri:
        raise SignInError(500112, now)
    same = tenant_name in (code.tenant_name, code.user.tenant.id, code.user.tenant.domain)
    if not same and tenant_name not in ("common", "organizations", "consumers"):
        raise SignInError(700005, now)
    if code.challenge is not None and not _proves(code, form.get("code_verifier", "")):
        raise SignInError(501481, now)


def _proves(code: AuthorizationCode, verifier: str) -> bool:
    if code.challenge_method == "plain":
        return hmac.compare_digest(verifier.encode(), (code.challenge or "").encode())
    digest = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(made, code.challenge or "")


def _check_refresh(world: "World", token: RefreshToken, asked: set[str]) -> None:
    now, user, entra = world.clock(), token.user, world.entra
    app = {"client": world.registration.client_id, "app": world.registration.name}
    valid_from = entra.valid_from.get(user.object_id)
    dead = 0
    if not user.enabled:
        dead = 50057
    elif valid_from is not None and token.issued_at <= valid_from:
        dead = 70000 if user.personal else 50173
    elif now - token.last_used > timedelta(days=entra.settings.refresh_inactive_days):
        dead = 70000 if user.personal else 700082
    elif asked - entra.consented(user) or not entra.consented(user):
        dead = 70000 if user.personal else 65001
    if dead:
        facts = app | {"issued": _precise(token.issued_at), "valid": _precise(valid_from or now)}
        raise SignInError(dead, now, **facts)


def _answer(
    world: "World",
    grant: AuthorizationCode | RefreshToken,
    nonce: str | None,
    base: str,
    with_client_info: bool,
) -> dict[str, Any]:
    now, user, entra = world.clock(), grant.user, world.entra
    openid = [name for name in grant.scopes if name in scope_names.OPENID_SCOPES]
    granted = [*openid, *sorted(entra.consented(user))]
    life = entra.settings.access_token_seconds
    body: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": scope_names.answer(granted, entra.settings.qualified_scopes),
        "expires_in": life,
        "ext_expires_in": life,
        "access_token": entra.add_access_token(user, granted, now),
    }
    omitted = entra.settings.omit_refresh_token & {"*", user.address.lower()}
    if "offline_access" in openid and not omitted:
        body["refresh_token"] = entra.add_refresh_token(user, grant.scopes, now)
    if "openid" in openid:
        client_id = world.registration.client_id
        body["id_token"] = entra.keys.sign(claims(user, client_id, openid, nonce, base, now))
    if with_client_info:
        body["client_info"] = client_info(user)
    return body


def _note_user(request: Request, user: User) -> None:
    entry: LoggedRequest | None = request.scope.get("sandbox.log_entry")
    if entry is not None:
        entry.mailbox = user.address


def _precise(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
