"""Signing in with Google without a browser, and making grants die."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.routing import Route

from sandbox.control import sign_in as microsoft
from sandbox.control.endpoint import Call, ControlError, change, show
from sandbox.control.google import google
from sandbox.google.account import Account
from sandbox.google.oauth import authorize_request, sign_in
from sandbox.google.oauth.authorize_request import RedirectedError, ShownError
from sandbox.google.oauth.routes import AUTHORIZE_PATH


def routes() -> list[Route]:
    """The routes of this part; the sign-in of both providers is one."""
    return [
        google("POST", "/sign-in", complete),
        google("GET", "/google/oauth", settings),
        google("PATCH", "/google/oauth", change_settings),
        google("POST", "/google/oauth/access-token", access_token),
        google("POST", "/google/oauth/revoke", revoke),
        google("POST", "/google/oauth/expire-access-tokens", expire_access_tokens),
        google("POST", "/google/oauth/roll-keys", roll_keys),
    ]


async def complete(call: Call) -> Any:
    """Do what a person would do in the browser with `authorizationUrl`; where that leads to.

    `consent` is "accept" (default), "deny" or a list of the scopes to grant.
    """
    parts = urlsplit(str(call.need("authorizationUrl")))
    if parts.path != AUTHORIZE_PATH:
        return await microsoft.complete(call)
    consent = call.body.get("consent", "accept")
    if consent not in ("accept", "deny") and not isinstance(consent, list):
        raise ControlError(400, "consent must be 'accept', 'deny' or a list of scopes")
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    try:
        wanted = authorize_request.read(call.world, given)
        account = sign_in.account_for(call.world, wanted, str(call.need("user")))
        issuer = f"{parts.scheme}://{parts.netloc}"
        url = sign_in.complete(call.world, wanted, account, consent, issuer)
    except RedirectedError as wrong:
        url = wrong.url
    except ShownError as refusal:
        raise ControlError(400, str(refusal)) from None
    return {"redirectUrl": url, "mode": "query", "form": {}}


async def settings(call: Call) -> Any:
    """Life times and switches."""
    return show(call.world.google.oauth.settings)


async def change_settings(call: Call) -> Any:
    """Change life times and switches."""
    return change(call.world.google.oauth.settings, call.body)


async def access_token(call: Call) -> Any:
    """An access token for `user` without any sign-in; `scopes` as in an authorization request."""
    given = {"scopes": str(call.body["scopes"])} if "scopes" in call.body else {}
    return {"accessToken": call.world.google.access_token(str(call.need("user")), **given)}


async def revoke(call: Call) -> Any:
    """Let `user` take the application's access away: all its tokens end."""
    return {"revoked": call.world.google.revoke(_account(call))}


async def expire_access_tokens(call: Call) -> Any:
    """Let the access tokens of `user` (or of all) expire now."""
    account = _account(call) if "user" in call.body else None
    oauth = call.world.google.oauth
    return {"expired": oauth.expire_access_tokens(account, call.world.clock())}


async def roll_keys(call: Call) -> Any:
    """Sign id tokens with a new key; `keepOld` false takes the old one out of the JWKS."""
    return {"kid": call.world.google.oauth.keys.roll(bool(call.body.get("keepOld", True)))}


def _account(call: Call) -> Account:
    return call.world.google.account(str(call.need("user")))
