"""Outlook as a CalendarProvider (see providers/base.py)."""

from collections.abc import Iterable

from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.users.item.calendars.calendars_request_builder import (
    CalendarsRequestBuilder,
)

from shared.domain.appointments import Content, LiveEvent
from shared.domain.confirming import Stretch, reach
from shared.domain.model import CalendarInfo, CalendarState, Cursor, Push, Window
from shared.domain.reconcile import Round
from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    MailboxMissing,
    ProviderRejected,
    ProviderTimedOut,
    RoundEndless,
)
from shared.providers.base import AccessToken, Progress
from shared.providers.outlook import push
from shared.providers.outlook.client import Graph, GraphClient, prepared
from shared.providers.outlook.events import CalendarEvents
from shared.providers.outlook.push import PushAddresses
from shared.providers.outlook.reading import CalendarReading
from shared.providers.outlook.wire import CalendarPage, GroupPage, WireCalendar, WireUser

_NO_MAILBOX = (
    "This account has no mailbox in the cloud. Connect a Microsoft 365, Outlook.com, Live or "
    "Hotmail account; mailboxes on an Exchange server of your own and accounts without a mailbox "
    "licence cannot be connected."
)

# Delta on other calendars than the default is not documented, and with endless series it has been
# seen to time out or never to end: the plain view then still answers.
_DELTA_FAILS = (RoundEndless, ProviderRejected, ProviderTimedOut)

_CalendarsParameters = CalendarsRequestBuilder.CalendarsRequestBuilderGetQueryParameters


class OutlookProvider:
    """Microsoft 365 and Outlook.com calendars."""

    def __init__(self, graph: Graph, addresses: PushAddresses) -> None:
        self._graph = graph
        self._addresses = addresses

    async def check_mailbox(self, token: AccessToken) -> None:
        client = GraphClient(self._graph, token)
        request = client.builders.me.calendar.to_get_request_information()
        try:
            await client.get(prepared(request), WireCalendar)
        except (CalendarGone, CalendarForbidden, MailboxMissing):
            raise MailboxMissing(_NO_MAILBOX) from None

    async def calendars(self, token: AccessToken) -> list[CalendarInfo]:
        client = GraphClient(self._graph, token)
        me = client.builders.me
        listed = await _all(client, _first_hundred(me.calendars))
        # Groups other than the first may hold calendars that the list leaves out.
        for group in await _groups(client):
            calendars = me.calendar_groups.by_calendar_group_id(group.id).calendars
            listed += await _all(client, calendars.to_get_request_information())
        user = await client.get(prepared(me.to_get_request_information()), WireUser)
        return _infos(listed, user)

    async def read(
        self,
        token: AccessToken,
        state: CalendarState,
        cursor: Cursor | None,
        window: Window,
        progress: Progress,
    ) -> Round:
        client = GraphClient(self._graph, token)
        reading = CalendarReading(client, state.calendar_id, window, progress)
        try:
            return await (reading.incremental(cursor) if cursor else reading.full())
        except _DELTA_FAILS:
            return await reading.view()

    async def stretch(
        self, token: AccessToken, calendar_id: str, time: Window, series: frozenset[str] | None
    ) -> Stretch:
        client = GraphClient(self._graph, token)
        return await CalendarReading(client, calendar_id, reach(time), _unheard).stretch(
            time, series
        )

    async def subscribe(self, token: AccessToken, calendar: CalendarState, proof: str) -> Push:
        client = GraphClient(self._graph, token)
        return await push.subscribe(client, calendar, proof, self._addresses, self._graph.clock())

    async def renew(
        self, token: AccessToken, calendar: CalendarState, channel: Push, proof: str
    ) -> Push:
        client = GraphClient(self._graph, token)
        return await push.renew(client, calendar, channel, self._graph.clock())

    async def unsubscribe(self, token: AccessToken, channel: Push) -> None:
        await push.unsubscribe(GraphClient(self._graph, token), channel)

    async def create_event(
        self, token: AccessToken, calendar_id: str, content: Content, transaction: str
    ) -> LiveEvent:
        return await self._events(token, calendar_id).create(content, transaction)

    async def find_event(
        self, token: AccessToken, calendar_id: str, transaction: str
    ) -> LiveEvent | None:
        return await self._events(token, calendar_id).find(transaction)

    async def event(self, token: AccessToken, calendar_id: str, event_id: str) -> LiveEvent | None:
        return await self._events(token, calendar_id).event(event_id)

    async def is_listed(
        self, token: AccessToken, calendar_id: str, event_id: str, transaction: str
    ) -> bool:
        """Immutable ids survive a move to Deleted Items, which no calendar lists.
        https://learn.microsoft.com/graph/outlook-immutable-id"""
        if await self._events(token, calendar_id).lists(event_id, transaction):
            return True
        for other in await self.calendars(token):
            if other.shared or other.calendar_id == calendar_id:
                continue
            if await self._events(token, other.calendar_id).lists(event_id, transaction):
                return True
        return False

    async def update_event(
        self,
        token: AccessToken,
        calendar_id: str,
        event_id: str,
        content: Content,
        fields: frozenset[str],
        entity_tag: str | None,
        before: Content | None = None,
    ) -> LiveEvent:
        events = self._events(token, calendar_id)
        return await events.update(event_id, content, fields, entity_tag, before)

    async def delete_event(self, token: AccessToken, calendar_id: str, event_id: str) -> bool:
        return await self._events(token, calendar_id).delete(event_id)

    def _events(self, token: AccessToken, calendar_id: str) -> CalendarEvents:
        return CalendarEvents(GraphClient(self._graph, token), calendar_id)


async def _unheard(_: int) -> None: ...


def _first_hundred(calendars: CalendarsRequestBuilder) -> RequestInformation:
    return calendars.to_get_request_information(
        RequestConfiguration(query_parameters=_CalendarsParameters(top=100))
    )


async def _all(client: GraphClient, request: RequestInformation) -> list[WireCalendar]:
    page = await client.get(prepared(request), CalendarPage)
    listed = list(page.value)
    while page.next_link is not None:
        page = await client.follow(page.next_link, CalendarPage)
        listed += page.value
    return listed


async def _groups(client: GraphClient) -> list[GroupPage.Group]:
    request = client.builders.me.calendar_groups.to_get_request_information()
    page = await client.get(prepared(request), GroupPage)
    groups = list(page.value)
    while page.next_link is not None:
        page = await client.follow(page.next_link, GroupPage)
        groups += page.value
    return groups


def _infos(listed: Iterable[WireCalendar], me: WireUser) -> list[CalendarInfo]:
    """A calendar is shared when its owner is somebody else than the default calendar's owner."""
    calendars = list({item.id: item for item in listed}.values())
    own = {_folded(me.mail), _folded(me.user_principal_name)}
    own |= {_folded(c.owner.address) for c in calendars if c.is_default and c.owner}
    return [_info(item, own - {""}) for item in calendars]


def _info(item: WireCalendar, own: set[str]) -> CalendarInfo:
    owner = _folded(item.owner.address if item.owner else None)
    return CalendarInfo(
        calendar_id=item.id,
        name=item.name or "",
        color=item.hex_color or None,
        owner_name=item.owner.name if item.owner else None,
        owner_address=item.owner.address if item.owner else None,
        is_default=bool(item.is_default),
        can_write=bool(item.can_edit),
        shared=bool(owner) and owner not in own,
    )


def _folded(address: str | None) -> str:
    return (address or "").casefold()
