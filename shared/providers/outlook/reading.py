"""A round of reading one Outlook calendar, by delta or, where that fails, by plain view.

https://learn.microsoft.com/graph/api/event-delta
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.users.item.calendars.item.calendar_item_request_builder import (
    CalendarItemRequestBuilder,
)
from msgraph.generated.users.item.calendars.item.calendar_view import (
    calendar_view_request_builder as view,
)
from msgraph.generated.users.item.calendars.item.calendar_view.delta import (
    delta_request_builder as delta,
)
from msgraph.generated.users.item.calendars.item.events.item import (
    event_item_request_builder as one,
)
from msgraph.generated.users.item.calendars.item.events.item.instances import (
    instances_request_builder as instances,
)

from shared.domain.confirming import Stretch, may_touch
from shared.domain.due import CURSOR_VERSION
from shared.domain.mirror import Event, Series
from shared.domain.model import Cursor, Window
from shared.domain.reconcile import Round
from shared.errors import CalendarGone
from shared.providers.base import Progress
from shared.providers.outlook import parse
from shared.providers.outlook.client import GraphClient, prepared
from shared.providers.outlook.pages import PAGE_SIZE, Collected, collect
from shared.providers.outlook.wire import Page, WireEvent

_DELTA_PAGES = f"odata.maxpagesize={PAGE_SIZE}"
_VIEW_PAGES = 500

# What tells when an event takes whose time: no title, no text.
_TIMES = [
    "type",
    "seriesMasterId",
    "start",
    "end",
    "isAllDay",
    "isCancelled",
    "showAs",
    "sensitivity",
    "responseStatus",
]

ViewParameters = view.CalendarViewRequestBuilder.CalendarViewRequestBuilderGetQueryParameters
DeltaParameters = delta.DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters
EventParameters = one.EventItemRequestBuilder.EventItemRequestBuilderGetQueryParameters
InstancesParameters = instances.InstancesRequestBuilder.InstancesRequestBuilderGetQueryParameters


@dataclass(slots=True)
class _Found:
    """What a round has found so far, in domain terms."""

    events: dict[str, Event] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    relisted: set[str] = field(default_factory=set)


class CalendarReading:
    """Reads one calendar; `window` is what a full round covers."""

    def __init__(
        self, client: GraphClient, calendar_id: str, window: Window, progress: Progress
    ) -> None:
        self._client = client
        self._calendar: CalendarItemRequestBuilder = client.builders.me.calendars.by_calendar_id(
            calendar_id
        )
        self._window = window
        self._progress = progress

    async def incremental(self, cursor: Cursor) -> Round:
        """What changed since `cursor`. Raises CursorLost, or RoundEndless."""
        collected = await collect(self._following(cursor.token))
        items = collected.items
        found = _found(items, relisted=_masters(items))
        for series_id in (*_without_master(items), *_without_members(items)):
            await self._reread(series_id, cursor.window, found)
        return self._round(collected, found, full=False, window=cursor.window)

    async def full(self) -> Round:
        """All of the window, with a cursor to go on from. Raises RoundEndless."""
        collected = await collect(self._delta())
        orphans = _without_master(collected.items)
        await self._add_masters(orphans, collected.items)
        found = _found(collected.items, relisted=frozenset())
        return self._round(collected, found, full=True, window=self._window)

    async def view(self) -> Round:
        """All of the window without a cursor: the way out where delta does not end.

        A plain view has no masters, so they are asked for one by one.
        """
        collected = await collect(self._view())
        await self._add_masters(_without_master(collected.items), collected.items)
        found = _found(collected.items, relisted=frozenset())
        return self._round(collected, found, full=True, window=self._window)

    async def stretch(self, time: Window, series: frozenset[str] | None) -> Stretch:
        """What lies in `time`, which the window reaches around; see `CalendarProvider.stretch`."""
        items = (await collect(self._view(_TIMES))).items
        if series is not None:
            await self._add_masters(sorted(series | _touched(items, time)), items, _TIMES)
        found = _found(items, relisted=frozenset())
        return Stretch(found.events, found.series)

    def _round(self, read: Collected, found: _Found, *, full: bool, window: Window) -> Round:
        link = read.delta_link
        return Round(
            full=full,
            window=window,
            cursor=Cursor(link, CURSOR_VERSION, window) if link else None,
            events=found.events,
            series=found.series,
            relisted=frozenset(found.relisted),
            removed=frozenset(found.removed),
            zone=parse.calendar_zone(read.items.values()),
            requests=self._client.requests,
        )

    async def _add_masters(
        self,
        orphans: Iterable[str],
        items: dict[str, WireEvent],
        fields: list[str] | None = None,
    ) -> None:
        """Asks for masters that were not listed. Where one cannot be had, what was listed of its
        series still takes time: it counts as busy and private."""
        for series_id in orphans:
            master = await self._master(series_id, fields)
            if master is not None:
                items[series_id] = master

    async def _reread(self, series_id: str, window: Window, found: _Found) -> None:
        """Reads a series whole of which only the master, or only members, were listed.

        Whether what was listed of it is all there is cannot be told, so it is not assumed.
        """
        master = await self._master(series_id)
        try:
            members = (await collect(self._instances(series_id, window))).items
        except CalendarGone:
            members = {}
        for key in [k for k, event in found.events.items() if event.series_id == series_id]:
            del found.events[key]
        if master is None and not members:
            found.series.pop(series_id, None)
            found.removed.add(series_id)
            return
        known = {series_id: master} if master is not None else {}
        again = _found({**known, **members}, relisted={series_id})
        found.events |= again.events
        found.series |= again.series
        found.relisted |= again.relisted

    async def _master(self, series_id: str, fields: list[str] | None = None) -> WireEvent | None:
        """By the calendar's own path: `/me/events` does not find events of shared calendars."""
        request = self._calendar.events.by_event_id(series_id).to_get_request_information(
            RequestConfiguration(query_parameters=EventParameters(select=fields))
        )
        try:
            return await self._client.get(prepared(request), WireEvent)
        except CalendarGone:
            return None

    async def _following(self, link: str | None) -> AsyncIterator[Page]:
        while link is not None:
            page = await self._client.follow(link, Page, _DELTA_PAGES)
            yield page
            link = page.next_link

    async def _pages(self, first: RequestInformation, prefer: str | None) -> AsyncIterator[Page]:
        page, read = await self._client.get(prepared(first, prefer), Page), 0
        while True:
            yield page
            read += len(page.value)
            await self._progress(read)
            if page.next_link is None:
                return
            page = await self._client.follow(page.next_link, Page, prefer)

    def _delta(self) -> AsyncIterator[Page]:
        asked = DeltaParameters(
            start_date_time=_iso(self._window.start), end_date_time=_iso(self._window.end)
        )
        request = self._calendar.calendar_view.delta.to_get_request_information(
            RequestConfiguration(query_parameters=asked)
        )
        return self._pages(request, _DELTA_PAGES)

    def _view(self, fields: list[str] | None = None) -> AsyncIterator[Page]:
        asked = ViewParameters(
            start_date_time=_iso(self._window.start),
            end_date_time=_iso(self._window.end),
            top=_VIEW_PAGES,
            select=fields,
        )
        request = self._calendar.calendar_view.to_get_request_information(
            RequestConfiguration(query_parameters=asked)
        )
        return self._pages(request, None)

    def _instances(self, series_id: str, window: Window) -> AsyncIterator[Page]:
        asked = InstancesParameters(
            start_date_time=_iso(window.start), end_date_time=_iso(window.end), top=_VIEW_PAGES
        )
        builder = self._calendar.events.by_event_id(series_id).instances
        request = builder.to_get_request_information(RequestConfiguration(query_parameters=asked))
        return self._pages(request, None)


