"""Everything together: Azurite, the stand-ins for Microsoft and Google, and the functions.

`running_stack` keeps the functions in this process, for tests; `fresh_stack` starts them as a
process of their own, as it is in production. The application is reached by its settings and its
HTTP contract alone.
"""

import base64
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.azurite import Azurite, start_azurite
from sandbox.crm import JWT_AUDIENCE, JWT_ISSUER
from sandbox.crm.webhooks import WEBHOOKS_PATH
from sandbox.functions_host import Host, running_host
from sandbox.functions_host.process import host_process
from sandbox.server import RunningSandbox, running_sandbox

APP = Path(__file__).resolve().parent.parent
CRM_ORIGIN = "http://localhost:3000"


@dataclass(frozen=True)
class Service:
    """`api` is the base address of the API; `jwt_secret` signs the CRM's tokens."""

    api: str
    azurite: Azurite
    sandbox: RunningSandbox
    jwt_secret: str
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Stack(Service):
    """A service whose functions run in this process."""

    host: Host


@contextlib.asynccontextmanager
async def running_stack(
    azurite: Azurite,
    *,
    port: int = 0,
    http_port: int = 0,
    timers: bool = False,
    host_json: Mapping[str, object] | None = None,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Stack]:
    """Starts the sandbox and the functions on `azurite`; `settings` override the usual ones."""
    port = port or free_port()
    async with running_sandbox(http_port=http_port) as sandbox:
        environ = {**settings_for(azurite, registrations(sandbox), port), **(settings or {})}
        async with running_host(
            APP, environ=environ, port=port, timers=timers, host_json=host_json
        ) as host:
            yield Stack(
                api=f"{environ['PUBLIC_BASE_URL']}/api",
                azurite=azurite,
                sandbox=sandbox,
                host=host,
                jwt_secret=environ["CRM_JWT_SECRET"],
                settings=environ,
            )


@contextlib.asynccontextmanager
async def fresh_stack(log: Path, port: int = 0, http_port: int = 0) -> AsyncIterator[Service]:
    """A service with an Azurite of its own and its timers running; the functions write to `log`."""
    port = port or free_port()
    with start_azurite() as azurite:
        async with running_sandbox(http_port=http_port) as sandbox:
            environ = settings_for(azurite, registrations(sandbox), port)
            async with host_process(APP, environ=environ, port=port, log=log):
                yield Service(
                    api=f"{environ['PUBLIC_BASE_URL']}/api",
                    azurite=azurite,
                    sandbox=sandbox,
                    jwt_secret=environ["CRM_JWT_SECRET"],
                    settings=environ,
                )


@dataclass(frozen=True)
class Registrations:
    """Where the stand-ins are, and as whom the application is known there."""

    https_url: str
    http_url: str
    ca_file: Path
    microsoft: tuple[str, str]
    google: tuple[str, str]
    webhook_secret: str


def registrations(sandbox: RunningSandbox) -> Registrations:
    """Those of a sandbox in this process."""
    world = sandbox.world
    return Registrations(
        https_url=sandbox.https_url,
        http_url=sandbox.http_url,
        ca_file=sandbox.ca_file,
        microsoft=(world.registration.client_id, world.registration.client_secret),
        google=(world.google.registration.client_id, world.google.registration.client_secret),
        webhook_secret=world.crm.secrets.current,
    )


def settings_for(azurite: Azurite, sandbox: Registrations, port: int) -> dict[str, str]:
    """The application's settings, where it is served at that port."""
    return {
        "AzureWebJobsStorage": azurite.connection_string,
        "CALENDAR_STORAGE": azurite.connection_string,
        "PUBLIC_BASE_URL": f"http://localhost:{port}",
        "MICROSOFT_CLIENT_ID": sandbox.microsoft[0],
        "MICROSOFT_CLIENT_SECRET": sandbox.microsoft[1],
        "MICROSOFT_AUTHORITY": f"{sandbox.https_url}/common",
        "GRAPH_BASE_URL": f"{sandbox.https_url}/v1.0",
        "GOOGLE_CLIENT_ID": sandbox.google[0],
        "GOOGLE_CLIENT_SECRET": sandbox.google[1],
        "GOOGLE_AUTH_BASE_URL": sandbox.https_url,
        "GOOGLE_API_BASE_URL": sandbox.https_url,
        "EXTRA_CA_BUNDLE": str(sandbox.ca_file),
        "CRM_JWT_ISSUER": JWT_ISSUER,
        "CRM_JWT_AUDIENCE": JWT_AUDIENCE,
        "CRM_JWT_SECRET": secrets.token_urlsafe(32),
        "CRM_WEBHOOK_URL": f"{sandbox.http_url}{WEBHOOKS_PATH}",
        "CRM_WEBHOOK_SECRET": sandbox.webhook_secret,
        "CRM_WEBHOOK_ALLOW_PRIVATE": "true",
        "RETURN_URL_ORIGINS": f"{CRM_ORIGIN} http://localhost:{port}",
        "TOKEN_SEALING_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "NOTIFICATION_SECRET": secrets.token_urlsafe(32),
        "SYNC_WINDOW_PAST_DAYS": "30",
        "SYNC_WINDOW_FUTURE_DAYS": "365",
    }


def free_port(wished: int = 0) -> int:
    """The port that one wishes if it is free, else one that is."""
    try:
        return _bound(wished)
    except OSError:
        return _bound(0)


def _bound(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        found: int = probe.getsockname()[1]
        return found
