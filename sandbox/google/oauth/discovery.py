"""The discovery document, the published keys, and who a token stands for."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.google.oauth.id_token import profile

if TYPE_CHECKING:
    from sandbox.world import World


def base_url(request: Request) -> str:
    """Scheme and host the caller used: the issuer, too."""
    return f"{request.url.scheme}://{request.url.netloc}"


async def openid_configuration(request: Request) -> Response:
    """Source: accounts.google.com/.well-known/openid-configuration"""
    return JSONResponse(_metadata(base_url(request)), headers={"Cache-Control": "max-age=3600"})


async def certs(request: Request) -> Response:
    """The JSON Web Key Set."""
    world: World = request.app.state.world
    keys = [
        {"alg": "RS256"} | {name: key[name] for name in ("kty", "use", "kid", "n", "e")}
        for key in world.google.oauth.keys.published("")
    ]
    return JSONResponse({"keys": keys}, headers={"Cache-Control": "public, max-age=19800"})


async def user_info(request: Request) -> Response:
    """The OpenID Connect UserInfo answer for a bearer token."""
    world: World = request.app.state.world
    held = world.google.oauth.access_tokens.get(
        request.headers.get("authorization", "").partition(" ")[2]
    )
    if held is None or held.expires_at <= world.clock():
        body = {"error": "invalid_request", "error_description": "Invalid Credentials"}
        return JSONResponse(body, status_code=401, headers={"WWW-Authenticate": "Bearer"})
    return JSONResponse({"sub": held.account.sub} | profile(held.account, held.scopes))


def _metadata(base: str) -> dict[str, Any]:
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}/o/oauth2/v2/auth",
        "token_endpoint": f"{base}/token",
        "userinfo_endpoint": f"{base}/v1/userinfo",
        "revocation_endpoint": f"{base}/revoke",
        "jwks_uri": f"{base}/oauth2/v3/certs",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": [
            "aud",
            "email",
            "email_verified",
            "exp",
            "family_name",
            "given_name",
            "iat",
            "iss",
            "name",
            "picture",
            "sub",
        ],
        "code_challenge_methods_supported": ["plain", "S256"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
    }
