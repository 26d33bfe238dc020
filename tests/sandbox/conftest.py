"""A running sandbox for the tests in this folder, reset before each test that uses it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.server import RunningSandbox, running_sandbox, serving

ADELE = "adele.vance@contoso.example"
PATIENCE = 60


@pytest.fixture(scope="session")
async def started_sandbox() -> AsyncIterator[RunningSandbox]:
    async with running_sandbox() as started:
        yield started


@pytest.fixture
async def sandbox(started_sandbox: RunningSandbox) -> RunningSandbox:
    """The sandbox in its first state, with quick retries."""
    started_sandbox.world.reset()
    started_sandbox.world.subscriptions.settings.retry_delays = (0.01, 0.02)
    return started_sandbox


@pytest.fixture
async def http(sandbox: RunningSandbox) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the sandbox over plain http that follows no redirects."""
    async with httpx.AsyncClient(
        base_url=sandbox.http_url, verify=False, trust_env=False, timeout=PATIENCE
    ) as client:
        yield client


@dataclass
class Receiver:
    """A webhook endpoint: what it got, and how it answers."""

    url: str = ""
    handshakes: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    echo: bool = True

    @property
    def items(self) -> list[dict[str, Any]]:
        return [item for body in self.bodies for item in body["value"]]

    async def answer(self, request: Request) -> Response:
        token = request.query_params.get("validationToken")
        if token is not None:
            self.handshakes.append(request.url.path)
            return PlainTextResponse(token if self.echo else "something else")
        self.bodies.append(await request.json())
        return Response(status_code=self.statuses.pop(0) if self.statuses else 202)


@pytest.fixture(scope="session")
async def hook_server(started_sandbox: RunningSandbox) -> AsyncIterator[Receiver]:
    """A webhook receiver on a free port of this computer."""
    receiver = Receiver()
    routes = [Route("/{rest:path}", receiver.answer, methods=["POST"])]
    async with serving(Starlette(routes=routes), "127.0.0.1", 0, None) as port:
        receiver.url = f"http://127.0.0.1:{port}"
        yield receiver


@pytest.fixture
async def hooks(hook_server: Receiver) -> Receiver:
    """The webhook receiver, emptied."""
    hook_server.handshakes.clear()
    hook_server.bodies.clear()
    hook_server.statuses.clear()
    hook_server.echo = True
    return hook_server
