"""The paths of the sign-in service."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.microsoft.entra.admin_consent import admin_consent
from sandbox.microsoft.entra.authorize import authorize, logout
from sandbox.microsoft.entra.discovery import base_url, keys, openid_configuration
from sandbox.microsoft.entra.id_token import claims
from sandbox.microsoft.entra.token import token

if TYPE_CHECKING:
    from sandbox.world import World


def routes() -> list[Route]:
    """All sign-in routes, to be placed at the root of the server."""
    metadata = "/.well-known/openid-configuration"
    return [
        Route("/oidc/userinfo", user_info, methods=["GET", "POST"]),
        Route("/{tenant}/v2.0" + metadata, openid_configuration),
        Route("/{tenant}" + metadata, openid_configuration),
        Route("/{tenant}/discovery/v2.0/keys", keys),
        Route("/{tenant}/oauth2/v2.0/authorize", authorize, methods=["GET", "POST"]),
        Route("/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
        Route("/{tenant}/oauth2/v2.0/logout", logout),
        Route("/{tenant}/v2.0/adminconsent", admin_consent, methods=["GET", "POST"]),
    ]


async def user_info(request: Request) -> Response:
    """The OpenID Connect UserInfo answer for a bearer token."""
    world: World = request.app.state.world
    value = request.headers.get("authorization", "").partition(" ")[2]
    held = world.entra.access_tokens.get(value)
    if held is None or held.expires_at <= world.clock():
        return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
    client_id, base = world.registration.client_id, base_url(request)
    full = claims(held.user, client_id, ["profile", "email"], None, base, world.clock())
    shown = {name: full[name] for name in ("sub", "name", "email") if name in full}
    return JSONResponse(shown)
