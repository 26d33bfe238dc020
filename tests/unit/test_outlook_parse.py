"""Graph's events as ours: real payloads, and a golden table for times (F01, F20–F25)."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.mirror import Availability, Event, Kind, Series
from shared.domain.spans import Days, Interval, Span
from shared.providers.outlook import parse
from shared.providers.outlook.wire import Page, WireEvent, WireTime
from tests.unit.made import at, days, fixture, timed

UTC_ZONE = "UTC"


def wire(**fields: Any) -> WireEvent:
    start = {"dateTime": "2026-03-10T10:00:00.0000000", "timeZone": "UTC"}
    end = {"dateTime": "2026-03-10T11:00:00.0000000", "timeZone": "UTC"}
    return WireEvent.model_validate({"id": "e", "start": start, "end": end, **fields})


def parsed(**fields: Any) -> Event:
    event = parse.event(wire(**fields))
    assert event is not None
    return event


# Real payloads


def _bodies(value: Any) -> Iterator[dict[str, Any]]:
    """Every event in a file: whatever has an id, a start and an end, or is removed."""
    if isinstance(value, dict):
        if "id" in value and ("@removed" in value or ("start" in value and "end" in value)):
            yield value
            return
        for inner in value.values():
            yield from _bodies(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _bodies(inner)


REAL = ("02", "03", "06", "07", "09", "10", "12", "47")


@pytest.mark.parametrize("number", REAL)
def test_every_event_in_the_examples_parses(number: str) -> None:
    found = 0
    for body in _bodies(fixture(number)):
        if "DateTime" in body.get("start", {}):
            continue  # a page about beta prints keys in capitals
        item, found = WireEvent.model_validate(body), found + 1
        if item.removed is not None:
            continue
        made = parse.series(item) if parse.is_master(item) else parse.event(item)
        assert made is not None
        assert made.id == body["id"]
        span = made.first if isinstance(made, Series) else made.span
        assert isinstance(span, Interval)
        assert span.start < span.end
    assert found


def test_an_event_that_was_asked_for_in_another_zone() -> None:
    [first, second] = [one["response"]["body"] for one in fixture("03")["examples"]]
    event = parse.event(WireEvent.model_validate(first))
    assert event == Event(
        "AAMkAGIAAAoZDOFAAA=",
        Kind.SINGLE,
        timed("2017-04-21 17:00", "2017-04-21 19:00"),
        Availability.BUSY,
        title="Orientation ",
    )
    event = parse.event(WireEvent.model_validate(second))
    assert event is not None
    assert event.span == timed("2017-08-30 11:00", "2017-08-30 12:00")


def test_a_round_of_three_pages_and_one_of_changes() -> None:
    bodies = [one["response"]["body"] for one in fixture("06")["examples"][:4]]
    pages = [Page.model_validate(body) for body in bodies]
    assert [len(page.value) for page in pages] == [2, 2, 1, 2]
    assert [bool(page.next_link) for page in pages] == [True, True, False, False]
    assert [bool(page.delta_link) for page in pages] == [False, False, True, True]
    items = [item for page in pages for item in page.value]
    assert [item.id for item in items if item.removed is not None] == [
        "AAMkADk0MGFkODE3LWE4MmYtNDRhOS04OGQLkRkXbBznTvAADb6ytyAAA="
    ]
    events = [parse.event(item) for item in items if item.removed is None]
    assert [(e.title, e.span) for e in events if e] == [
        ("Plan shopping list", timed("2016-12-09 20:30", "2016-12-09 22:00")),
        ("Pick up car", timed("2016-12-10 01:00", "2016-12-10 02:00")),
        ("Get food", timed("2016-12-10 19:30", "2016-12-10 21:30")),
        ("Prepare food", timed("2016-12-10 22:00", "2016-12-11 00:00")),
        ("Rest!", timed("2016-12-12 02:00", "2016-12-12 07:30")),
        ("Attend service", timed("2016-12-25 06:00", "2016-12-25 07:30")),
    ]


def test_a_series_whose_occurrences_have_seven_fields() -> None:
    body = fixture("10")["examples"][0]["response"]["body"]
    master, bare, moved, gone = Page.model_validate(body).value
    assert parse.is_master(master)
    one = parse.series(master)
    assert one == Series(
        "MASTER=", timed("2024-01-08 17:00", "2024-01-08 17:30"), Availability.BUSY, False,
        "Weekly 1:1",
    )  # fmt: skip
    assert parse.event(bare, one) == Event(
        "OCC-2026-11-02=", Kind.OCCURRENCE, timed("2026-11-02 17:00", "2026-11-02 17:30"),
        Availability.BUSY, False, "MASTER=", "Weekly 1:1",
    )  # fmt: skip
    assert parse.event(moved, one) == Event(
        "OCC-2026-11-09=", Kind.EXCEPTION, timed("2026-11-09 18:00", "2026-11-09 18:30"),
        Availability.BUSY, False, "MASTER=", "Weekly 1:1 (moved)",
    )  # fmt: skip
    assert gone.removed is not None
    assert parse.calendar_zone(Page.model_validate(body).value) == "America/Los_Angeles"


@pytest.mark.parametrize("index", [0, 1])
def test_occurrences_seen_in_the_field_block_even_without_their_master(index: int) -> None:
    item = WireEvent.model_validate(fixture("09")["examples"][index]["item"])
    event = parse.event(item)
    assert event is not None
    assert event.kind is Kind.OCCURRENCE
    assert event.availability is Availability.BUSY
    assert (event.private, event.title) == (True, None)
    assert event.series_id == item.series_master_id


def test_an_occurrence_takes_all_from_its_master() -> None:
    item = wire(type="occurrence", seriesMasterId="m")
    for availability in Availability:
        master = Series("m", timed("2024-01-08 17:00", "2024-01-08 17:30"), availability, True)
        event = parse.event(item, master)
        assert event is not None
        assert (event.availability, event.private, event.title) == (availability, True, None)


def test_an_occurrence_of_an_all_day_series_is_days() -> None:
    start = {"dateTime": "2026-03-29T00:00:00.0000000", "timeZone": "UTC"}
    end = {"dateTime": "2026-03-30T00:00:00.0000000", "timeZone": "UTC"}
    item = wire(type="occurrence", seriesMasterId="m", start=start, end=end)
    master = Series("m", days("2020-03-29", "2020-03-30"), Availability.BUSY)
    event = parse.event(item, master)
    assert event is not None
    assert event.span == days("2026-03-29", "2026-03-30")


@pytest.mark.parametrize("recurrence", [
    one.get("recurrence") or one for one in fixture("46")["examples"]
])  # fmt: skip
def test_no_recurrence_pattern_disturbs_a_master(recurrence: dict[str, Any]) -> None:
    item = wire(type="seriesMaster", recurrence=recurrence, subject="s")
    assert parse.series(item) == Series("e", timed("2026-03-10 10:00", "2026-03-10 11:00"),
                                        Availability.BUSY, False, "s")  # fmt: skip


@pytest.mark.parametrize("field", [
    "subject", "isAllDay", "isCancelled", "isOrganizer", "showAs", "sensitivity", "responseStatus",
    "seriesMasterId", "type", "originalStartTimeZone", "@odata.etag", "iCalUId", "organizer",
])  # fmt: skip
def test_no_null_takes_the_calendar_down(field: str) -> None:
    event = parsed(**{field: None})
    assert event.span == timed("2026-03-10 10:00", "2026-03-10 11:00")
    assert event.availability is Availability.BUSY


@pytest.mark.parametrize("missing", ["start", "end"])
def test_an_item_without_times_blocks_nothing(missing: str) -> None:
    assert parse.event(wire(**{missing: None})) is None
    assert parse.series(wire(**{missing: None}, type="seriesMaster")) is None


# Times


def graph_time(text: str, zone: str | None = UTC_ZONE) -> WireTime:
    return {"dateTime": text, "timeZone": zone}


GOLDEN = [
    ("2026-03-10T10:00:00.0000000", "UTC", "2026-03-10 10:00:00"),
    ("2026-03-10T10:00:00", "UTC", "2026-03-10 10:00:00"),
    ("2026-03-10T10:00:00Z", "UTC", "2026-03-10 10:00:00"),
    ("2026-03-10T10:00:00.0000000Z", "UTC", "2026-03-10 10:00:00"),
    ("2026-03-10T10:00:59.9999999", "UTC", "2026-03-10 10:00:59"),
    ("2026-03-10T10:00:00.0000001", "UTC", "2026-03-10 10:00:00"),
    ("2026-03-10T10:00:00.0000000", "tzone://Microsoft/Custom", "2026-03-10 10:00:00"),
    ("2026-03-10T10:00:00.0000000", "tzone://Microsoft/Utc", "2026-03-10 10:00:00"),
    ("2026-03-10T10:00:00.0000000", "Customized Time Zone", "2026-03-10 10:00:00"),
    ("2026-03-10T10:00:00.0000000", "", "2026-03-10 10:00:00"),
    ("2026-03-10T10:00:00.0000000", None, "2026-03-10 10:00:00"),
    # Both ways over DST, in names of either kind.
    ("2026-03-29T01:59:59.0000000", "Central Europe Standard Time", "2026-03-29 00:59:59"),
    ("2026-03-29T03:00:00.0000000", "Central Europe Standard Time", "2026-03-29 01:00:00"),
    ("2026-10-25T01:59:00.0000000", "Europe/Prague", "2026-10-24 23:59:00"),
    ("2026-10-25T03:00:00.0000000", "Europe/Prague", "2026-10-25 02:00:00"),
    ("2026-03-08T01:59:00.0000000", "Eastern Standard Time", "2026-03-08 06:59:00"),
    ("2026-03-08T03:00:00.0000000", "Eastern Standard Time", "2026-03-08 07:00:00"),
    ("2026-11-01T02:00:00.0000000", "Pacific Standard Time", "2026-11-01 10:00:00"),
    ("2026-07-01T12:00:00.0000000", "Asia/Calcutta", "2026-07-01 06:30:00"),
    ("2026-07-01T12:00:00.0000000", "Asia/Kolkata", "2026-07-01 06:30:00"),
    ("2026-07-01T12:00:00.0000000", "Europe/Kyiv", "2026-07-01 09:00:00"),
    ("2026-07-01T12:00:00.0000000", "Europe/Kiev", "2026-07-01 09:00:00"),
    # The ends of the calendar.
    ("0001-01-01T00:00:00.0000000", "UTC", "0001-01-01 00:00:00"),
    ("0001-01-01T00:00:00.0000000", "Tokyo Standard Time", "0001-01-01 00:00:00"),
    ("0001-01-01T00:00:00Z", None, "0001-01-01 00:00:00"),
    ("9999-12-31T23:59:59.9999999", "UTC", "9999-12-31 23:59:59"),
    ("9999-12-31T23:59:59.9999999", "Pacific Standard Time", "9999-12-31 23:59:59"),
]


@pytest.mark.parametrize(("text", "zone", "expected"), GOLDEN)
def test_golden_times(text: str, zone: str | None, expected: str) -> None:
    assert parse.instant(graph_time(text, zone)) == at(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-10T10:00:00.0000000", "2026-03-10 10:00:00"),
        ("2026-03-10T10:00:00.0000001", "2026-03-10 10:00:01"),
        ("2026-03-10T10:00:59.9999999", "2026-03-10 10:01:00"),
        ("9999-12-31T23:59:59.9999999", "9999-12-31 23:59:59"),
    ],
)
def test_ends_are_rounded_up(text: str, expected: str) -> None:
    assert parse.instant(graph_time(text), ceiling=True) == at(expected)


@given(st.datetimes(), st.integers(0, 9_999_999), st.sampled_from(["UTC", "Eastern Standard Time",
       "Tokyo Standard Time", "tzone://Microsoft/Custom", "", "Asia/Calcutta"]))  # fmt: skip
def test_any_time_is_an_instant_in_whole_seconds(moment: Any, fraction: int, zone: str) -> None:
    time = graph_time(f"{moment.replace(microsecond=0).isoformat()}.{fraction:07d}", zone)
    start, end = parse.instant(time), parse.instant(time, ceiling=True)
    assert start.microsecond == 0
    assert start.utcoffset() == timedelta(0)
    assert start <= end <= start + timedelta(seconds=1)


@pytest.mark.parametrize("zone", [
    "UTC", "Tokyo Standard Time", "Eastern Standard Time", "tzone://Microsoft/Custom", "", None,
])  # fmt: skip
@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-03-29", "2026-03-30", days("2026-03-29", "2026-03-30")),
        ("2026-10-25", "2026-10-27", days("2026-10-25", "2026-10-27")),
        ("2026-03-10", "2026-03-10", days("2026-03-10", "2026-03-11")),
        ("2026-03-10", "2026-03-09", days("2026-03-10", "2026-03-11")),
        ("0001-01-01", "0001-01-02", days("0001-01-01", "0001-01-02")),
        ("9999-12-30", "9999-12-31", days("9999-12-30", "9999-12-31")),
        ("9999-12-31", "9999-12-31", days("9999-12-31", "9999-12-31")),
    ],
)
def test_all_day_is_dates_never_converted(
    zone: str | None, start: str, end: str, expected: Span
) -> None:
    times = {
        "start": {"dateTime": f"{start}T00:00:00.0000000", "timeZone": zone},
        "end": {"dateTime": f"{end}T00:00:00.0000000", "timeZone": zone},
    }
    event = parsed(isAllDay=True, **times)
    assert isinstance(event.span, Days)
    assert event.span == expected


def test_an_event_that_ends_before_it_starts_has_no_length() -> None:
    event = parsed(end={"dateTime": "2026-03-10T09:00:00.0000000", "timeZone": "UTC"})
    assert event.span == timed("2026-03-10 10:00", "2026-03-10 10:00")


def test_the_zone_of_the_process_does_not_matter() -> None:
    """The golden tables hold in a process whose own time is another."""
    script = """
