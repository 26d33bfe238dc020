"""A round of reading one Google calendar.

https://developers.google.com/workspace/calendar/api/guides/sync,
https://developers.google.com/workspace/calendar/api/v3/reference/events/list
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.confirming import Stretch, may_touch
from shared.domain.due import CURSOR_VERSION
from shared.domain.mirror import Event, Series
from shared.domain.model import Cursor, Window
from shared.domain.reconcile import Round, in_window
from shared.domain.zones import iana_zone
from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    CursorLost,
    EventGone,
    ProviderRejected,
    ProviderUnavailable,
)
from shared.providers.base import Progress
from shared.providers.google import parse
from shared.providers.google.client import GoogleClient, Parameters, Path
from shared.providers.google.pages import PAGE_SIZE, Collected, collect
from shared.providers.google.wire import EventPage, WireEvent

# Each costs a request or two; to read all of the window anew is cheaper from about here on.
_MOST_SERIES = 20

# What a single series is answered with that has ended meanwhile, or of which only times are shared.
_NOT_READ = (CalendarGone, CalendarForbidden, ProviderRejected)

# Besides what a token forbids, later requests must ask as the first one did. Of the attendees only
# the one whose calendar this is matters: that is the one who stays when there are more.
_ASKED: Parameters = {
    "maxResults": PAGE_SIZE,
    "maxAttendees": 1,
    "fields": (
        "nextPageToken,nextSyncToken,timeZone,items(id,etag,status,summary,start,end,recurrence,"
        "recurringEventId,originalStartTime,transparency,visibility,eventType,"
        "attendees(self,organizer,responseStatus))"
    ),
}


@dataclass(slots=True)
class _Found:
    """What a round has found so far, in domain terms."""

    events: dict[str, Event] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    relisted: set[str] = field(default_factory=set)

    def add(self, item: WireEvent, *, in_series: bool) -> None:
        event = parse.event(item, in_series=in_series)
        if parse.is_gone(item):
            self.removed.add(item.id)
        elif event is not None:
            self.events[item.id] = event

    def add_series(self, master: WireEvent) -> None:
        one = parse.series(master)
        if one is not None:
            self.series[master.id] = one


class CalendarReading:
    """Reads one calendar; `window` is what a full round covers."""

    def __init__(
        self, client: GoogleClient, calendar_id: str, window: Window, progress: Progress
    ) -> None:
        self._client = client
        self._events: Path = ("calendars", calendar_id, "events")
        self._window = window
        self._progress = progress
        self._read = 0

    async def full(self) -> Round:
        """All of the window, with a cursor to go on from.

        Once with series as such, which gives the cursor, then with their events one by one: what
        changes in between comes again with the cursor. That keeps the beginning of the window: an
        event that is moved to before it may not be told any more, and goes with the next full
        round. There is no end: what lies behind the window comes too, and is left out.
        """
        start, end = _iso(self._window.start), _iso(self._window.end)
        listed = await collect(self._pages(self._events, {"singleEvents": False, "timeMin": start}))
        single = await collect(
            self._pages(self._events, {"singleEvents": True, "timeMin": start, "timeMax": end})
        )
        found = _Found()
        there = {item.series_id for item in single.items.values() if not parse.is_gone(item)}
        for item in _masters(listed):
            if item.id in there or _begins_in(item, self._window):
                found.add_series(item)
        await self._add_masters(_without_master(single, found), found)
        for item in single.items.values():
            found.add(item, in_series=item.series_id in found.series)
        return self._round(listed, found, full=True, window=self._window)

    async def incremental(self, cursor: Cursor, zone: str | None) -> Round:
        """What changed since `cursor`; all where that is less work, or `zone` is not the calendar's
        any more, which no changed event tells. Raises CursorLost."""
        listed = await collect(
            self._pages(self._events, {"singleEvents": False, "syncToken": cursor.token})
        )
        now = iana_zone(listed.zone)
        if zone is not None and now is not None and now != zone:
            return await self.full()
        masters = {item.id: item for item in _masters(listed)}
        found = _Found()
        orphans = [key for key in _without_master(listed, found) if key not in listed.items]
        if len(masters) + len(orphans) > _MOST_SERIES:
            return await self.full()
        try:
            for master in masters.values():
                await self._relist(master, cursor.window, found)
        except _NOT_READ:
            return await self.full()
        await self._add_masters(orphans, found)
        for item in listed.items.values():
            if item.id not in masters and (parse.is_gone(item) or item.series_id not in masters):
                found.add(item, in_series=item.series_id in found.series)
        return self._round(listed, found, full=False, window=cursor.window)

    async def stretch(self, time: Window, series: frozenset[str] | None) -> Stretch:
        """What lies in `time`, which the window reaches around; see `CalendarProvider.stretch`.

        One list gives the series of any number of events; what it leaves out is asked for.
        """
        asked = {"timeMin": _iso(self._window.start), "timeMax": _iso(self._window.end)}
        single = await collect(self._pages(self._events, {**asked, "singleEvents": True}))
        found = _Found()
        if series is not None and (wanted := series | _touched(single, time)):
            listed = await collect(self._pages(self._events, {**asked, "singleEvents": False}))
            for item in _masters(listed):
                found.add_series(item)
            await self._add_masters(sorted(wanted - found.series.keys()), found)
        for item in single.items.values():
            found.add(item, in_series=series is None or item.series_id in found.series)
        return Stretch(found.events, found.series, iana_zone(single.zone))

    def _round(self, listed: Collected, found: _Found, *, full: bool, window: Window) -> Round:
        token = listed.sync_token
        return Round(
            full=full,
            window=window,
            cursor=Cursor(token, CURSOR_VERSION, window) if token else None,
            events=found.events,
            series=found.series,
            relisted=frozenset(found.relisted),
            removed=frozenset(found.removed) if not full else frozenset(),
            zone=iana_zone(listed.zone),
            requests=self._client.requests,
        )

    async def _relist(self, master: WireEvent, window: Window, found: _Found) -> None:
        """A series that has changed, with all its events in the window."""
        asked = {"timeMin": _iso(window.start), "timeMax": _iso(window.end)}
        members = await collect(self._pages((*self._events, master.id, "instances"), asked))
        there = [item for item in members.items.values() if not parse.is_gone(item)]
        if there or _begins_in(master, window):
            found.add_series(master)
        else:
            found.removed.add(master.id)
        found.relisted.add(master.id)
        for item in there:
            found.add(item, in_series=True)

    async def _add_masters(self, orphans: list[str], found: _Found) -> None:
        """Asks for series of which only events were listed.

        That may be an invitation to these events alone, without the series: it has no first event
        that could stand for it, so its events count by themselves.
        """
        for series_id in orphans[:_MOST_SERIES]:
            try:
                master = await self._client.get((*self._events, series_id), WireEvent)
            except (*_NOT_READ, EventGone):
                continue
            if parse.is_master(master) and not parse.is_gone(master):
                found.add_series(master)

    async def _pages(self, path: Path, asked: Parameters) -> AsyncIterator[EventPage]:
        read, page = 0, await self._first(path, {**_ASKED, **asked})
        while True:
            yield page
            read += len(page.items)
            self._read = max(self._read, read)
            await self._progress(self._read)
            if not page.next_page_token:
                return
            page = await self._next(path, {**_ASKED, **asked, "pageToken": page.next_page_token})

    async def _first(self, path: Path, asked: Parameters) -> EventPage:
        """A token that cannot be read is also refused as an invalid value, with 400.

        So a client in wide use has met it (kewisch/gdata-provider, calGoogleRequest).
        """
        try:
            return await self._page(path, asked)
        except ProviderRejected as error:
            if "syncToken" in asked:
                raise CursorLost(error.detail) from None
            raise

    async def _next(self, path: Path, asked: Parameters) -> EventPage:
        """The first page was taken: what is refused now is how to go on; another try mends it."""
        try:
            return await self._page(path, asked)
        except ProviderRejected as error:
            raise ProviderUnavailable(error.detail) from None

    async def _page(self, path: Path, asked: Parameters) -> EventPage:
        try:
            return await self._client.get(path, EventPage, asked)
        except EventGone as error:
            raise CalendarGone(error.detail) from None


def _masters(listed: Collected) -> list[WireEvent]:
    items = listed.items.values()
    return [item for item in items if parse.is_master(item) and not parse.is_gone(item)]


def _begins_in(master: WireEvent, window: Window) -> bool:
    """Whether the first event by the rule is of the window, also where it was deleted."""
    one = parse.series(master)
    first = one.first_event() if one is not None else None
    return first is not None and in_window(first, window)


def _touched(listed: Collected, time: Window) -> frozenset[str]:
    """The series that have an event which may lie in `time`."""
    events = (parse.event(item, in_series=True) for item in listed.items.values())
    near = (one for one in events if one is not None and may_touch(one.span, time))
    return frozenset(one.series_id for one in near if one.series_id is not None)


def _without_master(listed: Collected, found: _Found) -> list[str]:
    """Series of which events are there, but nothing of the whole is known."""
    events = (item for item in listed.items.values() if not parse.is_gone(item))
    touched = {item.series_id for item in events if item.series_id is not None}
    return sorted(touched - found.series.keys())


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
