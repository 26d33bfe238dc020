"""One call to the API: the mailbox it is for, its preferences, parameters and scope."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.microsoft.mailbox import CalendarEntry, Located, Mailbox, MailboxError
from sandbox.microsoft.mailbox.errors import AccessDeniedError, ConflictError, SyncStateError

from .errors import GraphError, error_response, no_mailbox
from .prefer import Prefer, read_prefer


@dataclass(frozen=True)
class Call:
    """What a handler needs. Parameter names are matched in lower case, as the service does."""

    request: Request
    mailbox: Mailbox
    prefer: Prefer
    params: dict[str, str]

    @property
    def base(self) -> str:
        """Give the address of the API root as the caller reached it."""
        return f"{str(self.request.base_url).rstrip('/')}/v1.0"

    @property
    def calendar_id(self) -> str | None:
        """Give the calendar the path names; None for /me/events and the like."""
        named: str | None = self.request.path_params.get("calendar_id")
        if named is None and self.names_default:
            return self.mailbox.default_calendar.id
        return named

    @property
    def names_default(self) -> bool:
        """Tell whether the path goes through /calendar, the default calendar."""
        return "/calendar/" in f"{self.request.url.path.lower()}/"

    @property
    def entry(self) -> CalendarEntry:
        """Give the calendar of the path, the default one where none is named."""
        return self.mailbox.calendar(self.calendar_id)

    def event(self) -> Located:
        """Find the event of the path; without a calendar in the path only in own calendars."""
        return self.mailbox.find_event(self.request.path_params["event_id"], self.calendar_id)

    def event_to_edit(self) -> Located:
        """Find the event of the path and check rights and If-Match."""
        found = self.event()
        found.entry.require_edit()
        wanted = self.request.headers.get("if-match")
        if wanted and wanted != "*" and wanted.removeprefix("W/") != f'"{found.event.change_key}"':
            raise ConflictError
        return found

    async def body(self) -> dict[str, Any]:
        """Read the JSON object of the request; an empty body counts as `{}`."""
        raw = await self.request.body()
        try:
            value = json.loads(raw) if raw.strip() else {}
        except ValueError as error:
            raise GraphError(400, "BadRequest", "Unable to read JSON request payload.") from error
        if not isinstance(value, dict):
            raise GraphError(400, "BadRequest", "A JSON object is expected.")
        return value

    def answer(self, body: dict[str, Any], status: int = 200) -> JSONResponse:
        """Answer with JSON and the applied preferences."""
        applied = ", ".join(self.prefer.applied)
        return JSONResponse(body, status, {"Preference-Applied": applied} if applied else None)


Handler = Callable[[Call], Awaitable[Response]]


def endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Make a Starlette endpoint of a handler; refusals become Graph's error envelope."""

    async def serve(request: Request) -> Response:
        try:
            return await handler(_call(request))
        except SyncStateError as error:
            location = getattr(request.state, "resync_location", None)
            headers = {"Location": location} if error.with_location and location else None
            return error_response(request, error, headers)
        except MailboxError as error:
            return error_response(request, error)

    return serve


def _call(request: Request) -> Call:
    mailbox = getattr(request.state, "mailbox", None)
    check_user(request)
    if not isinstance(mailbox, Mailbox):
        raise no_mailbox()
    params = {name.lower(): value for name, value in request.query_params.multi_items()}
    return Call(request, mailbox, read_prefer(request.headers), params)


def check_user(request: Request) -> None:
    """Let /users/{id} stand for /me, for the signed-in user only (delegated access)."""
    named: str | None = request.path_params.get("user_id")
    if named is None or named == "me-token-to-replace":
        return
    user = request.state.user
    known = {str(name).lower() for name in (user.id, user.mail, user.user_principal_name)}
    if named.lower() not in known:
        raise AccessDeniedError
