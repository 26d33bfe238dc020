"""The web application: all services under one host."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.control.routes import routes as control_routes
from sandbox.crm.webhooks import routes as crm_routes
from sandbox.google.api.routes import routes as google_calendar_routes
from sandbox.google.gate.middleware import GoogleGate
from sandbox.google.oauth.routes import routes as google_sign_in_routes
from sandbox.lookalike.routes import PAGE
from sandbox.lookalike.routes import routes as lookalike_routes
from sandbox.microsoft.entra.routes import routes as entra_routes
from sandbox.microsoft.gate.errors import graph_error
from sandbox.microsoft.gate.middleware import GraphGate
from sandbox.microsoft.gate.recorder import Recorder
from sandbox.microsoft.graph import routes as graph_routes
from sandbox.microsoft.subscriptions.routes import routes as subscription_routes
from sandbox.world import World


def build_app(world: World) -> Starlette:
    """The application over a world. Other providers' stand-ins add their routes here."""
    routes: list[BaseRoute] = [
        *control_routes(),
        *crm_routes(),
        *lookalike_routes(),
        *google_sign_in_routes(),
        *google_calendar_routes(),
        *subscription_routes(),
        *graph_routes(),
        Route("/v1.0/{rest:path}", _unknown_segment, methods=_METHODS),
        *entra_routes(),
        Route("/", _hello),
    ]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(Recorder, world=world),
            Middleware(GraphGate, world=world),
            Middleware(GoogleGate, world=world),
        ],
    )
    app.state.world = world
    return app


_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


async def _unknown_segment(request: Request) -> Response:
    segment = request.path_params["rest"].rpartition("/")[2]
    text = f"Resource not found for the segment '{segment}'."
    return graph_error(400, "BadRequest", text, request.app.state.world.clock())


async def _hello(_: Request) -> Response:
    return JSONResponse(
        {
            "sandbox": "Stand-in for Microsoft, Google and the CRM",
            "control": "/sandbox",
            "calendar": PAGE,
        }
    )
