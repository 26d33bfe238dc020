"""The host's own addresses: state, firing functions by hand.

`POST /admin/functions/{name}` is the real host's (learn.microsoft.com/azure/azure-functions/
functions-manually-run-non-http); the ones under `/host` are for tests and tours.
"""

from dataclasses import asdict
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.functions_host.invoker import Outcome


class Administered(Protocol):
    """What these addresses need of the host."""

    async def status(self) -> dict[str, Any]: ...
    async def idle_status(self, within: float, *, delayed_too: bool = False) -> dict[str, Any]: ...
    async def run_timer(self, name: str) -> Outcome: ...
    def fire(self, name: str, text: str) -> None: ...


def admin_routes(host: Administered) -> list[Route]:
    """The routes, for Starlette."""

    async def home(_: Request) -> Response:
        return PlainTextResponse("The local functions host is up and running.")

    async def status(_: Request) -> Response:
        return JSONResponse(await host.status())

    async def idle(request: Request) -> Response:
        timeout = float(request.query_params.get("timeout", "30"))
        delayed_too = request.query_params.get("delayed") == "true"
        try:
            found = await host.idle_status(timeout, delayed_too=delayed_too)
        except TimeoutError:
            return JSONResponse(await host.status(), status_code=504)
        return JSONResponse(found)

    async def fire(request: Request) -> Response:
        text = await _input(request)
        if text is None:
            return Response(status_code=400)
        try:
            host.fire(request.path_params["name"], text)
        except KeyError:
            return Response(status_code=404)
        return Response(status_code=202)

    async def run(request: Request) -> Response:
        try:
            outcome = await host.run_timer(request.path_params["name"])
        except KeyError:
            return Response(status_code=404)
        error = None if outcome.error is None else repr(outcome.error)
        return JSONResponse({"succeeded": outcome.succeeded, "error": error})

    return [
        Route("/", home),
        Route("/host/status", status),
        Route("/host/idle", idle),
        Route("/admin/functions/{name}", fire, methods=["POST"]),
        Route("/host/timers/{name}/run", run, methods=["POST"]),
    ]


async def _input(request: Request) -> str | None:
    """The text of `{"input": …}`; None when the body is not a JSON object."""
    try:
        document = await request.json()
    except ValueError:
        return None
    return str(document.get("input") or "") if isinstance(document, dict) else None


def counts_as_json(counts: Any) -> dict[str, int]:
    """The counts of one function."""
    return {**asdict(counts), "running": counts.running}
