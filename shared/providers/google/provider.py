"""Google as a CalendarProvider (see providers/base.py)."""

from shared.domain.appointments import Content, LiveEvent
from shared.domain.confirming import Stretch, reach
from shared.domain.model import CalendarInfo, CalendarState, Cursor, Push, Window
from shared.domain.reconcile import Round
from shared.errors import RoundEndless
from shared.providers.base import AccessToken, Progress
from shared.providers.google import calendars, push
from shared.providers.google.client import Google, GoogleClient
from shared.providers.google.events import CalendarEvents
from shared.providers.google.reading import CalendarReading


class GoogleProvider:
    """Google calendars; `notification_address` is where changes of them are told."""

    def __init__(self, google: Google, notification_address: str) -> None:
        self._google = google
        self._address = notification_address

    async def check_mailbox(self, token: AccessToken) -> None:
        await calendars.check(GoogleClient(self._google, token))

    async def calendars(self, token: AccessToken) -> list[CalendarInfo]:
        return calendars.infos(await calendars.listed(GoogleClient(self._google, token)))

    async def read(
        self,
        token: AccessToken,
        state: CalendarState,
        cursor: Cursor | None,
        window: Window,
        progress: Progress,
    ) -> Round:
        client = GoogleClient(self._google, token)
        reading = CalendarReading(client, state.calendar_id, window, progress)
        if cursor is None:
            return await reading.full()
        try:
            return await reading.incremental(cursor, state.zone)
        except RoundEndless:
            return await reading.full()

    async def stretch(
        self, token: AccessToken, calendar_id: str, time: Window, series: frozenset[str] | None
    ) -> Stretch:
        client = GoogleClient(self._google, token)
        return await CalendarReading(client, calendar_id, reach(time), _unheard).stretch(
            time, series
        )

    async def subscribe(self, token: AccessToken, calendar: CalendarState, proof: str) -> Push:
        client = GoogleClient(self._google, token)
        return await push.subscribe(client, calendar.calendar_id, proof, self._address)

    async def renew(
        self, token: AccessToken, calendar: CalendarState, channel: Push, proof: str
    ) -> Push:
        client = GoogleClient(self._google, token)
        return await push.renew(client, calendar.calendar_id, proof, self._address)

    async def unsubscribe(self, token: AccessToken, channel: Push) -> None:
        await push.unsubscribe(GoogleClient(self._google, token), channel)

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
        """Google says of an event that was thrown away that it is."""
        return await self.event(token, calendar_id, event_id) is not None

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
        return CalendarEvents(GoogleClient(self._google, token), calendar_id)


async def _unheard(_: int) -> None: ...
