"""Signing in without a browser, and making grants die."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.routing import Route

from sandbox.control.endpoint import Call, ControlError, change, control, show
from sandbox.microsoft.directory import User
from sandbox.microsoft.entra import admin_consent, authorize_request, scopes, sign_in
from sandbox.microsoft.entra.authorize_request import Answer, RedirectedError

_DEFAULT_SCOPES = "openid profile email offline_access User.Read Calendars.ReadWrite"


def routes() -> list[Route]:
    """The routes of this part."""
    return [
        control("POST", "/sign-in", complete),
        control("GET", "/entra", settings),
        control("PATCH", "/entra", change_settings),
        control("POST", "/entra/revoke-sessions", revoke_sessions),
        control("POST", "/entra/revoke-consent", revoke_consent),
        control("POST", "/entra/expire-access-tokens", expire_access_tokens),
        control("POST", "/entra/roll-keys", roll_keys),
        control("POST", "/entra/access-token", access_token),
    ]


async def complete(call: Call) -> Any:
    """Do what a person would do in the browser with `authorizationUrl`; where that leads to.

    `consent` is "accept" (default), "deny" or a list of permissions to grant. An admin-consent URL
    works too: `tenant` names the organisation (else the URL does) and no user is needed.
    """
    parts = urlsplit(str(call.need("authorizationUrl")))
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    tenant_name = parts.path.strip("/").split("/")[0]
    consent = call.body.get("consent", "accept")
    if parts.path.endswith("/adminconsent"):
        name = str(call.body.get("tenant", tenant_name))
        tenant = call.world.directory.tenant(name)
        url = admin_consent.decide(call.world, tenant, given, consent == "accept")
        return {"redirectUrl": url, "mode": "query", "form": {}}
    if consent not in ("accept", "deny") and not isinstance(consent, list):
        raise ControlError(400, "consent must be 'accept', 'deny' or a list of permissions")
    try:
        wanted = authorize_request.read(call.world, tenant_name, given)
    except RedirectedError as wrong:
        return _answer(wrong.answer)
    user = sign_in.account(call.world, tenant_name, str(call.need("user")))
    return _answer(sign_in.complete(call.world, wanted, user, consent))


async def settings(call: Call) -> Any:
    """Life times and switches."""
    return show(call.world.entra.settings)


async def change_settings(call: Call) -> Any:
    """Change life times and switches."""
    return change(call.world.entra.settings, call.body)


async def revoke_sessions(call: Call) -> Any:
    """Kill all refresh tokens of `user` issued so far."""
    user = _user(call)
    call.world.entra.revoke_sessions(user, call.world.clock())
    return {"revoked": user.address}


async def revoke_consent(call: Call) -> Any:
    """Let `user` take the application's permissions away."""
    user = _user(call)
    call.world.entra.revoke_consent(user)
    return {"revoked": user.address}


async def expire_access_tokens(call: Call) -> Any:
    """Let the access tokens of `user` (or of all) expire now."""
    user = _user(call) if "user" in call.body else None
    return {"expired": call.world.entra.expire_access_tokens(user, call.world.clock())}


async def roll_keys(call: Call) -> Any:
    """Sign id tokens with a new key; `keepOld` false takes the old one out of the JWKS."""
    return {"kid": call.world.entra.keys.roll(bool(call.body.get("keepOld", True)))}


async def access_token(call: Call) -> Any:
    """An access token for `user` without any sign-in; `scopes` as in an authorization request."""
    user = _user(call)
    granted = scopes.parse(str(call.body.get("scopes", _DEFAULT_SCOPES)))
    entra = call.world.entra
    return {"accessToken": entra.add_access_token(user, granted, call.world.clock())}


def _user(call: Call) -> User:
    tenant = call.body.get("tenant")
    directory = call.world.directory
    return directory.user(str(call.need("user")), directory.tenant(tenant) if tenant else None)


def _answer(answer: Answer) -> dict[str, Any]:
    form = answer.values if answer.mode == "form_post" else {}
    return {"redirectUrl": answer.redirect_url, "mode": answer.mode, "form": form}
