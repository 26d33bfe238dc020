"""F03, F07: a mirror is true in the end, and its calendar watched over, wherever a run is cut."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox.faults import rule_from_json
from shared import services
from shared.flows.sweep import sweep
from shared.messages import Cause, SyncCalendar
from tests.flows.corners import Corner, calendar_of
from tests.flows.cutting import Act, Scenario, Stage, recorded
from tests.flows.outlook import span, user_of

NEAR = frozenset(
    {"user at near", "Calendar primary of user at near", "Second conflict of user at near"}
)


async def chosen(corner: Corner) -> None:
    await corner.connect()
    await corner.choose("Calendar", "Second")


async def moved(corner: Corner) -> None:
    """The event is moved, each time to another hour; nobody is told."""
    corner.moves += 1
    [event] = corner.mailbox.default_calendar.calendar.events.values()
    start, end = span(3, 10 + corner.moves % 10)
    corner.mailbox.update_event(corner.mailbox.event_id(event), start=start, end=end)


async def moved_with_cursor_lost(corner: Corner) -> None:
    await moved(corner)
    rule = {"preset": "gone", "path": "/calendarView/.*delta", "count": 1}
    corner.person.stack.sandbox.world.faults.add(rule_from_json(rule))


def later(days: float, act: Act) -> Act:
    async def passed(corner: Corner) -> None:
        corner.pass_time(timedelta(days=days))
        await act(corner)

    return passed


async def channel_removed(corner: Corner) -> None:
    """The provider has dropped the channel of the primary calendar."""
    world = corner.person.stack.sandbox.world
    for one in world.subscriptions.live(user_of(corner.person.stack, corner.address)):
        if one.calendar_id is None:
            world.subscriptions.remove(one.id)


def queued(cause: Cause) -> Act:
    async def asked(corner: Corner) -> None:
        ports, key = services.ports(), calendar_of(corner, "Calendar").key
        await ports.queues.send(SyncCalendar(calendar=key, cause=cause, at=ports.clock()))

    return asked


async def swept(_: Corner) -> None:
    """The timer, after an hour without it."""
    ports = services.ports()
    await sweep(ports, ports.clock() - timedelta(hours=1))


SYNC = [SyncCalendar]
SCENARIOS = {
    "a change": Scenario(
        chosen, queued(Cause.NOTIFIED), [NEAR], ready=moved, cut_in=SYNC, told_once=True
    ),
    "a lost cursor": Scenario(
        chosen, queued(Cause.NOTIFIED), [NEAR], ready=moved_with_cursor_lost, cut_in=SYNC
    ),
    "the daily comparison": Scenario(
        chosen, queued(Cause.SWEEP), [NEAR], ready=later(1.1, moved), cut_in=SYNC, told_once=True
    ),
    "a renewal": Scenario(chosen, queued(Cause.SWEEP), [NEAR], ready=later(5, moved), cut_in=SYNC),
    "a channel anew": Scenario(
        chosen,
        queued(Cause.PUSH_REMOVED),
        [NEAR],
        ready=channel_removed,
        cut_in=SYNC,
        then={"told again": None},
    ),
    "a sweep": Scenario(chosen, swept, [NEAR], ready=moved, told_once=True),
}


@pytest.mark.parametrize("name", SCENARIOS)
async def test_f07_the_mirror_is_true_wherever_a_run_is_cut(
    stage: Stage, record_property: Any, name: str
) -> None:
    await stage.cut_everywhere(SCENARIOS[name])

    recorded(stage, record_property)
