"""When a user is busy: policies, merging, and time that is not known (R11, R16, F04, F22, F23)."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.availability import (
    Block,
    CalendarTime,
    Freshness,
    Policy,
    Reading,
    RecurringEvents,
    Source,
    busy,
    reading,
)
from shared.domain.mirror import Availability, Event, Kind
from shared.domain.model import Problem, Role, Window
from shared.domain.spans import Interval
from tests.unit.made import (
    GOOGLE,
    NOW,
    OUTLOOK,
    days,
    minutes,
    occurrence,
    series,
    single,
    timed,
    unread,
)

FRESH = Reading(Freshness.CURRENT, NOW)
ASKED = minutes(0, 600)
FREE, TENTATIVE, BUSY, AWAY, ELSEWHERE = (
    Availability.FREE,
    Availability.TENTATIVE,
    Availability.BUSY,
    Availability.OUT_OF_OFFICE,
    Availability.ELSEWHERE,
)


def calendar(*events: Event, name: str = "c", zone: str | None = None,
             read: Reading = FRESH) -> CalendarTime:  # fmt: skip
    return CalendarTime(OUTLOOK, name, Role.CONFLICT, read, zone, events)


BLOCKS_ALWAYS = {BUSY, AWAY}


@pytest.mark.parametrize("all_day", [False, True])
@pytest.mark.parametrize("ignore_all_day", [False, True])
@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("tentative", [False, True])
@pytest.mark.parametrize("availability", Availability)
def test_every_availability_under_every_policy(
    availability: Availability,
    tentative: bool,
    elsewhere: bool,
    ignore_all_day: bool,
    all_day: bool,
) -> None:
    policy = Policy(
        busy_when_tentative=tentative, busy_when_elsewhere=elsewhere, ignore_all_day=ignore_all_day
    )
    span = days("2026-03-10", "2026-03-11") if all_day else minutes(0, 60)
    expected = (
        availability in BLOCKS_ALWAYS
        or (availability is TENTATIVE and tentative)
        or (availability is ELSEWHERE and elsewhere)
    ) and not (all_day and ignore_all_day)
    assert policy.blocks(single("a", span, availability)) is expected


def test_by_default_only_free_and_working_elsewhere_do_not_block() -> None:
    blocking = {a for a in Availability if Policy().blocks(single("a", minutes(0, 60), a))}
    assert blocking == {TENTATIVE, BUSY, AWAY}


@pytest.mark.parametrize(
    ("kind", "first", "every"),
    [
        (Kind.SINGLE, True, True),
        (Kind.FIRST, True, False),
        (Kind.OCCURRENCE, False, True),
        (Kind.EXCEPTION, False, True),
    ],
)
def test_series_by_the_users_setting(kind: Kind, first: bool, every: bool) -> None:
    event = replace(occurrence("o", "s", minutes(0, 60)), kind=kind)
    assert Policy().blocks(event) is first
    assert Policy(recurring_events=RecurringEvents.EVERY).blocks(event) is every


def test_a_series_blocks_once_whichever_the_setting() -> None:
    one = series("s", minutes(0, 60))
    events = [one.first_event(), occurrence("1", "s", minutes(0, 60)),
              occurrence("2", "s", minutes(120, 180))]  # fmt: skip
    [block] = busy([calendar(*events)], Policy(), ASKED)
    assert block.interval == minutes(0, 60)
    found = busy([calendar(*events)], Policy(recurring_events=RecurringEvents.EVERY), ASKED)
    assert [block.interval for block in found] == [minutes(0, 60), minutes(120, 180)]


def test_blocks_that_touch_become_one_with_the_sources_of_all() -> None:
    one = calendar(single("a", minutes(0, 60)), single("b", minutes(30, 50)), name="one")
    other = calendar(single("c", minutes(60, 90), AWAY), single("d", minutes(91, 95)), name="two")
    away = Source(OUTLOOK, "two", "outOfOffice")
    assert busy([one, other], Policy(), ASKED) == [
        Block(minutes(0, 90), (Source(OUTLOOK, "one", "busy"), away)),
        Block(minutes(91, 95), (Source(OUTLOOK, "two", "busy"),)),
    ]


def test_blocks_are_clipped_and_what_is_outside_is_left_out() -> None:
    events = [
        single("a", minutes(-60, 10)),
        single("b", minutes(590, 900)),
        single("c", minutes(-60, 0)),
        single("d", minutes(600, 700)),
        single("e", minutes(300, 300)),
    ]
    found = busy([calendar(*events)], Policy(), ASKED)
    assert [block.interval for block in found] == [minutes(0, 10), minutes(590, 600)]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        # Where the zone is not known, all that the day may be anywhere (R16).
        (None, timed("2026-03-28 10:00", "2026-03-30 14:00")),
        ("UTC", timed("2026-03-29 00:00", "2026-03-30 00:00")),
        ("Europe/Prague", timed("2026-03-28 23:00", "2026-03-29 22:00")),
        ("America/New_York", timed("2026-03-29 04:00", "2026-03-30 04:00")),
        ("Pacific/Kiritimati", timed("2026-03-28 10:00", "2026-03-29 10:00")),
    ],
)
def test_an_all_day_event_lies_in_the_zone_of_its_calendar(
    zone: str | None, expected: Interval
) -> None:
    asked = timed("2026-03-27 00:00", "2026-04-01 00:00")
    event = single("a", days("2026-03-29", "2026-03-30"))
    [block] = busy([calendar(event, zone=zone)], Policy(), asked)
    assert block.interval == expected


@pytest.mark.parametrize("freshness", [f for f in Freshness if f is not Freshness.CURRENT])
def test_a_calendar_that_is_not_current_blocks_all_that_was_asked(freshness: Freshness) -> None:
    """R16: time that could not be read is never reported as free."""
    unknown = calendar(single("a", minutes(0, 60)), read=Reading(freshness, None, "why"))
    other = calendar(single("b", minutes(10, 20)), name="other")
    assert busy([unknown], Policy(), ASKED) == [
        Block(ASKED, (Source(OUTLOOK, "c", freshness.value),))
    ]
    [block] = busy([other, unknown], Policy(), ASKED)
    assert block.interval == ASKED
    assert {source.calendar_id for source in block.sources} == {"c", "other"}


def test_without_calendars_nothing_blocks() -> None:
    assert busy([], Policy(), ASKED) == []


drawn = st.builds(
    lambda start, length, availability: single("e", minutes(start, start + length), availability),
    st.integers(-50, 150),
    st.integers(0, 60),
    st.sampled_from(Availability),
)
policies = st.builds(Policy, busy_when_tentative=st.booleans(), busy_when_elsewhere=st.booleans())


@given(
    st.lists(st.lists(drawn, max_size=6), max_size=3),
    st.lists(st.sampled_from(Freshness), min_size=3, max_size=3),
    policies,
    st.integers(0, 60),
    st.integers(1, 60),
)
def test_blocks_cover_exactly_the_union(
    found: list[list[Event]],
    freshness: list[Freshness],
    policy: Policy,
    start: int,
    length: int,
) -> None:
    asked = minutes(start, start + length)
    calendars = [
        calendar(*events, name=str(number), read=Reading(freshness[number], NOW))
        for number, events in enumerate(found)
    ]
    blocks = busy(calendars, policy, asked)
    for block in blocks:
        assert asked.start <= block.interval.start < block.interval.end <= asked.end
        assert block.sources
        assert len(set(block.sources)) == len(block.sources)
    for one, following in pairwise(blocks):
        assert one.interval.end < following.interval.start  # sorted, disjoint, never touching
    for minute in range(start, start + length):
        instant = minutes(minute, minute + 1)
        causes = {
            known.calendar_id
            for known in calendars
            if known.reading.freshness is not Freshness.CURRENT
            or any(e.span.overlaps(instant) and policy.blocks(e) for e in known.events
                   if isinstance(e.span, Interval))
        }  # fmt: skip
        covering = [block for block in blocks if block.interval.overlaps(instant)]
        assert bool(covering) == bool(causes)
        if covering:
            assert causes <= {source.calendar_id for source in covering[0].sources}


# How much a mirror is worth

LIMIT = timedelta(hours=2)
READ = unread(checked_at=NOW, window=Window(NOW - timedelta(days=30), NOW + timedelta(days=30)))
ASKED_SOON = Interval(NOW, NOW + timedelta(days=7))


def test_what_was_read_in_time_is_current() -> None:
    assert reading(READ, ASKED_SOON, NOW + LIMIT, LIMIT) == Reading(Freshness.CURRENT, NOW)


def test_no_state_or_a_first_read_that_runs() -> None:
    expected = Reading(Freshness.FIRST_READ, None, "first_read_running")
    assert reading(None, ASKED_SOON, NOW, LIMIT) == expected
    assert reading(unread(), ASKED_SOON, NOW, LIMIT) == expected


def test_a_problem_makes_it_unreadable_however_fresh() -> None:
    broken = replace(READ, problem=Problem("calendar_gone", NOW))
    assert reading(broken, ASKED_SOON, NOW, LIMIT) == Reading(
        Freshness.UNREADABLE, NOW, "calendar_gone"
    )
    never = unread(problem=Problem("calendar_forbidden", NOW))
    assert reading(never, ASKED_SOON, NOW, LIMIT) == Reading(
        Freshness.UNREADABLE, None, "calendar_forbidden"
    )


def test_what_was_read_too_long_ago_is_stale() -> None:
    late = NOW + LIMIT + timedelta(seconds=1)
    assert reading(READ, ASKED_SOON, late, LIMIT) == Reading(
        Freshness.STALE, NOW, "not_read_in_time"
    )


@pytest.mark.parametrize(
    ("start", "end", "known"),
    [(-30, 30, True), (-31, 1, False), (29, 31, False), (31, 32, False), (0, 1, True)],
)
def test_outside_the_window_nothing_is_known(start: int, end: int, known: bool) -> None:
    asked = Interval(NOW + timedelta(days=start), NOW + timedelta(days=end))
    found = reading(READ, asked, NOW, LIMIT)
    assert (found.freshness is Freshness.CURRENT) is known
    if not known:
        assert found == Reading(Freshness.UNREADABLE, NOW, "outside_synced_window")


def test_providers_mix() -> None:
    """R8."""
    google = replace(calendar(single("a", minutes(0, 60))), provider=GOOGLE)
    [block] = busy([google, calendar(single("b", minutes(30, 90)))], Policy(), ASKED)
    assert {source.provider for source in block.sources} == {GOOGLE, OUTLOOK}
