from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from graph_client import add, mailbox
from hypothesis import given
from hypothesis import strategies as st

from sandbox.microsoft.mailbox import Recurrence
from sandbox.microsoft.mailbox.errors import MailboxError
from sandbox.microsoft.mailbox.expansion import instances_in
from sandbox.microsoft.mailbox.ics_rules import InexpressibleRuleError, recurrence_from_rule
from sandbox.microsoft.mailbox.recurrence import INDEXES, WEEKDAYS
from sandbox.microsoft.mailbox.recurrence_json import recurrence_from_json, recurrence_to_json
from sandbox.microsoft.mailbox.times import Window

BERLIN = ZoneInfo("Europe/Berlin")
YEARS = Window(datetime(2025, 6, 1, tzinfo=UTC), datetime(2028, 6, 1, tzinfo=UTC))
SHORT = dict(zip(WEEKDAYS, ("MO", "TU", "WE", "TH", "FR", "SA", "SU"), strict=True))


def expanded(recurrence, start, window=YEARS, **given):
    event = add(mailbox(), "Series", start.isoformat(), recurrence=recurrence, **given)
    return [instance.start for instance in instances_in(event, window)]


@st.composite
def recurrences(draw):
    kind = draw(
        st.sampled_from(
            [
                "daily",
                "weekly",
                "absoluteMonthly",
                "relativeMonthly",
                "absoluteYearly",
                "relativeYearly",
            ]
        )
    )
    start = draw(st.dates(date(2024, 1, 1), date(2026, 12, 31)))
    end = draw(st.sampled_from(["endDate", "numbered", "noEnd"]))
    return Recurrence(
        type=kind,
        start_date=start,
        zone="Europe/Berlin",
        interval=draw(st.integers(1, 4)),
        days_of_week=tuple(draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True)))
        if kind == "weekly" or kind.startswith("relative")
        else (),
        first_day_of_week=draw(st.sampled_from(WEEKDAYS)),
        day_of_month=draw(st.integers(1, 28)) if kind.startswith("absolute") else 0,
        month=draw(st.integers(1, 12)) if kind.endswith("Yearly") else 0,
        index=draw(st.sampled_from(tuple(INDEXES))),
        end_date=start + timedelta(days=draw(st.integers(400, 900))) if end == "endDate" else None,
        count=draw(st.integers(1, 40)) if end == "numbered" else None,
    )


