"""What the tour expects of a calendar file."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from sandbox.tour.almanac_check import Almanac, busy_time
from sandbox.tour.intervals import clipped, differences, merged, slices, whole_days

WINDOW = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
SERIES = """UID:series
SUMMARY:Weekly
DTSTART;TZID=Europe/Berlin:20261019T090000
DTEND;TZID=Europe/Berlin:20261019T100000
RRULE:FREQ=WEEKLY;COUNT=6
EXDATE;TZID=Europe/Berlin:20261109T090000"""
MOVED = """UID:series
SUMMARY:Moved
RECURRENCE-ID;TZID=Europe/Berlin:20261116T090000
DTSTART;TZID=Europe/Berlin:20261117T120000
DTEND;TZID=Europe/Berlin:20261117T130000"""


def almanac(*entries, head=""):
    events = "".join(f"BEGIN:VEVENT\n{entry.strip()}\nEND:VEVENT\n" for entry in entries)
    return Almanac.read(f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{head}{events}END:VCALENDAR\n")


def times(*entries, zone="Europe/Berlin"):
    """The busy time in the window, as `day hour-day hour` in UTC."""
    found = almanac(*entries).occurrences(zone, WINDOW)
    blocks = merged(clipped(busy_time(found), WINDOW))
    return [f"{start:%d %H}-{end:%d %H}" for start, end in blocks]


def test_a_series_with_a_deleted_and_a_moved_occurrence():
    assert times(SERIES, MOVED) == ["02 08-02 09", "17 11-17 12", "23 08-23 09"]


def test_what_the_mailbox_did_not_take_is_left_out():
    whole = almanac(SERIES, MOVED, "UID:other\nDTSTART:20261105T090000Z\nDURATION:PT1H")
    kept = whole.without([("other", ""), ("series", "20261116T090000")])
    starts = [one.times[0].day for one in kept.occurrences("Europe/Berlin", WINDOW)]
    assert sorted(starts) == [2, 16, 23]
    assert whole.without([("series", "")]).entries == whole.entries[2:]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Europe/Berlin", "09 23-11 23"), ("America/New_York", "10 05-12 05"), ("UTC", "10 00-12 00")],
)
def test_whole_days_are_those_of_the_owner(zone, expected):
    days = "UID:1\nDTSTART;VALUE=DATE:20261110\nDTEND;VALUE=DATE:20261112"
    assert times(days, zone=zone) == [expected]


@pytest.mark.parametrize(
    ("properties", "blocks"),
    [
        ("", True),
        ("TRANSP:TRANSPARENT", False),
        ("STATUS:TENTATIVE", True),
        ("STATUS:CANCELLED", False),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", False),
        ("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE", False),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF\nTRANSP:TRANSPARENT", True),
    ],
)
def test_what_blocks_time(properties, blocks):
    entry = f"UID:1\nDTSTART:20261110T090000Z\nDTEND:20261110T100000Z\n{properties}"
    assert bool(times(entry)) is blocks


def test_time_is_clipped_to_the_window_and_a_point_blocks_none():
    over_the_start = "UID:1\nDTSTART:20261031T220000Z\nDTEND:20261101T020000Z"
    point = "UID:2\nDTSTART:20261110T090000Z"
    assert times(over_the_start, point) == ["01 00-01 02"]
    assert len(almanac(point).occurrences("UTC", WINDOW)) == 1


def test_private_entries_have_no_title():
    read = almanac(
        "UID:1\nSUMMARY:Secret\nCLASS:PRIVATE\nDTSTART:20261110T090000Z",
        "UID:2\nSUMMARY:Both\nCLASS:CONFIDENTIAL\nDTSTART:20261110T090000Z",
        "UID:3\nSUMMARY:Both\nDTSTART:20261110T090000Z",
    )
    assert read.private_titles == {"Secret"}
    assert [one.title for one in read.occurrences("UTC", WINDOW)].count(None) == 2


@pytest.mark.parametrize(
    ("head", "entries", "expected"),
    [
        ("", (SERIES,), "Europe/Berlin"),
        ("X-WR-TIMEZONE:Asia/Tokyo\n", (SERIES,), "Asia/Tokyo"),
        ("X-WR-TIMEZONE:Nowhere\n", (SERIES,), "Europe/Berlin"),
        ("X-WR-TIMEZONE:UTC\n", ("UID:1\nDTSTART:20261110T090000Z",), "Europe/Berlin"),
    ],
)
def test_the_zone_of_its_owner(head, entries, expected):
    assert almanac(*entries, head=head).zone == expected


def test_a_series_in_utc_stays_in_utc():
    series = "UID:1\nDTSTART:20261020T120000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"
    read = almanac(series, head="X-WR-TIMEZONE:Europe/Berlin\n")
    starts = {one.times[0].hour for one in read.occurrences("Europe/Berlin", WINDOW)}
    assert starts == {12}
    assert read.zone == "Europe/Berlin"


def test_what_is_no_calendar_is_refused():
    with pytest.raises(ValueError, match=r"."):
        Almanac.read("no calendar")
    with pytest.raises(ValueError, match="VCALENDAR"):
        Almanac.read("BEGIN:VEVENT\nUID:1\nEND:VEVENT\n")


def test_differences_say_which_block_only_one_side_has():
    [first, second] = [
        (WINDOW[0] + timedelta(hours=h), WINDOW[0] + timedelta(hours=h + 1)) for h in (1, 5)
    ]
    assert differences([first], [first]) == []
    assert differences([first], [second]) == [
        "2026-11-01 01:00-2026-11-01 02:00 UTC should be busy and is not",
        "2026-11-01 05:00-2026-11-01 06:00 UTC is busy and should not be",
    ]


def test_slices_cover_the_window_without_a_gap():
    parts = list(slices(WINDOW, timedelta(days=7)))
    assert (parts[0][0], parts[-1][1], len(parts)) == (*WINDOW, 5)
    assert all(before[1] == after[0] for before, after in pairwise(parts))


def test_a_day_on_which_the_clocks_change_has_25_hours():
    start, end = whole_days(date(2026, 10, 25), date(2026, 10, 26), "Europe/Berlin")
    assert end - start == timedelta(hours=25)
