"""Consent by an administrator for a whole organisation."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.microsoft.directory import Tenant, UnknownAccountError
from sandbox.microsoft.entra import scopes as scope_names
from sandbox.microsoft.entra.errors import SignInError
from sandbox.microsoft.entra.pages import error_page, page

if TYPE_CHECKING:
    from sandbox.world import World


async def admin_consent(request: Request) -> Response:
    """GET shows the question, POST (decision=accept|deny) answers and redirects."""
    world: World = request.app.state.world
    try:
        tenant = _tenant(world, request.path_params["tenant"], request)
        given = dict(request.query_params)
        _check(world, given)
        if request.method == "POST":
            accepted = (await request.form()).get("decision") == "accept"
            return RedirectResponse(decide(world, tenant, given, accepted), status_code=302)
        asked = scope_names.parse(given.get("scope", ""))
    except SignInError as refusal:
        return error_page(refusal)
    name, query = world.registration.name, request.url.query
    return page("admin.html", app=name, tenant=tenant, scopes=asked, query=query)


def decide(world: "World", tenant: Tenant, given: dict[str, str], accepted: bool) -> str:
    """Note the administrator's answer; returns the URL the browser goes to.

    The error answer carries admin_consent=True as well
    (learn.microsoft.com/entra/identity-platform/v2-admin-consent).
    """
    _check(world, given)
    values = {"admin_consent": "True"}
    if accepted:
        asked = scope_names.parse(given.get("scope", ""))
        tenant.admin_consented |= scope_names.for_graph(asked)
        values |= {"tenant": tenant.id, "scope": given.get("scope", "")}
    else:
        text = (
            "AADSTS65004: The resource owner or authorization server denied the request.\r\n"
            f"Timestamp: {world.clock():%Y-%m-%d %H:%M:%SZ}"
        )
        values |= {"error": "consent_required", "error_description": text}
    if "state" in given:
        values["state"] = given["state"]
    target = given["redirect_uri"]
    return f"{target}{'&' if urlsplit(target).query else '?'}{urlencode(values)}"


def _check(world: "World", given: dict[str, str]) -> None:
    now = world.clock()
    if given.get("client_id") != world.registration.client_id:
        raise SignInError(700016, now, client=given.get("client_id", ""))
    if not world.registration.allows_redirect(given.get("redirect_uri", "")):
        raise SignInError(50011, now)
    try:
        scope_names.parse(given.get("scope", ""))
    except scope_names.UnknownScopeError as unknown:
        raise SignInError(70011, now, detail=str(unknown)) from None


def _tenant(world: "World", name: str, request: Request) -> Tenant:
    """With `organizations` the tenant is that of the administrator: header or form field."""
    if name == "organizations":
        name = request.headers.get("x-sandbox-tenant", "") or _first_work_tenant(world).id
    try:
        tenant = world.directory.tenant(name)
    except UnknownAccountError:
        raise SignInError(90002, world.clock(), detail=name) from None
    if tenant.personal:
        raise SignInError(50020, world.clock())
    return tenant


def _first_work_tenant(world: "World") -> Tenant:
    return next(tenant for tenant in world.directory.tenants if not tenant.personal)
