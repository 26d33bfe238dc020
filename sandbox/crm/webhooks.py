"""POST /crm/webhooks: the address at which the CRM is told of changes."""

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.connections import cut
from sandbox.crm.behaviours import Behaviour
from sandbox.crm.changes import Change, Received, Refused, RefusedError, read_change
from sandbox.crm.state import Crm
from sandbox.request_log import LoggedRequest

if TYPE_CHECKING:
    from sandbox.world import World

WEBHOOKS_PATH = "/crm/webhooks"
_MOST_BYTES = 20_000


def routes() -> list[Route]:
    """The CRM's route."""
    return [Route(WEBHOOKS_PATH, receive, methods=["POST"])]


async def receive(request: Request) -> Response:
    """Verify, note and answer one webhook."""
    world: World = request.app.state.world
    entry: LoggedRequest = request.scope["sandbox.log_entry"]
    entry.service = "crm"
    try:
        change = _verified(request, await request.body(), world)
    except RefusedError as wrong:
        given = request.headers.get("webhook-id")
        world.crm.refuse(Refused(given, str(wrong), wrong.status, world.clock()))
        return JSONResponse({"error": str(wrong)}, status_code=wrong.status)
    behaviour = world.crm.behaviours.apply(change)
    received = world.crm.receive(change, behaviour.takes, world.clock())
    return await _answered(request, world.crm, received, behaviour)


def _verified(request: Request, body: bytes, world: "World") -> Change:
    if len(body) > _MOST_BYTES:
        raise RefusedError(413, f"The body has {len(body)} bytes, more than {_MOST_BYTES}")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise RefusedError(400, f"The content type is {media_type!r}, not application/json")
    world.crm.secrets.verify(request.headers, body, world.clock())
    return read_change(request.headers["webhook-id"], body)


async def _answered(
    request: Request, crm: Crm, received: Received, behaviour: Behaviour
) -> Response:
    entry: LoggedRequest = request.scope["sandbox.log_entry"]
    entry.fault = behaviour.id if behaviour.applied else None
    gone = bool(behaviour.delay_seconds) and await _leaves(request, behaviour.delay_seconds)
    if not gone and not behaviour.lose_answer:
        crm.answer(received, behaviour.status)
        return Response(status_code=behaviour.status, headers=behaviour.headers())
    entry.outcome = "commit-then-cut" if behaviour.takes else "cut"
    crm.answer(received, None)
    if not gone:
        await cut(request.scope, request.receive)
    return _NoAnswer()


async def _leaves(request: Request, within: float) -> bool:
    """Whether the sender gives up in that time, during which it gets no answer."""
    try:
        async with asyncio.timeout(within):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


class _NoAnswer(Response):
    """Sends nothing: the connection is gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        return
