"""F12: four requests in flight at a mailbox, and its rests: for every worker, in every process.

The log of the sandbox is the witness. What one process makes of each answer is in
test_outlook_limits.py.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.functions_host.activity import Activity
from sandbox.functions_host.process import host_process
from sandbox.request_log import LoggedRequest
from sandbox.stack import APP, Stack, free_port
from shared import services
from shared.domain.model import Calendar, CalendarKey
from shared.messages import Cause, SyncCalendar
from shared.store.queues import StorageQueues
from shared.store.tables import Table
from tests.flows.crm import body, put, reaches
from tests.flows.mailboxes import OWNERS, Owner, owner_of
from tests.flows.outlook import (
    Requests,
    all_read,
    busy_spans,
    look,
    span,
    until,
)
from tests.people import Person
from tests.storage import Storage

WORKERS = 8
REST = 600
PATIENCE = 180.0
_SERVICES = {"outlook": "graph", "google": "google"}
_DELTA = {"outlook": "delta", "google": "/events$"}
_PRESETS = {
    ("outlook", "decimal"): {"preset": "throttled", "retryAfter": f"{REST}.128"},
    ("outlook", "date"): {"preset": "throttled-date", "retryAfterDateSeconds": REST},
    ("google", "decimal"): {"preset": "google-user-rate-limit", "retryAfter": f"{REST}.128"},
    ("google", "date"): {"preset": "google-rate-limit-429", "retryAfterDateSeconds": REST},
}


@pytest.fixture(params=sorted(OWNERS))
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass
class Crowded:
    """A mailbox with as many calendars as there are workers, all chosen and read."""

    stack: Stack
    owner: Owner
    calendars: list[str]

    @property
    def keys(self) -> list[CalendarKey]:
        return [Calendar(self.owner.account, one).key for one in self.calendars]

    def asked(self, requests: Requests) -> list[LoggedRequest]:
        """The requests to its provider for this mailbox."""
        found = requests.find(service=_SERVICES[self.owner.provider])
        return [one for one in found if one.mailbox == self.owner.address]

    def most_in_flight(self, requests: Requests) -> int:
        """How many of those requests were in flight at once, at the most."""
        return max((one.in_flight for one in self.asked(requests)), default=0)

    def add_everywhere(self) -> list[tuple[datetime, datetime]]:
        """An event on each of its calendars; when they are."""
        spans = [span(3 + number) for number in range(WORKERS)]
        for calendar, when in zip(self.calendars, spans, strict=True):
            self.owner.add("Talk", when, calendar=calendar)
        return spans

    def throttle(self, form: str) -> Any:
        rule = _PRESETS[self.owner.provider, form]
        preset, rest = rule["preset"], {k: v for k, v in rule.items() if k != "preset"}
        return self.owner.fails(
            "throttled", preset=preset, path=_DELTA[self.owner.provider], **rest
        )

    async def rests_until(self) -> datetime | None:
        return (await services.ports().accounts.load(self.owner.account)).paused_until

    async def read_since(self, began: datetime) -> bool:
        """Whether each of its calendars has been read since then; some may wait for a place."""
        kept = [await services.ports().calendars.load(key) for key in self.keys]
        read = [one.state.checked_at for one in kept if one is not None]
        return len(read) == len(self.keys) and all(one is not None and one >= began for one in read)

    def slow(self, seconds: float) -> None:
        """The provider takes its time, so that requests meet."""
        world = self.stack.sandbox.world
        world.limits.settings.latency_seconds = seconds
        world.google.limits.settings.latency_seconds = seconds


async def crowded(person: Person, provider: str, storage: Storage, name: str = "olga") -> Crowded:
    """Connected, chosen and read; all is worked off."""
    owner = owner_of(person.stack, provider, name)
    untold(person.stack)
    others = [f"Other {number}" for number in range(1, WORKERS)]
    ids = [owner.add_calendar(one) for one in others]
    answer = await person.connect(owner.address, provider=provider)
    assert f"connected={provider}" in answer.headers["location"], answer.headers["location"]
    listed = (await person.calendars()).values()
    [default] = [one["name"] for one in listed if one["isDefault"]]
    await person.choose(default, *others)
    await all_read(person)
    await worked_off(person.stack, storage)
    return Crowded(person.stack, owner, [owner.default, *ids])


async def worked_off(stack: Stack, storage: Storage) -> None:
    """Waits until no calendar and no selection waits, not even for later."""

    async def empty() -> bool:
        return not {"sync-calendar", "apply-selection"} & (await storage.messages()).keys()

    await until(stack, empty, PATIENCE)


def untold(stack: Stack) -> None:
    """Nobody is notified: what is worked on is what the test has queued."""
    stack.sandbox.world.subscriptions.settings.losing_mailboxes = {"*"}
    stack.sandbox.world.google.channels.settings.losing = {"*"}


async def queued(*keys: CalendarKey) -> None:
    ports = services.ports()
    asked = [SyncCalendar(calendar=key, cause=Cause.SWEEP, at=ports.clock()) for key in keys]
    await asyncio.gather(*(ports.queues.send(one) for one in asked))


@pytest.fixture
def most_workers(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many invocations that sync a calendar ran at once, at the most."""
    most = [0]
    real = Activity.started

    def started(self: Activity, function: str) -> None:
        real(self, function)
        most[0] = max(most[0], self.counts["SyncCalendar"].running)

    monkeypatch.setattr(Activity, "started", started)
    return most


