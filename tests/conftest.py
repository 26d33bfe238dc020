"""The whole stack for tests: Azurite, the sandbox, and the functions, over real HTTP.

One stack a test process; before each test that uses it storage is emptied and the sandbox reset.
"""

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings

from sandbox.azurite import shared_azurite
from sandbox.stack import Stack, running_stack
from shared import services
from tests.people import PATIENCE, Person
from tests.storage import Storage

settings.register_profile(
    "same every time",
    derandomize=True,
    deadline=None,
    max_examples=60,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("same every time")


class Clock:
    """The application's clock, which tests may move; it moves the sandbox's with it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


CLOCK = Clock()
# Before any test module is imported: some modules of the application take the function by name.
services.now = CLOCK


@pytest.fixture(scope="session")
async def started_stack() -> AsyncIterator[Stack]:
    quick = {"extensions": {"queues": {"visibilityTimeout": "00:00:00", "batchSize": 16}}}
    async with running_stack(shared_azurite(), host_json=quick) as stack:
        yield stack
        await services.close()


@pytest.fixture(scope="session")
async def opened_storage(started_stack: Stack) -> AsyncIterator[Storage]:
    async with Storage(started_stack.azurite.connection_string) as storage:
        yield storage


@pytest.fixture
async def storage(opened_storage: Storage) -> Storage:
    """Direct sight of tables and queues."""
    return opened_storage


async def _a_whole_day() -> None:
    """Tests count days from today, here and in Berlin: none begins right before the next one."""
    for zone in (UTC, ZoneInfo("Europe/Berlin")):
        now = datetime.now(zone)
        midnight = datetime.combine(now.date() + timedelta(days=1), time(), zone)
        left = midnight.astimezone(UTC) - now.astimezone(UTC)
        if left < timedelta(minutes=2):
            await asyncio.sleep(left.total_seconds())


@pytest.fixture
async def stack(started_stack: Stack, opened_storage: Storage) -> AsyncIterator[Stack]:
    """The stack in its first state."""
    await _a_whole_day()
    # What the test before has left for later comes no more, and what of it runs has ended.
    await opened_storage.clear_queues()
    await started_stack.host.wait_idle(PATIENCE)
    CLOCK.ahead = timedelta()
    started_stack.sandbox.world.reset()
    started_stack.sandbox.world.subscriptions.settings.retry_delays = (0.01, 0.02)
    await opened_storage.empty()
    yield started_stack
    await started_stack.host.wait_idle(PATIENCE)


@pytest.fixture
def clock(stack: Stack) -> Clock:
    """Moves the application's time: `clock.ahead = timedelta(hours=3)`."""
    return CLOCK


@pytest.fixture
async def agent(stack: Stack) -> AsyncIterator[Person]:
    """An agent of location `loc1` who has not connected anything."""
    async with Person(stack, "agent1", {"loc1": "agent"}, "Agnes One") as person:
        yield person


@pytest.fixture
async def admin(stack: Stack) -> AsyncIterator[Person]:
    """An admin of location `loc1`."""
    async with Person(stack, "admin1", {"loc1": "admin"}, "Adam Min") as person:
        yield person


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what tests have counted, such as the points at which flows were cut short.

    Into the file COUNTED too, as JSON, if that is in the environment.
    """
    counted: Counter[str] = Counter()
    ended = terminalreporter.stats
    for report in (*ended.get("passed", []), *ended.get("failed", [])):
        counted.update({name: value for name, value in report.user_properties})
    for name, value in sorted(counted.items()):
        terminalreporter.write_line(f"{name.replace('_', ' ')}: {value:,}")
    if kept := os.environ.get("COUNTED"):
        Path(kept).write_text(json.dumps(counted, sort_keys=True), "utf-8")
