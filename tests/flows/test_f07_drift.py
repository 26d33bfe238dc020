"""What notifications and delta have missed is found, repaired and counted (F03, F07)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.stack import Stack
from shared import services
from shared.domain.model import Drift
from shared.flows.sweep import sweep
from tests.flows.mailboxes import OWNERS
from tests.flows.outlook import OLGA, busy_spans, calendar_id, connected, new_mailbox, span
from tests.flows.trouble import empty, misread, placed
from tests.people import Person
from tests.storage import Storage

PassTime = Callable[[timedelta], None]
DAY = timedelta(hours=24)


@pytest.fixture(params=sorted(OWNERS))
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def repaired(person: Person) -> dict[str, Any]:
    answer = await person.http.get("/health")
    assert answer.status_code == 200
    return dict(answer.json()["driftRepaired"])


async def test_f03_what_delta_never_tells_is_found_by_the_daily_comparison_and_counted(
    agent: Person,
    provider: str,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
    writes: list[tuple[str, str, str]],
) -> None:
    place = await placed(agent, provider)
    gone = place.owner.add("Gone", span(3))
    await place.settled()
    assert (await place.state()).drift == Drift()
    misread(monkeypatch, place, full=None, delta=empty)
    place.owner.delete(gone)
    place.owner.add("New", span(5))
    await place.settled()
    assert await busy_spans(agent) == [span(3)]

    pass_time(DAY)
    await place.look()
    assert await busy_spans(agent) == [span(5)]
    state = await place.state()
    assert state.drift == Drift(found=2, total=2)
    health = await place.health()
    assert health["drift"] == {"lastComparison": 2, "comparisons": 2, "sweep": 0}
    assert health["comparedAt"]
    found = await repaired(agent)
    assert (found["byComparison"], found["bySweep"]) == (2, 0)

    # A comparison that finds nothing says so, and counts nothing anywhere.
    writes.clear()
    pass_time(DAY)
    await place.look()
    assert (await place.state()).drift == Drift(found=0, total=2)
    assert [write for write in writes if write[0] == "figures"] == []
    assert (await repaired(agent))["byComparison"] == 2


async def test_f07_what_no_notification_told_of_is_found_by_the_sweep_and_counted(
    agent: Person, provider: str, pass_time: PassTime
) -> None:
    place = await placed(agent, provider)
    place.silence()
    place.owner.add("Not told", span(5))
    await place.settled()
    assert await busy_spans(agent) == []
    await place.look()
    assert await busy_spans(agent) == [span(5)]
    assert (await place.state()).drift == Drift(by_sweep=1)

    # Only now: what is told is looked at again some seconds later, which finds all else as well.
    world = place.person.stack.sandbox.world
    for channel in (*world.subscriptions.live(), *world.google.channels.live()):
        channel.silent = False
    place.owner.add("Told", span(3))
    await place.settled()
    assert await busy_spans(agent) == [span(3), span(5)]
    assert (await place.state()).drift == Drift(by_sweep=1)
    assert (await repaired(agent))["bySweep"] == 1


async def test_f07_what_the_cursor_tells_is_no_drift_if_the_comparison_finds_it_first(
    agent: Person, pass_time: PassTime
) -> None:
    place = await placed(agent, "outlook")
    place.silence()
    place.owner.add("Not told", span(3))
    pass_time(DAY)
    await place.look()
    assert await busy_spans(agent) == [span(3)]
    state = await place.state()
    assert state.full_read_at == state.checked_at
    assert state.drift == Drift(by_sweep=1)


async def test_rule50_what_was_missed_on_one_calendar_has_all_of_the_mailbox_read(
    stack: Stack, agent: Person
) -> None:
    mailbox = new_mailbox(stack)
    mailbox.create_calendar("Other")
    await connected(agent, OLGA, "Other")
    subscriptions = stack.sandbox.world.subscriptions.live()
    assert len(subscriptions) == 2
    for one in subscriptions:
        one.silent = True
    for days, name in ((3, "Calendar"), (4, "Other")):
        start, end = span(days)
        mailbox.create_event(
            start=start, end=end, subject="Talk", calendar_id=calendar_id(mailbox, name)
        )

    stack.sandbox.world.subscriptions.lifecycle(subscriptions[0], "missed")
    await agent.settled()

    assert await busy_spans(agent) == [span(3), span(4)]


async def test_rule50_after_hours_without_a_tick_every_calendar_is_read(
    agent: Person, provider: str, pass_time: PassTime, storage: Storage
) -> None:
    place = await placed(agent, provider)
    place.silence()
    place.owner.add("Talk", span(3))
    last = services.now()
    pass_time(timedelta(hours=5))

    assert await sweep(services.ports(), last) == 1
    await place.settled()

    assert await busy_spans(agent) == [span(3)]
