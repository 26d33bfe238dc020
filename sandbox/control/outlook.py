"""Doing as Outlook does: the Graph routes called in process, past the gate.

So control requests take and give Graph-shaped JSON, and are neither limited, nor faulted, nor
logged.
"""

from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from sandbox.control.endpoint import Call
from sandbox.microsoft.entra.scopes import GRAPH_SCOPES
from sandbox.microsoft.graph import routes as graph_routes

_BASE = "http://outlook.sandbox"


class _AsOwner:
    """The Graph routes with a mailbox's owner signed in."""

    def __init__(self, call: Call) -> None:
        address = call.path("address")
        self._state = {
            "user": call.world.directory.user(address),
            "mailbox": call.world.mailbox(address),
            "scopes": frozenset(GRAPH_SCOPES),
        }
        self._app = Starlette(routes=graph_routes())
        self._app.state.world = call.world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {}).update(self._state)
        await self._app(scope, receive, send)


async def as_outlook(
    call: Call, method: str, path: str, body: dict[str, Any] | None = None
) -> JSONResponse:
    """One Graph request as the owner; the answer with its status."""
    async with _client(call) as client:
        answer = await client.request(method, path, json=body)
    content = answer.json() if answer.content else {}
    return JSONResponse(content, status_code=200 if answer.is_success else answer.status_code)


async def every_page(call: Call, path: str) -> list[dict[str, Any]]:
    """All items of a Graph collection."""
    items: list[dict[str, Any]] = []
    next_path: str | None = path
    async with _client(call) as client:
        while next_path:
            answer = await client.get(next_path, params=None)
            answer.raise_for_status()
            page = answer.json()
            items += page["value"]
            link = page.get("@odata.nextLink")
            next_path = f"{urlsplit(link).path}?{urlsplit(link).query}" if link else None
    return items


def _client(call: Call) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=_AsOwner(call))
    return httpx.AsyncClient(transport=transport, base_url=_BASE)
