"""Google's events as ours: documented payloads, and tables for times and availability."""

from typing import Any

import pytest

from shared.domain.mirror import Availability, Event, Kind, Series
from shared.domain.spans import Days, Interval, Span
from shared.providers.google import parse
from shared.providers.google.wire import EventPage, WireEvent, WireLiveEvent, WireTime
from tests.fixtures.google.scripted import fixture
from tests.unit.made import at, days, timed


def wire(**fields: Any) -> WireEvent:
    start = {"dateTime": "2026-03-10T10:00:00Z", "timeZone": "Europe/Berlin"}
    end = {"dateTime": "2026-03-10T11:00:00Z", "timeZone": "Europe/Berlin"}
    return WireEvent.model_validate({"id": "e", "start": start, "end": end, **fields})


def parsed(**fields: Any) -> Event:
    event = parse.event(wire(**fields))
    assert event is not None
    return event


def page(name: str) -> EventPage:
    [one] = [one for one in fixture("62")["examples"] if one["name"].startswith(name)]
    return EventPage.model_validate(one["response"]["body"])


def test_a_documented_series() -> None:
    listed = page("full sync")
    assert (listed.next_sync_token, listed.next_page_token) == (
        "CPDAlvWDx70CEPDAlvWDx70CGAU=",
        None,
    )
    assert listed.time_zone == "America/Los_Angeles"
    [master] = listed.items
    assert parse.is_master(master)
    assert parse.series(master) == Series(
        "k4m2…", timed("2026-11-02 17:00", "2026-11-02 17:30"), Availability.BUSY, False,
        "Weekly 1:1",
    )  # fmt: skip


def test_documented_changes() -> None:
    moved, gone, deleted = page("incremental").items
    assert [parse.is_gone(item) for item in (moved, gone, deleted)] == [False, True, True]
    assert not any(parse.is_master(item) for item in (moved, gone, deleted))
    assert parse.event(moved, in_series=True) == Event(
        "k4m2…_20261109T170000Z", Kind.EXCEPTION, timed("2026-11-09 18:00", "2026-11-09 18:30"),
        Availability.BUSY, False, "k4m2…", "Weekly 1:1 (moved)",
    )  # fmt: skip


def test_an_instance_is_of_its_series_or_an_event_of_its_own() -> None:
    start = {"dateTime": "2026-03-10T10:00:00Z", "timeZone": "Europe/Berlin"}
    item = wire(recurringEventId="m", originalStartTime=start)
    inside, alone = parse.event(item, in_series=True), parse.event(item)
    assert inside is not None
    assert alone is not None
    assert (inside.kind, inside.series_id) == (Kind.OCCURRENCE, "m")
    assert (alone.kind, alone.series_id) == (Kind.SINGLE, None)


# Times


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-03-10T10:00:00Z", None, "2026-03-10 10:00:00"),
        ("2026-03-10T10:00:00+01:00", "Europe/Berlin", "2026-03-10 09:00:00"),
        ("2026-03-10T10:00:00.999Z", None, "2026-03-10 10:00:00"),
        ("2026-07-01T12:00:00", "Europe/Berlin", "2026-07-01 10:00:00"),
        ("2026-07-01T12:00:00", "Nowhere/Land", "2026-07-01 12:00:00"),
        ("2026-10-25T02:30:00+01:00", "Europe/Berlin", "2026-10-25 01:30:00"),
        ("2026-10-25T02:30:00+02:00", "Europe/Berlin", "2026-10-25 00:30:00"),
        ("0001-01-01T00:00:00+09:00", None, "0001-01-01 00:00:00"),
        ("9999-12-31T23:59:59-08:00", None, "9999-12-31 23:59:59"),
    ],
)
def test_golden_times(text: str, zone: str | None, expected: str) -> None:
    assert parse.instant(WireTime(date_time=text, time_zone=zone)) == at(expected)


def test_ends_are_rounded_up() -> None:
    end = WireTime(date_time="2026-03-10T10:00:00.001Z")
    assert parse.instant(end, ceiling=True) == at("2026-03-10 10:00:01")
    last = WireTime(date_time="9999-12-31T23:59:59.5Z")
    assert parse.instant(last, ceiling=True) == at("9999-12-31 23:59:59")


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ({"date": "2026-03-10"}, {"date": "2026-03-12"}, days("2026-03-10", "2026-03-12")),
        ({"date": "2026-03-10"}, {"date": "2026-03-10"}, days("2026-03-10", "2026-03-11")),
        ({"date": "9999-12-31"}, {"date": "9999-12-31"}, days("9999-12-31", "9999-12-31")),
        (
            {"dateTime": "2026-03-10T10:00:00Z"},
            {"dateTime": "2026-03-10T09:00:00Z"},
            timed("2026-03-10 10:00", "2026-03-10 10:00"),
        ),
        ({"date": "2026-03-10"}, {"dateTime": "2026-03-10T09:00:00Z"}, None),
        ({"dateTime": "2026-03-10T10:00:00Z"}, {"date": "2026-03-10"}, None),
        ({"dateTime": "soon"}, {"dateTime": "later"}, None),
        ({}, {}, None),
        (None, None, None),
    ],
)
def test_spans(start: Any, end: Any, expected: Span | None) -> None:
    item = wire(start=start, end=end)
    event, one = parse.event(item), parse.series(item)
    assert (event.span if event else None) == expected
    assert (one.first if one else None) == expected


