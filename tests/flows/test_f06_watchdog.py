"""Calendars that are not kept up to date are noticed, told of once, and polled (F06, F09)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from sandbox.faults import rule_from_json
from sandbox.stack import Stack
from shared.domain.model import PushStatus, Roster
from shared.domain.watchdog import NO_PUSH, NOT_READ
from tests.flows.mailboxes import OWNERS
from tests.flows.outlook import busy_spans, connection, span
from tests.flows.trouble import Place, alarms, placed
from tests.people import Person
from tests.storage import Storage

PassTime = Callable[[timedelta], None]
MINUTE = timedelta(minutes=1)
STUCK = "calendar_stuck"


def fails(stack: Stack, method: str, path: str) -> None:
    """From here on, until the faults are cleared."""
    rule = {"preset": "unavailable-no-header", "method": method, "path": path, "count": None}
    stack.sandbox.world.faults.add(rule_from_json(rule))


async def rosters(storage: Storage, place: Place) -> set[str]:
    found = [name[1] for name in await storage.rows("roster") if name[2] == place.key]
    return {name.partition("|")[0] for name in found}


@pytest.mark.usefixtures("patient")
async def test_f06_a_calendar_that_cannot_be_read_raises_one_alarm_and_is_polled(
    stack: Stack,
    agent: Person,
    storage: Storage,
    pass_time: PassTime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    place = await placed(agent, "outlook")
    assert await rosters(storage, place) == {"push"}
    fails(stack, "GET", "calendarView")
    pass_time(timedelta(minutes=119))
    await place.look()
    assert alarms(caplog, STUCK) == []

    pass_time(2 * MINUTE)
    for _ in range(3):
        await place.look()
    [alarm] = alarms(caplog, STUCK)
    assert (alarm["calendar"], alarm["reason"]) == (place.key, NOT_READ)
    assert await rosters(storage, place) == {"poll"}
    assert (await place.health())["problem"]["code"] == NOT_READ

    stack.sandbox.world.faults.clear()
    await place.look()
    state = await place.state()
    assert (state.stuck, state.roster) == (None, Roster.PUSH)
    assert await rosters(storage, place) == {"push"}
    assert len(alarms(caplog, STUCK)) == 1


async def test_f06_a_channel_that_cannot_be_opened_anew_raises_one_alarm_and_is_polled(
    stack: Stack,
    agent: Person,
    storage: Storage,
    pass_time: PassTime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    place = await placed(agent, "outlook")
    [subscription] = stack.sandbox.world.subscriptions.live()
    fails(stack, "POST", "/subscriptions")
    stack.sandbox.world.subscriptions.lifecycle(subscription, "subscriptionRemoved")
    await place.settled()
    assert (await place.state()).push.status is PushStatus.NONE
    assert await rosters(storage, place) == {"poll"}
    assert alarms(caplog, STUCK) == []

    for _ in range(4):
        pass_time(7 * MINUTE)
        await place.look()
    [alarm] = alarms(caplog, STUCK)
    assert alarm["reason"] == NO_PUSH
    assert (await connection(agent))["slowerSync"] is True

    stack.sandbox.world.faults.clear()
    await place.look()
    assert (await place.state()).stuck is None
    assert await rosters(storage, place) == {"push"}


async def test_f06_a_channel_that_ends_before_the_next_visit_is_polled(
    stack: Stack, agent: Person, storage: Storage, pass_time: PassTime
) -> None:
    place = await placed(agent, "outlook")
    expires_at = (await place.state()).push.expires_at
    assert expires_at is not None
    fails(stack, "PATCH", "/subscriptions")

    pass_time(timedelta(minutes=10_000 - 59))
    await place.look()

    state = await place.state()
    assert (state.push.status, state.push.expires_at) == (PushStatus.ACTIVE, expires_at)
    assert await rosters(storage, place) == {"poll"}

    stack.sandbox.world.faults.clear()
    await place.look()
    assert await rosters(storage, place) == {"push"}


@pytest.mark.parametrize("provider", sorted(OWNERS))
async def test_f09_a_calendar_without_push_is_polled_and_shown_as_slower(
    stack: Stack,
    agent: Person,
    storage: Storage,
    caplog: pytest.LogCaptureFixture,
    provider: str,
    pass_time: PassTime,
) -> None:
    place = await placed(agent, provider, push=False)
    assert (await place.state()).push.status is PushStatus.REFUSED
    assert await rosters(storage, place) == {"poll"}
    shown = await connection(agent)
    assert (shown["status"], shown["slowerSync"]) == ("connected", True)
    health = await place.health()
    assert (health["push"], health["slowerSync"]) == ("refused", True)

    place.owner.add("Talk", span(3))
    pass_time(MINUTE * 5)
    await place.look()
    assert await busy_spans(agent) == [span(3)]
    assert alarms(caplog, STUCK) == []

    asked = (await place.state()).push.changed_at
    pass_time(timedelta(hours=24))
    await place.look()
    again = (await place.state()).push.changed_at
    assert asked is not None
    assert again is not None
    assert again - asked >= timedelta(hours=24)
