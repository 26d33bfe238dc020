"""The Graph gate as ASGI middleware."""

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.connections import cut
from sandbox.faults import FaultRule
from sandbox.microsoft.entra.state import AccessToken
from sandbox.microsoft.gate import permissions
from sandbox.microsoft.gate.errors import graph_error
from sandbox.microsoft.mailbox import Mailbox
from sandbox.request_log import LogFilter, LoggedRequest

if TYPE_CHECKING:
    from sandbox.world import World

_AUTHENTICATE = (
    'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/'
    'authorize", client_id="00000003-0000-0000-c000-000000000000"'
)
_NO_MAILBOX = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
_ROOT = "/v1.0/"


class GraphGate:
    """Guards every path under /v1.0 and hands user, mailbox and scopes to the routes."""

    def __init__(self, app: ASGIApp, world: "World") -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass or answer it here."""
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
        self.receive, self.raw_send = receive, send
        self.headers = Headers(scope=scope)
        self.entry: LoggedRequest = scope["sandbox.log_entry"]
        self.request_id = str(uuid4())
        self.client_request_id = self.headers.get("client-request-id", self.request_id)
        self.path, self.method = scope["path"], scope["method"]

    async def run(self) -> None:
        """Identity, permission, mailbox, limits, faults, handler: in this order."""
        self.entry.request_id = self.request_id
        token = self._token()
        if token is None:
            await self._refuse_token()
            return
        if token.expires_at <= self.world.clock():
            self.entry.mailbox = token.user.address
            await self._unauthorized("Lifetime validation failed, the token is expired.")
            return
        self.entry.mailbox = token.user.address
        mailbox = self.world.mailbox_of(token.user)
        self.scope.setdefault("state", {}).update(
            user=token.user, mailbox=mailbox, scopes=token.scopes
        )
        shared = mailbox is not None and self._concerns_shared(mailbox)
        if not permissions.allowed(self.method, self.path, token.scopes, shared):
            text = "Access is denied. Check credentials and try again."
            await self._error(403, "ErrorAccessDenied", text)
        elif mailbox is None and permissions.uses_mailbox(self.path):
            await self._error(404, token.user.no_mailbox_code, _NO_MAILBOX)
        elif permissions.uses_mailbox(self.path):
            await self._limited(token.user.address)
        else:
            await self._handled(token.user.address)

    def _concerns_shared(self, mailbox: Mailbox) -> bool:
        """Whether the path names a calendar of somebody else."""
        if not self.world.limits.settings.shared_scope_needed:
            return False
        calendar_id = permissions.calendar_in(self.path)
        entry = mailbox.listing.find(calendar_id) if calendar_id else None
        return entry is not None and not entry.is_own

    def _token(self) -> AccessToken | None:
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        return self.world.entra.access_tokens.get(value) if kind.lower() == "bearer" else None

    async def _refuse_token(self) -> None:
        given = "authorization" in self.headers
        text = "CompactToken parsing failed with error code: 80049217"
        message = text if given else "Access token is empty."
        await self._unauthorized(message)

    async def _unauthorized(self, message: str) -> None:
        headers = {"WWW-Authenticate": _AUTHENTICATE}
        await self._error(401, "InvalidAuthenticationToken", message, headers)

    async def _limited(self, mailbox: str) -> None:
        limits = self.world.limits
        overrun = limits.enter(mailbox, self.world.clock())
        self.entry.in_flight = limits.in_flight[mailbox]
        if overrun is not None:
            self.entry.outcome = "throttled"
            headers = {"Retry-After": limits.settings.retry_after}
            await self._error(429, overrun.code, overrun.message, headers)
            return
        try:
            if limits.settings.latency_seconds:
                await asyncio.sleep(limits.settings.latency_seconds)
            await self._handled(mailbox)
        finally:
            limits.leave(mailbox)

    async def _handled(self, mailbox: str) -> None:
        query = self.scope["query_string"].decode()
        fault = self.world.faults.fire("graph", mailbox, self.method, self.path, query)
        if fault is None:
            await self.app(self.scope, self.receive, self._send)
            return
        self.entry.fault = fault.id
        if fault.delay_seconds:
            await asyncio.sleep(fault.delay_seconds)
        if fault.effect == "delay":
            await self.app(self.scope, self.receive, self._send)
        elif fault.effect == "answer":
            await self._faulted(fault)
        else:
            await self._cut(fault)

    async def _faulted(self, fault: FaultRule) -> None:
        headers = fault.response_headers(self.world.clock())
        if fault.status == 401:
            headers.setdefault("WWW-Authenticate", _AUTHENTICATE)
        if fault.location:
            headers["Location"] = self._resync_url() if fault.location == "auto" else fault.location
        self.entry.outcome = "fault"
        await self._error(fault.status, fault.code, fault.message, headers)

    async def _cut(self, fault: FaultRule) -> None:
        self.entry.outcome = fault.effect
        if fault.effect == "commit-then-cut":
            await self.app(self.scope, self.receive, _swallow)
        await cut(self.scope, self.receive)

    def _resync_url(self) -> str:
        """Same path, empty $deltatoken, and the window of the last full round
        (learn.microsoft.com/graph/delta-query-overview)."""
        window = LogFilter(mailbox=self.entry.mailbox, path=f"^{self.path}$", query="startDateTime")
        earlier = self.world.log.find(window)
        pairs = parse_qsl(earlier[-1].query) if earlier else []
        kept = [(name, value) for name, value in pairs if not name.startswith("$")]
        base = f"{self.scope['scheme']}://{self.headers.get('host', 'localhost')}{self.path}"
        return f"{base}?{urlencode([*kept, ('$deltatoken', '')], safe='$:')}"

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["request-id"] = self.request_id
            headers["client-request-id"] = self.client_request_id
        await self.raw_send(message)

    async def _error(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> None:
        response: Response = graph_error(
            status,
            code,
            message,
            self.world.clock(),
            request_id=self.request_id,
            client_request_id=self.client_request_id,
            headers=headers,
        )
        await response(self.scope, self.receive, self._send)


async def _swallow(message: Message) -> None:
    """Let the handler believe that it answered."""
