"""Spans, months and zones (F20, F22)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.model import Window
from shared.domain.spans import Days, Interval, Span, months, possible_interval
from tests.unit.made import days, intervals, spans, timed

ZONES = (
    "UTC",
    "Europe/Prague",
    "America/New_York",
    "Pacific/Kiritimati",
    "Pacific/Apia",
    "Etc/GMT+12",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (timed("2026-03-10 10:00", "2026-03-10 11:00"), ["2026-03"]),
        (timed("2026-03-31 23:00", "2026-04-01 00:00"), ["2026-03"]),
        (timed("2026-03-31 23:00", "2026-04-01 00:01"), ["2026-03", "2026-04"]),
        (timed("2026-12-31 23:30", "2027-01-01 00:30"), ["2026-12", "2027-01"]),
        (timed("2026-04-01 00:00", "2026-04-01 00:00"), ["2026-04"]),
        (timed("2026-01-31 00:00", "2026-03-01 00:01"), ["2026-01", "2026-02", "2026-03"]),
        # A day may begin 14 hours before and end 12 hours after the same day in UTC.
        (days("2026-03-10", "2026-03-11"), ["2026-03"]),
        (days("2026-04-01", "2026-04-02"), ["2026-03", "2026-04"]),
        (days("2026-03-31", "2026-04-01"), ["2026-03", "2026-04"]),
        (days("2026-01-01", "2027-01-01"), [
            "2025-12", *(f"2026-{month:02d}" for month in range(1, 13)), "2027-01",
        ]),
        (Window(datetime(2026, 2, 8, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)),
         ["2026-02", "2026-03"]),
    ],
)  # fmt: skip
def test_months_that_a_span_may_touch(span: Span | Window, expected: list[str]) -> None:
    assert list(months(span)) == expected


@given(spans, st.sampled_from(ZONES))
def test_no_zone_takes_a_span_out_of_its_months(span: Span, zone: str) -> None:
    interval = span.in_zone(ZoneInfo(zone)) if isinstance(span, Days) else span
    found = list(months(span))
    assert set(months(interval)) <= set(found)
    assert found == sorted(set(found))
    possible = possible_interval(span)
    assert possible.start <= interval.start
    assert interval.end <= possible.end


@given(intervals)
def test_every_month_named_is_touched(interval: Interval) -> None:
    for month in months(interval):
        begins = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
        ends = (begins + timedelta(days=31)).replace(day=1)
        assert interval.start < ends
        assert begins < max(interval.end, interval.start + timedelta(microseconds=1))


def test_of_a_very_long_span_only_the_months_within_count() -> None:
    window = Window(datetime(2026, 2, 8, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    century = Interval(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    assert list(months(century, window)) == ["2026-02", "2026-03"]
    assert list(months(Days(date.min, date.max), window)) == ["2026-02", "2026-03"]


@given(spans)
def test_within_a_window_months_are_those_of_both(span: Span) -> None:
    window = Window(datetime(2026, 2, 8, tzinfo=UTC), datetime(2027, 3, 11, tzinfo=UTC))
    possible = possible_interval(span)
    if possible.overlaps(window):
        assert set(months(span, window)) == set(months(span)) & set(months(window))


@given(intervals, intervals)
def test_overlap_is_mutual_and_is_what_clipping_leaves(one: Interval, other: Interval) -> None:
    both = one.start < one.end and other.start < other.end
    if both:
        assert one.overlaps(other) == other.overlaps(one)
        clipped = one.clipped(other)
        assert one.overlaps(other) == (clipped.start < clipped.end)


def test_neighbours_do_not_overlap_and_what_has_no_length_overlaps_nothing() -> None:
    hour = timed("2026-03-10 10:00", "2026-03-10 11:00")
    assert not hour.overlaps(timed("2026-03-10 11:00", "2026-03-10 12:00"))
    assert not hour.overlaps(timed("2026-03-10 09:00", "2026-03-10 10:00"))
    assert not timed("2026-03-10 10:30", "2026-03-10 10:30").overlaps(hour)


@pytest.mark.parametrize(
    ("zone", "day", "start", "end"),
    [
        ("Europe/Prague", "2026-03-28", "2026-03-27 23:00", "2026-03-28 23:00"),
        ("Europe/Prague", "2026-03-29", "2026-03-28 23:00", "2026-03-29 22:00"),  # 23 hours
        ("Europe/Prague", "2026-10-25", "2026-10-24 22:00", "2026-10-25 23:00"),  # 25 hours
        ("America/New_York", "2026-03-08", "2026-03-08 05:00", "2026-03-09 04:00"),
        ("America/New_York", "2026-11-01", "2026-11-01 04:00", "2026-11-02 05:00"),
        ("Pacific/Kiritimati", "2026-03-10", "2026-03-09 10:00", "2026-03-10 10:00"),
        ("Etc/GMT+12", "2026-03-10", "2026-03-10 12:00", "2026-03-11 12:00"),
        ("Asia/Kathmandu", "2026-03-10", "2026-03-09 18:15", "2026-03-10 18:15"),
        # Midnight does not exist on this day in Beirut: the clocks go forward at 00:00.
        ("Asia/Beirut", "2026-03-29", "2026-03-28 22:00", "2026-03-29 21:00"),
    ],
)
def test_a_day_goes_from_local_midnight_to_local_midnight(
    zone: str, day: str, start: str, end: str
) -> None:
    first = date.fromisoformat(day)
    assert Days(first, first + timedelta(days=1)).in_zone(ZoneInfo(zone)) == timed(start, end)


@given(st.dates(date(1970, 1, 1), date(2100, 1, 1)), st.sampled_from(ZONES))
def test_days_that_follow_each_other_leave_no_gap(day: date, zone: str) -> None:
    info = ZoneInfo(zone)
    today = Days(day, day + timedelta(days=1)).in_zone(info)
    tomorrow = Days(day + timedelta(days=1), day + timedelta(days=2)).in_zone(info)
    assert today.end == tomorrow.start


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "span",
    [
        Days(date.min, date.min + timedelta(days=1)),
        Days(date.max - timedelta(days=1), date.max),
        Days(date.max, date.max),
        Interval(datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)),
        Interval(datetime.max.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_the_ends_of_the_calendar_do_not_overflow(span: Span, zone: str) -> None:
    """Years 1 and 9999 occur in what providers send (F20)."""
    assert list(months(span))[-1][:4] in {"0001", "9999"}
    possible = possible_interval(span)
    assert possible.start <= possible.end
    if isinstance(span, Days):
        interval = span.in_zone(ZoneInfo(zone))
        assert possible.start <= interval.start <= interval.end <= possible.end
