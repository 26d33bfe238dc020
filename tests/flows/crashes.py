"""Cutting a flow short at each of its steps: every storage and every provider call in turn.

A step that is cut has happened, or has not; the process that made it is dead, or only its
connection is. `Journey` counts the steps of one run and cuts it at one of them.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

import httpcore
import pytest
from azure.core.exceptions import ServiceResponseError

from shared.errors import ProviderSilent, ProviderUnavailable
from shared.providers.google.client import GoogleClient
from shared.providers.google.sign_in import GoogleSignIn
from shared.providers.outlook.client import GraphClient
from shared.providers.outlook.sign_in import MicrosoftSignIn
from shared.store.queues import StorageQueues
from shared.store.tables import Table
from shared.webhooks.sending import StandardWebhook


class Crash(BaseException):
    """The process is dead: nothing that it would still do happens."""


class Cut(Enum):
    """How a step is cut short. To crash before one is to crash after the one before it."""

    CRASH_AFTER = "crash after"
    CUT_BEFORE = "connection cut before"
    CUT_AFTER = "answer lost"
    SECOND_WORKER = "second worker"


READS = frozenset({"Table.get", "Table.query", "Table.query_pages", "Table.scan"})


def tells_apart(step: str, cut: Cut) -> bool:
    """Whether cutting that step so can end otherwise than cutting the one before it: after a read
    of storage nothing more has happened than before it."""
    return step not in READS or cut not in {Cut.CRASH_AFTER, Cut.CUT_AFTER}


ALL_POINTS = os.environ.get("CRASH_POINTS") == "all"
Point = TypeVar("Point")


def tried(points: Sequence[Point], *, first: int = 0) -> Sequence[Point]:
    """Every second of them; with CRASH_POINTS=all in the environment each."""
    return points if ALL_POINTS else points[first % 2 :: 2]


@dataclass
class Journey:
    """One run: its steps by name, and where it is cut. `meanwhile` runs at that step.

    `during` is what is being worked on; `places` says for each step what that was.
    """

    at: int | None = None
    cut: Cut = Cut.CRASH_AFTER
    meanwhile: Callable[[], Awaitable[None]] | None = None
    steps: list[str] = field(default_factory=list)
    dead: bool = False
    during: str = ""
    places: list[str] = field(default_factory=list)

    @property
    def reached(self) -> bool:
        """Whether it has come to where it is cut."""
        return self.at is not None and len(self.steps) > self.at

    async def step(self, name: str, call: Callable[[], Awaitable[Any]], lost: Exception) -> Any:
        if self.dead:
            raise Crash
        self.steps.append(name)
        self.places.append(self.during)
        if len(self.steps) - 1 != self.at:
            return await call()
        match self.cut:
            case Cut.CRASH_AFTER:
                await call()
                self._die()
            case Cut.CUT_BEFORE:
                raise type(lost)(*lost.args)  # a new one: it gathers where it has been
            case Cut.CUT_AFTER:
                await call()
                raise type(lost)(*lost.args)
        if self.meanwhile is not None:
            with travelling(None):
                await self.meanwhile()
        return await call()

    def _die(self) -> None:
        self.dead = True
        raise Crash


_JOURNEY: ContextVar[Journey | None] = ContextVar("journey", default=None)


@contextmanager
def travelling(journey: Journey | None) -> Iterator[None]:
    """What runs inside, and only that, is counted and cut."""
    token = _JOURNEY.set(journey)
    try:
        yield
    finally:
        _JOURNEY.reset(token)


def watch_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on every call to storage and to a provider is a step of the journey it is in."""
    storage = ("get", "query", "query_pages", "insert", "put", "replace", "delete", "commit")
    lost_row = ServiceResponseError("the answer was lost")
    for name in storage:
        _watch(monkeypatch, Table, name, lost_row)
    _watch(monkeypatch, StorageQueues, "send", lost_row)
    _watch(monkeypatch, GraphClient, "_sent", ProviderSilent("the answer was lost"))
    _watch(monkeypatch, GoogleClient, "_sent", ProviderSilent("the answer was lost"))
    _watch_scan(monkeypatch, lost_row)
    for sign_in in (MicrosoftSignIn, GoogleSignIn):
        for name in ("finish", "refresh", "end"):
            _watch(monkeypatch, sign_in, name, ProviderUnavailable("the answer was lost"))
    _watch(monkeypatch, StandardWebhook, "_post", httpcore.ReadError("the answer was lost"))


def _watch(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, lost: Exception) -> None:
    real = getattr(owner, name)

    async def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        journey = _JOURNEY.get()
        if journey is None:
            return await real(self, *args, **kwargs)

        async def alone() -> Any:  # what it calls itself is no step of its own
            with travelling(None):
                return await real(self, *args, **kwargs)

        return await journey.step(f"{owner.__name__}.{name}", alone, lost)

    monkeypatch.setattr(owner, name, watched)


def _watch_scan(monkeypatch: pytest.MonkeyPatch, lost: Exception) -> None:
    real = Table.scan

    async def watched(self: Table, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        journey = _JOURNEY.get()

        async def all_rows() -> list[Any]:
            return [row async for row in real(self, *args, **kwargs)]

        if journey is None:
            rows = await all_rows()
        else:
            rows = await journey.step("Table.scan", all_rows, lost)
        for row in rows:
            yield row

    monkeypatch.setattr(Table, "scan", watched)
