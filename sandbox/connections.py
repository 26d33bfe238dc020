"""Open TCP connections of the server, so that a fault can cut one without an answer."""

import asyncio
from typing import Any

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

Address = tuple[str, int]

# By the addresses of both ends: a client may use one of its own towards several servers.
_open: dict[tuple[Address, Address], asyncio.Transport] = {}


class TrackedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol that remembers its transport by the addresses of both ends."""

    _ends: tuple[Address, Address] | None = None

    def connection_made(self, transport: Any) -> None:
        """Note the transport, then go on as usual."""
        peer, own = (transport.get_extra_info(end) for end in ("peername", "sockname"))
        if peer and own:
            self._ends = ((peer[0], peer[1]), (own[0], own[1]))
            _open[self._ends] = transport
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the transport, then go on as usual."""
        if self._ends:
            _open.pop(self._ends, None)
        super().connection_lost(exc)


def abort_all(port: int) -> None:
    """Drop every connection to the server on that port, idle ones included."""
    for transport in list(_open.values()):
        name = transport.get_extra_info("sockname")
        if name and name[1] == port:
            transport.abort()


async def cut(scope: Scope, receive: Receive) -> None:
    """Drop the connection the request came on; returns once the server has noticed.

    It may have been lost already. The app has to be served by sandbox.server.
    """
    peer, own = scope.get("client"), scope.get("server")
    if peer and own:
        transport = _open.get(((peer[0], peer[1]), (own[0], own[1])))
        if transport is not None:
            transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
