"""Counts what the host does, so that tests can wait for quiet instead of time."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass


@dataclass
class Counts:
    """Invocations of one function since the start."""

    started: int = 0
    succeeded: int = 0
    failed: int = 0

    @property
    def running(self) -> int:
        """Those not yet over."""
        return self.started - self.succeeded - self.failed


class Activity:
    """The counts of all functions, and an event at every change."""

    def __init__(self) -> None:
        self.counts: defaultdict[str, Counts] = defaultdict(Counts)
        self.generation = 0
        self._changed = asyncio.Event()

    @property
    def running(self) -> int:
        """Invocations not yet over, of all functions."""
        return sum(counts.running for counts in self.counts.values())

    def started(self, function: str) -> None:
        """An invocation begins."""
        self.counts[function].started += 1
        self.touch()

    def ended(self, function: str, *, succeeded: bool) -> None:
        """An invocation is over."""
        if succeeded:
            self.counts[function].succeeded += 1
        else:
            self.counts[function].failed += 1
        self.touch()

    def touch(self) -> None:
        """Something happened: who waits looks again."""
        self.generation += 1
        self._changed.set()

    async def changed(self, within: float) -> None:
        """Returns at the next change, or after `within` seconds."""
        self._changed.clear()
        try:
            await asyncio.wait_for(self._changed.wait(), within)
        except TimeoutError:
            return
