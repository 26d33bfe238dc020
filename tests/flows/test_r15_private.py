"""R15: private events give away nothing but their time; conflict calendars keep no titles."""

import json
import logging

import pytest

from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.stack import Stack
from tests.flows.outlook import (
    OLGA,
    add,
    add_series,
    busy_spans,
    connected,
    day,
    kept_text,
    key_of,
    look,
    new_mailbox,
    span,
    weeks,
)
from tests.people import Person
from tests.storage import Storage

SECRET = "Oncologist Dr. Zwetschge"
OPEN = "Quarterly Rhubarb"


@pytest.fixture
def mailbox(stack: Stack) -> Mailbox:
    return new_mailbox(stack)


async def everything(person: Person, storage: Storage) -> str:
    """All that is kept and all that the API says."""
    said = [
        await person.busy(day(0), 80),
        await person.events(day(0), 80),
        (await person.call("GET", person.path("connections"))).json(),
        (await person.call("GET", person.path("configuration"))).json(),
    ]
    return json.dumps(said) + kept_text(await storage.rows())


@pytest.mark.parametrize("sensitivity", ["private", "personal", "confidential"])
async def test_r15_private_events_give_away_nothing_but_their_time(
    agent: Person,
    mailbox: Mailbox,
    storage: Storage,
    caplog: pytest.LogCaptureFixture,
    sensitivity: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    where = {"displayName": "Ward 7 Zwetschge"}
    hidden = {"subject": SECRET, "body": SECRET, "location": where, "sensitivity": sensitivity}
    add(mailbox, span(3), **hidden)
    first = span(4)
    series = add_series(mailbox, first, 3, **hidden)
    add(mailbox, span(5), OPEN)

    await connected(agent, OLGA, recurringEvents="every")
    second = weeks(first, 3)[1]
    mailbox.change_occurrence(series, second[0], subject=f"{SECRET} again")
    await agent.settled()

    shown = (await agent.events(day(0), 80))["events"]
    assert [e.get("title") for e in shown if not e["private"]] == [OPEN]
    assert len(shown) == 5
    assert await busy_spans(agent) == sorted([span(3), span(5), *weeks(first, 3)])
    kept = await everything(agent, storage)
    assert OPEN in kept
    assert "Zwetschge" not in kept
    assert "Zwetschge" not in caplog.text
    assert OPEN not in caplog.text


async def test_r15_conflict_calendars_keep_no_titles_at_all(
    agent: Person, mailbox: Mailbox, storage: Storage
) -> None:
    second = mailbox.create_calendar("Second")
    add(mailbox, span(3), OPEN, calendar_id=second.id)
    add_series(mailbox, span(4), 3, subject=f"{OPEN} series", calendar_id=second.id)
    add(mailbox, span(5), SECRET, sensitivity="private", calendar_id=second.id)

    await connected(agent, OLGA, "Second", recurringEvents="every")
    add(mailbox, span(6), f"{OPEN} added", calendar_id=second.id)
    await agent.settled()

    assert len(await busy_spans(agent)) == 6
    kept = await everything(agent, storage)
    assert "Rhubarb" not in kept
    assert "Zwetschge" not in kept


async def test_r15_a_calendar_that_becomes_a_conflict_calendar_loses_its_titles(
    agent: Person, mailbox: Mailbox, storage: Storage
) -> None:
    mailbox.create_calendar("Second")
    add(mailbox, span(3), OPEN)
    add_series(mailbox, span(4), 3, subject=f"{OPEN} series")
    await connected(agent)
    assert f"{OPEN} series" in await everything(agent, storage)

    await agent.choose("Second", "Calendar")

    assert "Rhubarb" not in await everything(agent, storage)
    assert await busy_spans(agent) == [span(3), span(4)]


async def test_r15_titles_go_also_while_the_calendar_cannot_be_read(
    stack: Stack, agent: Person, mailbox: Mailbox, storage: Storage
) -> None:
    from sandbox.faults import rule_from_json

    mailbox.create_calendar("Second")
    add(mailbox, span(3), OPEN)
    await connected(agent)
    stack.sandbox.world.faults.add(
        rule_from_json({"preset": "access-denied", "path": "calendarView", "count": None})
    )

    await agent.choose("Second", "Calendar")

    assert "Rhubarb" not in await everything(agent, storage)


async def test_r15_titles_stay_while_another_location_has_the_calendar_as_primary(
    agent: Person, elsewhere: Person, mailbox: Mailbox, storage: Storage
) -> None:
    mailbox.create_calendar("Second")
    add(mailbox, span(3), OPEN)
    await connected(agent)
    await connected(elsewhere)

    await agent.choose("Second", "Calendar")
    assert [e["title"] for e in (await elsewhere.events())["events"]] == [OPEN]
    assert OPEN not in json.dumps(await agent.events())

    await elsewhere.choose("Second")
    assert "Rhubarb" not in await everything(agent, storage)


async def test_r15_a_calendar_that_becomes_primary_is_read_again_with_its_titles(
    agent: Person, mailbox: Mailbox
) -> None:
    mailbox.create_calendar("Second")
    add(mailbox, span(3), OPEN)
    add(mailbox, span(4), "Free", show_as="free")
    await agent.connect(OLGA)
    await agent.choose("Second", "Calendar")

    await agent.choose("Calendar")

    assert [e["title"] for e in (await agent.events())["events"]] == [OPEN, "Free"]


@pytest.mark.parametrize("sensitivity", ["private", "personal", "confidential"])
async def test_r15_an_event_that_becomes_private_loses_its_title(
    agent: Person, mailbox: Mailbox, storage: Storage, sensitivity: str
) -> None:
    event = add(mailbox, span(3), SECRET)
    series = add_series(mailbox, span(4), 3, subject=f"{SECRET} series")
    await connected(agent)
    assert "Zwetschge" in await everything(agent, storage)

    mailbox.update_event(event, sensitivity=sensitivity)
    mailbox.update_event(series, sensitivity=sensitivity)
    await agent.settled()

    assert "Zwetschge" not in await everything(agent, storage)
    assert await busy_spans(agent) == [span(3), span(4)]


async def test_r15_series_whose_master_cannot_be_seen_give_away_nothing(
    stack: Stack, agent: Person, mailbox: Mailbox, storage: Storage
) -> None:
    mailbox.faults.master_omitted = True
    first = span(4)
    add_series(mailbox, first, 3, subject=SECRET, sensitivity="private")

    await connected(agent, OLGA, recurringEvents="every")
    await look(stack, key_of(stack, OLGA))

    assert await busy_spans(agent) == weeks(first, 3)
    assert "Zwetschge" not in await everything(agent, storage)