def _found(items: Mapping[str, WireEvent], relisted: Iterable[str]) -> _Found:
    """Items as domain values, occurrences taking from their masters what delta leaves out."""
    found, members = _Found(relisted=set(relisted)), []
    for item in items.values():
        if item.removed is not None:
            found.removed.add(item.id)
        elif not parse.is_master(item):
            members.append(item)
        elif (one := parse.series(item)) is not None:
            found.series[item.id] = one
    for item in members:
        event = parse.event(item, found.series.get(item.series_master_id or ""))
        if event is not None:
            found.events[item.id] = event
    return found


def _masters(items: Mapping[str, WireEvent]) -> frozenset[str]:
    """Series that were listed with their master: these are listed whole, never over two pages."""
    return frozenset(
        key for key, item in items.items() if item.removed is None and parse.is_master(item)
    )


def _touched(items: Mapping[str, WireEvent], time: Window) -> frozenset[str]:
    """The series that have an event which may lie in `time`."""
    events = (parse.event(item) for item in items.values())
    near = (event for event in events if event is not None and may_touch(event.span, time))
    return frozenset(event.series_id for event in near if event.series_id is not None)


def _without_master(items: Mapping[str, WireEvent]) -> list[str]:
    """Series of which members were listed, but no master and no tombstone of the whole."""
    touched = {item.series_master_id for item in items.values() if item.series_master_id}
    return sorted(touched - items.keys())


def _without_members(items: Mapping[str, WireEvent]) -> list[str]:
    """Series whose master was listed without any event of theirs."""
    touched = {item.series_master_id for item in items.values()}
    return sorted(_masters(items) - touched)


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
