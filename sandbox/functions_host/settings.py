"""App settings: local.settings.json, `%NAME%` in bindings, connections.

Facts: https://learn.microsoft.com/azure/azure-functions/functions-develop-local#local-settings-file
and functions-bindings-expressions-patterns#binding-expressions---app-settings.
"""

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.request import getproxies

from azure.core.pipeline.transport import AioHttpTransport
from azure.storage.queue.aio import QueueServiceClient

from sandbox.functions_host.errors import HostError

DEFAULT_CONNECTION = "AzureWebJobsStorage"

_PLACEHOLDER = re.compile(r"%([^%]+)%")
_AZURITE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    # Azurite's public key: https://github.com/Azure/Azurite#default-storage-account
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/"
    "KBHBeksoGMGw==;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
)
# Local work waits for nothing: a storage that is away is seen soon.
_RETRIES = {"retry_total": 2, "initial_backoff": 1, "increment_base": 1}


def read_values(file: Path) -> dict[str, str]:
    """The `Values` of a local.settings.json."""
    try:
        values = json.loads(file.read_text("utf-8")).get("Values", {})
    except (OSError, ValueError) as error:
        raise HostError(f"{file} cannot be read: {error}") from None
    return {name: str(value) for name, value in values.items()}


@contextlib.contextmanager
def applied(values: Mapping[str, str]) -> Iterator[None]:
    """Sets `values` in the environment; puts back what was there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def resolve(text: str, environ: Mapping[str, str], where: str) -> str:
    """`text` with every `%NAME%` replaced by that setting; `where` is for the message."""

    def value(match: re.Match[str]) -> str:
        found = environ.get(match[1])
        if not found:
            raise HostError(f"{where}: the setting {match[1]} is missing")
        return found

    return _PLACEHOLDER.sub(value, text)


def queue_service(connection: str, environ: Mapping[str, str]) -> QueueServiceClient:
    """A client for the connection `NAME`: a connection string, or `NAME__...` with an identity."""
    name = connection or DEFAULT_CONNECTION
    text = environ.get(f"AzureWebJobs{name}") or environ.get(name)
    if text:
        text = _AZURITE if text.strip(" ;").lower() == "usedevelopmentstorage=true" else text
        try:
            return QueueServiceClient.from_connection_string(text, **_options())
        except ValueError as error:
            raise HostError(f"the connection {name} is not valid: {error}") from None
    url = environ.get(f"{name}__queueServiceUri")
    account = environ.get(f"{name}__accountName")
    if not url and not account:
        raise HostError(f"the connection {name} is missing: no setting {name} or {name}__…")
    from azure.identity.aio import DefaultAzureCredential

    return QueueServiceClient(
        url or f"https://{account}.queue.core.windows.net",
        credential=DefaultAzureCredential(),
        **_options(),
    )


def _options() -> dict[str, Any]:
    """Without a proxy none is looked for at each request, which takes as long as the request."""
    return {**_RETRIES, "transport": AioHttpTransport(use_env_settings=bool(getproxies()))}
