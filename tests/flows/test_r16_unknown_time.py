"""R16: time that could not be read is never reported as free, and says why."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.faults import rule_from_json
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.stack import Stack
from shared import services
from shared.domain.model import LocationId, UserId
from tests.flows.outlook import (
    OLGA,
    OUTLOOK,
    add,
    busy_spans,
    calendar_id,
    connected,
    connection,
    day,
    key_of,
    look,
    moment,
    new_mailbox,
    span,
    spans,
    user_of,
)
from tests.people import MEGAN, Person

if TYPE_CHECKING:
    from tests.conftest import Clock

MONTH = (day(1), day(31))


@pytest.fixture
def mailbox(stack: Stack) -> Mailbox:
    return new_mailbox(stack)


async def asked(person: Person) -> dict[str, Any]:
    return await person.busy(MONTH[0], 30)


async def test_r16_a_calendar_that_is_not_read_yet_blocks_all_of_the_range(
    stack: Stack, agent: Person, other: Person, mailbox: Mailbox
) -> None:
    await connected(other, MEGAN)
    rule = {"preset": "unavailable-no-header", "path": "delta", "count": None, "mailbox": OLGA}
    stack.sandbox.world.faults.add(rule_from_json(rule))

    await connected(agent)

    found = await asked(agent)
    assert not found["complete"]
    assert spans(found) == [MONTH]
    [calendar] = found["calendars"]
    assert (calendar["status"], calendar["reason"]) == ("first_read", "first_read_running")
    assert calendar.get("asOf") is None
    assert (await connection(agent))["status"] == "syncing"
    assert (await asked(other))["complete"]

    stack.sandbox.world.faults.clear()
    await look(stack, key_of(stack, OLGA))
    assert await busy_spans(agent) == []
    assert (await connection(agent))["status"] == "connected"


async def test_r16_a_stale_calendar_blocks_all_of_the_range_until_it_is_read(
    stack: Stack, agent: Person, other: Person, mailbox: Mailbox, clock: "Clock"
) -> None:
    await connected(agent)
    await connected(other, MEGAN)
    as_of = (await asked(agent))["calendars"][0]["asOf"]

    clock.ahead = timedelta(minutes=119)
    assert (await asked(agent))["complete"]
    clock.ahead = timedelta(minutes=121)
    await look(stack, key_of(stack, MEGAN))

    found = await asked(agent)
    assert not found["complete"]
    assert spans(found) == [MONTH]
    [calendar] = found["calendars"]
    assert (calendar["status"], calendar["reason"]) == ("stale", "not_read_in_time")
    assert calendar["asOf"] == as_of
    assert (await connection(agent))["status"] == "degraded"
    assert (await asked(other))["complete"]

    await look(stack, key_of(stack, OLGA))
    found = await asked(agent)
    assert found["complete"]
    assert moment(found["calendars"][0]["asOf"]) > moment(as_of)


@pytest.mark.parametrize(
    ("preset", "reason"),
    [("access-denied", "calendar_forbidden"), ("not-found", "calendar_gone")],
)
async def test_r16_a_calendar_that_cannot_be_read_blocks_all_of_the_range(
    stack: Stack, agent: Person, other: Person, mailbox: Mailbox, preset: str, reason: str
) -> None:
    mailbox.create_calendar("Second")
    await connected(agent, OLGA, "Second")
    await connected(other, MEGAN)
    path = f"/calendars/{calendar_id(mailbox, 'Second')}/"
    rule = {"preset": preset, "path": path, "count": None}
    stack.sandbox.world.faults.add(rule_from_json(rule))

    await look(stack, key_of(stack, OLGA, "Second"), key_of(stack, OLGA))

    found = await asked(agent)
    assert not found["complete"]
    assert spans(found) == [MONTH]
    primary, conflict = found["calendars"]
    assert (primary["role"], primary["status"]) == ("primary", "current")
    assert (conflict["status"], conflict["reason"]) == ("unreadable", reason)
    status = await connection(agent)
    assert (status["status"], status["problem"]["code"]) == ("degraded", reason)
    assert (await asked(other))["complete"]

    stack.sandbox.world.faults.clear()
    await look(stack, key_of(stack, OLGA, "Second"))
    assert await busy_spans(agent) == []
    assert (await connection(agent))["status"] == "connected"


async def test_r16_a_calendar_that_was_deleted_blocks_until_it_is_unchosen(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    second = mailbox.create_calendar("Second")
    await connected(agent, OLGA, "Second")
    key = key_of(stack, OLGA, "Second")
    mailbox.delete_calendar(second.id)

    await look(stack, key)
    assert not (await asked(agent))["complete"]

    await agent.choose("Calendar")
    assert await busy_spans(agent) == []


async def test_r16_an_account_that_must_be_connected_again_blocks_all_of_the_range(
    stack: Stack, agent: Person, other: Person, mailbox: Mailbox
) -> None:
    add(mailbox, span(3))
    await connected(agent)
    await connected(other, MEGAN)
    world = stack.sandbox.world
    world.entra.revoke_sessions(user_of(stack, OLGA), world.clock())
    world.entra.expire_access_tokens(user_of(stack, OLGA), world.clock())

    await look(stack, key_of(stack, OLGA))

    found = await asked(agent)
    assert not found["complete"]
    assert spans(found) == [MONTH]
    [calendar] = found["calendars"]
    assert (calendar["status"], calendar["reason"]) == ("unreadable", "reconnect_required")
    assert (await connection(agent))["status"] == "reconnect_required"
    assert (await asked(other))["complete"]

    await agent.connect(OLGA)
    await agent.settled()
    assert await busy_spans(agent) == [span(3)]
    assert (await connection(agent))["status"] == "connected"


async def test_r16_time_outside_the_window_that_is_read_is_not_free(
    agent: Person, mailbox: Mailbox
) -> None:
    await connected(agent)

    for start in (day(340), day(-31), day(400)):
        found = await agent.busy(start, 30)
        assert not found["complete"]
        assert spans(found) == [(start, start + timedelta(days=30))]
        [calendar] = found["calendars"]
        assert (calendar["status"], calendar["reason"]) == ("unreadable", "outside_synced_window")
    assert (await agent.busy(day(-30), 30))["complete"]
    assert (await agent.busy(day(335), 30))["complete"]


async def test_r16_known_busy_time_of_other_calendars_is_still_told(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    second = mailbox.create_calendar("Second")
    add(mailbox, span(3))
    await connected(agent, OLGA, "Second")
    rule = {"preset": "not-found", "path": f"/calendars/{second.id}/", "count": None}
    stack.sandbox.world.faults.add(rule_from_json(rule))
    await look(stack, key_of(stack, OLGA, "Second"))

    [block] = (await asked(agent))["busy"]

    assert {(s["calendarId"], s["reason"]) for s in block["sources"]} == {
        (mailbox.default_calendar.id, "busy"),
        (second.id, "unreadable"),
    }


async def test_r16_nobody_chosen_is_complete_and_a_lost_connection_is_not(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    await connected(agent)
    locations = services.ports().locations
    member = await locations.member(LocationId(agent.location), UserId(agent.user))
    # As a crash in the middle of disconnecting would leave it.
    await locations.disconnect(member.connections[OUTLOOK], member.selection)

    found = await asked(agent)
    assert not found["complete"]
    assert found["calendars"][0]["reason"] == "not_connected"


async def test_r16_answers_of_a_poisoned_clock_never_turn_free(
    stack: Stack, agent: Person, mailbox: Mailbox, pass_time: Callable[[timedelta], None]
) -> None:
    """Nobody looks for a day: what is asked is unknown, whatever the part of the window."""
    await connected(agent)
    pass_time(timedelta(days=1))

    for start in (day(2), day(100), day(300)):
        found = await agent.busy(start, 7)
        assert (found["complete"], spans(found)) == (False, [(start, start + timedelta(days=7))])
