"""The host: one event loop that serves an app's functions.

In a test: `async with running_host(app_dir, environ={…}) as host: …` with `host.url`,
`await host.wait_idle()`, `await host.run_timer(name)`. In a shell: `python -m
sandbox.functions_host --app DIR`.

Known differences from the real host: one process stands for host and worker; function keys are
not asked for; timers keep no state over stops, so they are never past due; a function past
`functionTimeout` fails alone, where the real host kills the worker with all that runs in it; dates
in JSON strings set on queue outputs stay as written, where the real host may write them anew.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import azure.functions as func
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.functions_host import messages, routes, web
from sandbox.functions_host.activity import Activity
from sandbox.functions_host.admin import admin_routes, counts_as_json
from sandbox.functions_host.config import HostConfig, parse_config, read_config
from sandbox.functions_host.functions import Function, find_functions, load_app
from sandbox.functions_host.invoker import Invoker, Outcome
from sandbox.functions_host.listener import QueueListener
from sandbox.functions_host.queues import Queues
from sandbox.functions_host.server import serving
from sandbox.functions_host.settings import applied, read_values
from sandbox.functions_host.timers import TimerLoop

STOP_SECONDS = 10.0


class Host:
    """Runs the functions of one app. Made by `running_host`."""

    def __init__(self, functions: list[Function], config: HostConfig, queues: Queues) -> None:
        self.url = ""
        self.activity = Activity()
        self.functions = functions
        self._queues = queues
        self._invoker = Invoker(queues, self.activity, config.function_timeout)
        self._routes = routes.routes_of(functions, config.route_prefix)
        self._listeners = [
            QueueListener(f, queues, config.queues, self._invoker, self.activity)
            for f in functions
            if f.trigger == "queueTrigger"
        ]
        self._timers = {
            f.name: TimerLoop(f, self._invoker) for f in functions if f.trigger == "timerTrigger"
        }
        self._tasks: set[asyncio.Task[Any]] = set()

    def asgi(self) -> Starlette:
        """The web application: the host's own addresses, then the functions'."""
        app = Starlette(routes=admin_routes(self))
        app.router.redirect_slashes = False
        app.router.default = self._serve
        return app

    async def start(self, *, timers: bool) -> None:
        """Makes the missing queues, then starts listeners and, if wanted, timers."""
        await asyncio.gather(*(self._queues.create(reader.queue) for reader in self._listeners))
        for listener in self._listeners:
            self._begin(listener.run())
        for timer in self._timers.values() if timers else ():
            self._begin(timer.run())

    async def stop(self, within: float) -> None:
        """Lets what runs finish within so many seconds, then cancels it."""
        await asyncio.gather(
            *(listener.stop(within) for listener in self._listeners),
            *(timer.stop(within) for timer in self._timers.values()),
        )
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._invoker.close()

    async def status(self) -> dict[str, Any]:
        """Functions, counts and queues; `idle` when nothing runs and no message is visible."""
        before = self.activity.generation
        depths = await asyncio.gather(*(listener.depth() for listener in self._listeners))
        for listener in self._listeners:
            await listener.settled()
        in_hand = sum(listener.in_hand for listener in self._listeners)
        visible = sum(depth.visible for depth in depths)
        busy = self.activity.running or in_hand or visible
        return {
            "idle": not busy and self.activity.generation == before,
            "running": self.activity.running,
            "delayed": sum(depth.delayed for depth in depths),
            "queues": {
                listener.queue.name: asdict(depth)
                for listener, depth in zip(self._listeners, depths, strict=True)
            },
            "functions": {
                f.name: {"trigger": f.trigger, **counts_as_json(self.activity.counts[f.name])}
                for f in self.functions
            },
        }

    async def wait_idle(self, within: float = 30) -> None:
        """Returns once nothing runs and no message is visible.

        It waits `within` seconds, then raises TimeoutError. Queues are looked into at once, whoever
        wrote to them.
        """
        async with asyncio.timeout(within):
            while not await self._idle():
                await self.activity.changed(within=0.05)

    async def idle_status(self, within: float = 30, *, delayed_too: bool = False) -> dict[str, Any]:
        """The status once idle and, if so wished, without a message for later; as `wait_idle`."""
        async with asyncio.timeout(within):
            while True:
                await self.wait_idle(within)
                found = await self.status()
                if found["idle"] and not (delayed_too and found["delayed"]):
                    return found
                await self.activity.changed(within=0.05)

    async def _idle(self) -> bool:
        """Whether nothing ran and nothing was waiting while all queues were looked into."""
        before = self.activity.generation
        if self._working() or await self._found_waiting():
            return False
        for listener in self._listeners:
            await listener.settled()
        return not self._working() and self.activity.generation == before

    def _working(self) -> bool:
        in_hand = any(listener.in_hand for listener in self._listeners)
        return bool(self.activity.running or in_hand)

    async def _found_waiting(self) -> bool:
        """Whether messages are visible; their listeners are woken, whoever wrote them."""
        waiting = await asyncio.gather(*(listener.waiting() for listener in self._listeners))
        for listener, found in zip(self._listeners, waiting, strict=True):
            if found:
                listener.wake()
        return any(waiting)

    async def run_timer(self, name: str) -> Outcome:
        """Runs a timer function now and waits for it; KeyError when there is none."""
        return await self._timers[name].fire()

    def fire(self, name: str, text: str) -> None:
        """Starts a timer or queue function by hand, as the real host's admin address does."""
        if name in self._timers:
            self._begin(self._timers[name].fire())
            return
        queued = {reader.function.name: reader.function for reader in self._listeners}
        facts: messages.Facts = {
            "Id": str(uuid4()),
            "DequeueCount": 1,
            "InsertionTime": datetime.now(UTC),
        }
        self._begin(
            self._invoker.invoke(queued[name], lambda: messages.to_trigger(text.encode(), facts))
        )

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request with the function that has its route."""
        request = Request(scope, receive)
        found = routes.find_route(self._routes, request.method, scope["raw_path"].decode("ascii"))
        if found is None:
            response = Response(status_code=404)
        else:
            function, params = found
            trigger = await web.to_trigger(request, params)
            outcome = await self._invoker.invoke(function, lambda: trigger, web.to_response)
            response = outcome.value if outcome.succeeded else Response(status_code=500)
        await response(scope, receive, send)


@contextlib.asynccontextmanager
async def running_host(
    app: Path | func.FunctionApp,
    *,
    environ: Mapping[str, str] | None = None,
    settings: Path | None = None,
    host_json: Mapping[str, Any] | None = None,
    address: str = "127.0.0.1",
    port: int = 0,
    timers: bool = True,
    stop_within: float = STOP_SECONDS,
) -> AsyncIterator[Host]:
    """Serves an app directory, or an app that is loaded already.

    `environ` is set in the process environment meanwhile; so are the `Values` of a `settings` file
    (local.settings.json) that are set nowhere else. `host_json` replaces the file of that name.
    Without `timers` they fire by hand only.
    """
    values = dict(environ or {})
    if settings:
        found = read_values(settings)
        values = {k: v for k, v in found.items() if k not in os.environ} | values
    async with AsyncExitStack() as stack:
        stack.enter_context(applied(values))
        loaded = load_app(app) if isinstance(app, Path) else app
        config = _config(app, host_json)
        functions = find_functions(loaded, os.environ)
        queues = Queues(os.environ, base64_encoded=config.queues.base64)
        await stack.enter_async_context(queues)
        host = Host(functions, config, queues)
        stack.push_async_callback(host.stop, stop_within)
        await host.start(timers=timers)
        host.url = await stack.enter_async_context(serving(host.asgi(), address, port))
        yield host


def _config(app: Path | func.FunctionApp, host_json: Mapping[str, Any] | None) -> HostConfig:
    if host_json is None and isinstance(app, Path):
        return read_config(app)
    return parse_config(host_json or {})
