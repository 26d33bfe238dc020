"""/v1.0/subscriptions."""

import json
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.microsoft.directory import User
from sandbox.microsoft.gate.errors import graph_error
from sandbox.microsoft.subscriptions import requests
from sandbox.microsoft.subscriptions.handshake import handshake
from sandbox.microsoft.subscriptions.model import Subscription
from sandbox.microsoft.subscriptions.requests import RefusedError

if TYPE_CHECKING:
    from sandbox.world import World

_PATH = "/v1.0/subscriptions"
_IMMUTABLE = 'idtype="immutableid"'


def routes() -> list[Route]:
    """The subscription routes."""
    return [
        Route(_PATH, _refusable(create), methods=["POST"]),
        Route(_PATH, list_all, methods=["GET"]),
        Route(_PATH + "/{id}", _refusable(read), methods=["GET"]),
        Route(_PATH + "/{id}", _refusable(update), methods=["PATCH"]),
        Route(_PATH + "/{id}", _refusable(delete), methods=["DELETE"]),
        Route(_PATH + "/{id}/reauthorize", _refusable(reauthorize), methods=["POST"]),
    ]


async def create(request: Request) -> Response:
    """POST: check, shake hands with both URLs, 201 with the subscription."""
    world: World = request.app.state.world
    user: User = request.state.user
    service, mailbox = world.subscriptions, request.state.mailbox
    if mailbox is None:
        reason = "REST API is not yet supported for this mailbox."  # microsoft-graph-docs#6869
        raise requests.extension_error(404, reason)
    wanted = requests.read(await _json(request), user, mailbox, service.settings, world.clock())
    service.check_room(user, wanted)
    for url in (wanted.notification_url, wanted.lifecycle_url):
        if url:
            await _shake_hands(world, url)
    immutable = _IMMUTABLE in request.headers.get("prefer", "").lower().replace("'", '"')
    made = service.create(user, world.registration.client_id, wanted, immutable)
    return JSONResponse(_with_context(made, request, "/$entity"), status_code=201)


async def list_all(request: Request) -> Response:
    """GET: the application's subscriptions for this user."""
    world: World = request.app.state.world
    found = [s.as_graph() for s in world.subscriptions.live(request.state.user)]
    return JSONResponse({"@odata.context": _context(request, ""), "value": found})


async def read(request: Request) -> Response:
    """GET one."""
    return JSONResponse(_with_context(_wanted(request), request, "/$entity"))


async def update(request: Request) -> Response:
    """PATCH: a new end of life, a new notification URL (validated again)."""
    world: World = request.app.state.world
    found, body = _wanted(request), await _json(request)
    settings = world.subscriptions.settings
    if not isinstance(body, dict) or not set(body) <= {"expirationDateTime", "notificationUrl"}:
        text = "Only expirationDateTime and notificationUrl can be updated."
        raise RefusedError(400, "InvalidRequest", text)
    expires_at = found.expires_at
    if "expirationDateTime" in body:
        expires_at = requests.expiration(
            str(body["expirationDateTime"]), settings, world.clock(), "Update"
        )
    if "notificationUrl" in body:
        url = requests.check_url(str(body["notificationUrl"]), "notificationUrl")
        await _shake_hands(world, url)
        found.notification_url = url
    found.expires_at = expires_at
    return JSONResponse(_with_context(found, request, "/$entity"))


async def delete(request: Request) -> Response:
    """DELETE: gone at once; notifications under way may still arrive."""
    world: World = request.app.state.world
    world.subscriptions.remove(_wanted(request).id)
    return Response(status_code=204)


async def reauthorize(request: Request) -> Response:
    """POST: accept the caller's authorization anew; the end of life stays."""
    _wanted(request)
    return Response(status_code=200)


def _wanted(request: Request) -> Subscription:
    world: World = request.app.state.world
    found = world.subscriptions.get(request.path_params["id"], request.state.user)
    if found is None:
        raise RefusedError(404, "ResourceNotFound", "The object was not found.")
    return found


async def _shake_hands(world: "World", url: str) -> None:
    service = world.subscriptions
    problem = await handshake(service.client(), url, service.settings.handshake_seconds)
    if problem:
        raise RefusedError(400, "InvalidRequest", problem)


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError:
        text = "Unable to read JSON request payload."
        raise RefusedError(400, "BadRequest", text) from None


def _context(request: Request, suffix: str) -> str:
    return f"{request.base_url}v1.0/$metadata#subscriptions{suffix}"


def _with_context(found: Subscription, request: Request, suffix: str) -> dict[str, Any]:
    return {"@odata.context": _context(request, suffix)} | found.as_graph()


def _refusable(endpoint: Any) -> Any:
    """The endpoint with refusals turned into Graph errors."""

    async def guarded(request: Request) -> Response:
        try:
            answer: Response = await endpoint(request)
        except RefusedError as refused:
            world: World = request.app.state.world
            return graph_error(refused.status, refused.code, refused.message, world.clock())
        return answer

    return guarded
