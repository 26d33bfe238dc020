"""A calendar in a filled mailbox that has never been read, as often as one likes.

The functions do not run while it is read; an endpoint of this process answers for them what Graph
asks of a push channel that is opened.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bench.place import Place
from bench.reading.full_mailbox import LOCATION, USER, Filling, connected, filled
from sandbox.functions_host.server import serving
from sandbox.functions_host.settings import applied
from shared import services
from shared.domain.model import CalendarState, LocationId, Role, UserId, Watch, Window
from shared.flows.ports import Ports
from shared.flows.sync_calendar import Synced, sync_calendar
from shared.messages import Cause, SyncCalendar
from shared.providers.outlook.sign_in import OUTLOOK

_LOCATION, _USER = LocationId(LOCATION), UserId(USER)


@dataclass(frozen=True)
class UnreadCalendar:
    """A calendar that has never been read, as often as one likes."""

    state: CalendarState
    ports: Ports

    @property
    def id(self) -> str:
        return self.state.calendar_id

    @property
    def window(self) -> Window:
        return self.ports.policies.horizon.window(self.ports.clock())

    async def forget(self) -> None:
        """By the ways of the product: nobody watches it, so it is erased; then somebody does."""
        await self.ports.calendars.unwatch(self.state.calendar.key, _LOCATION, _USER)
        await self.read()
        await self.ports.calendars.watch(self.state, Watch(_LOCATION, _USER, Role.PRIMARY))

    async def read(self) -> Synced:
        key, at = self.state.calendar.key, self.ports.clock()
        return await sync_calendar(
            SyncCalendar(calendar=key, cause=Cause.SELECTED, at=at), self.ports
        )


@contextlib.asynccontextmanager
async def unread_calendar(here: Place, filling: Filling) -> AsyncIterator[UnreadCalendar]:
    """The default calendar of a mailbox whose owner has connected it."""
    async with contextlib.AsyncExitStack() as stack:
        [calendar_id] = await filled(here, [filling])
        stack.enter_context(applied(here.environ))
        async with connected(here):
            pass
        ports = services.ports()
        stack.push_async_callback(services.close)
        member = await ports.locations.member(_LOCATION, _USER)
        state = CalendarState(member.connections[OUTLOOK].account, calendar_id, True, False)
        await stack.enter_async_context(serving(_handshakes(), "127.0.0.1", here.port))
        yield UnreadCalendar(state, ports)


def _handshakes() -> Starlette:
    """https://learn.microsoft.com/graph/change-notifications-delivery-webhooks"""

    async def answer(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.query_params.get("validationToken", ""))

    return Starlette(routes=[Route("/api/notifications/{rest:path}", answer, methods=["POST"])])
