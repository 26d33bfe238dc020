"""$batch: up to 20 requests in one (Graph docs: JSON batching)."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Scope

from .errors import GraphError, error_response

_MOST_REQUESTS = 20
_AT_ONCE = 4


async def batch(request: Request) -> Response:
    """Run the inner requests, at most four at a time, and answer 200 whatever they gave."""
    try:
        parts = _parts(await request.body())
    except GraphError as error:
        return error_response(request, error)
    slots = asyncio.Semaphore(_AT_ONCE)
    tasks: dict[str, asyncio.Task[dict[str, Any]]] = {}
    for part in parts:
        before = [tasks[name] for name in part.get("dependsOn") or () if name in tasks]
        tasks[str(part["id"])] = asyncio.create_task(_run(request, part, before, slots))
    return JSONResponse({"responses": [await task for task in tasks.values()]})


def _parts(raw: bytes) -> list[dict[str, Any]]:
    try:
        parts: list[dict[str, Any]] = json.loads(raw)["requests"]
        names = [str(part["id"]) for part in parts]
        complete = all(part["url"] and part["method"] for part in parts)
    except (ValueError, KeyError, TypeError) as error:
        raise GraphError(400, "BadRequest", "Invalid batch payload format.") from error
    if len(parts) > _MOST_REQUESTS:
        raise GraphError(
            400,
            "MaximumRequestsExceeded",
            "Number of batch request steps exceeds the maximum of 20.",
        )
    if len(set(names)) != len(names) or not complete:
        raise GraphError(400, "BadRequest", "Batch request ids have to be unique.")
    return parts


async def _run(
    request: Request,
    part: dict[str, Any],
    before: list[asyncio.Task[dict[str, Any]]],
    slots: asyncio.Semaphore,
) -> dict[str, Any]:
    """Run one inner request after those it depends on; a failed one takes it along with 424."""
    name = str(part["id"])
    earlier = await asyncio.gather(*before)
    if any(answer["status"] >= 400 for answer in earlier):
        failure = {"error": {"code": "FailedDependency", "message": "Failed Dependency"}}
        return {"id": name, "status": 424, "headers": {}, "body": failure}
    async with slots:
        status, headers, raw = await _inner(request, part)
    try:
        body = json.loads(raw) if raw else None
    except ValueError:
        body = raw.decode()
    return {"id": name, "status": status, "headers": headers, "body": body}


async def _inner(request: Request, part: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Send an inner request through the whole application, sign-in checks and faults included."""
    scope, content = _scope(request, part)
    sent: list[Message] = []
    waiting = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await request.app(scope, receive, send)
    status, headers = 500, {}
    for message in sent:
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = {key.decode().title(): value.decode() for key, value in message["headers"]}
    headers.pop("Content-Length", None)
    raw = b"".join(message.get("body", b"") for message in sent)
    return status, headers, raw


def _scope(request: Request, part: dict[str, Any]) -> tuple[Scope, bytes]:
    """Build the inner request: its own headers, the outer host and authorization."""
    parsed = urlsplit(str(part["url"]))
    raw_path = "/v1.0/" + parsed.path.lstrip("/")
    headers = {str(key).lower(): str(value) for key, value in (part.get("headers") or {}).items()}
    for name in ("host", "authorization"):
        if name in request.headers:
            headers[name] = request.headers[name]
    content = b"" if part.get("body") is None else json.dumps(part["body"]).encode()
    kept = ("type", "asgi", "http_version", "scheme", "server", "client")
    scope: Scope = {
        **{key: request.scope[key] for key in kept if key in request.scope},
        "method": str(part["method"]).upper(),
        "path": unquote(raw_path),
        "raw_path": raw_path.encode(),
        "root_path": "",
        "query_string": parsed.query.replace(" ", "%20").encode(),
        "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
        "state": dict(request.scope.get("state", {})),
        "in_batch": True,
    }
    return scope, content
