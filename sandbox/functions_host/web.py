"""HTTP requests and responses as they look to a function and to its client.

Facts: github.com/Azure/azure-functions-host, `GrpcMessageConversionExtensions.cs` (query, headers,
body), and azure-functions `http.py` (the converters used here).
"""

from typing import Any
from urllib.parse import parse_qsl

from azure.functions.http import HttpRequestConverter, HttpResponseConverter
from azure.functions.meta import Datum
from starlette.requests import Request
from starlette.responses import Response

from sandbox.functions_host.cookies import set_cookie_lines

# The server sets these itself.
_OF_THE_SERVER = ("content-length", "transfer-encoding", "connection")


async def to_trigger(request: Request, params: dict[str, str]) -> Any:
    """The `HttpRequest` that a function gets; `params` are those of the route."""
    value = {
        "method": _string(request.method),
        "url": _string(_url(request)),
        "headers": _strings(_headers(request)),
        "query": _strings(_query(request.scope["query_string"].decode("ascii"))),
        "params": _strings(params),
        "body": Datum(await _body(request), "bytes"),
    }
    return HttpRequestConverter.decode(Datum(value, "http"), trigger_metadata=None)


def to_response(returned: Any) -> Response:
    """The response for what a function returned; raises TypeError for what is none."""
    try:
        datum: Any = HttpResponseConverter.encode(returned, expected_type=None)
    except NotImplementedError:
        raise TypeError(f"unable to encode outgoing TypedData: http, {type(returned)}") from None
    if datum.type == "string":
        return Response(datum.value, media_type="text/plain")
    parts = datum.value
    headers = {name: value.value for name, value in parts["headers"].items()}
    response = Response(
        parts["body"].value,
        status_code=int(parts["status_code"].value),
        headers={k: v for k, v in headers.items() if k.lower() not in _OF_THE_SERVER},
    )
    for line in set_cookie_lines(parts["cookies"] or []):
        response.headers.append("set-cookie", line)
    return response


async def _body(request: Request) -> bytes:
    """The body; empty when its length was not announced (chunked), as with the real host."""
    announced = request.headers.get("content-length", "0")
    return await request.body() if announced.isdigit() and int(announced) else b""


def _url(request: Request) -> str:
    raw = request.scope["raw_path"].decode("ascii")
    query = request.scope["query_string"].decode("ascii")
    host = request.headers.get("host", "")
    return f"{request.scope['scheme']}://{host}{raw}" + (f"?{query}" if query else "")


def _headers(request: Request) -> dict[str, str]:
    """Names in lower case; repeated ones joined by a comma."""
    return _joined(request.headers.items())


def _query(text: str) -> dict[str, str]:
    """Parameters without a value are dropped, repeated ones joined by a comma."""
    return {
        name: value
        for name, value in _joined(parse_qsl(text, keep_blank_values=True)).items()
        if value
    }


def _joined(pairs: Any) -> dict[str, str]:
    """Values by name, whatever its case; the first spelling stays."""
    spelling: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        key = spelling.setdefault(name.lower(), name)
        values.setdefault(key, []).append(value)
    return {name: ",".join(v for v in found if v) for name, found in values.items()}


def _strings(values: dict[str, str]) -> dict[str, Datum]:
    return {name: _string(value) for name, value in values.items()}


def _string(value: str) -> Datum:
    return Datum(value, "string")
