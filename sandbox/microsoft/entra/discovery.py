"""Discovery documents and published keys, per tenant name."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.microsoft.directory import PERSONAL_TENANT, UnknownAccountError
from sandbox.microsoft.entra.errors import SignInError

if TYPE_CHECKING:
    from sandbox.world import World

SHARED_NAMES = ("common", "organizations", "consumers")


def base_url(request: Request) -> str:
    """Scheme and host the caller used, without a trailing slash."""
    return f"{request.url.scheme}://{request.url.netloc}"


def issuer(base: str, tenant_id: str) -> str:
    """The issuer of tokens of one tenant."""
    return f"{base}/{tenant_id}/v2.0"


def tenant_id_of(world: "World", name: str) -> str:
    """The id behind a tenant name; the placeholder {tenantid} for common and organizations."""
    if name == "consumers":
        return PERSONAL_TENANT
    if name in SHARED_NAMES:
        return "{tenantid}"
    try:
        return world.directory.tenant(name).id
    except UnknownAccountError:
        raise SignInError(90002, world.clock(), detail=name) from None


async def openid_configuration(request: Request) -> Response:
    """The OpenID Connect metadata of a tenant name.

    Source: learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
    """
    world: World = request.app.state.world
    name, base = request.path_params["tenant"], base_url(request)
    try:
        tenant_id = tenant_id_of(world, name)
    except SignInError as refusal:
        return JSONResponse(refusal.body() | {"error": "invalid_tenant"}, status_code=400)
    return JSONResponse(
        _metadata(base, name, tenant_id), headers={"Cache-Control": "max-age=86400"}
    )


async def keys(request: Request) -> Response:
    """The JSON Web Key Set."""
    world: World = request.app.state.world
    published = world.entra.keys.published(issuer(base_url(request), "{tenantid}"))
    return JSONResponse({"keys": published})


def _metadata(base: str, name: str, tenant_id: str) -> dict[str, Any]:
    segment = name if name in SHARED_NAMES else tenant_id
    return {
        "token_endpoint": f"{base}/{segment}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "jwks_uri": f"{base}/{segment}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer(base, tenant_id),
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": f"{base}/oidc/userinfo",
        "authorization_endpoint": f"{base}/{segment}/oauth2/v2.0/authorize",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{base}/{segment}/oauth2/v2.0/logout",
        "claims_supported": _CLAIMS,
        "tenant_region_scope": None,
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": base.split("://", 1)[1],
    }


_CLAIMS = [
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "nonce",
    "preferred_username",
    "name",
    "tid",
    "ver",
    "email",
]