def rule_text(recurrence):
    frequency = recurrence.type.removeprefix("absolute").removeprefix("relative").upper()
    parts = [f"FREQ={frequency}", f"INTERVAL={recurrence.interval}"]
    parts.append(f"WKST={SHORT[recurrence.first_day_of_week]}")
    if recurrence.days_of_week:
        parts.append("BYDAY=" + ",".join(SHORT[day] for day in recurrence.days_of_week))
    if recurrence.type.startswith("relative"):
        parts.append(f"BYSETPOS={INDEXES[recurrence.index]}")
    if recurrence.day_of_month:
        parts.append(f"BYMONTHDAY={recurrence.day_of_month}")
    if recurrence.month:
        parts.append(f"BYMONTH={recurrence.month}")
    if recurrence.count:
        parts.append(f"COUNT={recurrence.count}")
    if recurrence.end_date:
        last = datetime(*recurrence.end_date.timetuple()[:3], 23, 59, tzinfo=BERLIN)
        parts.append(f"UNTIL={last.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    return ";".join(parts)


@given(recurrences(), st.integers(0, 23))
def test_expansion_agrees_with_recurring_ical_events(recurrence, hour):
    start = datetime(*recurrence.start_date.timetuple()[:3], hour, 15, tzinfo=BERLIN)
    try:
        event = add(mailbox(), "Series", start.isoformat(), recurrence=recurrence)
    except MailboxError:
        assert recurrence.end_date is not None
        return
    ours = [instance.start for instance in instances_in(event, YEARS)]
    component = icalendar.Event()
    component.add("UID", "1")
    component.add("DTSTART", event.start)
    component.add("DTEND", event.end)
    component.add("RRULE", icalendar.vRecur.from_ical(rule_text(recurrence)))
    document = icalendar.Calendar()
    document.add_component(component)
    theirs = recurring_ical_events.of(document).between(YEARS.start, YEARS.end)
    assert [start.astimezone(UTC) for start in ours] == sorted(
        occurrence.start.astimezone(UTC) for occurrence in theirs
    )


@given(recurrences())
def test_json_round_trip(recurrence):
    text = recurrence_to_json(recurrence)
    again = recurrence_from_json(text, recurrence.start_date, "UTC")
    assert recurrence_to_json(again) == text


def test_the_hour_stays_when_the_clocks_change():
    rule = Recurrence("daily", date(2026, 10, 23), "W. Europe Standard Time")
    start = datetime(2026, 10, 23, 9, tzinfo=BERLIN)
    window = Window(datetime(2026, 10, 23, tzinfo=UTC), datetime(2026, 10, 28, tzinfo=UTC))
    starts = expanded(rule, start.astimezone(UTC), window)
    assert [moment.astimezone(UTC).hour for moment in starts] == [7, 7, 8, 8, 8]


def test_all_day_series_run_on_dates():
    rule = Recurrence("daily", date(2026, 10, 23), "Europe/Berlin", count=5)
    starts = expanded(
        rule,
        datetime(2026, 10, 23, tzinfo=UTC),
        is_all_day=True,
        end=datetime(2026, 10, 24, tzinfo=UTC),
    )
    assert [moment.day for moment in starts] == [23, 24, 25, 26, 27]
    assert {moment.hour for moment in starts} == {0}


def test_the_31st_is_the_last_day_of_shorter_months():
    rule = Recurrence("absoluteMonthly", date(2027, 1, 31), "UTC", day_of_month=31, count=4)
    starts = expanded(rule, datetime(2027, 1, 31, 9, tzinfo=UTC))
    assert [moment.day for moment in starts] == [31, 28, 31, 30]


def test_the_first_occurrence_gives_the_masters_times():
    rule = Recurrence("weekly", date(2026, 11, 1), "UTC", days_of_week=("wednesday",))
    event = add(mailbox(), "Series", "2026-11-01T09:00", recurrence=rule)
    assert event.start == datetime(2026, 11, 4, 9, tzinfo=UTC)
    assert event.recurrence.start_date == date(2026, 11, 4)


def test_an_exception_moved_into_the_window_shows_there():
    box = mailbox()
    rule = Recurrence("absoluteMonthly", date(2026, 11, 2), "UTC", day_of_month=2)
    event = add(box, "Series", "2026-11-02T09:00", recurrence=rule)
    original = datetime(2026, 12, 2, 9, tzinfo=UTC)
    moved = datetime(2026, 11, 20, 9, tzinfo=UTC)
    box.change_occurrence(event, original, start=moved, end=moved + timedelta(hours=1))
    window = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    assert [instance.type for instance in instances_in(event, window)] == [
        "occurrence",
        "exception",
    ]


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("FREQ=DAILY;INTERVAL=2", "daily"),
        ("FREQ=WEEKLY", "weekly"),
        ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3", "weekly"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "absoluteMonthly"),
        ("FREQ=MONTHLY;BYDAY=2TU", "relativeMonthly"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "relativeMonthly"),
        ("FREQ=YEARLY", "absoluteYearly"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "relativeYearly"),
        ("FREQ=HOURLY", None),
        ("FREQ=DAILY;BYDAY=MO", None),
        ("FREQ=WEEKLY;BYDAY=1MO", None),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", None),
        ("FREQ=MONTHLY;BYMONTHDAY=31", None),
        ("FREQ=MONTHLY;BYDAY=-2FR", None),
        ("FREQ=YEARLY;BYDAY=20MO", None),
        ("FREQ=YEARLY;BYWEEKNO=20", None),
    ],
)
def test_rules_graph_can_and_cannot_express(rule, kind):
    parts = icalendar.vRecur.from_ical(rule)
    start = datetime(2026, 11, 3, 9, tzinfo=BERLIN)
    if kind is None:
        with pytest.raises(InexpressibleRuleError):
            recurrence_from_rule(parts, start, "Europe/Berlin")
    else:
        assert recurrence_from_rule(parts, start, "Europe/Berlin").type == kind


def test_until_becomes_the_last_date():
    parts = icalendar.vRecur.from_ical("FREQ=DAILY;UNTIL=20261110T080000Z")
    start = datetime(2026, 11, 3, 9, tzinfo=BERLIN)
    assert recurrence_from_rule(parts, start, "Europe/Berlin").end_date == date(2026, 11, 10)
    parts = icalendar.vRecur.from_ical("FREQ=DAILY;UNTIL=20261110T075959Z")
    assert recurrence_from_rule(parts, start, "Europe/Berlin").end_date == date(2026, 11, 9)
