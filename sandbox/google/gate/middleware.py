"""The gate of Google's services as ASGI middleware."""

import asyncio
import re
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.connections import cut
from sandbox.faults import FaultRule
from sandbox.google.errors import KNOWN, ApiError
from sandbox.google.gate import permissions
from sandbox.google.oauth.routes import routes as oauth_routes
from sandbox.google.oauth.scopes import short
from sandbox.google.oauth.state import AccessToken
from sandbox.request_log import LoggedRequest

if TYPE_CHECKING:
    from sandbox.world import World

_ROOT = "/calendar/v3/"
_SIGN_IN = frozenset(route.path for route in oauth_routes())
_TOKEN = re.compile(r"(?<=token=)[^&]+")
_REALM = 'Bearer realm="https://accounts.google.com/"'


class GoogleGate:
    """Guards every path under /calendar/v3 and hands account and scopes to the routes."""

    def __init__(self, app: ASGIApp, world: "World") -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass or answer it here."""
        if scope["type"] == "http" and scope["path"] in _SIGN_IN:
            entry: LoggedRequest = scope["sandbox.log_entry"]
            entry.service = "google"
            if scope["path"] == "/revoke":
                entry.query = _TOKEN.sub("***", entry.query)
        if scope["type"] != "http" or not scope["path"].startswith(_ROOT):
            await self._app(scope, receive, send)
            return
        await _Passage(self._app, self._world, scope, receive, send).run()


class _Passage:
    """One request on its way through the gate."""

    def __init__(
        self, app: ASGIApp, world: "World", scope: Scope, receive: Receive, send: Send
    ) -> None:
        self.app, self.world, self.scope = app, world, scope
        self.receive, self.send = receive, send
        self.headers = Headers(scope=scope)
        self.entry: LoggedRequest = scope["sandbox.log_entry"]
        self.path, self.method = scope["path"], scope["method"]

    async def run(self) -> None:
        """Identity, scope, quota, fault, handler: in this order."""
        self.entry.service = "google"
        held = self._token()
        if held is None:
            await self._refuse_token()
            return
        self.entry.mailbox = held.account.address
        if held.expires_at <= self.world.clock():
            await self._refuse_token()
            return
        scopes = short(held.scopes)
        state = {"account": held.account, "scopes": scopes}
        self.scope.setdefault("state", {}).update(state)
        if not permissions.allowed(self.method, self.path, scopes):
            needed = permissions.needed_for(self.method, self.path) or frozenset()
            listed = " ".join(f"https://www.googleapis.com/auth/{name}" for name in sorted(needed))
            wanted = f'{_REALM}, error="insufficient_scope", scope="{listed}"'
            await self._error(ApiError("insufficientPermissions"), {"WWW-Authenticate": wanted})
        elif not held.account.has_calendar:
            await self._error(ApiError("notACalendarUser"))
        else:
            await self._limited(held.account.address)

    def _token(self) -> AccessToken | None:
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        held = self.world.google.oauth.access_tokens.get(value)
        return held if kind.lower() == "bearer" else None

    async def _refuse_token(self) -> None:
        if "authorization" in self.headers:
            wrong = ApiError("authError")
            headers = {"WWW-Authenticate": f'{_REALM}, error="invalid_token"'}
        else:
            wrong = ApiError("required", "Login Required", status=401)
            headers = {"WWW-Authenticate": _REALM}
        await self._error(wrong, headers)

    async def _limited(self, address: str) -> None:
        limits = self.world.google.limits
        refusal = limits.enter(address, self.world.clock())
        self.entry.in_flight = limits.in_flight[address]
        if refusal is not None:
            self.entry.outcome = "throttled"
            await self._error(refusal)
            return
        try:
            if limits.settings.latency_seconds:
                await asyncio.sleep(limits.settings.latency_seconds)
            await self._handled(address)
        finally:
            limits.leave(address)

    async def _handled(self, address: str) -> None:
        query = self.scope["query_string"].decode()
        fault = self.world.faults.fire("google", address, self.method, self.path, query)
        if fault is None:
            await self.app(self.scope, self.receive, self.send)
            return
        self.entry.fault = fault.id
        if fault.delay_seconds:
            await asyncio.sleep(fault.delay_seconds)
        if fault.effect == "delay":
            await self.app(self.scope, self.receive, self.send)
        elif fault.effect == "answer":
            await self._faulted(fault)
        else:
            await self._cut(fault)

    async def _faulted(self, fault: FaultRule) -> None:
        self.entry.outcome = "fault"
        wrong = ApiError(fault.code or "backendError", fault.message, status=_status(fault))
        await self._error(wrong, fault.response_headers(self.world.clock()))

    async def _cut(self, fault: FaultRule) -> None:
        self.entry.outcome = fault.effect
        if fault.effect == "commit-then-cut":
            await self.app(self.scope, self.receive, _swallow)
        await cut(self.scope, self.receive)

    async def _error(self, wrong: ApiError, headers: dict[str, str] | None = None) -> None:
        response = JSONResponse(wrong.body(), status_code=wrong.status, headers=headers)
        await response(self.scope, self.receive, self.send)


def _status(fault: FaultRule) -> int:
    """The rule's status; one that only names a reason has the reason's own."""
    known = KNOWN.get(fault.code)
    return known[0] if known and fault.status == FaultRule.status else fault.status


async def _swallow(message: Message) -> None:
    """Let the handler believe that it answered."""
