"""Whether a time is free, by what was read live or else by the mirror (R11, R16)."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.availability import (
    CalendarTime,
    Freshness,
    Policy,
    Reading,
    RecurringEvents,
    Source,
    busy,
)
from shared.domain.confirming import (
    Asked,
    Stretch,
    confirmed,
    may_touch,
    reach,
    series_wanted,
)
from shared.domain.mirror import Event, Mirror, Series
from shared.domain.model import Detail, Role, Window
from shared.domain.reconcile import Round, reconcile
from shared.domain.spans import Interval, Span
from tests.unit.made import (
    NOW,
    OUTLOOK,
    days,
    events,
    facts_of_series,
    intervals,
    minutes,
    occurrence,
    series,
    single,
    spans,
    timed,
)

TIME = minutes(0, 60)
EVERY = Policy(recurring_events=RecurringEvents.EVERY)
FRESH = Reading(Freshness.CURRENT, NOW - timedelta(minutes=20))
STALE = Reading(Freshness.STALE, NOW - timedelta(hours=9), "not_read_in_time")
BUSY, AWAY = single("busy", minutes(10, 20)), single("away", minutes(70, 90))


def mirror(*held: Event, read: Reading = FRESH, name: str = "c") -> CalendarTime:
    return CalendarTime(OUTLOOK, name, Role.PRIMARY, read, "Europe/Berlin", held)


def holding(*held: Event) -> Stretch:
    return Stretch({event.id: event for event in held})


@pytest.mark.parametrize(
    ("asked", "free", "reason"),
    [
        # What was read live counts, whatever the mirror says, and however old it is.
        (Asked(mirror(), holding()), True, None),
        (Asked(mirror(), holding(BUSY)), False, "busy"),
        (Asked(mirror(BUSY), holding()), True, None),
        (Asked(mirror(), holding(AWAY)), True, None),
        (Asked(mirror(read=STALE), holding()), True, None),
        (Asked(mirror(read=STALE), holding(BUSY)), False, "busy"),
        # What was not: the mirror, where it is current.
        (Asked(mirror(), reason="throttled"), True, None),
        (Asked(mirror(BUSY), reason="throttled"), False, "busy"),
        (Asked(mirror(read=STALE), reason="throttled"), False, "stale"),
        (Asked(mirror(read=Reading(Freshness.FIRST_READ, None)), reason="x"), False, "first_read"),
        (Asked(mirror(read=Reading(Freshness.UNREADABLE, NOW)), reason="x"), False, "unreadable"),
    ],
)
def test_r16_what_counts_of_a_calendar(asked: Asked, free: bool, reason: str | None) -> None:
    found = confirmed([asked], Policy(), TIME, NOW)

    assert (found.free, found.live) == (free, asked.live is not None)
    assert [s.reason for block in found.conflicts for s in block.sources] == (
        [reason] if reason else []
    )
    [one] = found.calendars
    live = asked.live is not None
    assert (one.live, one.reason) == (live, asked.reason)
    assert one.time.reading == (Reading(Freshness.CURRENT, NOW) if live else asked.mirrored.reading)


def test_r16_one_calendar_that_is_not_known_is_enough() -> None:
    unknown = Asked(mirror(read=STALE, name="other"), reason="timed_out")
    found = confirmed([Asked(mirror(), holding()), unknown], Policy(), TIME, NOW)

    assert (found.free, found.live) == (False, False)
    [block] = found.conflicts
    assert (block.interval, block.sources) == (TIME, (Source(OUTLOOK, "other", "stale"),))


def test_nothing_chosen_is_free() -> None:
    found = confirmed([], Policy(), TIME, NOW)
    assert (found.free, found.live, found.calendars) == (True, True, ())


def test_r11_the_first_event_comes_from_the_series_and_not_from_its_occurrences() -> None:
    held = {"o": occurrence("o", "s", minutes(10, 20))}
    begun = Stretch(held, {"s": series("s", minutes(-10_000, -9_990))})
    first = Stretch({}, {"s": series("s", minutes(10, 20))})
    for stretch, policy, free in (
        (begun, Policy(), True),
        (begun, EVERY, False),
        (first, Policy(), False),
        (first, EVERY, True),
    ):
        assert confirmed([Asked(mirror(), stretch)], policy, TIME, NOW).free is free


def test_r11_the_series_of_the_mirrors_first_events_are_looked_at_too() -> None:
    held = mirror(
        series("there", minutes(50, 90)).first_event(),
        series("maybe", days("2026-03-11", "2026-03-12")).first_event(),
        series("later", minutes(60, 90)).first_event(),
        occurrence("o", "other", minutes(0, 10)),
        single("single", minutes(0, 10)),
    )
    assert series_wanted(held, Policy(), TIME) == {"there", "maybe"}
    assert series_wanted(held, EVERY, TIME) is None


@pytest.mark.parametrize("known", ["Europe/Berlin", None])
def test_f04_the_zone_is_the_mirrors_or_else_the_calendars_own(known: str | None) -> None:
    day = {"d": single("d", days("2026-03-11", "2026-03-12"))}
    told = CalendarTime(OUTLOOK, "c", Role.PRIMARY, FRESH, known, ())
    live = Stretch(day, zone="America/New_York")
    [one] = confirmed([Asked(told, live)], Policy(), TIME, NOW).calendars
    assert one.time.zone == (known or "America/New_York")


def test_f04_a_day_in_no_known_zone_blocks_all_that_it_may_be() -> None:
    told = CalendarTime(OUTLOOK, "c", Role.PRIMARY, FRESH, None, ())
    live = Stretch({"d": single("d", days("2026-03-11", "2026-03-12"))})
    asked = timed("2026-03-01 00:00", "2026-03-20 00:00")
    [block] = confirmed([Asked(told, live)], Policy(), asked, NOW).conflicts
    assert block.interval == timed("2026-03-10 10:00", "2026-03-12 14:00")


@given(spans, intervals)
def test_what_is_asked_for_reaches_all_that_may_lie_there(span: Span, time: Interval) -> None:
    """By the days in UTC, which is how they are listed where they mean no zone."""
    window = reach(Window(time.start, time.end))
    listed = span if isinstance(span, Interval) else span.in_zone(ZoneInfo("UTC"))
    if may_touch(span, time):
        assert listed.overlaps(window)


policies = st.builds(
    Policy, st.sampled_from(RecurringEvents), st.booleans(), st.booleans(), st.booleans()
)
listed = st.lists(events.filter(lambda event: event.kind != "first"), max_size=8)


@given(listed, st.lists(facts_of_series, max_size=4), policies, st.integers(0, 100_000))
def test_a_live_reading_says_what_a_mirror_of_the_same_says(
    found: list[Event], facts: list[Series], policy: Policy, start: int
) -> None:
    time = minutes(start, start + 600)
    window = Window(NOW - timedelta(days=900), NOW + timedelta(days=900))
    held = {event.id: event for event in found}
    known = {one.id: one for one in facts}
    read = Round(full=True, window=window, cursor=None, events=held, series=known)
    kept = reconcile(Mirror(), read, Detail.TIME).mirror
    mirrored = mirror(*kept.events.values())

    live = confirmed([Asked(mirror(read=STALE), Stretch(held, known))], policy, time, NOW)

    assert live.conflicts == busy([mirrored], policy, time)


@given(st.lists(st.tuples(st.sampled_from(Freshness), st.booleans(), st.booleans()), max_size=4))
def test_r16_free_needs_each_calendar_live_or_current(
    calendars: list[tuple[Freshness, bool, bool]],
) -> None:
    asked = [
        Asked(mirror(read=Reading(freshness, NOW)), holding(*[BUSY] * blocks))
        if live
        else Asked(mirror(*[BUSY] * blocks, read=Reading(freshness, NOW)), reason="x")
        for freshness, live, blocks in calendars
    ]
    found = confirmed(asked, Policy(), TIME, NOW)
    assert found.free == all(
        not blocks and (live or freshness is Freshness.CURRENT)
        for freshness, live, blocks in calendars
    )
    assert len(found.calendars) == len(calendars)
