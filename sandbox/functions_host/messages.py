"""Queue messages: their encoding, and what a function gets for one.

Facts: azure-functions `queue.py` (the converter used here), and the Storage Queues extension in
github.com/Azure/azure-sdk-for-net (message encoding; a JSON message's fields are binding data,
which overrides trigger metadata of the same name).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from azure.functions.meta import Datum
from azure.functions.queue import QueueMessageInConverter

Facts = Mapping[str, str | int | datetime | None]


def encode(body: bytes, *, base64_encoded: bool) -> str:
    """The text of a message that carries `body`."""
    return base64.b64encode(body).decode("ascii") if base64_encoded else body.decode()


def decode(text: str, *, base64_encoded: bool) -> bytes | None:
    """The body that a message's text carries; None when it is not in the configured encoding."""
    if not base64_encoded:
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def to_trigger(body: bytes, facts: Facts) -> Any:
    """The `QueueMessage` for a body; `facts` are the host's, named as there (`Id`, …)."""
    metadata = {name: _datum(value) for name, value in facts.items() if value is not None}
    metadata |= _overrides(body, facts)
    try:
        data = Datum(body.decode(), "string")
    except UnicodeDecodeError:
        data = Datum(body, "bytes")
    return QueueMessageInConverter.decode(data, trigger_metadata=metadata)


def _overrides(body: bytes, facts: Mapping[str, Any]) -> dict[str, Datum]:
    """The fields of a JSON message that have the name of a fact, in any case."""
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(document, dict):
        return {}
    names = {name.lower(): name for name in facts}
    return {
        names[key.lower()]: _datum(value) for key, value in document.items() if key.lower() in names
    }


def _datum(value: Any) -> Datum:
    if isinstance(value, datetime):
        value = value.isoformat()
        return Datum(json.dumps(value), "json")
    if isinstance(value, str):
        return Datum(value, "string")
    return Datum(json.dumps(value), "json")
