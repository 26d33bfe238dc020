"""The document says what is there, and all of it."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.functions_host.functions import Function
from sandbox.stack import Stack
from shared import messages
from shared.triggers.openapi import document

ROOT = Path(__file__).resolve().parents[2]
METHODS = {"get", "put", "post", "delete", "patch"}
PUBLIC = {
    "/notifications/{provider}",
    "/notifications/{provider}/{kind}",
    "/oauth/{provider}/callback",
    "/health",
    "/openapi.json",
    "/settings",
    "/settings/{file}",
}
UNDOCUMENTED = {"Preflight"}
"""Browsers ask this of any path; it is no part of the API."""


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document())
    return found


def operations(described: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, item in described["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def http_functions(stack: Stack) -> dict[tuple[str, str], Function]:
    return {
        (str(getattr(method, "value", method)).upper(), path): function
        for function in stack.host.functions
        if function.trigger == "httpTrigger" and function.name not in UNDOCUMENTED
        for method in function.binding["methods"]
        for path in paths(function)
    }


def paths(function: Function) -> list[str]:
    """A last segment that may be left out makes two paths."""
    route = f"/{function.binding['route']}"
    if not route.endswith("?}"):
        return [route]
    shorter, _, segment = route.rpartition("/")
    return [shorter, f"{shorter}/{segment.replace('?', '')}"]


def test_the_committed_document_is_the_newest() -> None:
    """Else: make openapi."""
    assert (ROOT / "docs" / "openapi.json").read_text("utf-8") == document()


async def test_the_document_is_served_to_anyone(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=stack.api, verify=False, trust_env=False) as anyone:
        answer = await anyone.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == "application/json"
    assert answer.text == document()


async def test_every_http_function_is_documented_and_the_reverse(
    started_stack: Stack, described: dict[str, Any]
) -> None:
    """Path, method and name."""
    registered = {where: f.name for where, f in http_functions(started_stack).items()}
    told = {where: o["operationId"] for where, o in operations(described).items()}
    assert told.keys() == registered.keys()
    for where, operation in told.items():
        # Of two paths of one function the longer says so.
        assert operation in {registered[where], f"{registered[where]}OfKind"}
    assert len(set(told.values())) == len(told)


async def test_the_functions_are_under_the_documented_server(
    started_stack: Stack, described: dict[str, Any]
) -> None:
    [server] = described["servers"]
    prefix = json.loads((ROOT / "host.json").read_text("utf-8"))["extensions"]["http"]
    assert server["url"] == f"/{prefix['routePrefix']}"
    assert started_stack.api.endswith(server["url"])


async def test_what_needs_no_token_is_public_and_nothing_else(
    stack: Stack, described: dict[str, Any]
) -> None:
    assert described["security"] == [{"crm": []}]
    public = {path for (_, path), o in operations(described).items() if o.get("security") == []}
    assert public == PUBLIC
    async with httpx.AsyncClient(base_url=stack.api, verify=False, trust_env=False) as anyone:
        for method, path in operations(described):
            if path not in PUBLIC:
                assert (await anyone.request(method, path)).status_code == 401


def test_every_parameter_of_a_path_is_described(described: dict[str, Any]) -> None:
    for (_, path), operation in operations(described).items():
        wanted = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        found = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert found == wanted


def test_every_reference_leads_somewhere_and_every_schema_is_used(
    described: dict[str, Any],
) -> None:
    used: set[str] = set()

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            used.update([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    walk(described)
    assert used == {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}


def test_objects_that_are_sent_refuse_unknown_fields(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    bodies = [
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        for (_, path), operation in operations(described).items()
        if "requestBody" in operation and path not in PUBLIC
    ]
    assert bodies
    for reference in bodies:
        assert schemas[reference.rpartition("/")[2]]["additionalProperties"] is False


def test_every_refusal_is_a_problem(described: dict[str, Any]) -> None:
    for (_, path), operation in operations(described).items():
        if path in PUBLIC:
            continue
        refused = {s: r for s, r in operation["responses"].items() if int(s) >= 400}
        assert {"400", "401", "403", "500"} <= set(refused)
        assert all(list(r["content"]) == ["application/problem+json"] for r in refused.values())


async def test_every_queue_that_is_read_or_written_has_its_message(started_stack: Stack) -> None:
    declared = {
        kind.queue
        for kind in vars(messages).values()
        if isinstance(kind, type) and issubclass(kind, messages.Message) and hasattr(kind, "queue")
    }
    functions = started_stack.host.functions
    read = {f.queue.name for f in functions if f.trigger == "queueTrigger"}
    written = {output.queue.name for f in functions for output in f.outputs}
    assert {name.removesuffix("-poison") for name in read} == declared
    assert written <= declared


async def test_every_queue_function_reads_the_storage_of_the_calendars(
    started_stack: Stack,
) -> None:
    functions = started_stack.host.functions
    queues = [f.queue for f in functions if f.trigger == "queueTrigger"]
    queues += [output.queue for f in functions for output in f.outputs]
    assert {queue.connection for queue in queues} == {"CALENDAR_STORAGE"}
