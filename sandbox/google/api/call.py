"""How an endpoint is written: a Call in, JSON out, refusals as Google's errors."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.google.account import Account
from sandbox.google.api.selection import selected
from sandbox.google.calendars.calendar import Calendar, Role, at_least
from sandbox.google.calendars.editing import Author, SendUpdates
from sandbox.google.calendars.times import zone_of
from sandbox.google.errors import ApiError, invalid
from sandbox.google.gate import permissions

if TYPE_CHECKING:
    from sandbox.world import World

_ROOT = "/calendar/v3"


class Call:
    """One request of an account."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.world: World = request.app.state.world
        self.account: Account = request.state.account
        self.scopes: frozenset[str] = request.state.scopes

    def path(self, name: str) -> str:
        """A path parameter."""
        return str(self.request.path_params[name])

    def text(self, name: str) -> str | None:
        """A query parameter, if given."""
        return self.request.query_params.get(name)

    def flag(self, name: str) -> bool:
        """A boolean query parameter."""
        value = self.text(name)
        if value not in (None, "true", "false", "True", "False"):
            raise invalid(f"Invalid boolean value: '{value}'.", name)
        return value in ("true", "True")

    def number(self, name: str, default: int, most: int) -> int:
        """A positive number, cut to the most there may be."""
        value = self.text(name)
        if value is None:
            return default
        if not value.isdigit() or int(value) < 1:
            raise invalid(f"Invalid integer value: '{value}'.", name)
        return min(int(value), most)

    def calendar(self, name: str | None = None) -> Calendar:
        """The calendar that the path (or `name`) means; 404 if the account does not see it."""
        wanted = name or self.path("calendarId")
        google, found = self.world.google, None
        found = self.account.primary if wanted == "primary" else google.find_calendar(wanted)
        if found is None or found.role_of(self.account) is None:
            raise ApiError("notFound")
        method, path = self.request.method, self.request.url.path
        if permissions.owned_only(method, path, self.scopes) and found.owner is not self.account:
            raise ApiError("insufficientPermissions")
        return found

    def role(self, calendar: Calendar) -> Role:
        """What the account may see of a calendar with this token."""
        role = calendar.role_of(self.account) or "freeBusyReader"
        return "freeBusyReader" if permissions.times_only(self.scopes) else role

    def zone(self, calendar: Calendar) -> ZoneInfo:
        """The zone of the answer."""
        name = self.text("timeZone")
        try:
            return zone_of(name) if name else calendar.zone
        except ValueError:
            raise invalid("Invalid time zone.", "timeZone") from None

    def author(self) -> Author:
        """The account as one who writes, with what the query says of mails and conferences."""
        wanted = self.text("sendUpdates")
        chosen: SendUpdates = "none"
        if wanted == "all" or (wanted is None and self.flag("sendNotifications")):
            chosen = "all"
        elif wanted == "externalOnly":
            chosen = "externalOnly"
        elif wanted not in (None, "none"):
            raise invalid(f"Invalid string value: '{wanted}'.", "sendUpdates")
        return Author(self.account, chosen, int(self.text("conferenceDataVersion") or 0))

    def require(self, calendar: Calendar, role: Role) -> None:
        """Refuse who has less than this role."""
        if not at_least(calendar.role_of(self.account), role):
            raise ApiError("requiredAccessLevel")

    async def body(self) -> dict[str, Any]:
        """The JSON object of the request."""
        try:
            found = json.loads(await self.request.body() or b"{}")
        except ValueError:
            raise ApiError("parseError") from None
        if not isinstance(found, dict):
            raise ApiError("parseError")
        return found


Handler = Callable[[Call], Awaitable[dict[str, Any] | None]]


def route(method: str, path: str, handler: Handler) -> Route:
    """A route whose handler gives JSON, or None for an empty 204."""

    async def endpoint(request: Request) -> Response:
        try:
            found = await handler(Call(request))
            if found is None:
                return Response(status_code=204)
            return _answer(request, found)
        except ApiError as wrong:
            return JSONResponse(wrong.body(), status_code=wrong.status)

    return Route(_ROOT + path, endpoint, methods=[method])


def _answer(request: Request, found: dict[str, Any]) -> Response:
    etag = str(found.get("etag", ""))
    headers = {"ETag": etag} if etag else {}
    if request.method == "GET" and etag and request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    fields = request.query_params.get("fields")
    return JSONResponse(selected(found, fields) if fields else found, headers=headers)
