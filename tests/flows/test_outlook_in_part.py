"""What is read only in part: no time is lost, and nothing is opened twice."""

from sandbox.faults import rule_from_json
from sandbox.stack import Stack
from shared.messages import Cause
from tests.flows.outlook import (
    OLGA,
    add,
    add_series,
    busy_spans,
    connected,
    key_of,
    look,
    new_mailbox,
    span,
    weeks,
)
from tests.people import Person


async def test_f01_a_series_whose_master_cannot_be_had_blocks_its_time(
    stack: Stack, agent: Person
) -> None:
    mailbox = new_mailbox(stack)
    add_series(mailbox, span(3), count=3)
    mailbox.faults.master_omitted = True
    rule = {"preset": "not-found", "path": r"/events/[^/]+$", "mailbox": OLGA, "count": None}
    stack.sandbox.world.faults.add(rule_from_json(rule))

    await connected(agent, recurringEvents="every")

    assert await busy_spans(agent) == weeks(span(3), 3)


async def test_a_calendar_that_cannot_be_read_opens_one_push_channel_only(
    stack: Stack, agent: Person
) -> None:
    mailbox = new_mailbox(stack)
    add(mailbox, span(3))
    stack.sandbox.world.subscriptions.settings.allow_duplicates = True
    rule = {"preset": "access-denied", "path": "calendarView", "mailbox": OLGA, "count": None}
    stack.sandbox.world.faults.add(rule_from_json(rule))
    await connected(agent)

    for _ in range(3):
        await look(stack, key_of(stack, OLGA), cause=Cause.SWEEP)

    assert len(stack.sandbox.world.subscriptions.live()) == 1
    await agent.call("DELETE", agent.path("connections/outlook"))
    await agent.settled()
    assert stack.sandbox.world.subscriptions.live() == []
