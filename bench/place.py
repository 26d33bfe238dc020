"""Azurite, the sandbox and the functions for a benchmark, each where its time is its own.

The sandbox is another process, so that what this one spends is the application's. The functions
run in this process while `functions` is open; their flows can be called directly as well.
"""

import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from sandbox.azurite import Azurite, start_azurite
from sandbox.functions_host import Host, running_host
from sandbox.functions_host.process import host_process
from sandbox.stack import APP, Registrations, free_port, settings_for
from sandbox.tour.outlook import Outlook
from sandbox.tour.unseen import until

_START_SECONDS = 30.0


@dataclass(frozen=True)
class Place:
    """`outlook` is the sandbox's control API, `environ` the application's settings."""

    azurite: Azurite
    sandbox: Registrations
    outlook: Outlook
    environ: Mapping[str, str]
    port: int

    @property
    def jwt_secret(self) -> str:
        return self.environ["CRM_JWT_SECRET"]

    @property
    def api(self) -> str:
        return f"{self.environ['PUBLIC_BASE_URL']}/api"

    @contextlib.asynccontextmanager
    async def functions(self) -> AsyncIterator[Host]:
        """Serves the functions from this process, without their timers."""
        async with running_host(APP, environ=self.environ, port=self.port, timers=False) as host:
            yield host

    @contextlib.asynccontextmanager
    async def functions_process(self, log: Path) -> AsyncIterator[None]:
        """Serves the functions from a process of their own, with their timers."""
        async with host_process(APP, environ=self.environ, port=self.port, log=log):
            yield


@contextlib.asynccontextmanager
async def place(settings: Mapping[str, str] | None = None) -> AsyncIterator[Place]:
    """An empty storage and a sandbox as it is first, gentle; `settings` override the usual ones."""
    with start_azurite() as azurite:
        async with _sandbox() as sandbox, _control(sandbox.http_url) as control:
            outlook, port = Outlook(control), free_port()
            await outlook.ask("PATCH", "subscriptions/settings", json={"hostile": False})
            await outlook.ask("POST", "google/gentle")
            environ = {**settings_for(azurite, sandbox, port), **(settings or {})}
            yield Place(azurite, sandbox, outlook, environ, port)


@contextlib.asynccontextmanager
async def _sandbox() -> AsyncIterator[Registrations]:
    with tempfile.TemporaryDirectory() as folder:
        ready, authority = Path(folder) / "ready.json", Path(folder) / "ca.pem"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sandbox.server", "--https-port", "0", "--http-port", "0"),
            *("--ca-file", str(authority), "--ready-file", str(ready)),
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            yield await _registrations(await _announced(ready), authority)
        finally:
            process.terminate()
            await process.wait()


async def _announced(ready: Path) -> dict[str, str]:
    async def look() -> dict[str, str] | None:
        return _read(ready)

    return await until(look, _START_SECONDS, "The sandbox")


def _read(ready: Path) -> dict[str, str] | None:
    return dict(json.loads(ready.read_text("utf-8"))) if ready.exists() else None


async def _registrations(urls: Mapping[str, str], authority: Path) -> Registrations:
    async with _control(urls["httpUrl"]) as control:
        outlook = Outlook(control)
        microsoft = await outlook.ask("GET", "registration")
        google = await outlook.ask("GET", "google/registration")
        crm = await outlook.ask("GET", "crm/secrets")
    return Registrations(
        https_url=urls["httpsUrl"],
        http_url=urls["httpUrl"],
        ca_file=authority,
        microsoft=(microsoft["clientId"], microsoft["clientSecret"]),
        google=(google["clientId"], google["clientSecret"]),
        webhook_secret=crm["current"],
    )


def _control(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=120)
