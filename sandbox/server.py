"""Runs the sandbox over https and http in one process.

From a shell: `python -m sandbox.server --https-port 8443 --http-port 8080 --ca-file ca.pem`.
From tests: `async with running_sandbox() as sandbox: ...`.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import trustme
import uvicorn
from starlette.applications import Starlette

from sandbox.app import build_app
from sandbox.connections import TrackedProtocol, abort_all
from sandbox.world import World

_KEEP_ALIVE_SECONDS = 60  # longer than clients keep a connection, so that none closes in use
_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class RunningSandbox:
    """A started sandbox. `world` may be touched only from the event loop it was started in."""

    https_url: str
    http_url: str
    ca_file: Path
    world: World

    def client_ssl_context(self) -> ssl.SSLContext:
        """A context that trusts this sandbox only."""
        return ssl.create_default_context(cafile=str(self.ca_file))


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the caller."""
        yield


@contextlib.asynccontextmanager
async def running_sandbox(
    *,
    https_port: int = 0,
    http_port: int = 0,
    ca_file: Path | None = None,
    trusted: tuple[Path, ...] = (),
    host: str = "127.0.0.1",
) -> AsyncIterator[RunningSandbox]:
    """Start both servers in the running event loop; stop them on leaving.

    Port 0 picks a free one. Clients that block (MSAL, requests) must run in a thread, because the
    loop they would block is the server's.
    """
    with tempfile.TemporaryDirectory() as folder:
        ca_path = ca_file or Path(folder) / "ca.pem"
        authority = trustme.CA(organization_name="Calendar sandbox")
        ca_path.parent.mkdir(parents=True, exist_ok=True)
        authority.cert_pem.write_to_path(str(ca_path))
        world = World(trusted=(ca_path, *trusted))
        app = build_app(world)
        async with (
            serving(app, host, https_port, _server_context(authority)) as https_at,
            serving(app, host, http_port, None) as http_at,
        ):
            try:
                yield RunningSandbox(
                    f"https://localhost:{https_at}", f"http://localhost:{http_at}", ca_path, world
                )
            finally:
                await world.aclose()


def _server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*_HOSTS).configure_cert(context)
    return context


@contextlib.asynccontextmanager
async def serving(
    app: Starlette, host: str, port: int, context: ssl.SSLContext | None
) -> AsyncIterator[int]:
    """Serve an application in the running loop; gives the port, 0 asks for a free one."""
    # With the protocol named, asyncio switches Nagle's delay off; else each answer takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    config = uvicorn.Config(
        app,
        http=TrackedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        ssl_context_factory=(lambda _config, _default: context) if context else None,
    )
    server = _Server(config)
    task = asyncio.get_running_loop().create_task(server.serve(sockets=[listening]))
    try:
        while not server.started:
            if task.done():
                task.result()
            await asyncio.sleep(0.005)
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        abort_all(listening.getsockname()[1])
        await task
        listening.close()


async def _run(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running_sandbox(
        https_port=arguments.https_port,
        http_port=arguments.http_port,
        ca_file=arguments.ca_file,
        trusted=tuple(arguments.trust),
        host=arguments.host,
    ) as sandbox:
        sandbox.world.registration.redirect_uris.update(arguments.redirect_uri)
        sandbox.world.google.registration.redirect_uris.update(arguments.redirect_uri)
        ready = {
            "httpsUrl": sandbox.https_url,
            "httpUrl": sandbox.http_url,
            "caFile": str(sandbox.ca_file),
        }
        if arguments.ready_file:
            _write_whole(arguments.ready_file, json.dumps(ready))
        print(json.dumps(ready), flush=True)
        await stop.wait()


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader never sees half of it."""
    draft = path.with_suffix(path.suffix + ".part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def main() -> None:
    """Parse the command line and run until interrupted."""
    parser = argparse.ArgumentParser(prog="sandbox.server", description=__doc__)
    parser.add_argument("--https-port", type=int, default=8443)
    parser.add_argument("--http-port", type=int, default=8080)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--ca-file", type=Path, default=None)
    parser.add_argument("--ready-file", type=Path, default=None)
    parser.add_argument("--trust", type=Path, action="append", default=[])
    parser.add_argument("--redirect-uri", action="append", default=[])
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
