"""Asking the provider for what a run of a calendar needs to know."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain import due
from shared.domain.model import Detail
from shared.domain.reconcile import Round
from shared.domain.records import CalendarPartition
from shared.errors import CursorLost
from shared.flows.ports import Ports
from shared.providers.base import AccessToken, CalendarProvider

_EVERY = timedelta(seconds=1)


@dataclass(slots=True)
class Pace:
    """Lets through what comes first, and then once a second."""

    last: datetime | None = None

    def due(self, now: datetime) -> bool:
        if self.last is not None and now - self.last < _EVERY:
            return False
        self.last = now
        return True


@dataclass(frozen=True, slots=True)
class CalendarRounds:
    """The rounds of reading one calendar, as it was loaded. Raises what the provider raises."""

    partition: CalendarPartition
    detail: Detail
    provider: CalendarProvider
    token: AccessToken
    ports: Ports
    pace: Pace = field(default_factory=Pace)

    async def due(self) -> Round:
        """The round that is due; a full one when the provider has lost the cursor."""
        state, now = self.partition.state, self.ports.clock()
        window = self.ports.policies.horizon.window(now)
        cursor = due.usable_cursor(state, self.detail, self.ports.policies.horizon, now)
        try:
            return await self.provider.read(self.token, state, cursor, window, self._progress)
        except CursorLost:
            return await self.provider.read(self.token, state, None, window, self._progress)

    async def told(self, read: Round) -> Round | None:
        """What the former cursor tells beside a full comparison; None where it can tell nothing.

        Asked after the comparison: what changes in between is then in what is told.
        """
        state = self.partition.state
        cursor = due.telling_cursor(state, self.detail)
        if cursor is None:
            return None
        try:
            found = await self.provider.read(self.token, state, cursor, read.window, self._progress)
        except CursorLost:
            return None
        return None if found.full else found

    async def _progress(self, events: int) -> None:
        """Of a first read, which somebody may be waiting for; not of every page."""
        if self.partition.state.checked_at is None and self.pace.due(self.ports.clock()):
            await self.ports.calendars.report_progress(self.partition.key, events)