def test_an_end_that_was_left_open_counts_as_given() -> None:
    assert parsed(endTimeUnspecified=True).span == timed("2026-03-10 10:00", "2026-03-10 11:00")


# Availability and privacy


def me(answer: str) -> dict[str, Any]:
    others = {"email": "ann@example.test", "responseStatus": "accepted"}
    return {"attendees": [others, {"self": True, "responseStatus": answer}]}


def organizer(answer: str) -> dict[str, Any]:
    """One's own meeting, of which one is a guest too: nobody is asked by oneself."""
    return {"attendees": [{"self": True, "organizer": True, "responseStatus": answer}]}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, Availability.BUSY),
        ({"transparency": "opaque"}, Availability.BUSY),
        ({"transparency": "transparent"}, Availability.FREE),
        ({"status": "confirmed"}, Availability.BUSY),
        ({"status": "tentative"}, Availability.TENTATIVE),
        ({"status": "cancelled"}, Availability.FREE),
        ({"eventType": "workingLocation"}, Availability.FREE),
        ({"eventType": "workingLocation", "transparency": "opaque"}, Availability.FREE),
        ({"eventType": "birthday"}, Availability.FREE),
        ({"eventType": "fromGmail"}, Availability.BUSY),
        ({"eventType": "fromGmail", "transparency": "transparent"}, Availability.FREE),
        ({"eventType": "outOfOffice"}, Availability.OUT_OF_OFFICE),
        ({"eventType": "focusTime"}, Availability.BUSY),
        ({"eventType": "somethingNew"}, Availability.BUSY),
        (me("accepted"), Availability.BUSY),
        (me("declined"), Availability.FREE),
        (me("tentative"), Availability.TENTATIVE),
        (me("needsAction"), Availability.TENTATIVE),
        ({**me("needsAction"), "transparency": "transparent"}, Availability.FREE),
        ({"attendees": [{"email": "a@b.test", "responseStatus": "declined"}]}, Availability.BUSY),
        ({"attendees": None}, Availability.BUSY),
        (organizer("needsAction"), Availability.BUSY),
        (organizer("accepted"), Availability.BUSY),
        (organizer("tentative"), Availability.TENTATIVE),
        (organizer("declined"), Availability.FREE),
    ],
)
def test_availability(fields: dict[str, Any], expected: Availability) -> None:
    assert parsed(**fields).availability is expected


@pytest.mark.parametrize("visibility", ["private", "confidential"])
def test_private_events_tell_no_title(visibility: str) -> None:
    item = wire(summary="Doctor", visibility=visibility)
    event, one = parse.event(item), parse.series(item)
    assert event is not None
    assert one is not None
    assert (event.private, event.title, one.private, one.title) == (True, None, True, None)
    live = parse.live(WireLiveEvent.model_validate(item.model_dump(by_alias=True)))
    assert live is not None
    assert live.title is None


@pytest.mark.parametrize(("summary", "title"), [("Talk", "Talk"), (None, ""), ("", "")])
def test_titles(summary: str | None, title: str) -> None:
    assert parsed(summary=summary, visibility="public").title == title


def test_an_event_of_ours() -> None:
    item = WireLiveEvent.model_validate(
        {
            "id": "e", "etag": '"1"', "status": "confirmed", "summary": "Talk",
            "start": {"date": "2026-03-10"}, "end": {"date": "2026-03-11"},
            "htmlLink": "https://calendar.example.test/e",
            "hangoutLink": "https://meet.example.test/e",
        }
    )  # fmt: skip
    live = parse.live(item)
    assert live is not None
    assert (live.start, live.end, live.all_day) == (at("2026-03-10"), at("2026-03-11"), True)
    assert (live.title, live.entity_tag, live.online, live.cancelled) == (
        "Talk",
        '"1"',
        False,
        False,
    )
    assert live.web_link == "https://calendar.example.test/e"
    assert live.meeting_link == "https://meet.example.test/e"
    assert parse.live(WireLiveEvent(id="e", status="cancelled")) is None


def test_kinds_of_spans() -> None:
    assert isinstance(parsed().span, Interval)
    assert isinstance(parsed(start={"date": "2026-03-10"}, end={"date": "2026-03-11"}).span, Days)
