from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from icalendar import Calendar, Event

from sandbox.seed import make_almanac

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

WINDOW = (date(2025, 10, 23), date(2027, 11, 22))
NOT_EXPRESSIBLE = {"Victoria Day", "Matariki"}


@pytest.fixture(scope="module")
def almanac() -> Calendar:
    return Calendar.from_ical(make_almanac.ALMANAC.read_bytes())


@pytest.fixture(scope="module")
def events(almanac: Calendar) -> list[Event]:
    return almanac.walk("VEVENT")


@pytest.fixture(scope="module")
def occurrences(almanac: Calendar) -> list[Event]:
    return recurring_ical_events.of(almanac).between(*WINDOW)


def is_all_day(event: Event) -> bool:
    return not isinstance(event.start, datetime)


def starts(events: Iterable[Event], name: str, place: str | None = None) -> list[date]:
    return sorted(
        event.start
        for event in events
        if event["SUMMARY"] == name and place in (None, event.get("LOCATION"))
    )


def expand(master: Event, start: date, end: date) -> list[date]:
    """The starts of a series taken without its overrides."""
    calendar = Calendar()
    calendar.add_component(master)
    return [event.start for event in recurring_ical_events.of(calendar).between(start, end)]


def on_day(occurrences: list[Event], name: str, day: date) -> list[Event]:
    return [
        event
        for event in occurrences
        if event["SUMMARY"].startswith(name)
        and event["STATUS"] != "CANCELLED"
        and event.start.date() == day
    ]


def test_the_same_facts_give_the_same_bytes():
    assert make_almanac.build() == make_almanac.build() == make_almanac.ALMANAC.read_bytes()


def test_it_is_large_but_not_too_large(events, occurrences):
    assert len(events) >= 600
    assert len(occurrences) >= 3000
    assert make_almanac.ALMANAC.stat().st_size < 600_000


def test_it_holds_every_kind_of_entry(events):
    series = [event for event in events if "RRULE" in event or "RDATE" in event]
    overrides = [event for event in events if "RECURRENCE-ID" in event]
    assert len(series) > 100
    assert {event["STATUS"] for event in overrides} == {"CONFIRMED", "CANCELLED"}
    assert {event["STATUS"] for event in events} == {"CONFIRMED", "TENTATIVE", "CANCELLED"}
    assert {event["TRANSP"] for event in events} == {"OPAQUE", "TRANSPARENT"}
    assert any(event.get("CLASS") == "PRIVATE" for event in events)
    assert any(is_all_day(event) and event.duration.days > 30 for event in events)
    assert any(not is_all_day(event) and not event.duration for event in events)


def test_every_entry_can_be_told_apart(events):
    keys = [
        (event["UID"], "RECURRENCE-ID" in event and event.decoded("RECURRENCE-ID"))
        for event in events
    ]
    assert len(set(keys)) == len(keys)


def test_no_time_floats(events):
    zoned = [event.start for event in events if not is_all_day(event)]
    assert all(start.tzinfo for start in zoned)
    assert len({str(start.tzinfo) for start in zoned}) == 11


def test_every_override_replaces_an_occurrence(events):
    replaced: dict[str, set[date]] = {}
    for event in events:
        if "RECURRENCE-ID" in event:
            replaced.setdefault(event["UID"], set()).add(event.decoded("RECURRENCE-ID"))
    for master in (event for event in events if "RRULE" in event and event["UID"] in replaced):
        found = expand(master, date(2025, 1, 1), date(2028, 1, 1))
        assert replaced[master["UID"]] <= set(found), master["UID"]


def is_expressible(event: Event) -> bool:
    """Whether Microsoft Graph has a pattern for the recurrence."""
    if "RDATE" in event or isinstance(event["RRULE"], list):
        return False
    rule = event["RRULE"]
    parts = set(rule) - {"FREQ", "INTERVAL", "COUNT", "UNTIL"}
    ordinals = [day[:-2] for day in map(str, rule.get("BYDAY", []))]
    month_days = rule.get("BYMONTHDAY", [])
    absolute = len(month_days) == 1 and month_days[0] > 0
    relative = len(set(ordinals)) == 1 and ordinals[0] in ("1", "2", "3", "4", "-1")
    match rule["FREQ"][0]:
        case "DAILY":
            return not parts
        case "WEEKLY":
            return parts == {"BYDAY"} and set(ordinals) == {""}
        case "MONTHLY":
            return (parts == {"BYMONTHDAY"} and absolute) or (parts == {"BYDAY"} and relative)
        case _:
            dated = parts == {"BYMONTH", "BYMONTHDAY"} and absolute
            return dated or (parts == {"BYMONTH", "BYDAY"} and relative)


def test_graph_can_express_every_series_but_these(events):
    series = [event for event in events if "RRULE" in event or "RDATE" in event]
    odd = {str(event["SUMMARY"]) for event in series if not is_expressible(event)}
    assert odd == NOT_EXPRESSIBLE
    frequencies = {event["RRULE"]["FREQ"][0] for event in series if "RRULE" in event}
    assert frequencies == {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}


def test_every_series_starts_with_its_first_occurrence(events):
    for event in events:
        if "RRULE" in event:
            assert event.start in expand(event, event.start, event.start + timedelta(days=1))


