"""Outermost middleware: writes the request log."""

import re
import time
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from sandbox.world import World

_UNLOGGED = re.compile(r"/sandbox/|/calendar(/page/.*)?$")


class Recorder:
    """Logs every request except those of the control API and of the page to edit calendars."""

    def __init__(self, app: ASGIApp, world: "World") -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open a log entry, let the request run, close the entry."""
        if scope["type"] != "http" or _UNLOGGED.match(scope["path"]):
            await self._app(scope, receive, send)
            return
        entry = self._world.log.open(
            at=self._world.clock(),
            service="graph" if scope["path"].startswith("/v1.0/") else "entra",
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode(),
            headers=[(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]],
        )
        entry.in_batch = scope.get("in_batch", False)
        scope["sandbox.log_entry"] = entry
        started = time.perf_counter()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
                if entry.outcome == "running":
                    entry.outcome = "answered"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception:
            entry.status, entry.outcome = 500, "crashed"
            raise
        finally:
            entry.duration_ms = round((time.perf_counter() - started) * 1000, 3)
