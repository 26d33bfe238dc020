"""Health, the OpenAPI document, and what browsers ask before they call."""

import azure.functions as func

from shared.flows.check_health import check_health
from shared.services import ports
from shared.triggers.contract import Dependency, Health
from shared.triggers.endpoint import cors, response
from shared.triggers.openapi import document
from shared.triggers.shown import drift_repaired

blueprint = func.Blueprint()

_ANONYMOUS = func.AuthLevel.ANONYMOUS


@blueprint.function_name("GetHealth")
@blueprint.route("health", methods=["GET"], auth_level=_ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """200 while all dependencies answer, else 503; says which does not."""
    found = await check_health(ports())
    well = all(found.dependencies.values())
    body = Health(
        status="ok" if well else "failing",
        dependencies=[Dependency(name=name, ok=ok) for name, ok in found.dependencies.items()],
        drift_repaired=drift_repaired(found.figures) if found.figures else None,
    )
    return response(200 if well else 503, body, cors(req))


@blueprint.function_name("GetOpenApi")
@blueprint.route("openapi.json", methods=["GET"], auth_level=_ANONYMOUS)
def openapi(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(document(), mimetype="application/json", headers=cors(req))


@blueprint.function_name("Preflight")
@blueprint.route("{*path}", methods=["OPTIONS"], auth_level=_ANONYMOUS)
def preflight(req: func.HttpRequest) -> func.HttpResponse:
    allowed = cors(req)
    if allowed:
        allowed["Access-Control-Allow-Methods"] = "GET, PUT, POST, DELETE"
        allowed["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-Match"
        allowed["Access-Control-Max-Age"] = "600"
    return func.HttpResponse(status_code=204, headers=allowed)