import sys, time
time.tzset()
assert time.localtime(0).tm_gmtoff != 0, "the process is in UTC"
from tests.unit import test_outlook_parse as tests
from tests.unit.made import at
from shared.domain.spans import months
from shared.store import packing
for text, zone, expected in tests.GOLDEN:
    assert tests.parse.instant(tests.graph_time(text, zone)) == at(expected), (text, zone)
midnight = {"dateTime": "2026-04-01T00:00:00.0000000", "timeZone": "UTC"}
late = {"dateTime": "2026-04-01T00:30:00.0000000", "timeZone": "UTC"}
event = tests.parsed(start=midnight, end=late)
assert list(months(event.span)) == ["2026-04"]
assert list(packing.unpack_events(packing.pack_events([event]))) == [event]
whole = tests.parsed(start=midnight, end=midnight, isAllDay=True)
assert whole.span == tests.days("2026-04-01", "2026-04-02")
assert list(packing.unpack_events(packing.pack_events([whole]))) == [whole]
"""
    root = Path(__file__).parent.parent.parent
    environment = {**os.environ, "TZ": "America/New_York", "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


# Availability and privacy


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"showAs": "free"}, Availability.FREE),
        ({"showAs": "tentative"}, Availability.TENTATIVE),
        ({"showAs": "busy"}, Availability.BUSY),
        ({"showAs": "oof"}, Availability.OUT_OF_OFFICE),
        ({"showAs": "workingElsewhere"}, Availability.ELSEWHERE),
        ({"showAs": "unknown"}, Availability.BUSY),
        ({"showAs": "something new"}, Availability.BUSY),
        ({}, Availability.BUSY),
        ({"showAs": "busy", "isCancelled": True}, Availability.FREE),
        ({"showAs": "oof", "isCancelled": True}, Availability.FREE),
        *[
            ({"showAs": shown, "responseStatus": {"response": response}}, expected)
            for shown, response, expected in [
                ("busy", "declined", Availability.FREE),
                ("tentative", "declined", Availability.FREE),
                ("oof", "declined", Availability.FREE),
                ("busy", "accepted", Availability.BUSY),
                ("busy", "organizer", Availability.BUSY),
                ("busy", "none", Availability.BUSY),
                ("busy", "something new", Availability.BUSY),
                ("busy", None, Availability.BUSY),
                ("busy", "notResponded", Availability.TENTATIVE),
                ("busy", "tentativelyAccepted", Availability.TENTATIVE),
                ("unknown", "notResponded", Availability.TENTATIVE),
                ("tentative", "notResponded", Availability.TENTATIVE),
                ("free", "notResponded", Availability.FREE),
                ("free", "tentativelyAccepted", Availability.FREE),
                ("oof", "notResponded", Availability.OUT_OF_OFFICE),
                ("workingElsewhere", "tentativelyAccepted", Availability.ELSEWHERE),
            ]
        ],
    ],
)
def test_availability(fields: dict[str, Any], expected: Availability) -> None:
    assert parsed(**fields).availability is expected
    assert parse.availability(wire(**fields, type="seriesMaster")) is expected


@pytest.mark.parametrize(
    ("sensitivity", "private"),
    [
        ("normal", False),
        (None, False),
        ("private", True),
        ("personal", True),
        ("confidential", True),
    ],
)
def test_private_events_give_no_title_away(sensitivity: str | None, private: bool) -> None:
    event = parsed(subject="Doctor", sensitivity=sensitivity)
    assert (event.private, event.title) == (private, None if private else "Doctor")
    one = parse.series(wire(subject="Doctor", sensitivity=sensitivity, type="seriesMaster"))
    assert one is not None
    assert (one.private, one.title) == (private, None if private else "Doctor")


# The calendar's zone


def test_the_zone_is_the_one_of_most_events_the_owners_own_first() -> None:
    def made_in(zone: str | None, own: bool = True) -> WireEvent:
        return wire(originalStartTimeZone=zone, isOrganizer=own)

    prague, london = "Central Europe Standard Time", "GMT Standard Time"
    zone = parse.calendar_zone
    assert zone([]) is None
    assert zone([made_in("UTC"), made_in("tzone://Microsoft/Custom"), made_in(None)]) is None
    assert zone([made_in("UTC"), made_in("UTC"), made_in(london)]) == "Europe/London"
    assert zone([made_in(london), made_in(prague), made_in(prague)]) == "Europe/Budapest"
    invited = [made_in(london, own=False)] * 3
    assert zone([*invited, made_in(prague)]) == "Europe/Budapest"
    assert zone(invited) == "Europe/London"
