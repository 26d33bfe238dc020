"""The paths of the sign-in service."""

from starlette.routing import Route

from sandbox.google.oauth.authorize import authorize
from sandbox.google.oauth.discovery import certs, openid_configuration, user_info
from sandbox.google.oauth.revoke import revoke
from sandbox.google.oauth.token import token

AUTHORIZE_PATH = "/o/oauth2/v2/auth"


def routes() -> list[Route]:
    """All sign-in routes, to be placed at the root of the server."""
    return [
        Route(AUTHORIZE_PATH, authorize, methods=["GET", "POST"]),
        Route("/token", token, methods=["POST"]),
        Route("/revoke", revoke, methods=["POST"]),
        Route("/oauth2/v3/certs", certs),
        Route("/v1/userinfo", user_info, methods=["GET", "POST"]),
        Route("/.well-known/openid-configuration", openid_configuration),
    ]
