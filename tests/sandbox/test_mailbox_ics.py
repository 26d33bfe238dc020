from datetime import UTC, datetime

from graph_client import WINDOW, Caller, in_path, mailbox, of_type

ZONE = """BEGIN:VTIMEZONE
TZID:House time
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
"""


def document(*events, zone=""):
    parts = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{zone}{parts}END:VCALENDAR\n"


def only(box):
    (event,) = box.default_calendar.calendar.events.values()
    return event


def test_a_plain_event():
    box = mailbox()
    report = box.load_ics(
        document(
            """
UID:one@test
SUMMARY:Dentist
DESCRIPTION:Bring the card
LOCATION:Main street
DTSTART;TZID=America/New_York:20261110T090000
DTEND;TZID=America/New_York:20261110T100000
CLASS:PRIVATE
TRANSP:TRANSPARENT
CATEGORIES:Health,Private
"""
        )
    )
    assert (report.singles, report.skipped) == (1, [])
    event = only(box)
    assert event.start == datetime(2026, 11, 10, 14, tzinfo=UTC)
    assert event.start_zone == "America/New_York"
    assert event.ical_uid == "one@test"
    details = event.details
    assert (details.subject, details.sensitivity, details.show_as) == (
        "Dentist",
        "private",
        "free",
    )
    assert details.categories == ("Health", "Private")
    assert details.location == {"displayName": "Main street"}


def test_all_day_floating_and_durations():
    box = mailbox()
    report = box.load_ics(
        document(
            "UID:1\nDTSTART;VALUE=DATE:20261110",
            "UID:2\nDTSTART:20261110T090000\nDURATION:PT45M",
            "UID:3\nDTSTART:20261110T090000Z\nSTATUS:TENTATIVE",
        )
    )
    assert report.singles == 3
    day, floating, point = box.default_calendar.calendar.events.values()
    assert day.is_all_day
    assert (day.end - day.start).days == 1
    assert day.start_zone == box.zone.key
    assert floating.start.astimezone(UTC).hour == 8
    assert floating.duration.total_seconds() == 45 * 60
    assert point.start == point.end
    assert point.details.show_as == "tentative"


async def test_a_series_with_exdate_and_exception():
    box = mailbox()
    report = box.load_ics(
        document(
            """
UID:weekly
SUMMARY:Weekly
DTSTART;TZID=W. Europe Standard Time:20261102T090000
DTEND;TZID=W. Europe Standard Time:20261102T100000
RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5
EXDATE;TZID=W. Europe Standard Time:20261109T090000
EXDATE;TZID=W. Europe Standard Time:20300101T090000
""",
            """
UID:weekly
SUMMARY:Moved
RECURRENCE-ID;TZID=W. Europe Standard Time:20261116T090000
DTSTART;TZID=W. Europe Standard Time:20261117T110000
DTEND;TZID=W. Europe Standard Time:20261117T120000
""",
            """
UID:weekly
SUMMARY:Lost
RECURRENCE-ID:20310101T000000Z
DTSTART:20310101T000000Z
""",
        )
    )
    assert (report.series, report.exceptions, report.deleted_occurrences) == (1, 1, 1)
    assert len(report.skipped) == 1
    assert report.left_out == [("weekly", "20310101T000000Z")]
    items, _, _ = await Caller(box).round()
    assert len(of_type(items, "occurrence")) == 3
    (exception,) = of_type(items, "exception")
    assert exception["subject"] == "Moved"
    assert exception["originalStart"] == "2026-11-16T08:00:00Z"


async def test_unknown_zones_become_custom():
    box = mailbox()
    event = "UID:1\nDTSTART;TZID=House time:20260710T090000\nDTEND;TZID=House time:20260710T100000"
    assert box.load_ics(document(event, zone=ZONE)).singles == 1
    assert only(box).start == datetime(2026, 7, 10, 7, tzinfo=UTC)
    shown = await Caller(box).get(f"/me/events/{in_path(box.event_id(only(box)))}")
    assert shown["originalStartTimeZone"] == "tzone://Microsoft/Custom"


def test_rules_and_rdates_graph_lacks_become_singles():
    box = mailbox()
    report = box.load_ics(
        document(
            "UID:1\nDTSTART:20261102T090000Z\nRRULE:FREQ=MONTHLY;BYMONTHDAY=1,15;COUNT=4",
            "UID:2\nDTSTART:20261102T120000Z\nRDATE:20261104T120000Z,20261106T120000Z",
        )
    )
    assert (report.flattened, report.series) == (2, 0)
    events = box.default_calendar.calendar.events.values()
    assert sum(event.ical_uid == "2" for event in events) == 3
    assert not any(event.recurrence for event in events)


def test_one_bad_component_is_reported_and_the_rest_is_read():
    box = mailbox()
    report = box.load_ics(
        document(
            "UID:good\nDTSTART:20261102T090000Z",
            "UID:bad\nDTSTART:garbage",
            "UID:none\nSUMMARY:No start",
            "UID:backwards\nDTSTART:20261102T090000Z\nDTEND:20261101T090000Z",
            "UID:fine\nDTSTART:20261103T090000Z",
        )
    )
    assert report.singles == 2
    assert len(report.skipped) == 3
    assert report.skipped[0].startswith("bad: ")
    assert report.left_out == [("bad", ""), ("none", ""), ("backwards", "")]


def test_broken_text_is_reported():
    box = mailbox()
    assert box.load_ics("this is no calendar").skipped
    broken = document("UID:good\nDTSTART:20261102T090000Z", "UID:bad\nnot a property line")
    report = box.load_ics(broken)
    assert report.singles >= 1


async def test_into_another_calendar():
    box = mailbox()
    other = box.create_calendar("Other")
    text = document(
        "UID:s\nDTSTART:20261102T090000Z\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261103T090000Z"
    )
    assert box.load_ics(text, other.id).deleted_occurrences == 1
    path = f"/me/calendars/{in_path(other.id)}/calendarView?{WINDOW}"
    assert len((await Caller(box).get(path))["value"]) == 2
