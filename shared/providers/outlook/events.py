"""The events of appointments: making, finding, changing and deleting them.

https://learn.microsoft.com/graph/api/user-post-events,
https://learn.microsoft.com/graph/api/event-update
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import httpx
from kiota_abstractions.base_request_builder import BaseRequestBuilder
from kiota_abstractions.get_path_parameters import get_path_parameters
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from shared.domain.appointments import Content, LiveEvent
from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    CursorLost,
    EventGone,
    ProviderRejected,
    ProviderUnavailable,
)
from shared.providers.outlook import parse
from shared.providers.outlook.answers import DuplicateTransaction
from shared.providers.outlook.client import GraphClient, prepared
from shared.providers.outlook.event_body import (
    TEAMS,
    TIMES,
    Body,
    changes,
    guests,
    marked_with,
    new_event,
    utc_times,
    wall_times,
)
from shared.providers.outlook.wire import (
    LivePage,
    WireGuest,
    WireGuests,
    WireLiveEvent,
    WireMeetingProviders,
)

_READ = [
    "subject",
    "sensitivity",
    "start",
    "end",
    "isAllDay",
    "isCancelled",
    "isOnlineMeeting",
    "onlineMeeting",
    "webLink",
]
_PROVIDERS = ["allowedOnlineMeetingProviders", "defaultOnlineMeetingProvider"]

# What Graph has been seen to say of zones that it does not take (microsoft-graph-docs issues 4758
# and 19286); the second also of other faults, which then are found a second time.
_ZONE_CODES = ("TimeZoneNotSupportedException", "ErrorPropertyValidationFailure")

# The second deletion by an immutable id, which still finds what is in no folder that people see
# (msgraph-sdk-dotnet issue 3047).
_DELETED_BEFORE = "ErrorCannotDeleteObject"


class CalendarEvents:
    """Events of ours on one calendar, or that its owner has moved away from it."""

    def __init__(self, client: GraphClient, calendar_id: str) -> None:
        self._client = client
        self._me = client.builders.me
        self._calendar = self._me.calendars.by_calendar_id(calendar_id)

    async def create(self, content: Content, transaction: str) -> LiveEvent:
        """Raises CalendarGone or CalendarForbidden, and EventGone where one is remembered only."""
        online = content.online_meeting and await self._has_meetings()
        body = new_event(content, transaction, online=online)

        async def post(times: Body) -> LiveEvent:
            request = _request(self._calendar.events, Method.POST, {**body, **times})
            made = await self._client.get(request, WireLiveEvent)
            # The same body a second time is answered with the event that it made the first time,
            # which its owner may have changed since (blog.rykoma.net/2020/10/05/1559).
            return replace(_live(made), made=parse.untouched(made))

        try:
            event = await _in_a_zone(post, content)
        except DuplicateTransaction as known:
            return await self._made_before(known.event_id, transaction)
        if not event.made:
            return event
        return replace(await self._at_the_time(event, content), made=True)

    async def find(self, transaction: str) -> LiveEvent | None:
        """The event that bears our mark with that value."""
        found = await self._marked(transaction)
        return _live(found[0]) if found else None

    async def lists(self, event_id: str, transaction: str) -> bool:
        """Whether this calendar lists the event; a copy of it bears the mark too."""
        try:
            return any(item.id == event_id for item in await self._marked(transaction))
        except CalendarGone:
            return False

    async def _marked(self, transaction: str) -> list[WireLiveEvent]:
        """Pages may be empty and yet go on."""
        request = _request(self._calendar.events, Method.GET)
        request.query_parameters["%24filter"] = marked_with(transaction)
        request.query_parameters["%24select"] = _READ
        page = await self._client.get(request, LivePage)
        found = list(page.value)
        while page.next_link is not None:
            page = await self._client.follow(page.next_link, LivePage)
            found += page.value
        return found

    async def event(self, event_id: str) -> LiveEvent | None:
        def read(event: BaseRequestBuilder) -> RequestInformation:
            request = _request(event, Method.GET)
            request.query_parameters["%24select"] = _READ
            return request

        response = await self._where_it_is(event_id, read)
        return None if response is None else _live(self._client.read(response, WireLiveEvent))

    async def update(
        self,
        event_id: str,
        content: Content,
        fields: frozenset[str],
        entity_tag: str | None,
        before: Content | None = None,
    ) -> LiveEvent:
        """Raises EventGone, and EventChanged where `entity_tag` is not its version any more."""
        body = changes(content, fields)
        if "invited" in fields:
            known, invited = await self._guests(event_id), before.invited if before else ()
            body["attendees"] = guests(content.invited, known, invited)
        if not fields & TIMES:
            return await self._patch(event_id, body, entity_tag)

        async def patch(times: Body) -> LiveEvent:
            # Where the owner has made it an all-day event Graph would take midnights only.
            written = {**body, **times, "isAllDay": False}
            return await self._patch(event_id, written, entity_tag)

        return await self._at_the_time(await _in_a_zone(patch, content), content)

    async def delete(self, event_id: str) -> bool:
        """False where there is none."""
        try:
            response = await self._where_it_is(
                event_id, lambda event: _request(event, Method.DELETE)
            )
        except CalendarForbidden as error:
            if _DELETED_BEFORE not in error.detail:
                raise
            return True
        return response is not None

    async def _guests(self, event_id: str) -> Sequence[WireGuest]:
        def read(event: BaseRequestBuilder) -> RequestInformation:
            request = _request(event, Method.GET)
            request.query_parameters["%24select"] = ["attendees"]
            return request

        response = await self._where_it_is(event_id, read)
        if response is None:
            return ()
        return self._client.read(response, WireGuests).attendees or ()

    async def _has_meetings(self) -> bool:
        """https://learn.microsoft.com/graph/outlook-calendar-online-meetings"""
        request = _request(self._calendar, Method.GET)
        request.query_parameters["%24select"] = _PROVIDERS
        providers = await self._client.get(request, WireMeetingProviders)
        return TEAMS in (providers.allowed or ())

    async def _made_before(self, event_id: str | None, transaction: str) -> LiveEvent:
        found = await (self.event(event_id) if event_id else self.find(transaction))
        if found is None:
            raise EventGone("Graph remembers an event for the transaction that is not there.")
        return found

    async def _at_the_time(self, event: LiveEvent, content: Content) -> LiveEvent:
        """The event once its instants are right.

        A zone of Windows stands for several IANA zones, and may have other rules than this one or
        not know yet of a new rule. What counts are the instants, so they are then said in UTC.
        """
        if (event.start, event.end) == (content.start, content.end):
            return event
        return await self._patch(event.id, utc_times(content), None)

    async def _patch(self, event_id: str, body: Body, entity_tag: str | None) -> LiveEvent:
        def patch(event: BaseRequestBuilder) -> RequestInformation:
            request = _request(event, Method.PATCH, body)
            if entity_tag is not None:
                request.headers.add("If-Match", entity_tag)
            return request

        response = await self._where_it_is(event_id, patch)
        if response is None:
            raise EventGone("The event is not there any more.")
        return _live(self._client.read(response, WireLiveEvent))

    async def _where_it_is(
        self, event_id: str, request: Callable[[BaseRequestBuilder], RequestInformation]
    ) -> httpx.Response | None:
        """The answer to the request where the event is; None where it is not.

        `/me/events` finds it on whatever calendar of the mailbox, but not on those that others
        share (https://learn.microsoft.com/graph/outlook-get-shared-events-calendars).
        """
        for events in (self._me.events, self._calendar.events):
            try:
                return await self._client.send(request(events.by_event_id(event_id)))
            except (CalendarGone, CursorLost):  # 404 and 410
                continue
        return None


async def _in_a_zone(write: Callable[[Body], Awaitable[LiveEvent]], content: Content) -> LiveEvent:
    """Writes with times in the appointment's zone, or in UTC where Graph does not take that."""
    try:
        return await write(wall_times(content))
    except ProviderRejected as error:
        if not any(code in error.detail for code in _ZONE_CODES):
            raise
        return await write(utc_times(content))


def _live(item: WireLiveEvent) -> LiveEvent:
    event = parse.live(item)
    if event is None:
        raise ProviderUnavailable("Graph's event has no readable times.")
    return event


def _request(
    builder: BaseRequestBuilder, method: Method, body: Body | None = None
) -> RequestInformation:
    """A request to where a builder of the SDK leads, with a body of our own."""
    parameters = get_path_parameters(builder.path_parameters)
    request = RequestInformation(method, builder.url_template, parameters)
    if body is not None:
        request.set_stream_content(json.dumps(body).encode(), "application/json")
    return prepared(request)
