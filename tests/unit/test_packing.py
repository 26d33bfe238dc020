"""A mirror as rows: nothing lost, nothing over a limit."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.availability import Policy, RecurringEvents
from shared.domain.mirror import Availability, Event, Kind, Series
from shared.domain.model import (
    Calendar,
    CalendarState,
    Cursor,
    Detail,
    LocationId,
    Problem,
    Push,
    PushStatus,
    Roster,
    UserId,
    Window,
)
from shared.domain.ownership import Owner
from shared.domain.records import AccountProfile, Connection, KeptSelection, WatchedCalendar
from shared.domain.selection import Choice, Selection
from shared.domain.spans import Days, Interval, months
from shared.store import packing
from shared.store.calendar_rows import Plan
from shared.store.rows import (
    from_bytes,
    from_json,
    in_partition,
    row_key,
    rows_under,
    to_bytes,
    to_json,
)
from tests.unit.made import (
    ACCOUNT,
    NOW,
    OUTLOOK,
    WINDOW,
    days,
    events,
    facts_of_series,
    intervals,
    minutes,
    unread,
)

LIMIT_OF_A_PROPERTY, LIMIT_OF_A_ROW = 64 * 1024, 1024 * 1024
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(microsecond=0, tzinfo=UTC)


@given(st.lists(events, max_size=8, unique_by=lambda event: event.id), intervals)
def test_what_may_touch_a_time_is_unpacked_and_timed_events_elsewhere_are_not(
    found: list[Event], near: Interval
) -> None:
    packed = packing.pack_events(found)
    kept = list(packing.unpack_events(packed, near))
    assert set(kept) <= set(packing.unpack_events(packed))
    for event in packing.unpack_events(packed):
        if isinstance(event.span, Days) or event.span.overlaps(near):
            assert event in kept
    for event in kept:
        if isinstance(event.span, Interval):
            assert event.span.start <= near.end
            assert event.span.end >= near.start


@given(st.lists(events, max_size=8))
@example([Event("e", Kind.SINGLE, Interval(FIRST, FIRST), Availability.BUSY)])
@example([Event("e", Kind.SINGLE, Interval(LAST, LAST), Availability.BUSY)])
@example([Event("e", Kind.SINGLE, Days(date.min, date.max), Availability.BUSY)])
@example([Event("e", Kind.FIRST, days("2026-03-10", "2026-03-11"), Availability.FREE,
                title="Žluťoučký 🐎 \u0000\u2028\"|'")])  # fmt: skip
def test_events_come_back_as_they_were(found: list[Event]) -> None:
    assert list(packing.unpack_events(packing.pack_events(found))) == found


@given(st.lists(facts_of_series, max_size=8))
@example([Series("s", Days(date.min, date.max), Availability.ELSEWHERE, True, "")])
def test_series_come_back_as_they_were(found: list[Series]) -> None:
    assert list(packing.unpack_series(packing.pack_series(found))) == found


def test_nothing_packed_is_nothing() -> None:
    assert list(packing.unpack_events(b"")) == []
    assert list(packing.unpack_series(b"")) == []


@given(st.lists(events, max_size=12))
def test_every_event_lies_under_every_month_that_it_may_touch(found: list[Event]) -> None:
    packed = packing.by_month(found)
    for event in found:
        assert [month for month in packed if event in packed[month]] != []
        for month in months(event.span):
            assert event in packed[month]
    assert sum(map(len, packed.values())) == sum(len(list(months(e.span))) for e in found)


SIZES = [0, 1, packing.PROPERTY_BYTES - 1, packing.PROPERTY_BYTES, packing.PROPERTY_BYTES + 1,
         packing.PART_BYTES - 1, packing.PART_BYTES, packing.PART_BYTES + 1,
         3 * packing.PART_BYTES + 17]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_data_is_split_within_the_limits_and_joined(size: int) -> None:
    data = random.Random(size).randbytes(size)
    rows = packing.parts(data)
    assert len(rows) == -(-size // packing.PART_BYTES)
    for row in rows:
        assert all(0 < len(part) <= LIMIT_OF_A_PROPERTY for part in row.values())
        # Bytes travel as base64, a third longer.
        assert sum(len(part) * 4 / 3 for part in row.values()) < LIMIT_OF_A_ROW
    assert packing.joined(rows) == data
    strange = [{"PartitionKey": "p", "RowKey": "r", **row} for row in rows]
    assert packing.joined(strange) == data


# What fits into a transaction


def _rows(count: int, size: int) -> tuple[dict[str, bytes], ...]:
    return tuple({"d0": bytes(size)} for _ in range(count))


@pytest.mark.parametrize(
    ("plan", "fits"),
    [
        (Plan(), True),
        (Plan(puts=_rows(99, 10)), True),
        (Plan(puts=_rows(100, 10)), False),
        (Plan(puts=_rows(50, 10), deletes=("r",) * 49), True),
        (Plan(puts=_rows(50, 10), deletes=("r",) * 50), False),
        (Plan(deletes=("r",) * 99), True),
        (Plan(deletes=("r",) * 100), False),
        (Plan(puts=_rows(45, packing.PROPERTY_BYTES)), True),
        (Plan(puts=_rows(47, packing.PROPERTY_BYTES)), False),
    ],
)
def test_what_fits_into_one_transaction(plan: Plan, fits: bool) -> None:
    """100 entities and 4 MiB, the row of the state among them."""
    assert plan.fits is fits


# Keys, filters and JSON

ids = st.text(
    st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="|"), min_size=1
)


@given(ids, ids, ids)
def test_a_filter_takes_just_what_begins_with_its_parts(one: str, other: str, rest: str) -> None:
    low, high = _bounds(rows_under("busy", one))
    assert low <= row_key("busy", one, rest) < high
    assert not low <= row_key("busy", one) < high
    if one != other:
        assert not low <= row_key("busy", other, rest) < high
    assert not low <= row_key("busy", one + rest, rest) < high
    assert not low <= row_key("busie", one, rest) < high


def _bounds(filter_: str) -> tuple[str, str]:
    """The two keys of a filter, with its quotes undone."""
    low, high = filter_.removeprefix("RowKey ge '").removesuffix("'").split("' and RowKey lt '")
    return low.replace("''", "'"), high.replace("''", "'")


def test_quotes_do_not_break_out_of_a_filter() -> None:
    assert in_partition("o'neill") == "PartitionKey eq 'o''neill'"
    assert in_partition("p", "RowKey eq 'r'") == "PartitionKey eq 'p' and (RowKey eq 'r')"
    assert rows_under("user", "o'neill") == (
        "RowKey ge 'user|o''neill|' and RowKey lt 'user|o''neill}'"
    )


def test_records_come_back_from_json_as_they_were() -> None:
    state = CalendarState(
        account=unread().account,
        calendar_id="AAMk|+/=é",
        is_default=True,
        shared=False,
        detail=Detail.TITLES,
        roster=Roster.PUSH,
        cursor=Cursor("https://graph.example.test/?$deltatoken=a b", 1, WINDOW),
        window=WINDOW,
        zone="Europe/Prague",
        checked_at=NOW,
        full_read_at=NOW.replace(microsecond=123456),
        push=Push(PushStatus.ACTIVE, "id", "resource", True, NOW, NOW),
        problem=Problem("calendar_gone", NOW),
        events=7,
    )
    owner = Owner(UserId("u"), "Ünï", {LocationId("l"): NOW})
    profile = AccountProfile("a@b.test", "Ünï", "work")
    connection = Connection(LocationId("l"), UserId("u"), ACCOUNT, profile, NOW, NOW, "Ünï")
    policy = Policy(RecurringEvents.EVERY, False, True, True)
    chosen = Choice(OUTLOOK, "AAMk=")
    watched = (WatchedCalendar(Calendar(ACCOUNT, "AAMk="), True, False),)
    kept = KeptSelection(Selection(chosen, (replace(chosen, calendar_id="b"),), policy), 3, watched)
    for value in (state, unread(), owner, minutes(0, 1), connection, kept):
        assert from_json(type(value), to_json(value)) == value
        assert from_bytes(type(value), to_bytes(value)) == value


def test_an_event_of_a_century_is_packed_under_the_months_of_the_window_only() -> None:
    window = Window(datetime(2027, 1, 15, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC))
    long = Event(
        "x",
        Kind.SINGLE,
        Interval(datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)),
        Availability.BUSY,
    )

    assert list(packing.by_month([long], window)) == ["2027-01", "2027-02", "2027-03"]
