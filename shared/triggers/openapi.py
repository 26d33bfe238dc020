"""The OpenAPI document, made from what each endpoint states of itself."""

import json
import re
from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from shared.domain.access import ID_PATTERN
from shared.triggers.contract import Contract, Health, Problem
from shared.triggers.endpoint import ENDPOINTS, Endpoint

_REF = "#/components/schemas/{model}"
_STATUS_TEXT = {
    200: "Done.",
    201: "Begun.",
    202: "Taken.",
    204: "Done; nothing to say.",
    303: "Back to the CRM with `connected=` or `error=`.",
    400: "The request cannot be understood; `detail` says what is wrong.",
    401: "No valid token.",
    403: "A valid token without the right.",
    404: "Nothing there.",
    409: "The state of things forbids it.",
    410: "What was asked for is no longer kept; `detail` says how to go on.",
    412: "If-Match names an older version.",
    413: "The body is too large.",
    428: "If-Match is missing.",
    500: "A fault on our side.",
    502: "The provider did not do what was asked.",
    503: "Try again after `Retry-After` seconds.",
}


@cache
def document() -> str:
    """OpenAPI 3.1 as JSON text, the same bytes for the same code."""
    from shared.triggers import (  # noqa: F401  # they register
        appointments,
        busy,
        changes,
        configuration,
        confirm,
        connections,
        erasure,
        team,
    )

    models = sorted(_models(), key=lambda model: model.__name__)
    _, definitions = models_json_schema(
        [(model, "serialization") for model in models], ref_template=_REF
    )
    made = {
        "openapi": "3.1.0",
        "info": {
            "title": "Calendar sync",
            "version": "1",
            "description": "Keeps the CRM and its users' calendars in step.",
        },
        "servers": [{"url": "/api"}],
        "security": [{"crm": []}],
        "paths": _paths(),
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"crm": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }
    return json.dumps(made, indent=2, sort_keys=True) + "\n"


def _models() -> set[type[Contract]]:
    models: set[type[Contract]] = {Problem, Health}
    for endpoint in ENDPOINTS:
        models |= {model for model in endpoint.answers.values() if model}
        models |= {model for model in (endpoint.body,) if model}
    return models


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(f"/{endpoint.route}", {})[endpoint.method.lower()] = _operation(endpoint)
    return paths | _public_paths()


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": _parameters(endpoint),
        "responses": {
            str(status): _response(status, model, endpoint.versioned)
            for status, model in endpoint.answers.items()
        },
    }
    for status in sorted({400, 401, 403, 500, *endpoint.problems, *_implied(endpoint)}):
        operation["responses"][str(status)] = _problem(status)
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": endpoint.method == "PUT" or _demands(endpoint.body),
            "content": {"application/json": {"schema": _ref(endpoint.body)}},
        }
    return operation


def _demands(model: type[Contract]) -> bool:
    return any(field.is_required() for field in model.model_fields.values())


def _implied(endpoint: Endpoint) -> set[int]:
    implied = {413} if endpoint.body else set()
    return implied | ({412, 428} if endpoint.versioned and endpoint.body else set())


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found = [_path_parameter(name) for name in re.findall(r"{(\w+)}", endpoint.route)]
    if endpoint.query is not None:
        schema = endpoint.query.model_json_schema(ref_template=_REF)
        found += [
            {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", ()),
                "schema": part,
            }
            for name, part in schema["properties"].items()
        ]
    if endpoint.versioned and endpoint.body:
        found.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": True,
                "schema": {"type": "string"},
                "description": "The ETag that was read.",
            }
        )
    return found


def _path_parameter(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "pattern": ID_PATTERN}
    if name == "provider":
        schema = {"type": "string", "pattern": "^[a-z]{1,32}$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _response(status: int, model: type[Contract] | None, versioned: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": _STATUS_TEXT[status]}
    if model is not None:
        answer["content"] = {"application/json": {"schema": _ref(model)}}
    if versioned:
        answer["headers"] = {"ETag": {"schema": {"type": "string"}}}
    return answer


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": _STATUS_TEXT[status],
        "content": {"application/problem+json": {"schema": _ref(Problem)}},
    }


def _ref(model: type[Contract]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _public_paths() -> dict[str, Any]:
    """What anyone may call, most of it meant for the providers."""
    return {
        "/notifications/{provider}": {"post": _notification()},
        "/notifications/{provider}/{kind}": {"post": _notification("kind")},
        "/oauth/{provider}/callback": {"get": _callback()},
        "/health": {"get": _health()},
        "/settings": {"get": _page()},
        "/settings/{file}": {"get": _page_file()},
        "/openapi.json": {
            "get": {
                "operationId": "GetOpenApi",
                "summary": "This document.",
                "security": [],
                "responses": {"200": {"description": _STATUS_TEXT[200]}},
            }
        },
    }


def _notification(*more: str) -> dict[str, Any]:
    handshake = {
        "name": "validationToken",
        "in": "query",
        "required": False,
        "schema": {"type": "string"},
        "description": "Sent by Graph when it checks the address; given back as it is.",
    }
    return {
        "operationId": "".join(["ReceiveNotification", *(f"Of{name.title()}" for name in more)]),
        "summary": "What a provider tells, in its own way.",
        "security": [],
        "parameters": [*(_path_parameter(name) for name in ("provider", *more)), handshake],
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {
            "200": {"description": "Taken; the validation token.", "content": {"text/plain": {}}},
            "202": {"description": _STATUS_TEXT[202]},
            "400": {"description": "Not a notification."},
            "404": {"description": "No such provider."},
        },
    }


def _callback() -> dict[str, Any]:
    names = ("state", "code", "error", "error_description")
    return {
        "operationId": "FinishConnect",
        "summary": "Where the provider sends the browser back to.",
        "security": [],
        "parameters": [
            _path_parameter("provider"),
            *(
                {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
                for name in names
            ),
        ],
        "responses": {
            "200": {"description": "Connected; a small page.", "content": {"text/html": {}}},
            "303": {"description": _STATUS_TEXT[303]},
            "400": {"description": "Not connected; a small page.", "content": {"text/html": {}}},
        },
    }


def _page() -> dict[str, Any]:
    return {
        "operationId": "GetPage",
        "summary": "The settings page; the CRM may frame it and hand it a token.",
        "security": [],
        "responses": {"200": {"description": "The page.", "content": {"text/html": {}}}},
    }


def _page_file() -> dict[str, Any]:
    return {
        "operationId": "GetPageFile",
        "summary": "A file of the settings page.",
        "security": [],
        "parameters": [
            {"name": "file", "in": "path", "required": True, "schema": {"type": "string"}}
        ],
        "responses": {
            "200": {"description": "The file."},
            "304": {"description": "It is the one that If-None-Match names."},
            "404": {"description": "There is no such file."},
        },
    }


def _health() -> dict[str, Any]:
    body = {"application/json": {"schema": _ref(Health)}}
    return {
        "operationId": "GetHealth",
        "summary": "Whether what the service depends on answers.",
        "security": [],
        "responses": {
            "200": {"description": "All well.", "content": body},
            "503": {"description": "Something does not answer.", "content": body},
        },
    }