@pytest.mark.parametrize(
    "name",
    sorted(
        json.loads((make_almanac.HERE / "facts" / "timezones.json").read_text(encoding="utf-8"))
    ),
)
def test_the_zone_rules_agree_with_the_tz_database(almanac, name):
    component = next(zone for zone in almanac.walk("VTIMEZONE") if zone["TZID"] == name)
    written, real = component.to_tz(lookup_tzid=False), ZoneInfo(name)
    day = datetime(2025, 1, 1, tzinfo=UTC)
    while day.year < 2028:
        changes = offset(real, day) != offset(real, day + timedelta(days=1))
        for hour in range(24 if changes else 1):
            instant = day + timedelta(hours=hour)
            assert offset(written, instant) == offset(real, instant), instant
        day += timedelta(days=1)


def offset(zone: tzinfo, instant: datetime) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()


@pytest.mark.parametrize(
    ("name", "place", "days"),
    [
        ("Pasqua", "Italy", ["2025-04-20", "2026-04-05", "2027-03-28"]),
        ("Good Friday", "England and Wales", ["2025-04-18", "2026-04-03", "2027-03-26"]),
        ("Boxing Day (substitute day)", "England and Wales", ["2026-12-28", "2027-12-28"]),
        ("Christi Himmelfahrt", "Germany", ["2025-05-29", "2026-05-14", "2027-05-06"]),
        ("Midsommardagen", "Sweden", ["2025-06-21", "2026-06-20", "2027-06-26"]),
        ("Independence Day (observed)", "United States", ["2026-07-03", "2027-07-05"]),
        ("国民の休日 Citizens' holiday", "Japan", ["2026-09-22"]),
        ("Waitangi Day (substitute day)", "New Zealand", ["2027-02-08"]),
    ],
)
def test_known_holidays(events, name, place, days):
    assert starts(events, name, place) == [date.fromisoformat(day) for day in days]


@pytest.mark.parametrize(
    ("name", "place", "day"),
    [
        ("Thanksgiving Day", "United States", "2026-11-26"),
        ("Memorial Day", "United States", "2026-05-25"),
        ("Victoria Day", "Canada", "2026-05-18"),
        ("Matariki", "New Zealand", "2026-07-10"),
        ("Mother's Day in the United States", None, "2026-05-10"),
    ],
)
def test_known_days_of_series(occurrences, name, place, day):
    found = starts(occurrences, name, place)
    assert [start for start in found if start.year == 2026] == [date.fromisoformat(day)]


@pytest.mark.parametrize(
    ("name", "instant"),
    [
        ("March equinox", "2025-03-20T09:01Z"),
        ("June solstice", "2026-06-21T08:24Z"),
        ("December solstice", "2026-12-21T20:50Z"),
        ("September equinox", "2027-09-23T06:02Z"),
        ("Full moon", "2025-03-14T06:55Z"),
        ("New moon", "2026-08-12T17:37Z"),
        ("Full moon", "2026-11-24T14:53Z"),
        ("Total solar eclipse", "2027-08-02T10:07Z"),
    ],
)
def test_known_instants(events, name, instant):
    expected = datetime.fromisoformat(instant)
    assert any(abs(at - expected) < timedelta(minutes=5) for at in starts(events, name))


def test_there_are_as_many_moons_as_there_should_be(events):
    month = timedelta(days=29, hours=12, minutes=44)
    for phase in ("New moon", "First quarter", "Full moon", "Last quarter"):
        instants = starts(events, phase)
        assert len(instants) == 37
        assert all(abs(b - a - month) < timedelta(hours=18) for a, b in pairwise(instants))


@pytest.mark.parametrize(
    ("name", "closed"),
    [
        ("New York Stock Exchange", "2026-07-03"),
        ("New York Stock Exchange", "2026-11-26"),
        ("London Stock Exchange", "2026-12-28"),
        ("Xetra", "2026-12-24"),
        ("Euronext Paris", "2026-05-01"),
        ("Tokyo Stock Exchange", "2026-05-06"),
        ("Tokyo Stock Exchange", "2026-12-31"),
        ("Toronto Stock Exchange", "2026-10-12"),
    ],
)
def test_exchanges_are_closed(occurrences, name, closed):
    assert on_day(occurrences, name, date.fromisoformat(closed)) == []


def test_exchanges_close_early(occurrences):
    [session] = on_day(occurrences, "New York Stock Exchange", date(2026, 11, 27))
    assert session.end == datetime(2026, 11, 27, 13, tzinfo=ZoneInfo("America/New_York"))
    [session] = on_day(occurrences, "London Stock Exchange", date(2026, 12, 24))
    assert session.end == datetime(2026, 12, 24, 12, 30, tzinfo=ZoneInfo("Europe/London"))


def test_hours_follow_the_clock_on_the_wall(occurrences):
    for day, hour in ((date(2026, 10, 30), 13), (date(2026, 11, 2), 14)):
        [session] = on_day(occurrences, "New York Stock Exchange", day)
        assert session.start.astimezone(UTC) == datetime(
            day.year, day.month, day.day, hour, 30, tzinfo=UTC
        )


def test_occurrences_move(occurrences):
    days = [at.date() for at in starts(occurrences, "Monthly US equity options: last trading day")]
    assert date(2026, 6, 18) in days
    assert date(2026, 6, 19) not in days
    due = starts(occurrences, "PAYE: electronic payment due")
    assert date(2026, 11, 20) in due
    assert date(2026, 11, 22) not in due
