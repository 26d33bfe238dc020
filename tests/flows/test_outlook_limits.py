"""What a mailbox allows, what comes back to the queue, and runs that race or end half way."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from sandbox.faults import FaultRule, rule_from_json
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.request_log import LogFilter
from sandbox.stack import Stack
from shared import services
from shared.domain.model import CalendarKey
from shared.domain.records import CalendarPartition
from shared.errors import ProviderUnavailable, StoreConflict
from shared.flows.sync_calendar import sync_calendar
from shared.messages import Cause, SyncCalendar
from shared.store import calendar_rows
from shared.store.calendars import TableCalendarStore
from shared.store.tables import Table
from shared.triggers.retries import attempted
from tests.flows.outlook import (
    OLGA,
    Requests,
    account_of,
    add,
    add_series,
    all_read,
    busy_spans,
    configuration,
    connected,
    connection,
    day,
    key_of,
    look,
    new_mailbox,
    reasons,
    span,
    state_of,
    until,
    weeks,
    worked_off,
)
from tests.people import ADELE, PATIENCE, Person
from tests.storage import Row, Storage

Write = tuple[str, str, str]


@pytest.fixture
def mailbox(stack: Stack) -> Mailbox:
    return new_mailbox(stack)


@pytest.fixture
def key(stack: Stack, mailbox: Mailbox) -> CalendarKey:
    return key_of(stack, OLGA)


def fault(stack: Stack, **rule: object) -> FaultRule:
    return stack.sandbox.world.faults.add(rule_from_json(rule))


def message(key: CalendarKey, cause: Cause = Cause.SWEEP) -> SyncCalendar:
    return SyncCalendar(calendar=key, cause=cause, at=services.now())


async def run(key: CalendarKey) -> str:
    """One run, past the queue."""
    return (await sync_calendar(message(key), services.ports())).outcome


async def durable(storage: Storage) -> dict[Row, dict[str, object]]:
    """What is kept, without the places in flight."""
    rows = await storage.rows()
    return {name: row for name, row in rows.items() if not name[2].startswith("lease|")}


@pytest.mark.parametrize(
    "rule",
    [
        {"preset": "throttled", "retryAfter": "600.128"},
        {"preset": "throttled-date", "retryAfterDateSeconds": 600},
        {"preset": "mailbox-concurrency", "retryAfter": "600"},
        {"preset": "unavailable", "retryAfter": "600"},
    ],
    ids=["decimal", "date", "concurrency", "503"],
)
async def test_a_wait_that_is_asked_for_is_obeyed_by_the_whole_mailbox(
    stack: Stack,
    agent: Person,
    mailbox: Mailbox,
    storage: Storage,
    pass_time: Callable[[timedelta], None],
    rule: dict[str, object],
) -> None:
    mailbox.create_calendar("Second")
    await connected(agent, OLGA, "Second")
    await worked_off(stack, storage)
    keys = key_of(stack, OLGA), key_of(stack, OLGA, "Second")
    thrown, before = fault(stack, **rule, path="delta"), services.now()
    await look(stack, keys[0])

    assert thrown.fired == 1
    assert (await storage.messages())["sync-calendar"] == 1
    rests = (await services.ports().accounts.load(account_of(stack, OLGA))).paused_until
    assert rests is not None
    assert before + timedelta(seconds=599) < rests < services.now() + timedelta(seconds=601)

    asked = Requests(stack)
    await look(stack, *keys)
    pass_time(rests - services.now() - timedelta(seconds=90))
    await look(stack, *keys)
    refused = await agent.call("GET", agent.path("calendars"))
    assert services.now() < rests
    assert asked.find() == []
    assert (refused.status_code, refused.json()["code"]) == (503, "throttled")
    assert 1 <= int(refused.headers["retry-after"]) <= 90
    assert (await connection(agent))["status"] == "connected"

    pass_time(timedelta(seconds=91))
    add(mailbox, span(3))
    await look(stack, *keys)
    assert await busy_spans(agent) == [span(3)]


async def test_a_mailbox_that_rests_does_not_hold_up_another(
    stack: Stack, agent: Person, other: Person, mailbox: Mailbox, key: CalendarKey
) -> None:
    await connected(agent)
    await connected(other, ADELE)
    fault(stack, preset="throttled", retryAfter="600", path="delta", mailbox=OLGA)
    await look(stack, key)
    asked = Requests(stack)

    await look(stack, key, key_of(stack, ADELE))

    assert {request.mailbox for request in asked.deltas()} == {ADELE}


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("preset", ["unavailable-no-header", "bad-gateway", "internal", "cut"])
async def test_what_may_heal_goes_back_to_the_queue_and_blames_nobody(
    stack: Stack,
    agent: Person,
    mailbox: Mailbox,
    key: CalendarKey,
    storage: Storage,
    preset: str,
) -> None:
    add(mailbox, span(3))
    await connected(agent)
    waiting = (await storage.messages()).get("sync-calendar", 0)
    before = await durable(storage)
    thrown = fault(stack, preset=preset, path="delta")

    await look(stack, key)

    assert thrown.fired == 1
    assert (await storage.messages())["sync-calendar"] == waiting + 1
    assert await durable(storage) == before
    assert await busy_spans(agent) == [span(3)]
    assert (await connection(agent))["status"] == "connected"
    mailbox.create_event(start=span(4)[0], end=span(4)[1])
    await agent.settled()
    assert await busy_spans(agent) == [span(3), span(4)]


async def test_a_page_that_fails_in_mid_round_keeps_nothing_of_the_round(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey, storage: Storage
) -> None:
    kept = add(mailbox, span(3))
    await connected(agent)
    stack.sandbox.world.subscriptions.settings.losing_mailboxes = {OLGA}
    mailbox.faults.empty_pages = 2
    thrown = fault(stack, preset="unavailable-no-header", query="skiptoken", count=None)
    mailbox.delete_event(kept)
    add(mailbox, span(4))
    before = await durable(storage)

    with pytest.raises(ProviderUnavailable):
        await run(key)

    assert thrown.fired >= 1
    assert await durable(storage) == before
    stack.sandbox.world.faults.clear()
    await look(stack, key)
    assert await busy_spans(agent) == [span(4)]


async def test_of_two_runs_that_race_one_discards_itself(
    stack: Stack,
    agent: Person,
    mailbox: Mailbox,
    key: CalendarKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As in two processes, where neither waits for the other.
    monkeypatch.setattr("shared.flows.sync_calendar._turn", lambda _: asyncio.Lock())
    await connected(agent)
    stack.sandbox.world.subscriptions.settings.losing_mailboxes = {OLGA}
    add(mailbox, span(3))
    both, load = asyncio.Barrier(2), TableCalendarStore.load

    async def loaded(self: TableCalendarStore, key: CalendarKey) -> CalendarPartition | None:
        """Neither goes on before the other has seen the calendar as it was."""
        found = await load(self, key)
        await both.wait()
        return found

    with monkeypatch.context() as together:
        together.setattr(TableCalendarStore, "load", loaded)
        async with asyncio.timeout(PATIENCE):
            outcomes = await asyncio.gather(run(key), run(key), return_exceptions=True)

    assert sorted(map(str, map(type, outcomes))) == sorted(map(str, (str, StoreConflict)))
    assert await busy_spans(agent) == [span(3)]


async def test_of_a_burst_in_one_process_one_run_reads_and_the_others_see_it(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey
) -> None:
    await connected(agent)
    stack.sandbox.world.subscriptions.settings.losing_mailboxes = {OLGA}
    add(mailbox, span(3))
    asked = stack.sandbox.world.log.find(LogFilter(service="graph"))[-1].number
    told = message(key)

    ports = services.ports()
    runs = await asyncio.gather(*(sync_calendar(told, ports) for _ in range(8)))

    assert sorted(one.outcome for one in runs) == [*["seen_already"] * 7, "synced"]
    rounds = stack.sandbox.world.log.find(LogFilter(service="graph", after=asked))
    assert len(rounds) == sum(one.requests for one in runs)
    assert await busy_spans(agent) == [span(3)]


@pytest.mark.usefixtures("patient")
async def test_a_run_that_lost_its_race_is_queued_again(stack: Stack, storage: Storage) -> None:
    async def lost(*_: object) -> None:
        raise StoreConflict

    await attempted(message(CalendarKey("0" * 32)), lost, services.ports())

    assert (await storage.messages())["sync-calendar"] == 1


@pytest.mark.parametrize("transactions", ["one", "staged"])
async def test_a_run_whose_commit_fails_leaves_storage_as_it_was(
    stack: Stack,
    agent: Person,
    mailbox: Mailbox,
    key: CalendarKey,
    storage: Storage,
    monkeypatch: pytest.MonkeyPatch,
    transactions: str,
) -> None:
    first = span(4)
    series = add_series(mailbox, first, 10)
    await connected(agent, OLGA, recurringEvents="every")
    stack.sandbox.world.subscriptions.settings.losing_mailboxes = {OLGA}
    before = await durable(storage)
    mailbox.delete_occurrence(series, weeks(first, 10)[1][0])
    add(mailbox, span(3))

    async def crash(*_: object) -> None:
        raise RuntimeError("the process ended here")

    with monkeypatch.context() as broken:
        broken.setattr(Table, "commit", crash)
        if transactions == "staged":
            broken.setattr(calendar_rows, "OPERATIONS", 2)
        with pytest.raises(RuntimeError):
            await run(key)

    after = await durable(storage)
    assert {name: after[name] for name in before} == before
    assert (transactions == "staged") == (after.keys() > before.keys())
    assert await busy_spans(agent) == weeks(first, 10)

    assert await run(key) == "synced"
    assert await busy_spans(agent) == sorted([span(3), *weeks(first, 10, skip=[1])])


async def test_a_mirror_too_large_for_one_transaction_is_kept_whole(
    stack: Stack,
    agent: Person,
    mailbox: Mailbox,
    key: CalendarKey,
    storage: Storage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calendar_rows, "OPERATIONS", 4)
    first = span(4)
    series = add_series(mailbox, first, 30)
    await connected(agent, OLGA, recurringEvents="every")
    assert await busy_spans(agent) == weeks(first, 11)

    mailbox.delete_event(series)
    add(mailbox, span(3))
    await agent.settled()
    for _ in range(4):  # rows of a former generation go a few at a time
        await look(stack, key)
    assert await busy_spans(agent) == [span(3)]

    await agent.call("DELETE", agent.path("connections/outlook"))

    async def nothing_left() -> bool:
        # The feed of the location stays: it is the CRM's; and who did what there.
        return {name[0] for name in await storage.rows()} == {"audit", "changes", "locations"}

    await until(stack, nothing_left)


async def test_a_crash_between_push_and_read_leaves_nothing_undone(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey
) -> None:
    await agent.connect(OLGA)
    fault(stack, preset="cut", path="delta", count=1)
    add(mailbox, span(3))

    await agent.choose("Calendar")
    await look(stack, key)

    assert await busy_spans(agent) == [span(3)]
    [subscription] = stack.sandbox.world.subscriptions.live()
    assert (await state_of(key)).push.subscription_id == subscription.id


async def test_where_nothing_changed_only_the_state_row_is_written(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey, writes: list[Write]
) -> None:
    add_series(mailbox, span(4), 5)
    add(mailbox, span(3))
    await connected(agent)
    writes.clear()
    asked = Requests(stack)

    for _ in range(3):
        assert await run(key) == "synced"

    assert [w for w in writes if w[0] != "accounts"] == [("calendars", "commit", "state")] * 3
    assert {w[2].partition("|")[0] for w in writes if w[0] == "accounts"} == {"lease"}
    assert len(asked.find()) == 3


async def test_a_change_that_does_not_matter_writes_only_the_state_row(
    agent: Person, mailbox: Mailbox, writes: list[Write]
) -> None:
    event = add(mailbox, span(3))
    series = add_series(mailbox, span(4), 5)
    await connected(agent)
    writes.clear()

    mailbox.update_event(event, body="Other words", is_reminder_on=False)
    mailbox.update_event(series, categories=("Red",))
    await agent.settled()

    assert {w[2] for w in writes if w[0] == "calendars"} == {"state"}


async def test_messages_whose_cause_a_later_read_has_seen_ask_nothing(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey
) -> None:
    await connected(agent)
    earlier = message(key, Cause.NOTIFIED)
    await look(stack, key)
    asked = Requests(stack)

    assert (await sync_calendar(earlier, services.ports())).outcome == "seen_already"
    assert asked.find() == []


async def test_a_mailbox_is_never_asked_more_than_four_things_at_once(
    stack: Stack, agent: Person, elsewhere: Person, mailbox: Mailbox
) -> None:
    names = [f"Other {n}" for n in range(7)]
    for number, name in enumerate(names):
        add(mailbox, span(3 + number), calendar_id=mailbox.create_calendar(name).id)
    await agent.connect(OLGA)
    await elsewhere.connect(OLGA)
    wanted = await configuration(agent, "Calendar", *names)
    limits = stack.sandbox.world.limits
    limits.clear_maxima()
    limits.settings.latency_seconds = 0.03
    keys = [key_of(stack, OLGA, name) for name in ("Calendar", *names)]

    async def lists(person: Person) -> list[int]:
        path = person.path("calendars")
        return [(await person.call("GET", path)).status_code for _ in range(6)]

    async def choose(person: Person) -> None:
        async with asyncio.timeout(PATIENCE):
            while (answer := await person.configure(wanted)).status_code != 200:
                # Refused while the mailbox is busy, which is said.
                assert answer.status_code == 503, answer.text

    async def change() -> None:
        for _ in range(10):
            event = add(mailbox, span(20))
            await asyncio.sleep(0.05)
            mailbox.delete_event(event)

    found = await asyncio.gather(
        choose(agent),
        choose(elsewhere),
        change(),
        lists(agent),
        lists(elsewhere),
        elsewhere.connect(OLGA),
    )
    await look(stack, *keys, *keys)

    assert limits.maximum[OLGA] <= 4
    assert limits.refused[OLGA] == 0
    assert {code for codes in found[3:5] for code in codes} <= {200, 503}

    await all_read(agent)
    assert (await agent.busy(day(1), 15))["complete"]
    assert reasons(await agent.busy(day(1), 15)) == ["busy"] * 7


async def test_runs_that_wait_for_a_place_in_flight_come_to_no_harm(
    stack: Stack,
    agent: Person,
    mailbox: Mailbox,
    key: CalendarKey,
    storage: Storage,
    pass_time: Callable[[timedelta], None],
) -> None:
    """A process that died in a run leaves its place taken for ten minutes at most."""
    await connected(agent)
    ports, account = services.ports(), account_of(stack, OLGA)
    now = services.now()
    for name in ("1", "2", "3"):
        record = await ports.accounts.load(account)
        assert await ports.accounts.take_lease(record, [name], now, now + timedelta(minutes=10))
    asked = Requests(stack)
    await look(stack, key)
    assert asked.find() == []
    assert (await storage.messages())["sync-calendar"] >= 1
    assert len(await agent.calendars()) == 1  # the fourth place is for people who wait

    pass_time(timedelta(minutes=10, seconds=1))
    await look(stack, key)
    assert asked.deltas()