@pytest.fixture
def storage_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the application asks of tables and queues, in order."""
    seen: list[str] = []

    def noting(owner: Any, method: str) -> None:
        real = getattr(owner, method)

        def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
            seen.append(method)
            return real(self, *args, **kwargs)

        monkeypatch.setattr(owner, method, noted)

    for method in ("get", "scan", "query_pages", "insert", "put", "replace", "delete", "commit"):
        noting(Table, method)
    noting(StorageQueues, "send")
    return seen


async def test_f12_eight_workers_at_one_mailbox_have_four_requests_in_flight_at_most(
    stack: Stack,
    agent: Person,
    crm: Person,
    provider: str,
    storage: Storage,
    most_workers: list[int],
) -> None:
    box = await crowded(agent, provider, storage)
    most_workers[0] = 0
    box.slow(0.05)
    asked = Requests(stack)
    names = [f"viewing-{number}" for number in range(WORKERS)]
    viewings = [span(20 + number) for number in range(WORKERS)]

    async def lists() -> set[int]:
        path = agent.path("calendars")
        return {(await agent.call("GET", path)).status_code for _ in range(6)}

    talks = box.add_everywhere()
    codes = await asyncio.gather(
        lists(),
        lists(),
        queued(*box.keys),
        *(put(crm, one, body(when)) for one, when in zip(names, viewings, strict=True)),
    )
    for one in names:
        await reaches(crm, one, "synced")
    await worked_off(stack, storage)
    await queued(*box.keys)
    await until(stack, lambda: _read(agent, [*talks, *viewings]), PATIENCE)
    await worked_off(stack, storage)
    async with asyncio.timeout(PATIENCE):
        while most_workers[0] < WORKERS or box.most_in_flight(asked) < 3:
            await queued(*box.keys)
            await worked_off(stack, storage)

    assert most_workers[0] >= WORKERS
    assert 3 <= box.most_in_flight(asked) <= 4
    assert {one.outcome for one in box.asked(asked)} == {"answered"}
    assert codes[0] | codes[1] <= {200, 503}


async def test_f12_two_processes_share_the_four_places_and_the_rest(
    stack: Stack, agent: Person, provider: str, storage: Storage, tmp_path: Path
) -> None:
    box = await crowded(agent, provider, storage)
    box.slow(0.05)
    asked = Requests(stack)
    port, log = free_port(0), tmp_path / "functions.log"
    second = host_process(APP, environ=stack.settings, port=port, log=log)
    async with second as url, httpx.AsyncClient(trust_env=False, timeout=60) as http:

        async def runs() -> int:
            found = (await http.get(f"{url}/host/status")).json()["functions"]["SyncCalendar"]
            return int(found["succeeded"])

        async def calendars() -> httpx.Response:
            headers = {"Authorization": f"Bearer {agent.token}"}
            return await http.get(f"{url}/api{agent.path('calendars')}", headers=headers)

        while await runs() < WORKERS or box.most_in_flight(asked) < 2:
            await queued(*box.keys)
            await asyncio.gather(calendars(), agent.call("GET", agent.path("calendars")))
            await worked_off(stack, storage)
        here = stack.host.activity.counts["SyncCalendar"].succeeded
        assert here >= WORKERS
        assert 2 <= box.most_in_flight(asked) <= 4
        assert {one.outcome for one in box.asked(asked)} == {"answered"}

        box.slow(0)
        thrown = box.throttle("decimal")
        await queued(box.keys[0])

        async def resting() -> bool:
            return await box.rests_until() is not None

        await until(stack, resting, PATIENCE)
        before = Requests(stack)
        await queued(*box.keys)

        async def all_wait() -> bool:
            return (await http.get(f"{url}/host/idle")).json()["delayed"] >= WORKERS

        await until(stack, all_wait, PATIENCE)
        refused = await calendars()
        assert thrown.fired == 1
        assert (refused.status_code, refused.json()["code"]) == (503, "throttled")
        assert REST - 60 < int(refused.headers["retry-after"]) <= REST + 1
        assert box.asked(before) == []


@pytest.mark.parametrize("form", ["decimal", "date"])
async def test_f12_a_rest_holds_for_all_workers_over_a_restart_and_for_no_other_mailbox(
    stack: Stack,
    agent: Person,
    other: Person,
    provider: str,
    form: str,
    storage: Storage,
    pass_time: Callable[[timedelta], None],
) -> None:
    box = await crowded(agent, provider, storage)
    free = await crowded(other, provider, storage, "fred")
    thrown, before = box.throttle(form), services.now()
    await look(stack, box.keys[0])
    rests = await box.rests_until()
    assert thrown.fired == 1
    assert rests is not None
    assert before + timedelta(seconds=REST - 1) < rests
    assert rests < services.now() + timedelta(seconds=REST + 1)

    first = services.ports()
    await services.close()
    assert services.ports() is not first
    assert await box.rests_until() == rests

    asked = Requests(stack)
    talks = box.add_everywhere()
    await agent.settled()
    for wait in (timedelta(0), rests - services.now() - timedelta(seconds=PATIENCE)):
        pass_time(wait)
        began = services.now()
        await look(stack, *box.keys, *free.keys)
        await until(stack, partial(free.read_since, began), PATIENCE)
        refused = await agent.call("GET", agent.path("calendars"))
        assert refused.status_code == 503
    assert services.now() < rests
    assert box.asked(asked) == []
    assert {one.status for one in free.asked(asked)} == {200}
    assert len(free.asked(asked)) >= 2 * WORKERS
    assert len(await other.calendars()) == WORKERS

    pass_time(timedelta(seconds=PATIENCE + 1))
    await look(stack, *box.keys)
    await until(stack, lambda: _read(agent, talks), PATIENCE)


async def _read(person: Person, expected: list[tuple[datetime, datetime]]) -> bool:
    return await busy_spans(person) == expected


async def test_f12_messages_for_a_mailbox_that_rests_wait_on_the_queue_and_ask_nothing(
    stack: Stack, agent: Person, provider: str, storage: Storage, storage_calls: list[str]
) -> None:
    box = await crowded(agent, provider, storage)
    box.throttle("decimal")
    await look(stack, box.keys[0])
    counts = stack.host.activity.counts["SyncCalendar"]
    asked, ran = Requests(stack), counts.started
    storage_calls.clear()

    await look(stack, *box.keys, *box.keys)

    messages = 2 * WORKERS
    assert counts.started - ran == messages
    assert box.asked(asked) == []
    assert (await storage.messages())["sync-calendar"] == messages + 1
    depth = (await stack.host.status())["queues"]["sync-calendar"]
    assert (depth["visible"], depth["delayed"]) == (0, messages + 1)
    # To ask for it, and then: the calendar, the account, and back to the queue.
    assert len(storage_calls) <= 4 * messages


async def test_f12_messages_that_find_no_place_come_again_once_a_second_at_most(
    stack: Stack,
    agent: Person,
    provider: str,
    storage: Storage,
    storage_calls: list[str],
    pass_time: Callable[[timedelta], None],
) -> None:
    box = await crowded(agent, provider, storage)
    ports, now = services.ports(), services.now()
    for name in ("1", "2", "3"):
        record = await ports.accounts.load(box.owner.account)
        assert await ports.accounts.take_lease(record, [name], now, now + timedelta(minutes=10))
    counts = stack.host.activity.counts["SyncCalendar"]
    asked, ran, began = Requests(stack), counts.started, time.monotonic()
    storage_calls.clear()
    await queued(*box.keys)

    async def seen_three_times() -> bool:
        return counts.started - ran >= 3 * WORKERS

    await until(stack, seen_three_times, PATIENCE)
    took, runs = time.monotonic() - began, counts.started - ran

    assert runs <= WORKERS * (took + 2)
    assert len(storage_calls) <= WORKERS + 8 * runs
    assert box.asked(asked) == []

    async def all_wait() -> bool:
        return (await storage.messages())["sync-calendar"] == WORKERS

    await until(stack, all_wait, PATIENCE)

    pass_time(timedelta(minutes=10, seconds=1))
    await worked_off(stack, storage)
    assert len(box.asked(asked)) >= WORKERS
