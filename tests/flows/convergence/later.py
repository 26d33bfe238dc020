"""Time that passes when the test says so: messages for later wait here, not in real seconds."""

import heapq
import itertools
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

import pytest

from sandbox.stack import Stack
from shared import services
from shared.flows.sweep import sweep
from shared.messages import Message
from shared.store.queues import StorageQueues

_QUIET_SECONDS = 60.0
_STEP = timedelta(seconds=5)
"""What becomes due so soon after another is worked off together with it."""


class Clock(Protocol):
    """The application's, which tests may move."""

    ahead: timedelta


class Later:
    """Messages with a delay are sent once time has passed that far; all others at once."""

    def __init__(self, stack: Stack, clock: Clock) -> None:
        self._stack = stack
        self._clock = clock
        self._numbers = itertools.count()
        self._held: list[tuple[datetime, int, Message]] = []
        self._send = StorageQueues.send

    def hold_messages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def send(queues: StorageQueues, message: Message, delay_seconds: float = 0) -> None:
            if round(delay_seconds) <= 0:
                await self._send(queues, message)
                return
            due = services.now() + timedelta(seconds=delay_seconds)
            heapq.heappush(self._held, (due, next(self._numbers), message))

        monkeypatch.setattr(StorageQueues, "send", send)

    async def begin_anew(self) -> None:
        """What goes on comes to an end, what waits is forgotten; it is now."""
        with suppress(AssertionError, TimeoutError):
            await self.quiet()
        self._held.clear()
        self._stack.sandbox.world.reset()
        self._clock.ahead = timedelta()

    async def quiet(self) -> None:
        """Waits until notifications are delivered and what is due has been worked off."""
        world = self._stack.sandbox.world
        deliveries = world.subscriptions.delivery, world.google.channels.delivery
        while True:
            assert await world.deliveries_idle(_QUIET_SECONDS)
            await self._stack.host.wait_idle(_QUIET_SECONDS)
            if not any(delivery.pending for delivery in deliveries):
                return

    async def passes(self, by: timedelta) -> None:
        """Time passes, and whatever becomes due meanwhile is worked off in its turn."""
        until = services.now() + by
        await self.quiet()
        while self._held and self._held[0][0] <= until:
            self._move_to(min(until, self._held[0][0] + _STEP))
            while self._held and self._held[0][0] <= services.now():
                await services.ports().queues.send(heapq.heappop(self._held)[2])
            await self.quiet()
        self._move_to(until)

    async def sweeps(self) -> None:
        """Every calendar in the rosters is queued, as in an hour of the timer."""
        ports = services.ports()
        await sweep(ports, ports.clock() - timedelta(hours=1))
        await self.quiet()

    def _move_to(self, moment: datetime) -> None:
        by = max(moment - services.now(), timedelta())
        self._clock.ahead += by
        self._stack.sandbox.world.clock.advance(by)
