"""What the host makes of values that a function sets on queue outputs.

Facts: the worker's `bindings/generic.py` and azure-functions `queue.py` (what leaves the worker),
github.com/Azure/azure-functions-host, `Binding/FunctionBinding.cs` (a string that looks like JSON
is parsed: an array is one message per element, an object is written again, indented).
"""

import json
from typing import Any

import azure.functions as func
from azure.functions.queue import QueueMessageOutConverter


class Out(func.Out[Any]):
    """What a function gets for an output parameter."""

    def __init__(self) -> None:
        self._value: Any = None

    def set(self, val: Any) -> None:
        self._value = val

    def get(self) -> Any:
        return self._value


def to_messages(value: Any, inner: Any) -> list[bytes]:
    """The bodies of the messages for a value; `inner` is the type in `Out[…]`."""
    if value is None:
        return []
    kind, data = _leave_worker(value, inner)
    if kind == "bytes":
        return [data]
    if kind == "string" and not _looks_like_json(data):
        return [data.encode()]
    parsed = json.loads(data)
    return [_text(item).encode() for item in (parsed if isinstance(parsed, list) else [parsed])]


def _leave_worker(value: Any, inner: Any) -> tuple[str, Any]:
    """The kind and content of what the worker sends to the host."""
    if inner not in (str, bytes):
        try:
            datum: Any = QueueMessageOutConverter.encode(value, expected_type=None)
        except NotImplementedError:
            raise _refused(value) from None
        return datum.type, datum.value
    if isinstance(value, str):
        return "string", value
    if isinstance(value, (bytes, bytearray)):
        return "bytes", bytes(value)
    if isinstance(value, (dict, list)):
        return "json", json.dumps(value)
    if isinstance(value, (int, float)):
        return "string", str(value)
    raise _refused(value)


def _refused(value: Any) -> TypeError:
    return TypeError(f"unable to encode outgoing TypedData: queue, {type(value).__name__}")


def _looks_like_json(text: str) -> bool:
    """Whether the host takes a string for JSON: by its brackets alone."""
    text = text.strip()
    return text[:1] + text[-1:] in ("{}", "[]")


def _text(item: Any) -> str:
    """A JSON value as Newtonsoft's `JToken.ToString()` writes it."""
    if isinstance(item, str):
        return item
    if item is None:
        return ""
    if isinstance(item, bool):
        return str(item)
    return json.dumps(item, indent=2, ensure_ascii=False)
