"""What every HTTP function of the API does alike: token, rights, bounds, answers, problems.

Each endpoint also states what it takes and gives, from which openapi.py makes the document.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import azure.functions as func
from pydantic import BaseModel, ValidationError

from shared.domain.access import ID_PATTERN, Caller, Right
from shared.domain.model import LocationId, ProviderName, UserId
from shared.errors import (
    CalendarSyncError,
    InvalidRequest,
    NotAllowed,
    NotFound,
    TooLarge,
    VersionRequired,
)
from shared.flows.ports import Ports
from shared.services import crm_tokens, ports
from shared.settings import settings
from shared.telemetry import fault
from shared.triggers.contract import Contract
from shared.triggers.contract import Problem as ProblemBody
from shared.triggers.problems import invalid_fields, made, problem

MOST_BODY_BYTES = 64 * 1024
Model = TypeVar("Model", bound=BaseModel)
_ID = re.compile(ID_PATTERN)
_VERSION = re.compile(r'(?:W/)?"v(\d{1,9})"')


@dataclass(frozen=True, slots=True)
class Answer:
    status: int = 200
    body: Contract | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that may do what it asks for. `user` is the path's, not the caller's."""

    request: func.HttpRequest
    caller: Caller
    ports: Ports

    @property
    def location(self) -> LocationId:
        return LocationId(self.request.route_params["location"])

    @property
    def user(self) -> UserId:
        return UserId(self.request.route_params["user"])

    @property
    def provider(self) -> ProviderName:
        """Raises NotFound for a provider that is not there."""
        name = ProviderName(self.request.route_params["provider"])
        if name not in self.ports.providers:
            raise NotFound("There is no such provider.", code="unknown_provider")
        return name

    async def provider_of_a_connection(self) -> ProviderName:
        """Also one that is there no longer, while something is connected by it. Raises NotFound."""
        name = ProviderName(self.request.route_params["provider"])
        member = await self.ports.locations.member(self.location, self.user)
        return name if name in member.connections else self.provider

    def body(self, model: type[Model]) -> Model:
        """Where nothing is replaced an empty body counts as an empty object.

        Raises TooLarge, InvalidRequest or ValidationError.
        """
        body = self.request.get_body()
        if len(body) > MOST_BODY_BYTES:
            raise TooLarge(f"The body may have at most {MOST_BODY_BYTES} bytes.")
        if not body and self.request.method == "PUT":
            raise InvalidRequest("A body is needed: it replaces what is there.")
        return model.model_validate_json(body or b"{}")

    def query(self, model: type[Model]) -> Model:
        return model.model_validate(dict(self.request.params))

    def version(self) -> int:
        """The version that If-Match names. Raises VersionRequired or InvalidRequest."""
        given = self.request.headers.get("If-Match")
        if given is None:
            raise VersionRequired(
                "Send If-Match with the ETag that you have read, so that nobody's change is lost."
            )
        match = _VERSION.fullmatch(given.strip())
        if match is None:
            raise InvalidRequest("If-Match must be an ETag of ours.", code="invalid_if_match")
        return int(match[1])


def etag(number: int) -> dict[str, str]:
    return {"ETag": f'"v{number}"'}


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the API, as it is registered and as it is documented."""

    name: str
    method: str
    route: str
    summary: str
    right: Right
    answers: Mapping[int, type[Contract] | None]
    body: type[Contract] | None = None
    query: type[Contract] | None = None
    versioned: bool = False
    problems: tuple[int, ...] = ()


ENDPOINTS: list[Endpoint] = []


def register(blueprint: func.Blueprint, endpoint: Endpoint) -> Callable[[Handler], Handler]:
    """Makes a function of the app out of `handler`."""
    ENDPOINTS.append(endpoint)

    def decorate(handler: Handler) -> Handler:
        async def run(req: func.HttpRequest) -> func.HttpResponse:
            return await _respond(req, endpoint, handler)

        run.__name__ = endpoint.name
        routed = blueprint.route(
            endpoint.route, methods=[endpoint.method], auth_level=func.AuthLevel.ANONYMOUS
        )
        blueprint.function_name(endpoint.name)(routed(run))
        return handler

    return decorate


async def _respond(
    req: func.HttpRequest, endpoint: Endpoint, handler: Handler
) -> func.HttpResponse:
    headers = cors(req)
    try:
        caller = await crm_tokens().caller(req.headers.get("Authorization"))
        _authorise(caller, endpoint.right, req.route_params)
        answer = await handler(Call(req, caller, ports()))
        return response(answer.status, answer.body, {**headers, **answer.headers})
    except ValidationError as error:
        return problem_response(invalid_fields(error), headers)
    except CalendarSyncError as error:
        body, extra = problem(error)
        return problem_response(body, {**headers, **extra})
    except Exception as error:
        fault(endpoint.name, error)
        detail = "Something went wrong on our side. Try again later."
        return problem_response(made(500, "internal_error", detail), headers)


def _authorise(caller: Caller, right: Right, path: Mapping[str, str]) -> None:
    for name in ("location", "user", "appointment"):
        if name in path and not _ID.fullmatch(path[name]):
            raise InvalidRequest(f"The {name} id has characters that no id has.", code="invalid_id")
    location = LocationId(path["location"])
    user = UserId(path["user"]) if "user" in path else None
    if caller.membership(location) is None:
        raise NotAllowed("You are not a member of this location.", code="not_a_member")
    if caller.may(right, location, user):
        return
    if right is Right.OWN:
        raise NotAllowed(
            "Everybody connects their own account: sign in as this user, under My Profile › "
            "Integrations.",
            code="not_your_account",
        )
    if right is Right.SERVICE:
        raise NotAllowed("Only the CRM itself may do this.", code="not_allowed")
    raise NotAllowed("This needs an admin of the location.", code="not_allowed")


def response(
    status: int, body: Contract | None = None, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    return func.HttpResponse(
        body.model_dump_json() if body is not None else None,
        status_code=status,
        mimetype="application/json" if body is not None else "text/plain",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def problem_response(body: ProblemBody, headers: Mapping[str, str]) -> func.HttpResponse:
    return func.HttpResponse(
        body.model_dump_json(),
        status_code=body.status,
        mimetype="application/problem+json",
        headers={"Cache-Control": "no-store", **headers},
    )


def cors(req: func.HttpRequest) -> dict[str, str]:
    """The CRM's pages may call from the browser, with the cookie that binds a sign-in."""
    origin = req.headers.get("Origin")
    if origin is None or origin not in settings().return_url_origins:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": "ETag, Retry-After",
        "Vary": "Origin",
    }
