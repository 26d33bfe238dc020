"""A chosen calendar whose id changes is found again by what else is known of it (rule 29, F24)."""

from typing import Any

import pytest

from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.stack import Stack
from tests.flows.crm import body, get, quiet, reaches, shown, synced, told, written
from tests.flows.outlook import (
    OLGA,
    busy_spans,
    calendar_id,
    connected,
    key_of,
    look,
    new_mailbox,
    span,
)
from tests.flows.test_r14_outside_changes import event_of
from tests.people import Person
from tests.storage import Storage


@pytest.fixture
def mailbox(stack: Stack) -> Mailbox:
    return new_mailbox(stack)


async def changed_id(stack: Stack, mailbox: Mailbox, name: str) -> str:
    """The calendar gets another id, which its next read finds out. Returns the new one."""
    key = key_of(stack, OLGA, name)
    new = mailbox.rename_calendar_id(calendar_id(mailbox, name))
    await look(stack, key)
    return new


async def kept(person: Person) -> dict[str, Any]:
    return dict((await person.call("GET", person.path("configuration"))).json())


async def test_rule29_a_conflict_calendar_is_chosen_under_its_new_id(
    stack: Stack, agent: Person, mailbox: Mailbox, storage: Storage
) -> None:
    mailbox.create_calendar("Second")
    await connected(agent, OLGA, "Second")
    gone = key_of(stack, OLGA, "Second")
    before = await kept(agent)

    new = await changed_id(stack, mailbox, "Second")
    when = span(3)
    mailbox.create_event(start=when[0], end=when[1], calendar_id=new)
    await agent.settled()

    after = await kept(agent)
    assert [one["calendarId"] for one in after["conflicts"]] == [new]
    assert after["primary"] == before["primary"]
    assert await busy_spans(agent) == [when]
    assert str(gone) not in {partition for _, partition, _ in await storage.rows()}


async def test_rule29_the_default_calendar_is_known_by_being_that(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    await connected(agent)
    mailbox.rename_calendar(calendar_id(mailbox, "Calendar"), "Kalender")

    new = await changed_id(stack, mailbox, "Kalender")

    assert (await kept(agent))["primary"]["calendarId"] == new
    assert await busy_spans(agent) == []


async def test_rule29_appointments_stay_on_the_events_they_have(
    stack: Stack, agent: Person, crm: Person, mailbox: Mailbox
) -> None:
    await connected(agent)
    await synced(crm, "a1")
    event = event_of(mailbox)

    await changed_id(stack, mailbox, "Calendar")
    await quiet(crm, "realign-appointments", "write-appointment")

    assert (await reaches(crm, "a1", "synced"))["status"] == "confirmed"
    assert event_of(mailbox) == event
    later = body(span(5))
    await synced(crm, "a1", later)
    assert written(mailbox) == [shown(later)]
    assert await told(crm, "appointment.cancelled") == []
    mailbox.delete_event(event)
    await crm.settled()
    await quiet(crm, "write-appointment")
    assert (await get(crm, "a1"))["status"] == "cancelled"


async def test_rule29_two_that_are_alike_are_not_taken_for_each_other(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    """It stays unreadable, and never free, until somebody chooses."""
    mailbox.create_calendar("Second")
    await connected(agent, OLGA, "Second")
    gone = key_of(stack, OLGA, "Second")
    found = await kept(agent)

    mailbox.rename_calendar_id(calendar_id(mailbox, "Second"))
    mailbox.create_calendar("Second")
    await look(stack, gone)

    assert await kept(agent) == found
    assert not (await agent.busy())["complete"]


async def test_rule29_a_calendar_that_is_really_gone_stays_chosen_and_unreadable(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    mailbox.create_calendar("Second")
    await connected(agent, OLGA, "Second")
    gone = key_of(stack, OLGA, "Second")
    found = await kept(agent)

    mailbox.delete_calendar(calendar_id(mailbox, "Second"))
    await look(stack, gone)

    assert await kept(agent) == found
    assert not (await agent.busy())["complete"]
