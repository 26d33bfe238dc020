"""The queues of Azure Storage as a line of messages that a test works off, in the order of time.

Time passes as it must: to the next message that is due. A message whose handling fails comes again
as the host brings it; one whose process has died, when its time in hiding is over.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared import services
from shared.domain.model import LocationId, UserId
from shared.flows.apply_selection import apply_selection
from shared.flows.deliver_changes import deliver_changes
from shared.flows.erase_data import erase_data
from shared.flows.ports import Ports
from shared.flows.publish_changes import publish_changes
from shared.flows.realign_appointments import realign_appointments
from shared.flows.settle_account import erase_account
from shared.flows.sync_calendar import sync_calendar
from shared.flows.tell_change import tell_change, tell_connection
from shared.flows.write_appointment import write_appointment
from shared.messages import (
    ApplySelection,
    DeliverChanges,
    EraseAccount,
    EraseData,
    Message,
    PublishChanges,
    RealignAppointments,
    SyncCalendar,
    TellChange,
    TellConnection,
    WriteAppointment,
)
from shared.store.queues import StorageQueues
from shared.triggers.retries import attempted
from tests.flows.crashes import Crash, Journey, travelling

HIDDEN = timedelta(minutes=10)
"""How long the host hides a message that it hands out: so long nobody else gets it."""

_MOST_FAILURES = 5
_MOST_MESSAGES = 400


async def _apply(message: ApplySelection, ports: Ports) -> None:
    await apply_selection(LocationId(message.location), UserId(message.user), ports)


FLOWS: dict[type[Message], Callable[[Any, Ports], Awaitable[Any]]] = {
    ApplySelection: _apply,
    DeliverChanges: deliver_changes,
    EraseAccount: erase_account,
    EraseData: erase_data,
    PublishChanges: publish_changes,
    RealignAppointments: realign_appointments,
    SyncCalendar: sync_calendar,
    TellChange: tell_change,
    TellConnection: tell_connection,
    WriteAppointment: write_appointment,
}


async def handle(message: Message) -> None:
    """As the trigger of its queue does."""
    await attempted(message, FLOWS[type(message)], services.ports())


@dataclass
class Waiting:
    due: datetime
    message: Message
    failures: int = 0


@dataclass
class Line:
    pass_time: Callable[[timedelta], None]
    waiting: list[Waiting] = field(default_factory=list)

    def keep_messages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From here on what is sent waits here."""

        async def sent(_: StorageQueues, message: Message, delay_seconds: float = 0) -> None:
            due = services.now() + timedelta(seconds=max(0, round(delay_seconds)))
            self.waiting.append(Waiting(due, message))

        monkeypatch.setattr(StorageQueues, "send", sent)

    async def work_off(self, within: timedelta, journey: Journey | None = None) -> None:
        """Handles what is due within that time, and what comes of it. What `journey` counts is cut
        where it says; afterwards everything goes well."""
        end = services.now() + within
        for _ in range(_MOST_MESSAGES):
            first = min(self.waiting, key=lambda one: one.due, default=None)
            if first is None or first.due > end:
                return
            self.waiting.remove(first)
            if first.due > services.now():
                self.pass_time(first.due - services.now())
            await self._handle(first, journey)
        raise AssertionError(f"no end of {[type(one.message).__name__ for one in self.waiting]}")

    async def _handle(self, taken: Waiting, journey: Journey | None) -> None:
        if journey is None or journey.dead:
            await self._attempt(taken, None)
            return

        async def second_worker() -> None:
            with suppress(Exception):
                await handle(taken.message)

        journey.during, journey.meanwhile = taken.message.queue, second_worker
        await self._attempt(taken, journey)

    async def _attempt(self, taken: Waiting, journey: Journey | None) -> None:
        try:
            with travelling(journey):
                await handle(taken.message)
        except Crash:
            self.waiting.append(Waiting(services.now() + HIDDEN, taken.message, taken.failures + 1))
        except Exception as error:
            if taken.failures + 1 >= _MOST_FAILURES:
                raise AssertionError(f"{taken.message!r} is poison: {error!r}") from error
            self.waiting.append(Waiting(services.now(), taken.message, taken.failures + 1))
