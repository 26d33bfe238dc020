"""How a control endpoint is written: JSON in, JSON out, errors as {"error": text}."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.faults import UnknownFaultError
from sandbox.microsoft.directory import UnknownAccountError
from sandbox.microsoft.entra.errors import SignInError
from sandbox.microsoft.mailbox.errors import MailboxError

if TYPE_CHECKING:
    from sandbox.world import World


class ControlError(Exception):
    """A control request that makes no sense: status and sentence."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Call:
    """One control request: the world, the JSON body (an object), the request itself."""

    def __init__(self, world: "World", request: Request, body: dict[str, Any]) -> None:
        self.world = world
        self.request = request
        self.body = body

    def path(self, name: str) -> str:
        """A path parameter."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str | None:
        """A query parameter, if given."""
        return self.request.query_params.get(name)

    def need(self, name: str) -> Any:
        """A member of the body that must be there."""
        if name not in self.body:
            raise ControlError(400, f"{name!r} is missing")
        return self.body[name]


Handler = Callable[[Call], Awaitable[Any]]


def control(method: str, path: str, handler: Handler) -> Route:
    """A route under /sandbox whose handler takes a Call and returns JSON."""

    async def endpoint(request: Request) -> Response:
        try:
            call = Call(request.app.state.world, request, await _body(request))
            answer = await handler(call)
        except ControlError as wrong:
            return _refusal(wrong.status, str(wrong))
        except MailboxError as wrong:
            return _refusal(wrong.status, f"{wrong.code}: {wrong.message}")
        except (UnknownAccountError, KeyError) as wrong:
            return _refusal(404, f"not found: {wrong}")
        except (UnknownFaultError, SignInError, ValueError, TypeError) as wrong:
            return _refusal(400, str(wrong))
        return answer if isinstance(answer, Response) else JSONResponse(answer)

    return Route(f"/sandbox{path}", endpoint, methods=[method])


async def _body(request: Request) -> dict[str, Any]:
    if "json" not in request.headers.get("content-type", "json"):
        return {}
    raw = await request.body()
    try:
        found = json.loads(raw) if raw else {}
    except ValueError:
        raise ControlError(400, "the body is not JSON") from None
    if not isinstance(found, dict):
        raise ControlError(400, "the body must be a JSON object")
    return found


def _refusal(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status_code=status)


def show(settings: Any) -> dict[str, Any]:
    """The fields of a settings dataclass as JSON, names in camelCase."""
    return {_camel(f.name): _plain(getattr(settings, f.name)) for f in fields(settings)}


def change(settings: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Set fields of a settings dataclass from JSON; unknown names are refused."""
    names = {_camel(f.name): f.name for f in fields(settings)}
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise ControlError(400, f"unknown: {unknown}; known: {sorted(names)}")
    for name, value in given.items():
        before = getattr(settings, names[name])
        kind = type(before)
        if isinstance(before, set):
            value = {str(member).lower() for member in value}
        elif isinstance(before, tuple):
            value = tuple(value)
        elif isinstance(before, bool | int | float) and not isinstance(value, bool | int | float):
            raise ControlError(400, f"{name!r} must be a {kind.__name__}")
        setattr(settings, names[name], value)
    return show(settings)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set) else value


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
