"""The events of appointments: making, finding, changing and deleting them.

https://developers.google.com/workspace/calendar/api/v3/reference/events
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from shared.domain.appointments import Content, LiveEvent
from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    CursorLost,
    EventChanged,
    EventGone,
    ProviderRejected,
    ProviderUnavailable,
)
from shared.providers.google import calendars, parse
from shared.providers.google.answers import DuplicateId
from shared.providers.google.client import GoogleClient, Parameters, Path, read
from shared.providers.google.event_body import (
    TIMES,
    Body,
    attendees,
    changes,
    event_id,
    mailed,
    new_event,
    utc_times,
    zoned_times,
)
from shared.providers.google.wire import WireCalendar, WireLiveEvent

_GONE = (CalendarGone, EventGone, CursorLost)  # 404, 410, and 410 without a reason


class CalendarEvents:
    """Events of ours on one calendar, or that its owner has moved to another of the account."""

    def __init__(self, client: GoogleClient, calendar_id: str) -> None:
        self._client = client
        self._calendar_id = calendar_id

    async def create(self, content: Content, transaction: str) -> LiveEvent:
        """Raises CalendarGone or CalendarForbidden, and EventGone where one was deleted."""
        online = content.online_meeting and await self._has_meetings()
        body = new_event(content, transaction, self._calendar_id, online=online)
        asked: Parameters = {
            "sendUpdates": mailed(content),
            "conferenceDataVersion": int(online),
        }

        async def post(times: Body) -> LiveEvent:
            path = _path(self._calendar_id)
            answer = await self._client.send("POST", path, asked, body | times)
            return _live(read(answer, WireLiveEvent))

        try:
            return replace(await _in_a_zone(post, content), made=True)
        except DuplicateId:
            return await self._made_before(event_id(transaction))

    async def find(self, transaction: str) -> LiveEvent | None:
        """Raises CalendarGone: what Google answers for the event does not tell which is gone."""
        key = event_id(transaction)
        found = await self._on(self._calendar_id, key)
        if found is not None:
            return _live(found)
        listed = await calendars.listed(self._client)
        moved = await self._on_another(key, listed)
        if moved is not None:
            return _live(moved[1])
        if all(one.id != self._calendar_id for one in listed):
            raise CalendarGone("The calendar is not there any more.")
        return None

    async def event(self, key: str) -> LiveEvent | None:
        where = await self._where(key)
        return _live(where[1]) if where else None

    async def update(
        self,
        key: str,
        content: Content,
        fields: frozenset[str],
        entity_tag: str | None,
        before: Content | None,
    ) -> LiveEvent:
        """Raises EventGone, and EventChanged where `entity_tag` is not its version any more."""
        change = _Change(self._client, key, content, fields, entity_tag, before)
        patched = await self._patched(self._calendar_id, change)
        if patched is None:
            moved = await self._elsewhere(key)
            patched = await self._patched(moved[0], change) if moved else None
        if patched is None:
            raise EventGone("The event is not there any more.")
        return patched

    async def delete(self, key: str) -> bool:
        """False where there is none. Those who are on it are told: to them it was an invitation."""
        where = await self._where(key)
        if where is None:
            return False
        calendar_id, event = where
        others = event.attendees_omitted or any(not one.is_self for one in event.attendees or ())
        asked = {"sendUpdates": "all" if others else "none"}
        try:
            await self._client.send("DELETE", _path(calendar_id, key), asked)
        except _GONE:
            return False
        return True

    async def _has_meetings(self) -> bool:
        return await calendars.has_meetings(self._client, self._calendar_id)

    async def _made_before(self, key: str) -> LiveEvent:
        found = await self.event(key)
        if found is None:
            raise EventGone("An event was made under the transaction, and deleted.")
        return found

    async def _patched(self, calendar_id: str, change: "_Change") -> LiveEvent | None:
        """The event once it is changed; None where it is not on that calendar.

        One that was deleted, or moved away, still has a version and can still be changed, or is
        refused: that it is deleted is then told only by reading it.
        """
        try:
            return await change.apply(calendar_id)
        except _GONE:
            return None
        except (EventChanged, CalendarForbidden):
            if await self._on(calendar_id, change.key) is None:
                return None
            raise

    async def _where(self, key: str) -> tuple[str, WireLiveEvent] | None:
        """The calendar that the event is on now, and the event."""
        found = await self._on(self._calendar_id, key)
        return (self._calendar_id, found) if found else await self._elsewhere(key)

    async def _elsewhere(self, key: str) -> tuple[str, WireLiveEvent] | None:
        return await self._on_another(key, await calendars.listed(self._client))

    async def _on_another(
        self, key: str, listed: Sequence[WireCalendar]
    ) -> tuple[str, WireLiveEvent] | None:
        """Its owner may have moved it: it keeps its id, and belongs to the other calendar then.

        A copy of the same id that is only an invitation to it is not the event.
        https://developers.google.com/workspace/calendar/api/v3/reference/events/move
        """
        for one in listed:
            if one.id == self._calendar_id or not calendars.writable(one):
                continue
            try:
                found = await self._on(one.id, key)
            except CalendarForbidden:  # a calendar that has nothing to do with the event
                continue
            if found is not None and (found.organizer is None or found.organizer.is_self):
                return one.id, found
        return None

    async def _on(self, calendar_id: str, key: str) -> WireLiveEvent | None:
        """The event on that calendar; Google goes on answering for deleted ones for a while."""
        try:
            found = await self._client.get(_path(calendar_id, key), WireLiveEvent)
        except _GONE:
            return None
        return None if parse.is_gone(found) else found


class _Change:
    """A change of one event, wherever that is. Raises EventGone and EventChanged."""

    def __init__(
        self,
        client: GoogleClient,
        key: str,
        content: Content,
        fields: frozenset[str],
        entity_tag: str | None,
        before: Content | None,
    ) -> None:
        self.key = key
        self._client = client
        self._content = content
        self._fields = fields
        self._entity_tag = entity_tag
        self._before = before.invited if before is not None else ()

    async def apply(self, calendar_id: str) -> LiveEvent:
        path = _path(calendar_id, self.key)
        body = changes(self._content, self._fields)
        asked = {"sendUpdates": mailed(self._content, self._fields)}
        if "invited" in self._fields:
            there = await self._client.get(path, WireLiveEvent)
            known = there.attendees or ()
            body["attendees"] = attendees(self._content.invited, calendar_id, known, self._before)

        async def patch(times: Body) -> LiveEvent:
            answer = await self._client.send("PATCH", path, asked, body | times, self._entity_tag)
            patched = read(answer, WireLiveEvent)
            if parse.is_gone(patched):
                raise EventGone("The event was deleted.")
            return _live(patched)

        if self._fields & TIMES:
            return await _in_a_zone(patch, self._content)
        return await patch({})


def _path(calendar_id: str, *rest: str) -> Path:
    return ("calendars", calendar_id, "events", *rest)


async def _in_a_zone(write: Callable[[Body], Awaitable[LiveEvent]], content: Content) -> LiveEvent:
    """Writes with times in the appointment's zone, or in UTC where Google does not know that yet:
    zones are renamed now and then."""
    zoned, plain = zoned_times(content), utc_times(content)
    if zoned == plain:
        return await write(plain)
    try:
        return await write(zoned)
    except ProviderRejected:
        return await write(plain)


def _live(item: WireLiveEvent) -> LiveEvent:
    event = parse.live(item)
    if event is None:
        raise ProviderUnavailable("Google's event has no readable times.")
    return event
