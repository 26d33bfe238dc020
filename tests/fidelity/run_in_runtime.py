"""Runs an app under Microsoft's worker library: `python run_in_runtime.py APP_DIR < invocations`.

Needs Python 3.13 with `azure-functions-runtime`. Standard input is a JSON list of invocations,
each `{"function": NAME, …}` with one of

- `"http": {"method", "url", "headers", "query", "params", "body"}`, all but `method` optional,
- `"queue": {"body": TEXT, "metadata": {"Id": …, "DequeueCount": …}}`,
- `"timer": {"IsPastDue": false, …}`.

Standard output is `{"functions": [{"name", "bindings"}], "results": [...]}`; a result has `error`
(null when it succeeded), `returned` and `outputs`. With `--placeholder` the app is loaded the way
an instance is specialised: start empty, then reload the environment. Exit code 1 and the worker's
message when the app does not load.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import azure_functions_runtime as runtime
import worker_messages as protos

PROPERTIES = {"host": "127.0.0.1", "protos": protos}


async def main() -> None:
    parser = argparse.ArgumentParser(description="Runs an app under azure-functions-runtime.")
    parser.add_argument("app", type=Path)
    parser.add_argument("--placeholder", action="store_true")
    options = parser.parse_args()
    answer, sys.stdout = sys.stdout, sys.stderr  # what the app prints is not the answer
    invocations = json.load(sys.stdin)
    runtime.start_threadpool_executor()
    await _load(str(options.app.resolve()), placeholder=options.placeholder)
    functions = (await runtime.functions_metadata_request(_request())).function_metadata_results
    for function in functions or []:
        load = SimpleNamespace(function_id=function.function_id)
        _succeeded(await runtime.function_load_request(_request(function_load_request=load)))
    by_name = {function.name: function for function in functions or []}
    results = [await _invoke(by_name[item["function"]], item) for item in invocations]
    runtime.stop_threadpool_executor()
    found = [
        {"name": f.name, "bindings": [json.loads(b) for b in f.raw_bindings]}
        for f in by_name.values()
    ]
    json.dump({"functions": found, "results": results}, answer)


def _request(**parts: Any) -> Any:
    return SimpleNamespace(request=SimpleNamespace(**parts), properties=PROPERTIES)


async def _load(app: str, *, placeholder: bool) -> None:
    """Indexes the app, at once or by specialising a placeholder."""
    sys.path.insert(0, app)
    with tempfile.TemporaryDirectory() as empty:
        init = SimpleNamespace(
            capabilities={}, function_app_directory=empty if placeholder else app
        )
        _succeeded(await runtime.worker_init_request(_request(worker_init_request=init)))
    if placeholder:
        reload = SimpleNamespace(function_app_directory=app, environment_variables=dict(os.environ))
        _succeeded(
            await runtime.function_environment_reload_request(
                _request(function_environment_reload_request=reload)
            )
        )


def _succeeded(response: Any) -> None:
    if response.result.status != protos.StatusResult.Success:
        error = response.result.exception
        sys.exit(f"{error.message}\n{error.stack_trace}")


async def _invoke(function: Any, item: dict[str, Any]) -> dict[str, Any]:
    """Runs one invocation."""
    trigger = next(n for n, b in function.bindings.items() if b.type.endswith("Trigger"))
    data, metadata = _trigger_data(item)
    call = SimpleNamespace(
        invocation_id="00000000-0000-0000-0000-000000000001",
        function_id=function.function_id,
        input_data=[protos.ParameterBinding(name=trigger, data=data)],
        trigger_metadata=metadata,
        trace_context=SimpleNamespace(trace_parent="", trace_state="", attributes={}),
        retry_context=SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
    )
    response = await runtime.invocation_request(_request(invocation_request=call))
    failed = response.result.status != protos.StatusResult.Success
    return {
        "error": response.result.exception.message if failed else None,
        "stackTrace": response.result.exception.stack_trace if failed else None,
        "returned": _plain(response.return_value),
        "outputs": {out.name: _plain(out.data) for out in response.output_data or []},
    }


def _trigger_data(item: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The trigger's value and metadata, as the host sends them."""
    if "queue" in item:
        metadata = item["queue"].get("metadata", {})
        return protos.TypedData(string=item["queue"]["body"]), {
            name: protos.TypedData(string=value)
            if isinstance(value, str) and not name.endswith("Time")
            else protos.TypedData(json=json.dumps(value))
            for name, value in metadata.items()
        }
    if "timer" in item:
        return protos.TypedData(json=json.dumps(item["timer"])), {}
    http = item["http"]
    body = http.get("body")
    return protos.TypedData(
        http=protos.RpcHttp(
            method=http["method"],
            url=http.get("url", "http://localhost/"),
            headers=http.get("headers", {}),
            params=http.get("params", {}),
            query=http.get("query", {}),
            body=protos.TypedData(bytes=body.encode()) if body else protos.TypedData(),
        )
    ), {}


def _plain(data: Any) -> Any:
    """What the worker sends, as JSON: a response as an object, all else as text."""
    kind = data.WhichOneof("data") if data else None
    if kind == "http":
        http = data.http
        return {
            "status": int(http.status_code),
            "headers": dict(http.headers),
            "cookies": [_cookie(cookie) for cookie in http.cookies or []],
            "body": _plain(http.body),
        }
    value = getattr(data, kind) if kind else None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _cookie(cookie: Any) -> dict[str, Any]:
    """A cookie's fields that are set."""
    values = {name: getattr(cookie, name) for name in cookie.given}
    return {n: getattr(v, "value", v) for n, v in values.items() if n != "expires"}


if __name__ == "__main__":
    asyncio.run(main())
