"""R11: recurring series under both settings."""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.stack import Stack
from tests.flows.outlook import (
    OLGA,
    Span,
    add,
    add_days,
    add_series,
    busy_spans,
    configuration,
    connected,
    day,
    key_of,
    look,
    new_mailbox,
    reasons,
    span,
    weekly,
    weeks,
)
from tests.people import Person
from tests.storage import Storage

FIRST = span(3)


@pytest.fixture
def mailbox(stack: Stack) -> Mailbox:
    return new_mailbox(stack)


def moved(when: Span, hours: int = 0, days: int = 0) -> dict[str, object]:
    by = timedelta(days=days, hours=hours)
    return {"start": when[0] + by, "end": when[1] + by}


async def titles(person: Person) -> list[tuple[str, str]]:
    found = await person.events(day(0), 80)
    return [(event["title"], event["start"][:10]) for event in found["events"]]


async def test_r11_first_is_the_default_and_only_the_first_event_blocks(
    agent: Person, mailbox: Mailbox
) -> None:
    add_series(mailbox, FIRST, 5, subject="Weekly")

    await connected(agent)

    kept = (await agent.call("GET", agent.path("configuration"))).json()
    assert kept["recurringEvents"] == "first"
    assert await busy_spans(agent) == [FIRST]
    assert await titles(agent) == [("Weekly", f"{FIRST[0]:%Y-%m-%d}")]


async def test_r11_first_is_the_first_by_the_rule_and_no_later_one_stands_in_for_it(
    agent: Person, mailbox: Mailbox
) -> None:
    begun = span(-14)
    add_series(mailbox, begun, 8)
    add_series(mailbox, span(-90), 30, subject="Begun before the window")

    await connected(agent)

    assert await busy_spans(agent) == []
    assert await busy_spans(agent, day(-20)) == [begun]


async def test_r11_first_ignores_changes_to_single_events(agent: Person, mailbox: Mailbox) -> None:
    series = add_series(mailbox, FIRST, 5)
    await connected(agent)
    all_of_it = weeks(FIRST, 5)

    mailbox.change_occurrence(series, all_of_it[1][0], **moved(all_of_it[1], hours=3))
    mailbox.delete_occurrence(series, all_of_it[2][0])
    mailbox.change_occurrence(series, all_of_it[0][0], **moved(all_of_it[0], hours=2))
    await agent.settled()

    assert await busy_spans(agent) == [FIRST]


async def test_r11_first_stays_when_the_first_event_alone_is_deleted(
    agent: Person, mailbox: Mailbox
) -> None:
    series = add_series(mailbox, FIRST, 5)
    await connected(agent)

    mailbox.delete_occurrence(series, FIRST[0])
    await agent.settled()

    assert await busy_spans(agent) == [FIRST]


async def test_r11_first_follows_the_series_when_it_moves_as_a_whole(
    agent: Person, mailbox: Mailbox
) -> None:
    series = add_series(mailbox, FIRST, 5)
    await connected(agent)

    later = span(4, 14)
    mailbox.update_event(series, start=later[0], end=later[1], recurrence=weekly(later[0], 5))
    await agent.settled()

    assert await busy_spans(agent) == [later]


async def test_r11_first_follows_the_facts_of_the_series(agent: Person, mailbox: Mailbox) -> None:
    series = add_series(mailbox, FIRST, 5, subject="Before")
    await connected(agent)

    mailbox.update_event(series, subject="After", show_as="tentative")
    await agent.settled()

    assert reasons(await agent.busy()) == ["tentative"]
    assert await titles(agent) == [("After", f"{FIRST[0]:%Y-%m-%d}")]


async def test_r11_first_goes_with_the_series(
    agent: Person, mailbox: Mailbox, storage: Storage
) -> None:
    series = add_series(mailbox, FIRST, 5)
    await connected(agent)

    mailbox.delete_event(series)
    await agent.settled()

    assert await busy_spans(agent) == []
    packs = [n for n in await storage.rows("calendars") if n[2].startswith(("busy|", "series|"))]
    assert packs == []


async def test_r11_first_also_of_an_all_day_series(agent: Person, mailbox: Mailbox) -> None:
    zone = ZoneInfo(mailbox.time_zone)
    add_days(mailbox, 3, recurrence=weekly(day(3), 4, mailbox.time_zone))

    await connected(agent)

    begins, ends = day(3, zone=zone), day(4, zone=zone)
    assert await busy_spans(agent) == [(begins.astimezone(UTC), ends.astimezone(UTC))]


async def test_r11_every_occurrence_in_the_window_blocks(agent: Person, mailbox: Mailbox) -> None:
    add_series(mailbox, FIRST, 5, subject="Weekly", show_as="oof")

    await connected(agent, OLGA, recurringEvents="every")

    assert await busy_spans(agent) == weeks(FIRST, 5)
    assert reasons(await agent.busy(day(0), 80)) == ["outOfOffice"] * 5
    assert [title for title, _ in await titles(agent)] == ["Weekly"] * 5


