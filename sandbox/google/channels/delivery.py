"""Sends messages: late, twice, out of order, and again where the receiver is in trouble."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from sandbox.google.channels.model import ChannelSettings

_AGAIN = frozenset({500, 502, 503, 504})
# developers.google.com/workspace/calendar/api/guides/push#responding-to-notifications
_TAKEN = frozenset({102, 200, 201, 202, 204})


@dataclass(frozen=True)
class Message:
    """One message to one address."""

    address: str
    channel_id: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Attempt:
    """One POST; `status` is None without an answer in time."""

    at: datetime
    message: Message
    status: int | None
    number: int

    def as_json(self) -> dict[str, Any]:
        """The attempt for the control API."""
        return {
            "at": self.at.isoformat(),
            "url": self.message.address,
            "status": self.status,
            "attempt": self.number,
            "headers": self.message.headers,
        }


class MessageDelivery:
    """Queue and sender. All calls come from the server's event loop."""

    def __init__(
        self,
        settings: ChannelSettings,
        clock: Callable[[], datetime],
        client: Callable[[], httpx.AsyncClient],
    ) -> None:
        self._settings, self._clock, self._client = settings, clock, client
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._idle = asyncio.Event()
        self._idle.set()
        self.pending = 0
        self.lost = 0
        self.attempts: list[Attempt] = []

    def add(self, message: Message, delay: float) -> None:
        """Queue one message; where nothing is hostile, those of a channel come in order."""
        hostile = self._settings.hostile
        self._start(self._deliver(message, delay) if hostile else self._in_turn(message, delay))

    def hold(self, seconds: float, then: Callable[[], None]) -> None:
        """Count as pending for a while, then call."""

        async def wait() -> None:
            await asyncio.sleep(seconds)
            then()

        self._start(wait())

    async def send(self, message: Message) -> None:
        """Send now, and wait until it is taken or lost."""
        await self._deliver(message, 0.0)

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
        for task in self._tasks:
            task.cancel()
        self.attempts.clear()

    def _start(self, work: Any) -> None:
        self.pending += 1
        self._idle.clear()
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._settle)

    def _settle(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self.pending -= 1
        if self.pending == 0:
            self._idle.set()

    async def _in_turn(self, message: Message, delay: float) -> None:
        async with self._turns[message.channel_id]:
            await self._deliver(message, delay)

    async def _deliver(self, message: Message, delay: float) -> None:
        await asyncio.sleep(delay)
        for number, pause in enumerate((*self._settings.retry_delays, None), start=1):
            status = await self._post(message)
            self.attempts.append(Attempt(self._clock(), message, status, number))
            if status in _TAKEN:
                return
            if pause is None or (status is not None and status not in _AGAIN):
                break
            await asyncio.sleep(pause)
        self.lost += 1

    async def _post(self, message: Message) -> int | None:
        try:
            async with asyncio.timeout(self._settings.answer_seconds):
                answer = await self._client().post(message.address, headers=message.headers)
        except (httpx.HTTPError, TimeoutError):
            return None
        return answer.status_code
