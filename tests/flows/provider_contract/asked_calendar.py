"""A calendar as the application asks a provider for it, and what is said of its events.

These tests hold what shared/providers/base.py promises, of every provider alike. They know no
provider: what a person does, and what a provider does wrong, is asked of an `Owner`
(mailboxes.py). What is particular to one is tested beside, in its own files.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from shared import services
from shared.domain.appointments import Content, LiveEvent
from shared.domain.confirming import Stretch
from shared.domain.due import Horizon
from shared.domain.mirror import Event, Mirror
from shared.domain.model import CalendarInfo, CalendarState, Cursor, Detail, Push, Window
from shared.domain.reconcile import Round, reconcile
from shared.providers.base import CalendarProvider
from tests.flows.mailboxes import Owner, Span, span

START, END = span(5)
CONTENT = Content("Talk", START, END, "Europe/Berlin", description="Bring it", place="Room 1")
WALK = replace(CONTENT, title="Walk")
LATER = span(6)
PROOF = "a proof that nobody else knows"


@dataclass
class Calendar:
    """A calendar as the application asks for it, and the mirror of what it has read."""

    owner: Owner
    id: str
    shared: bool = False
    window: Window = field(default_factory=lambda: Horizon(30, 90).window(datetime.now(UTC)))
    mirror: Mirror = field(default_factory=Mirror)
    cursor: Cursor | None = None
    refused: list[str | None] = field(default_factory=list)
    told: list[int] = field(default_factory=list)

    @property
    def provider(self) -> CalendarProvider:
        return services.ports().providers[self.owner.provider]

    @property
    def state(self) -> CalendarState:
        is_default = self.id == self.owner.default
        return CalendarState(self.owner.account, self.id, is_default, self.shared)

    async def token(self, refused: str | None) -> str:
        self.refused.append(refused)
        return await self.owner.token(refused)

    async def listed(self) -> dict[str, CalendarInfo]:
        found = await self.provider.calendars(self.token)
        assert len({one.calendar_id for one in found}) == len(found)
        return {one.calendar_id: one for one in found}

    async def read(self, cursor: Cursor | None = None) -> Round:
        async def progress(count: int) -> None:
            self.told.append(count)

        return await self.provider.read(self.token, self.state, cursor, self.window, progress)

    async def look(self) -> Round:
        """Reads on from where the last reading ended, into the mirror."""
        found = await self.read(self.cursor)
        self.mirror = reconcile(self.mirror, found, Detail.TITLES).mirror
        self.cursor = found.cursor
        return found

    async def anew(self) -> Mirror:
        return reconcile(Mirror(), await self.read(), Detail.TITLES).mirror

    async def stretch(self, when: Span, *series: str, every: bool = False) -> Stretch:
        """With the series that lie there, and those; without any where every event counts."""
        wanted = None if every else frozenset(series)
        return await self.provider.stretch(self.token, self.id, Window(*when), wanted)

    async def subscribe(self) -> Push:
        return await self.provider.subscribe(self.token, self.state, PROOF)

    async def renew(self, channel: Push) -> Push:
        return await self.provider.renew(self.token, self.state, channel, PROOF)

    async def unsubscribe(self, channel: Push) -> None:
        await self.provider.unsubscribe(self.token, channel)

    async def create(self, content: Content = CONTENT, transaction: str = "t-1") -> LiveEvent:
        return await self.provider.create_event(self.token, self.id, content, transaction)

    async def find(self, transaction: str = "t-1") -> LiveEvent | None:
        return await self.provider.find_event(self.token, self.id, transaction)

    async def event(self, event_id: str) -> LiveEvent | None:
        return await self.provider.event(self.token, self.id, event_id)

    async def lists(self, event_id: str, transaction: str = "t-1") -> bool:
        return await self.provider.is_listed(self.token, self.id, event_id, transaction)

    async def update(
        self,
        event_id: str,
        content: Content,
        *fields: str,
        tag: str | None = None,
        before: Content | None = None,
    ) -> LiveEvent:
        return await self.provider.update_event(
            self.token, self.id, event_id, content, frozenset(fields), tag, before
        )

    async def delete(self, event_id: str) -> bool:
        """Whether it was there."""
        return await self.provider.delete_event(self.token, self.id, event_id)

    @property
    def titles(self) -> list[str]:
        """What stands in the calendar."""
        return self.owner.titles(self.id)


@dataclass
class Day:
    """What stands in the calendar before an edit."""

    owner: Owner
    single: str
    trip: str
    asked: str
    series: str
    team: str


def by_title(mirror: Mirror) -> dict[str | None, list[Event]]:
    found: dict[str | None, list[Event]] = {}
    for event in mirror.events.values():
        found.setdefault(event.title, []).append(event)
    return found


def said(event: LiveEvent | None) -> tuple[Any, ...]:
    assert event is not None
    return event.title, event.start, event.end
