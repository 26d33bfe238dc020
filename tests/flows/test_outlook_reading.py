"""Reading Outlook calendars: rounds of delta as Graph really gives them."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from sandbox.faults import rule_from_json
from sandbox.microsoft.mailbox.details import Person as Organizer
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.stack import Stack
from shared.domain.model import CalendarKey
from shared.providers.outlook.pages import PAGE_SIZE
from tests.flows.outlook import (
    BERLIN,
    OLGA,
    Requests,
    Span,
    add,
    add_days,
    add_series,
    busy_spans,
    calendar_id,
    connected,
    connection,
    day,
    key_of,
    look,
    new_mailbox,
    reasons,
    span,
    state_of,
    weekly,
    weeks,
)
from tests.people import Person

Write = tuple[str, str, str]
BOSS = Organizer("Boss", "boss@contoso.example")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def mailbox(stack: Stack) -> Mailbox:
    return new_mailbox(stack)


@pytest.fixture
def key(stack: Stack, mailbox: Mailbox) -> CalendarKey:
    return key_of(stack, OLGA)


def many(count: int) -> list[Span]:
    """Stretches of half an hour, apart from each other."""
    start = day(1)
    every, long = timedelta(hours=1), timedelta(minutes=30)
    return [(start + n * every, start + n * every + long) for n in range(count)]


async def test_a_first_read_of_several_pages_is_read_to_the_end(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey
) -> None:
    expected = many(PAGE_SIZE + 150)
    for when in expected:
        add(mailbox, when)
    asked = Requests(stack)

    await connected(agent)

    assert await busy_spans(agent) == expected
    assert len(asked.deltas()) >= 2
    assert all("odata.maxpagesize=800" in (r.prefer or "") for r in asked.deltas())
    state = await state_of(key)
    assert state.events == len(expected)


async def test_every_request_asks_for_immutable_ids(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    asked = Requests(stack)
    await connected(agent)
    add(mailbox, span(3))
    await agent.settled()

    assert asked.find()
    assert {'IdType="ImmutableId"' in (r.prefer or "") for r in asked.find()} == {True}


async def test_the_first_read_tells_how_far_it_has_come(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey
) -> None:
    for when in many(PAGE_SIZE + 10):
        add(mailbox, when)
    rule = {"preset": "unavailable-no-header", "query": "skiptoken", "count": None}
    stack.sandbox.world.faults.add(rule_from_json(rule))

    await connected(agent)

    found = await connection(agent)
    assert found["status"] == "syncing"
    assert found["progress"] == {"calendarsRead": 0, "calendars": 1, "eventsRead": PAGE_SIZE}
    stack.sandbox.world.faults.clear()
    await look(stack, key)
    assert (await connection(agent))["status"] == "connected"


async def test_empty_pages_and_repeated_items_in_mid_round_are_normal(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    mailbox.faults.empty_pages = 4
    mailbox.faults.repeated_items = 1
    expected = many(PAGE_SIZE + 5)
    events = [add(mailbox, when) for when in expected]
    await connected(agent)
    assert await busy_spans(agent) == expected

    mailbox.delete_event(events[0])
    await agent.settled()
    assert await busy_spans(agent) == expected[1:]


async def test_a_round_that_never_ends_is_given_up_for_a_plain_view(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey
) -> None:
    mailbox.faults.endless_delta = True
    event = add(mailbox, span(3))
    first = span(4)
    add_series(mailbox, first, 4, show_as="oof")
    asked = Requests(stack)

    await connected(agent, OLGA, recurringEvents="every")

    assert await busy_spans(agent) == sorted([span(3), *weeks(first, 4)])
    assert set(reasons(await agent.busy(day(0), 60))) == {"busy", "outOfOffice"}
    assert asked.find("GET", "/calendarView$")
    assert len(asked.deltas()) <= 5
    assert (await state_of(key)).cursor is None

    mailbox.delete_event(event)
    await agent.settled()
    assert await busy_spans(agent) == weeks(first, 4)

    mailbox.faults.endless_delta = False
    await look(stack, key)
    assert (await state_of(key)).cursor is not None
    assert await busy_spans(agent) == weeks(first, 4)


@pytest.mark.parametrize("preset", ["gateway-timeout", "refused"])
async def test_where_delta_alone_fails_the_plain_view_is_read(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey, preset: str
) -> None:
    refused = {"status": 400, "code": "ErrorInvalidRequest", "path": "delta", "count": None}
    timed_out = {"preset": "gateway-timeout", "path": "delta", "count": None}
    rule = timed_out if preset == "gateway-timeout" else refused
    stack.sandbox.world.faults.add(rule_from_json(rule))
    add(mailbox, span(3))
    first = span(4)
    add_series(mailbox, first, 3)

    await connected(agent, OLGA, recurringEvents="every")
    assert await busy_spans(agent) == sorted([span(3), *weeks(first, 3)])

    stack.sandbox.world.faults.clear()
    await look(stack, key)
    assert (await state_of(key)).cursor is not None
    assert await busy_spans(agent) == sorted([span(3), *weeks(first, 3)])


async def test_a_round_that_never_ends_shows_first_events_of_series_too(
    agent: Person, mailbox: Mailbox
) -> None:
    mailbox.faults.endless_delta = True
    first = span(4)
    add_series(mailbox, first, 4)

    await connected(agent)

    assert await busy_spans(agent) == [first]


@pytest.mark.parametrize(
    ("status", "code", "location"),
    [
        (410, "SyncStateNotFound", False),
        (410, "resyncRequired", True),
        (400, "SyncStateInvalid", False),
        (404, "syncStateNotFound", False),
    ],
)
async def test_a_lost_cursor_leads_to_a_full_comparison_without_deleting_and_recreating(
    stack: Stack,
    agent: Person,
    mailbox: Mailbox,
    key: CalendarKey,
    writes: list[Write],
    status: int,
    code: str,
    location: bool,
) -> None:
    gone = add(mailbox, span(3))
    kept = span(5)
    add_series(mailbox, kept, 4)
    await connected(agent, OLGA, recurringEvents="every")
    mailbox.faults.expire_delta_tokens(status=status, code=code, with_location=location)
    writes.clear()

    await look(stack, key)

    assert [w for w in writes if w[0] == "calendars"] == [("calendars", "commit", "state")]
    assert await busy_spans(agent) == sorted([span(3), *weeks(kept, 4)])

    mailbox.faults.expire_delta_tokens(status=status, code=code, with_location=location)
    mailbox.delete_event(gone)
    await agent.settled()
    assert await busy_spans(agent) == weeks(kept, 4)


async def test_a_cursor_lost_in_mid_round_keeps_what_was_known(
    stack: Stack, agent: Person, mailbox: Mailbox, key: CalendarKey
) -> None:
    add(mailbox, span(3))
    await connected(agent)
    rule = {"preset": "unavailable-no-header", "query": "startDateTime", "count": None}
    stack.sandbox.world.faults.add(rule_from_json(rule))
    mailbox.faults.expire_delta_tokens()

    await look(stack, key)
    assert await busy_spans(agent) == [span(3)]


async def test_tombstones_of_events_that_were_never_known_mean_nothing(
    agent: Person, mailbox: Mailbox, key: CalendarKey, writes: list[Write]
) -> None:
    add(mailbox, span(3))
    await connected(agent)
    writes.clear()

    outside = add(mailbox, span(500))
    await agent.settled()
    mailbox.update_event(outside, subject="Still outside")
    await agent.settled()
    mailbox.delete_event(outside)
    await agent.settled()

    assert await busy_spans(agent) == [span(3)]
    assert {w[2] for w in writes if w[0] == "calendars"} == {"state"}


async def test_an_event_that_leaves_the_window_frees_its_time_and_one_that_enters_takes_it(
    agent: Person, mailbox: Mailbox
) -> None:
    leaving, entering = add(mailbox, span(3)), add(mailbox, span(500))
    await connected(agent)
    assert await busy_spans(agent) == [span(3)]

    far, near = span(501), span(6)
    mailbox.update_event(leaving, start=far[0], end=far[1])
    mailbox.update_event(entering, start=near[0], end=near[1])
    await agent.settled()

    assert await busy_spans(agent) == [near]


async def test_an_event_that_overlaps_the_edge_of_the_window_blocks_what_is_inside(
    agent: Person, mailbox: Mailbox
) -> None:
    add(mailbox, (day(-32), day(-29)))
    await connected(agent)

    assert await busy_spans(agent, day(-30), 10) == [(day(-30), day(-29))]


@pytest.mark.parametrize("when", ["first read", "later"])
async def test_occurrences_without_their_master_take_its_facts(
    agent: Person, mailbox: Mailbox, when: str
) -> None:
    mailbox.faults.master_omitted = True
    first = span(4)
    if when == "first read":
        add_series(mailbox, first, 3, show_as="oof")
    await connected(agent, OLGA, recurringEvents="every")
    if when == "later":
        add_series(mailbox, first, 3, show_as="oof")
        await agent.settled()

    assert await busy_spans(agent) == weeks(first, 3)
    assert reasons(await agent.busy(day(0), 60)) == ["outOfOffice"] * 3


async def test_a_deleted_occurrence_of_a_series_without_its_master_frees_its_slot(
    agent: Person, mailbox: Mailbox
) -> None:
    mailbox.faults.master_omitted = True
    first = span(4)
    series = add_series(mailbox, first, 4)
    await connected(agent, OLGA, recurringEvents="every")

    mailbox.delete_occurrence(series, weeks(first, 4)[2][0])
    await agent.settled()

    assert await busy_spans(agent) == weeks(first, 4, skip=[2])


async def test_a_series_without_its_master_that_asks_for_it_once(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    mailbox.faults.master_omitted = True
    add_series(mailbox, span(4), 10)
    asked = Requests(stack)

    await connected(agent)

    assert len(asked.find("GET", "/events/[^/]+$")) == 1
    assert await busy_spans(agent) == [span(4)]


async def test_an_exception_that_is_listed_alone_leaves_its_siblings(
    agent: Person, mailbox: Mailbox
) -> None:
    mailbox.faults.exception_listed_alone = True
    first = span(4)
    series = add_series(mailbox, first, 4)
    await connected(agent, OLGA, recurringEvents="every")
    second = weeks(first, 4)[1]
    by = timedelta(hours=5)

    mailbox.change_occurrence(series, second[0], start=second[0] + by, end=second[1] + by)
    await agent.settled()

    expected = sorted([*weeks(first, 4, skip=[1]), (second[0] + by, second[1] + by)])
    assert await busy_spans(agent) == expected


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, ZoneInfo("Asia/Kolkata")], ids=str)
async def test_all_day_events_block_from_midnight_to_midnight_of_the_owner(
    stack: Stack, agent: Person, zone: ZoneInfo
) -> None:
    mailbox = new_mailbox(stack, OLGA, zone.key)
    add_days(mailbox, 5, 2)
    add_days(mailbox, 9, show_as="free")

    await connected(agent)

    whole = (day(5, zone=zone), day(7, zone=zone))
    assert await busy_spans(agent) == [whole]
    [shown] = [e for e in (await agent.events())["events"] if e["availability"] == "busy"]
    assert shown["allDay"]

    await agent.choose("Calendar", ignoreAllDay=True)
    assert await busy_spans(agent) == []


async def test_the_first_all_day_event_of_an_empty_calendar_lies_in_the_zone_of_its_owner(
    agent: Person, mailbox: Mailbox
) -> None:
    await connected(agent)

    add_days(mailbox, 5)
    await agent.settled()

    assert await busy_spans(agent) == [(day(5, zone=BERLIN), day(6, zone=BERLIN))]


@pytest.mark.parametrize(
    ("named", "zone"),
    [
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("India Standard Time", "Asia/Kolkata"),
        ("FLE Standard Time", "Europe/Kiev"),
        ("Europe/Lisbon", "Europe/Lisbon"),
    ],
)
async def test_windows_and_iana_zones_mean_the_instants_that_they_say(
    agent: Person, mailbox: Mailbox, named: str, zone: str
) -> None:
    there = ZoneInfo(zone)
    when = span(5, 9, 90, there)
    start = day(5, 9, zone=there)
    add(mailbox, (start, start + timedelta(minutes=90)), start_zone=named)

    await connected(agent)

    assert await busy_spans(agent) == [when]


async def test_custom_zones_are_never_dropped(agent: Person, mailbox: Mailbox) -> None:
    add(mailbox, span(5), custom_zone=True)
    add_series(mailbox, span(6), 3, custom_zone=True)

    await connected(agent, OLGA, recurringEvents="every")

    assert await busy_spans(agent) == sorted([span(5), *weeks(span(6), 3)])


async def test_a_series_keeps_its_hour_where_the_clocks_change(
    agent: Person, mailbox: Mailbox
) -> None:
    start = day(2, 9, zone=BERLIN)
    rule = weekly(start, 52, "Europe/Berlin")
    mailbox.create_event(start=start, end=start + timedelta(hours=1), recurrence=rule)
    await connected(agent, OLGA, recurringEvents="every")

    found = [b for at in (0, 80, 160, 240) for b in await busy_spans(agent, day(at), 80)]

    local = {begin.astimezone(BERLIN).hour for begin, _ in found}
    assert local == {9}
    assert len({begin.hour for begin, _ in found}) == 2


async def test_declined_and_cancelled_meetings_are_free_and_open_invitations_tentative(
    agent: Person, mailbox: Mailbox
) -> None:
    events = [add(mailbox, span(n), organizer=BOSS) for n in range(3, 8)]
    mailbox.respond(events[0], "accepted")
    mailbox.respond(events[1], "declined")
    mailbox.respond(events[2], "tentativelyAccepted")
    mailbox.receive_cancellation(events[3])
    await connected(agent)

    assert await busy_spans(agent) == [span(3), span(5), span(7)]
    assert reasons(await agent.busy()) == ["busy", "tentative", "tentative"]

    await agent.choose("Calendar", busyWhenTentative=False)
    assert await busy_spans(agent) == [span(3)]


async def test_what_becomes_of_an_invitation_is_followed(agent: Person, mailbox: Mailbox) -> None:
    event = add(mailbox, span(3), organizer=BOSS)
    await connected(agent)
    assert await busy_spans(agent) == [span(3)]

    mailbox.respond(event, "declined")
    await agent.settled()
    assert await busy_spans(agent) == []

    mailbox.respond(event, "accepted")
    await agent.settled()
    assert await busy_spans(agent) == [span(3)]

    mailbox.receive_cancellation(event)
    await agent.settled()
    assert await busy_spans(agent) == []


async def test_showing_as_elsewhere_or_unknown(agent: Person, mailbox: Mailbox) -> None:
    add(mailbox, span(3), show_as="workingElsewhere")
    add(mailbox, span(4), show_as="unknown")
    add(mailbox, span(5), show_as="free")
    await connected(agent)
    assert await busy_spans(agent) == [span(4)]

    await agent.choose("Calendar", busyWhenElsewhere=True)
    assert await busy_spans(agent) == [span(3), span(4)]


async def test_an_event_moved_between_calendars_blocks_only_where_it_is(
    stack: Stack, agent: Person, mailbox: Mailbox
) -> None:
    second = mailbox.create_calendar("Second").id
    unchosen = mailbox.create_calendar("Unchosen").id
    add(mailbox, span(3))
    event = add(mailbox, span(4))
    await connected(agent, OLGA, "Second")

    moved = mailbox.event_id(mailbox.move_event(event, second))
    await agent.settled()
    assert await busy_spans(agent) == [span(3), span(4)]
    block = (await agent.busy())["busy"][1]
    assert [source["calendarId"] for source in block["sources"]] == [second]

    back = mailbox.event_id(mailbox.move_event(moved, calendar_id(mailbox, "Calendar")))
    await agent.settled()
    block = (await agent.busy())["busy"][1]
    assert [s["calendarId"] for s in block["sources"]] == [mailbox.default_calendar.id]

    mailbox.move_event(back, unchosen)
    await agent.settled()
    assert await busy_spans(agent) == [span(3)]


async def test_the_daily_full_comparison_finds_a_deletion_that_nobody_told(
    stack: Stack,
    agent: Person,
    mailbox: Mailbox,
    key: CalendarKey,
    pass_time: Callable[[timedelta], None],
) -> None:
    add(mailbox, span(3))
    add(mailbox, span(4))
    await connected(agent)
    calendar = mailbox.default_calendar.calendar
    lost = next(k for k, e in calendar.events.items() if e.start == span(3)[0])
    del calendar.events[lost]  # no notification, and no line in what delta reads

    await look(stack, key)
    assert await busy_spans(agent) == [span(3), span(4)]
    pass_time(timedelta(hours=23))
    await look(stack, key)
    assert await busy_spans(agent) == [span(3), span(4)]
    pass_time(timedelta(hours=1, minutes=1))
    await look(stack, key)
    assert await busy_spans(agent) == [span(4)]


async def test_the_window_moves_with_the_days(
    stack: Stack,
    agent: Person,
    mailbox: Mailbox,
    key: CalendarKey,
    pass_time: Callable[[timedelta], None],
) -> None:
    far = span(367)
    add(mailbox, far)
    old = span(-29)
    add(mailbox, old)
    await connected(agent)
    before = await state_of(key)
    assert before.window is not None
    assert before.events == 1

    pass_time(timedelta(days=3))
    await look(stack, key)

    after = await state_of(key)
    assert after.window is not None
    assert after.window.end - before.window.end == timedelta(days=3)
    assert after.window.start - before.window.start == timedelta(days=3)
    assert await busy_spans(agent, day(340), 28) == [far]


async def test_items_with_nothing_in_them_do_not_stop_a_calendar(
    agent: Person, mailbox: Mailbox
) -> None:
    add(mailbox, span(3), subject="")
    add(mailbox, (span(4)[0], span(4)[0]), subject="No time at all")
    add(mailbox, span(5), subject="Ünïcødé 🐝 " + "x" * 255)

    await connected(agent)

    assert await busy_spans(agent) == [span(3), span(5)]
    assert len((await agent.events())["events"]) == 3
