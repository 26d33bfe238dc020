"""Open TCP connections of the server, so that a fault can cut one without an answer."""

import asyncio
from typing import Any

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_open: dict[tuple[str, int], asyncio.Transport] = {}


class TrackedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol that remembers its transport by the client's address."""

    _peer: tuple[str, int] | None = None

    def connection_made(self, transport: Any) -> None:
        """Note the transport, then go on as usual."""
        peer = transport.get_extra_info("peername")
        if peer:
            self._peer = (peer[0], peer[1])
            _open[self._peer] = transport
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the transport, then go on as usual."""
        if self._peer:
            _open.pop(self._peer, None)
        super().connection_lost(exc)


def abort_all(port: int) -> None:
    """Drop every connection to the server on that port, idle ones included."""
    for transport in list(_open.values()):
        name = transport.get_extra_info("sockname")
        if name and name[1] == port:
            transport.abort()


async def cut(scope: Scope, receive: Receive) -> None:
    """Drop the connection the request came on; returns once the server has noticed."""
    peer = scope.get("client")
    transport = _open.get((peer[0], peer[1])) if peer else None
    if transport is None:
        raise RuntimeError("the connection is not tracked; start the app with sandbox.server")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
