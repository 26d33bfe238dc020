"""For tests of the whole stack: notifications come once and in order unless a test wants more."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.stack import Stack
from shared.credentials import vault
from shared.errors import OperatorFault, ProviderUnavailable, StoreConflict
from shared.flows import keep_appointment
from shared.triggers.retries import RETRIES, Again
from tests.flows.crashes import watch_steps
from tests.flows.cutting import Stage
from tests.flows.line import Line
from tests.flows.memory_tables import MemoryTables
from tests.people import Person

if TYPE_CHECKING:  # imported, it would be made a second time
    from tests.conftest import Clock


@pytest.fixture(autouse=True)
def _told_once(stack: Stack) -> None:
    settings = stack.sandbox.world.subscriptions.settings
    settings.hostile = False
    settings.delay_seconds = (0.0, 0.0)


@pytest.fixture
def pass_time(stack: Stack, clock: "Clock") -> Callable[[timedelta], None]:
    """Moves the time of the application and of the sandbox."""

    def forward(by: timedelta) -> None:
        clock.ahead += by
        stack.sandbox.world.clock.advance(by)

    return forward


@pytest.fixture
async def other(stack: Stack) -> AsyncIterator[Person]:
    """Another agent of location `loc1`."""
    async with Person(stack, "agent2", {"loc1": "agent"}, "Boris Two") as person:
        yield person


@pytest.fixture
async def elsewhere(stack: Stack) -> AsyncIterator[Person]:
    """The first agent, at a second location."""
    async with Person(stack, "agent1", {"loc2": "agent", "loc1": "agent"}, "Agnes One") as person:
        yield person


@pytest.fixture
async def crm(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Person]:
    """The CRM's service at location `loc1`. The messages that go ahead come at once."""
    monkeypatch.setattr(keep_appointment, "SAFETY_SECONDS", 0)
    async with Person(stack, "crm", {"loc1": "service"}, "The CRM") as service:
        yield service


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes back to its queue stays there, to be seen: a quarter of an hour, not seconds."""
    for error in (StoreConflict, ProviderUnavailable, OperatorFault):
        monkeypatch.setitem(RETRIES, error, Again(first=900))


Write = tuple[str, str, str]


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[Write]:
    """Every write to a table as (table, what, row), in order."""
    from shared.store.tables import Table

    seen: list[Write] = []

    def noting(method: str, rows: Callable[..., list[str]]) -> None:
        write = getattr(Table, method)

        async def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
            done = await write(self, *args, **kwargs)
            seen.extend((self._client.table_name, method, row) for row in rows(*args))
            return done

        monkeypatch.setattr(Table, method, noted)

    for method in ("insert", "put", "replace"):
        noting(method, lambda entity, *_: [entity["RowKey"]])
    noting("delete", lambda partition, row, *_: [row])
    noting("commit", lambda operations: [operation[1]["RowKey"] for operation in operations])
    return seen


@pytest.fixture
def stage(
    agent: Person,
    clock: "Clock",
    pass_time: Callable[[timedelta], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Stage:
    """Tables in memory, queues that the test works off, and no notification arrives.

    Nobody waits in place for a refresh that a dead worker has begun: that takes real time. What
    happens meanwhile happens in another process: it does not wait for the run that stands still.
    """
    monkeypatch.setattr("shared.flows.sync_calendar._turn", lambda _: asyncio.Lock())
    monkeypatch.setattr(vault, "_WAITS", (0.0,))
    agent.stack.sandbox.world.subscriptions.settings.losing_mailboxes = {"*"}
    tables, line = MemoryTables(), Line(pass_time)
    tables.stand_in(monkeypatch)
    line.keep_messages(monkeypatch)
    watch_steps(monkeypatch)
    return Stage(agent, clock, line, tables)
