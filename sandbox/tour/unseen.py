"""Waiting for what a step should see, and saying that it was not seen."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
_POLL_SECONDS = 0.05


class Unseen(Exception):
    """A step did not see what it should; the text is a sentence that says so."""


async def until(look: Callable[[], Awaitable[T | None]], within: float, what: str) -> T:
    """Looks every 50 ms until there is something. Raises Unseen."""
    deadline = time.monotonic() + within
    while True:
        found = await look()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise Unseen(f"{what} was not seen within {within:.0f} seconds.")
        await asyncio.sleep(_POLL_SECONDS)
