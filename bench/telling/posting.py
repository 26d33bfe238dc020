"""Many posts at once, and how long each answer took."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp

from sandbox.tour.unseen import Unseen

_SECONDS = 60.0


class Poster:
    """Posts with so many requests under way, over connections that stay open."""

    def __init__(self, session: aiohttp.ClientSession, at_once: int) -> None:
        self._session, self._at_once = session, at_once

    async def post_all(self, url: str, bodies: Sequence[bytes], expected: int) -> list[float]:
        """Seconds until each was answered, in the order of the answers. Raises Unseen where one
        was answered with another status."""
        waiting, seconds = iter(bodies), list[float]()

        async def work() -> None:
            for body in waiting:
                began = time.perf_counter()
                async with self._session.post(url, data=body) as answer:
                    await answer.read()
                seconds.append(time.perf_counter() - began)
                if answer.status != expected:
                    raise Unseen(f"{url} answered {answer.status}.")

        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(work())
        return seconds


@asynccontextmanager
async def poster(at_once: int) -> AsyncIterator[Poster]:
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=at_once),
        headers={"Content-Type": "application/json"},
        timeout=aiohttp.ClientTimeout(total=_SECONDS),
    ) as session:
        yield Poster(session, at_once)


def percentile(seconds: Sequence[float], share: float) -> float:
    """The value that so large a share of them does not exceed."""
    found = sorted(seconds)
    return found[min(len(found) - 1, int(len(found) * share))]
