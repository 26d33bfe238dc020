"""Everything together in one process: Azurite, the stand-in for Microsoft, and the functions.

The application is reached by its settings and its HTTP contract alone.
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
from sandbox.functions_host import Host, running_host
from sandbox.server import RunningSandbox, running_sandbox

APP = Path(__file__).resolve().parent.parent
CRM_ORIGIN = "http://localhost:3000"


@dataclass(frozen=True)
class Stack:
    """`api` is the base address of the API; `jwt_secret` signs the CRM's tokens."""

    api: str
    azurite: Azurite
    sandbox: RunningSandbox
    host: Host
    jwt_secret: str
    settings: Mapping[str, str]


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
    port = port or _free_port()
    async with running_sandbox(http_port=http_port) as sandbox:
        environ = {**_settings(azurite, sandbox, port), **(settings or {})}
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
async def fresh_stack(port: int = 0, http_port: int = 0) -> AsyncIterator[Stack]:
    """A stack with an Azurite of its own, timers running: what `make run` and the tour use."""
    with start_azurite() as azurite:
        async with running_stack(azurite, port=port, http_port=http_port, timers=True) as stack:
            yield stack


def _settings(azurite: Azurite, sandbox: RunningSandbox, port: int) -> dict[str, str]:
    return {
        "AzureWebJobsStorage": azurite.connection_string,
        "CALENDAR_STORAGE": azurite.connection_string,
        "PUBLIC_BASE_URL": f"http://localhost:{port}",
        "MICROSOFT_CLIENT_ID": sandbox.world.registration.client_id,
        "MICROSOFT_CLIENT_SECRET": sandbox.world.registration.client_secret,
        "MICROSOFT_AUTHORITY": f"{sandbox.https_url}/common",
        "GRAPH_BASE_URL": f"{sandbox.https_url}/v1.0",
        "EXTRA_CA_BUNDLE": str(sandbox.ca_file),
        "CRM_JWT_ISSUER": JWT_ISSUER,
        "CRM_JWT_AUDIENCE": JWT_AUDIENCE,
        "CRM_JWT_SECRET": secrets.token_urlsafe(32),
        "RETURN_URL_ORIGINS": f"{CRM_ORIGIN} http://localhost:{port}",
        "TOKEN_SEALING_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "NOTIFICATION_SECRET": secrets.token_urlsafe(32),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