async def test_r11_every_follows_an_occurrence_that_is_moved(
    agent: Person, mailbox: Mailbox
) -> None:
    series = add_series(mailbox, FIRST, 5)
    await connected(agent, OLGA, recurringEvents="every")
    second = weeks(FIRST, 5)[1]

    mailbox.change_occurrence(series, second[0], **moved(second, hours=4))
    await agent.settled()

    by = timedelta(hours=4)
    expected = sorted([*weeks(FIRST, 5, skip=[1]), (second[0] + by, second[1] + by)])
    assert await busy_spans(agent) == expected


async def test_r11_every_occurrence_that_is_deleted_frees_its_slot(
    agent: Person, mailbox: Mailbox
) -> None:
    series = add_series(mailbox, FIRST, 5)
    await connected(agent, OLGA, recurringEvents="every")

    mailbox.delete_occurrence(series, weeks(FIRST, 5)[2][0])
    await agent.settled()
    assert await busy_spans(agent) == weeks(FIRST, 5, skip=[2])

    mailbox.delete_occurrence(series, FIRST[0])
    await agent.settled()
    assert await busy_spans(agent) == weeks(FIRST, 5, skip=[0, 2])


async def test_r11_every_series_that_moves_as_a_whole_leaves_no_ghosts(
    agent: Person, mailbox: Mailbox
) -> None:
    series = add_series(mailbox, FIRST, 5)
    changed = weeks(FIRST, 5)[3]
    mailbox.change_occurrence(series, changed[0], **moved(changed, hours=2))
    await connected(agent, OLGA, recurringEvents="every")

    later = span(4, 14)
    mailbox.update_event(series, start=later[0], end=later[1], recurrence=weekly(later[0], 5))
    await agent.settled()

    assert await busy_spans(agent) == weeks(later, 5)


async def test_r11_every_series_that_is_cut_short_or_deleted_frees_the_rest(
    agent: Person, mailbox: Mailbox
) -> None:
    series = add_series(mailbox, FIRST, 5)
    await connected(agent, OLGA, recurringEvents="every")

    mailbox.update_event(series, recurrence=weekly(FIRST[0], 2))
    await agent.settled()
    assert await busy_spans(agent) == weeks(FIRST, 2)

    mailbox.delete_event(series)
    await agent.settled()
    assert await busy_spans(agent) == []


async def test_r11_a_single_event_that_becomes_a_series_and_back(
    agent: Person, mailbox: Mailbox
) -> None:
    event = add(mailbox, FIRST)
    await connected(agent, OLGA, recurringEvents="every")

    mailbox.update_event(event, recurrence=weekly(FIRST[0], 3))
    await agent.settled()
    assert await busy_spans(agent) == weeks(FIRST, 3)

    mailbox.update_event(event, recurrence=None)
    await agent.settled()
    assert await busy_spans(agent) == [FIRST]


async def test_r11_the_setting_takes_effect_without_reading_anew(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    add_series(mailbox, FIRST, 5)
    await connected(agent)
    stack.sandbox.world.log.clear()

    await agent.choose("Calendar", recurringEvents="every")
    assert await busy_spans(agent) == weeks(FIRST, 5)
    await agent.choose("Calendar", recurringEvents="first")
    assert await busy_spans(agent) == [FIRST]


async def test_r11_two_locations_with_different_settings_on_the_same_calendar(
    stack: Stack, agent: Person, elsewhere: Person, mailbox: Mailbox
) -> None:
    series = add_series(mailbox, FIRST, 5)
    await connected(agent, OLGA, recurringEvents="first")
    await connected(elsewhere, OLGA, recurringEvents="every")
    assert await busy_spans(agent) == [FIRST]
    assert await busy_spans(elsewhere) == weeks(FIRST, 5)

    mailbox.delete_occurrence(series, weeks(FIRST, 5)[4][0])
    second = weeks(FIRST, 5)[1]
    mailbox.change_occurrence(series, second[0], **moved(second, days=1))
    await agent.settled()

    assert await busy_spans(agent) == [FIRST]
    by = timedelta(days=1)
    expected = sorted([*weeks(FIRST, 4, skip=[1]), (second[0] + by, second[1] + by)])
    assert await busy_spans(elsewhere) == expected

    mailbox.delete_event(series)
    await look(stack, key_of(stack, OLGA))
    assert await busy_spans(agent) == await busy_spans(elsewhere) == []


async def test_r11_an_unknown_setting_is_refused(agent: Person, mailbox: Mailbox) -> None:
    await connected(agent)
    wanted = await configuration(agent, "Calendar", recurringEvents="sometimes")

    assert (await agent.configure(wanted)).status_code == 400
