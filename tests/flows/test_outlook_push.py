"""Push: notifications, subscriptions and their ends, the sweep, and what polling covers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.faults import rule_from_json
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.microsoft.subscriptions.model import Subscription
from sandbox.stack import Stack
from shared import services
from shared.domain.due import minute_slot
from shared.domain.model import CalendarKey, PushStatus
from shared.flows.sweep import sweep
from shared.messages import Cause
from tests.flows.outlook import (
    OLGA,
    Requests,
    add,
    all_read,
    busy_spans,
    connected,
    connection,
    day,
    key_of,
    look,
    new_mailbox,
    span,
    spans,
    state_of,
    until,
    worked_off,
)
from tests.people import Person
from tests.storage import Storage

if TYPE_CHECKING:
    from tests.conftest import Clock

PassTime = Callable[[timedelta], None]
LIFE = timedelta(minutes=10_000)


@pytest.fixture
def mailbox(stack: Stack) -> Mailbox:
    return new_mailbox(stack)


@pytest.fixture
def key(stack: Stack, mailbox: Mailbox) -> CalendarKey:
    return key_of(stack, OLGA)


def live(stack: Stack) -> Subscription:
    [found] = stack.sandbox.world.subscriptions.live()
    return found


async def rosters(storage: Storage, key: CalendarKey) -> set[str]:
    found = [name[1] for name in await storage.rows("roster") if name[2] == key]
    assert {name.partition("|")[2] for name in found} == {f"{minute_slot(key):02d}"}
    return {name.partition("|")[0] for name in found}


async def test_a_notification_leads_to_a_busy_change(agent: Person, mailbox: Mailbox) -> None:
    await connected(agent)

    event = add(mailbox, span(3))
    await agent.settled()
    assert await busy_spans(agent) == [span(3)]

    later = span(4)
    mailbox.update_event(event, start=later[0], end=later[1])
    await agent.settled()
    assert await busy_spans(agent) == [later]

    mailbox.delete_event(event)
    await agent.settled()
    assert await busy_spans(agent) == []


async def test_notifications_that_come_twice_early_and_in_disorder(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    settings = stack.sandbox.world.subscriptions.settings
    settings.hostile = True
    settings.duplicate_probability, settings.early_probability = 1.0, 0.0
    settings.delay_seconds = (0.0, 0.1)
    await connected(agent)

    events = [add(mailbox, span(n)) for n in range(3, 13)]
    for event in events[::2]:
        mailbox.delete_event(event)
    await agent.settled()

    assert await busy_spans(agent) == [span(n) for n in range(4, 13, 2)]


async def test_a_notification_that_comes_before_delta_shows_the_change_is_looked_at_again(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey, storage: Storage
) -> None:
    await connected(agent)
    mailbox.faults.delta_lag_seconds = 3600

    before = services.now()
    add(mailbox, span(3))
    await agent.settled()
    state = await state_of(key)
    assert await busy_spans(agent) == []
    assert state.recheck_at is not None
    assert before <= state.recheck_at - timedelta(seconds=15) <= services.now()
    assert (await storage.messages())["sync-calendar"] >= 1

    mailbox.faults.delta_lag_seconds = 0
    await look(stack, key, cause=Cause.RECHECK)
    assert await busy_spans(agent) == [span(3)]


async def test_a_burst_of_notifications_leads_to_few_requests(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    settings = stack.sandbox.world.subscriptions.settings
    settings.hostile = True  # each creation is followed by updates
    settings.duplicate_probability, settings.early_probability = 0.5, 0.0
    settings.delay_seconds, settings.batch_seconds = (0.0, 0.5), 0.0
    await connected(agent)
    asked = Requests(stack)
    posts = len(stack.sandbox.world.subscriptions.delivery.attempts)
    start = day(3)
    expected = [
        (start + n * timedelta(hours=2), start + (2 * n + 1) * timedelta(hours=1))
        for n in range(200)
    ]

    for when in expected:
        add(mailbox, when)
    await agent.settled()

    sent = stack.sandbox.world.subscriptions.delivery.attempts[posts:]
    assert sum(len(attempt.items) for attempt in sent) > 400
    assert await busy_spans(agent) == expected
    assert 1 <= len(asked.find()) <= 40


async def test_a_replayed_notification_changes_nothing(
    stack: Stack, agent: Person, mailbox: Mailbox, storage: Storage
) -> None:
    await connected(agent)
    add(mailbox, span(3))
    await agent.settled()
    before = await storage.rows("calendars")

    stack.sandbox.world.subscriptions.replay(live(stack).id, 1)
    await agent.settled()

    after = await storage.rows("calendars")
    changed = {name[2] for name in after if after[name] != before.get(name)}
    assert changed <= {"state"}
    assert after.keys() == before.keys()


async def test_the_sweep_queues_the_calendars_of_its_slots_only(
    stack: Stack, agent: Person, mailbox: Mailbox, storage: Storage, clock: "Clock"
) -> None:
    names = [f"Other {n}" for n in range(8)]
    ids = {mailbox.create_calendar(name).id: name for name in names}
    await connected(agent, OLGA, *names)
    await all_read(agent)
    await worked_off(stack, storage)
    primary = key_of(stack, OLGA)
    polled = {key_of(stack, OLGA, name): one for one, name in ids.items()}
    assert await rosters(storage, primary) == {"push"}
    assert {r for key in polled for r in await rosters(storage, key)} == {"poll"}
    paths = {mailbox.default_calendar.id: primary} | {one: key for key, one in polled.items()}

    def due(*minutes: int) -> set[CalendarKey]:
        found = {k for k in polled for m in minutes if minute_slot(k) % 5 == m % 5}
        return found | ({primary} if minute_slot(primary) in minutes else set())

    async def swept(last: datetime | None, expected: set[CalendarKey]) -> None:
        await worked_off(stack, storage)
        asked = Requests(stack)
        assert await sweep(services.ports(), last) == len(expected)
        await worked_off(stack, storage)
        assert {paths[request.path.split("/")[4]] for request in asked.deltas()} == expected

    for minute in (minute_slot(primary), minute_slot(next(iter(polled))), 0):
        now = services.now()
        clock.ahead += timedelta(minutes=(minute - now.minute) % 60 + 60, seconds=-now.second)
        await swept(None, due(minute))
    clock.ahead += timedelta(minutes=3)  # two ticks were missed
    await swept(services.now() - timedelta(minutes=3), due(1, 2, 3))


async def test_the_sweep_writes_nothing_to_keep_time(
    stack: Stack, agent: Person, writes: list[tuple[str, str, str]], clock: "Clock"
) -> None:
    clock.ahead = timedelta(minutes=1)
    await stack.host.run_timer("Sweep")

    assert writes == []


async def test_a_calendar_moves_from_the_dense_roster_once_it_has_push(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey, storage: Storage
) -> None:
    settings = stack.sandbox.world.subscriptions.settings
    rule = {"preset": "unavailable-no-header", "method": "POST", "path": "/subscriptions"}
    stack.sandbox.world.faults.add(rule_from_json(rule))

    await connected(agent)
    assert settings.refused_mailboxes == set()
    assert await rosters(storage, key) == {"poll"}
    assert (await state_of(key)).push.status is PushStatus.NONE
    assert await busy_spans(agent) == []  # read all the same

    await look(stack, key)
    assert await rosters(storage, key) == {"push"}
    assert (await state_of(key)).push.status is PushStatus.ACTIVE


async def test_a_mailbox_that_refuses_subscriptions_is_polled_and_asked_again_after_a_day(
    stack: Stack,
    agent: Person,
    mailbox: Mailbox,
    key: CalendarKey,
    storage: Storage,
    pass_time: PassTime,
) -> None:
    settings = stack.sandbox.world.subscriptions.settings
    settings.refused_mailboxes = {OLGA}
    await connected(agent)
    assert (await state_of(key)).push.status is PushStatus.REFUSED
    assert await rosters(storage, key) == {"poll"}
    asked = Requests(stack)

    add(mailbox, span(3))
    now = services.now()
    wait = timedelta(minutes=(minute_slot(key) - now.minute) % 5, seconds=-now.second)
    pass_time(wait if wait > timedelta() else wait + timedelta(minutes=5))
    await stack.host.run_timer("Sweep")
    await agent.settled()
    assert await busy_spans(agent) == [span(3)]
    assert asked.find("POST", "/subscriptions") == []

    settings.refused_mailboxes = set()
    pass_time(timedelta(hours=24))
    await look(stack, key)
    assert (await state_of(key)).push.subscription_id == live(stack).id
    assert await rosters(storage, key) == {"push"}


async def test_a_subscription_that_vanished_silently_is_covered_by_the_sweep_and_replaced(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey, pass_time: PassTime
) -> None:
    await connected(agent)
    lost = live(stack).id
    stack.sandbox.world.subscriptions.remove(lost)
    add(mailbox, span(3))
    await agent.settled()
    assert await busy_spans(agent) == []

    await look(stack, key)
    assert await busy_spans(agent) == [span(3)]

    pass_time(LIFE * 2 / 3 + timedelta(hours=1))
    asked = Requests(stack)
    await look(stack, key)
    assert [r.status for r in asked.find("PATCH", f"/subscriptions/{lost}")] == [404]
    assert [r.status for r in asked.find("POST", "/subscriptions")] == [201]
    assert (await state_of(key)).push.subscription_id == live(stack).id != lost

    add(mailbox, span(9))
    await agent.settled()
    assert span(9) in await busy_spans(agent)


async def test_a_subscription_that_was_removed_is_made_anew_at_once_and_the_gap_is_read(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey
) -> None:
    await connected(agent)
    first = live(stack)
    first.silent = True
    add(mailbox, span(3))
    await agent.settled()

    stack.sandbox.world.subscriptions.lifecycle(first, "subscriptionRemoved")
    await agent.settled()

    assert await busy_spans(agent) == [span(3)]
    assert (await state_of(key)).push.subscription_id == live(stack).id != first.id


async def test_missed_notifications_are_made_up_for(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    await connected(agent)
    subscription = live(stack)
    subscription.silent = True
    add(mailbox, span(3))

    stack.sandbox.world.subscriptions.lifecycle(subscription, "missed")
    await agent.settled()

    assert await busy_spans(agent) == [span(3)]


async def test_a_subscription_is_authorised_anew_once_in_ten_minutes(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey, pass_time: PassTime
) -> None:
    await connected(agent)
    subscription = live(stack)

    async def renewals(asks: int) -> int:
        asked = Requests(stack)
        for _ in range(asks):
            stack.sandbox.world.subscriptions.lifecycle(subscription, "reauthorizationRequired")
            await agent.settled()
        assert asked.find("POST", "reauthorize") == []
        return len(asked.find("PATCH", "/subscriptions/"))

    assert await renewals(1) == 0  # just made
    pass_time(timedelta(minutes=11))
    assert await renewals(3) == 1
    pass_time(timedelta(minutes=9))
    assert await renewals(1) == 0
    pass_time(timedelta(minutes=2))
    assert await renewals(2) == 1
    assert live(stack) is subscription


async def test_a_subscription_is_renewed_with_a_third_of_its_life_left(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey, pass_time: PassTime
) -> None:
    await connected(agent)
    subscription = live(stack)
    asked = Requests(stack)

    pass_time(LIFE * 2 / 3 - timedelta(hours=1))
    await look(stack, key)
    assert asked.find("PATCH", "/subscriptions/") == []

    pass_time(timedelta(hours=2))
    await look(stack, key)
    assert [r.status for r in asked.find("PATCH", "/subscriptions/")] == [200]
    state = await state_of(key)
    assert state.push.expires_at is not None
    assert abs(state.push.expires_at - services.now() - LIFE) < timedelta(minutes=1)
    assert live(stack) is subscription
    assert abs(subscription.expires_at - state.push.expires_at) < timedelta(seconds=2)

    await look(stack, key)
    assert len(asked.find("PATCH", "/subscriptions/")) == 1


async def test_a_subscription_that_ran_out_is_made_anew(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey, pass_time: PassTime
) -> None:
    await connected(agent)
    pass_time(LIFE + timedelta(days=1))
    assert stack.sandbox.world.subscriptions.live() == []

    await look(stack, key)

    assert (await state_of(key)).push.subscription_id == live(stack).id


async def test_a_subscription_that_a_crash_left_behind_is_replaced(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.flows.sync_calendar import sync_calendar
    from shared.messages import SyncCalendar
    from shared.store.calendars import TableCalendarStore

    rule = {"preset": "unavailable-no-header", "method": "POST", "path": "/subscriptions"}
    stack.sandbox.world.faults.add(rule_from_json(rule))
    await connected(agent)
    ports = services.ports()

    async def crash(*_: object) -> None:
        raise RuntimeError("the process ended here")

    with monkeypatch.context() as broken:
        broken.setattr(TableCalendarStore, "commit", crash)
        message = SyncCalendar(calendar=key, cause=Cause.SWEEP, at=ports.clock())
        with pytest.raises(RuntimeError):
            await sync_calendar(message, ports)
    orphan = live(stack)

    await look(stack, key)

    assert live(stack) is not orphan
    assert (await state_of(key)).push.subscription_id == live(stack).id


async def test_a_poison_message_parks_its_calendar_visibly_until_a_run_succeeds(
    stack: Stack, agent: Person, admin: Person, mailbox: Mailbox, key: CalendarKey
) -> None:
    add(mailbox, span(3))
    await connected(agent)
    rule = {"status": 418, "code": "Teapot", "path": "calendarView", "count": None}
    stack.sandbox.world.faults.add(rule_from_json(rule))

    await look(stack, key)

    async def parked() -> bool:
        problem = (await state_of(key)).problem
        return problem is not None

    await until(stack, parked)
    found = await agent.busy(day(1), 30)
    assert not found["complete"]
    assert spans(found) == [(day(1), day(31))]
    [calendar] = found["calendars"]
    assert (calendar["status"], calendar["reason"]) == ("unreadable", "parked")
    status = await connection(agent)
    assert (status["status"], status["problem"]["code"]) == ("degraded", "parked")
    [member] = (await admin.call("GET", "/locations/loc1/users")).json()["users"]
    assert member["health"][0]["problem"]["code"] == "parked"

    stack.sandbox.world.faults.clear()
    await look(stack, key)
    assert await busy_spans(agent) == [span(3)]
    assert (await connection(agent))["status"] == "connected"


async def test_the_answers_to_notifications_come_without_storage_or_graph(
    stack: Stack, agent: Person, mailbox: Mailbox, writes: list[tuple[str, str, str]]
) -> None:
    await connected(agent)
    subscription, asked = live(stack), Requests(stack)
    writes.clear()
    forged = f"{'0' * 32}.{'A' * 43}"
    body = {"value": [{"clientState": forged, "subscriptionId": subscription.id}]}

    answer = await agent.http.post(subscription.notification_url, json=body)
    await agent.settled()

    assert answer.status_code == 202
    assert (writes, asked.find()) == ([], [])
    assert services.now().tzinfo is UTC
