"""Sends notifications: late, twice, out of order, in batches, and again if refused.

Source: learn.microsoft.com/graph/change-notifications-delivery-webhooks. The real retry period is
4 hours; here it is the settings' short schedule.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from sandbox.microsoft.subscriptions.model import SubscriptionSettings

Item = dict[str, Any]


@dataclass(frozen=True)
class Attempt:
    """One POST to a notification URL; `status` is None without an answer in time."""

    at: datetime
    url: str
    items: list[Item]
    status: int | None
    number: int

    def as_json(self) -> dict[str, Any]:
        """The attempt for the control API."""
        return {
            "at": self.at.isoformat(),
            "url": self.url,
            "status": self.status,
            "attempt": self.number,
            "value": self.items,
        }


class Delivery:
    """Queue and sender. All calls come from the server's event loop."""

    def __init__(
        self,
        settings: SubscriptionSettings,
        clock: Callable[[], datetime],
        client: Callable[[], httpx.AsyncClient],
        on_lost: Callable[[list[Item]], None],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._client = client
        self._on_lost = on_lost
        self._ripe: dict[str, list[Item]] = defaultdict(list)
        self._timers: set[asyncio.TimerHandle] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pending = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._random = random.Random(7)
        self.attempts: list[Attempt] = []

    @property
    def pending(self) -> int:
        """Notifications queued or being sent."""
        return self._pending

    def add(self, url: str, item: Item, delay: float) -> None:
        """Queue one notification."""
        self._pending += 1
        self._idle.clear()
        self._later(delay, lambda: self._ripen(url, item))

    def hold(self, seconds: float, then: Callable[[], None]) -> None:
        """Count as pending for a while, then call."""
        self._pending += 1
        self._idle.clear()

        def end() -> None:
            then()
            self._settle(1)

        self._later(seconds, end)

    async def idle(self, seconds: float) -> bool:
        """Wait until nothing is queued or under way; False if that took too long."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    def cancel(self) -> None:
        """Drop everything queued and under way."""
        for timer in self._timers:
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        self._timers.clear()
        self._ripe.clear()
        self.attempts.clear()
        self._pending = 0
        self._idle.set()

    def _later(self, delay: float, call: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(timer)
            call()

        timer = asyncio.get_running_loop().call_later(delay, run)
        self._timers.add(timer)

    def _ripen(self, url: str, item: Item) -> None:
        first = not self._ripe[url]
        self._ripe[url].append(item)
        if first:
            wait = self._settings.batch_seconds if self._settings.hostile else 0.0
            self._later(wait, lambda: self._flush(url))

    def _flush(self, url: str) -> None:
        items = self._ripe.pop(url, [])
        if self._settings.hostile:
            self._random.shuffle(items)
        task = asyncio.get_running_loop().create_task(self._deliver(url, items))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, url: str, items: list[Item]) -> None:
        delays = (*self._settings.retry_delays, None)
        for number, delay in enumerate(delays, start=1):
            status = await self._post(url, items, first=number == 1)
            self.attempts.append(Attempt(self._clock(), url, items, status, number))
            if status is not None and 200 <= status < 300:
                break
            if delay is not None:
                await asyncio.sleep(delay)
        else:
            self._on_lost(items)
        self._settle(len(items))

    def _settle(self, count: int) -> None:
        self._pending -= count
        if self._pending == 0:
            self._idle.set()

    async def _post(self, url: str, items: list[Item], first: bool) -> int | None:
        settings = self._settings
        limit = settings.answer_seconds if first else settings.retry_answer_seconds
        try:
            async with asyncio.timeout(limit):
                response = await self._client().post(url, json={"value": items})
        except (httpx.HTTPError, TimeoutError):
            return None
        return response.status_code
