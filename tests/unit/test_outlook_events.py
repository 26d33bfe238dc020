"""What is written into events of ours, read of them, and what refusals mean (F14, F15, F20)."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote
from zoneinfo import ZoneInfo, available_timezones

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import errors
from shared.domain.appointments import Attendee, Content, LiveEvent
from shared.providers.outlook import parse
from shared.providers.outlook.client import Graph, GraphClient
from shared.providers.outlook.event_body import (
    MARK,
    changes,
    guests,
    marked_with,
    new_event,
    utc_times,
    wall_times,
)
from shared.providers.outlook.events import CalendarEvents
from shared.providers.outlook.wire import WireGuests, WireLiveEvent
from tests.unit.made import NOW, at, fixture

TRANSACTION = "0b7a4b6e-5a4c-5d6f-9b1e-3f1f3f5c6a7b"
ROOT = "https://graph.example.test/v1.0"
MINE, THEIRS = "/me/events/E%3D", "/me/calendars/C%3D/events/E%3D"
CONTENT = Content("Talk", at("2026-03-10 09:00"), at("2026-03-10 10:00"), "Europe/Berlin")
ANN = Attendee("ann@example.test", "Ann")
NAMELESS = Attendee("bob@example.test")


def on(zone: str, start: str, minutes: int = 60) -> Content:
    begins = at(start)
    return replace(CONTENT, zone=zone, start=begins, end=begins + timedelta(minutes=minutes))


# Bodies


def test_a_new_event_takes_time_reminds_nobody_and_is_marked() -> None:
    assert new_event(CONTENT, TRANSACTION, online=False) == {
        "subject": "Talk",
        "body": {"contentType": "text", "content": ""},
        "showAs": "busy",
        "isReminderOn": False,
        "transactionId": TRANSACTION,
        "singleValueExtendedProperties": [{"id": MARK, "value": TRANSACTION}],
    }


@pytest.mark.parametrize(
    ("content", "online", "expected"),
    [
        ({"description": "Bring <it>"}, False,
         {"body": {"contentType": "text", "content": "Bring <it>"}}),
        ({"place": "Room 1"}, False, {"location": {"displayName": "Room 1"}}),
        ({"attendees": (ANN,), "invite": False}, False, {}),
        ({"attendees": (ANN, NAMELESS), "invite": True}, False, {"attendees": [
            {"emailAddress": {"address": "ann@example.test", "name": "Ann"}, "type": "required"},
            {"emailAddress": {"address": "bob@example.test"}, "type": "required"}]}),
        ({"online_meeting": True}, False, {}),
        ({"online_meeting": True}, True,
         {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}),
    ],
)  # fmt: skip
def test_what_else_a_new_event_says(
    content: dict[str, Any], online: bool, expected: dict[str, Any]
) -> None:
    bare = new_event(CONTENT, TRANSACTION, online=False)
    body = new_event(replace(CONTENT, **content), TRANSACTION, online=online)
    assert body == bare | expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((), {}),
        (("title",), {"subject": "Talk"}),
        (("description",), {"body": {"contentType": "text", "content": ""}}),
        (("place",), {"location": {"displayName": ""}}),
        (("invited",), {}),
        (("start", "end"), {}),
        (("title", "place"), {"subject": "Talk", "location": {"displayName": ""}}),
    ],
)
def test_a_change_says_the_fields_that_differ_and_nothing_else(
    fields: tuple[str, ...], expected: dict[str, Any]
) -> None:
    assert changes(CONTENT, frozenset(fields)) == expected


def test_guests_whom_the_owner_has_added_stay() -> None:
    """Taking them off would mail them that the event is cancelled."""
    known = [
        {"emailAddress": {"name": "Ann", "address": "Ann@contoso.example"}, "type": "required"},
        {"emailAddress": {"address": "gone@contoso.example"}, "type": "required"},
        {"emailAddress": {"name": "X", "address": "x@contoso.example"}, "type": "optional"},
    ]
    there = WireGuests.model_validate({"attendees": known}).attendees or ()
    ann, gone = Attendee("ann@contoso.example"), Attendee("Gone@contoso.example")
    assert guests((ann,), there, (ann, gone)) == [
        {"emailAddress": {"address": "ann@contoso.example"}, "type": "required"},
        known[2],
    ]
    assert guests((), there, ()) == known


WALL_TIMES = [
    # Both sides of the changes to and from summer time.
    ("Europe/Berlin", "2026-03-29 00:59", "W. Europe Standard Time", "2026-03-29T01:59:00"),
    ("Europe/Berlin", "2026-03-29 01:00", "W. Europe Standard Time", "2026-03-29T03:00:00"),
    ("Europe/Berlin", "2026-10-24 23:59", "W. Europe Standard Time", "2026-10-25T01:59:00"),
    ("Europe/Berlin", "2026-10-25 02:00", "W. Europe Standard Time", "2026-10-25T03:00:00"),
    ("America/New_York", "2026-03-08 07:00", "Eastern Standard Time", "2026-03-08T03:00:00"),
    ("America/New_York", "2026-11-01 07:00", "Eastern Standard Time", "2026-11-01T02:00:00"),
    ("Australia/Lord_Howe", "2026-10-03 15:30", "Lord Howe Standard Time", "2026-10-04T02:30:00"),
    ("Asia/Kolkata", "2026-03-10 09:00", "India Standard Time", "2026-03-10T14:30:00"),
    ("Asia/Kathmandu", "2026-03-10 23:00", "Nepal Standard Time", "2026-03-11T04:45:00"),
    ("Pacific/Kiritimati", "2026-03-10 12:00", "Line Islands Standard Time", "2026-03-11T02:00:00"),
    ("UTC", "2026-03-10 09:00", "UTC", "2026-03-10T09:00:00"),
    # Zones that Windows does not know, on both sides of the change.
    ("Antarctica/Troll", "2026-03-29 00:30", "Antarctica/Troll", "2026-03-29T00:30:00"),
    ("Antarctica/Troll", "2026-03-29 01:30", "Antarctica/Troll", "2026-03-29T03:30:00"),
    ("Antarctica/Troll", "2026-10-25 03:00", "Antarctica/Troll", "2026-10-25T03:00:00"),
    ("EST5EDT", "2026-07-10 12:00", "EST5EDT", "2026-07-10T08:00:00"),
    # Hours that come twice cannot be told by the clock, so these are said in UTC.
    ("Europe/Berlin", "2026-10-25 00:30", "UTC", "2026-10-25T00:30:00"),
    ("Europe/Berlin", "2026-10-25 01:59", "UTC", "2026-10-25T01:59:00"),
    ("America/New_York", "2026-11-01 06:00", "UTC", "2026-11-01T06:00:00"),
    ("Antarctica/Troll", "2026-10-25 01:30", "UTC", "2026-10-25T01:30:00"),
    ("Nowhere/Special", "2026-03-10 09:00", "UTC", "2026-03-10T09:00:00"),
]


@pytest.mark.parametrize(("zone", "start", "name", "expected"), WALL_TIMES)
def test_times_are_those_of_the_clocks_in_the_zone(
    zone: str, start: str, name: str, expected: str
) -> None:
    found = wall_times(on(zone, start, minutes=0))
    assert found["start"] == found["end"] == {"dateTime": expected, "timeZone": name}


def test_an_end_in_an_hour_that_comes_twice_puts_both_in_utc() -> None:
    found = wall_times(on("Europe/Berlin", "2026-10-24 23:30"))
    assert found == utc_times(on("UTC", "2026-10-24 23:30"))


ZONES = sorted(available_timezones() - {"localtime", "Factory"})
DECADE = 10 * 366 * 24 * 3600


@given(st.sampled_from(ZONES), st.integers(-DECADE, DECADE))
def test_wall_times_are_the_same_instants_in_the_zone(zone: str, seconds: int) -> None:
    start = NOW + timedelta(seconds=seconds)
    content = replace(CONTENT, zone=zone, start=start, end=start + timedelta(hours=1))
    for name, instant in (("start", content.start), ("end", content.end)):
        said = wall_times(content)[name]
        assert said["timeZone"]
        told = UTC if said["timeZone"] == "UTC" else ZoneInfo(zone)
        assert datetime.fromisoformat(said["dateTime"]).replace(tzinfo=told) == instant


def test_the_filter_is_as_documented() -> None:
    url = unquote(fixture("43")["examples"][3]["request"]["url"])
    documented = parse_qs(url.partition("?")[2])["$filter"][0]
    mark, value = documented.split("'")[1], documented.split("'")[3]
    assert marked_with("pair42:src9") == documented.replace(mark, MARK)
    assert value == "pair42:src9"
    assert marked_with("d'Artagnan").endswith("eq 'd''Artagnan')")


# What is read


def wire(**fields: Any) -> dict[str, Any]:
    return {
        "id": "E=",
        "@odata.etag": 'W/"1"',
        "subject": "Talk",
        "createdDateTime": "2026-03-01T08:00:00.1234567Z",
        "lastModifiedDateTime": "2026-03-01T08:00:01.7654321Z",
        "start": {"dateTime": "2026-03-10T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-03-10T10:00:00.0000000", "timeZone": "UTC"},
        **fields,
    }


def live(**fields: Any) -> LiveEvent:
    event = parse.live(WireLiveEvent.model_validate(wire(**fields)))
    assert event is not None
    return event


EXAMPLES = [
    one["response"]["body"]
    for number in ("02", "47")
    for one in fixture(number)["examples"]
    if "iCalUId" in one["response"].get("body", {})
]


@pytest.mark.parametrize("body", EXAMPLES)
def test_real_events(body: dict[str, Any]) -> None:
    event = parse.live(WireLiveEvent.model_validate(body))
    assert event is not None
    assert (event.id, event.entity_tag) == (body["id"], body["@odata.etag"])
    assert (event.title, event.web_link) == (body["subject"], body["webLink"])
    assert event.online == body["isOnlineMeeting"]
    assert event.meeting_link == (body["onlineMeeting"] or {}).get("joinUrl")
    assert event.start.tzinfo is UTC
    assert event.start < event.end


def test_a_real_meeting_has_its_link_and_was_just_made() -> None:
    body = fixture("47")["examples"][1]["response"]["body"]
    item = WireLiveEvent.model_validate(body)
    event = parse.live(item)
    assert event is not None
    assert (event.start, event.end) == (at("2019-11-20 21:00"), at("2019-11-20 22:00"))
    assert (event.meeting_link or "").startswith("https://teams.microsoft.com/l/meetup-join/")
    assert parse.untouched(item)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"subject": None}, {"title": ""}),
        ({"sensitivity": "normal"}, {}),
        ({"sensitivity": "private"}, {"title": None}),
        ({"sensitivity": "personal"}, {"title": None}),
        ({"sensitivity": "confidential"}, {"title": None}),
        ({"isCancelled": True}, {"cancelled": True}),
        ({"isOnlineMeeting": True}, {"online": True}),
        ({"isOnlineMeeting": True, "onlineMeeting": {"joinUrl": "https://join"}},
         {"online": True, "meeting_link": "https://join"}),
        ({"onlineMeeting": None, "webLink": "https://web"}, {"web_link": "https://web"}),
        ({"start": {"dateTime": "2026-03-10T10:00:00.9", "timeZone": "Europe/Berlin"},
          "end": {"dateTime": "2026-03-10T11:00:00.1", "timeZone": "W. Europe Standard Time"}},
         {"end": at("2026-03-10 10:00") + timedelta(seconds=1)}),
        ({"isAllDay": True,
          "start": {"dateTime": "2026-03-10T00:00:00", "timeZone": "Tokyo Standard Time"},
          "end": {"dateTime": "2026-03-12T00:00:00", "timeZone": "Tokyo Standard Time"}},
         {"start": at("2026-03-10 00:00"), "end": at("2026-03-12 00:00"), "all_day": True}),
    ],
)  # fmt: skip
def test_what_is_read_of_an_event(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    plain = LiveEvent("E=", CONTENT.start, CONTENT.end, "Talk", 'W/"1"')
    assert live(**fields) == replace(plain, **expected)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("2026-03-01T08:00:00.1234567Z", True),
        ("2026-03-01T08:00:09Z", True),
        ("2026-03-01T08:00:11Z", False),
        ("2026-04-01T08:00:00Z", False),
        (None, False),
        ("lately", False),
    ],
)
def test_whether_it_was_changed_since_it_was_made(changed: str | None, expected: bool) -> None:
    item = WireLiveEvent.model_validate(wire(lastModifiedDateTime=changed))
    assert parse.untouched(item) is expected


# Requests, and what answers mean

Answer = tuple[int, Any]


class Asked:
    """A Graph that gives the answers it was told to give, in that order."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        client = GraphClient(Graph(ROOT, http, lambda: NOW), self._token)
        self.events = CalendarEvents(client, "C=")

    async def _token(self, _: str | None) -> str:
        return "token"

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status, body = self.answers.pop(0)
        return httpx.Response(status, json=body, request=request)

    @property
    def calls(self) -> list[str]:
        root = len(httpx.URL(ROOT).path)
        return [f"{r.method} {r.url.raw_path.decode()[root:].partition('?')[0]}"
                for r in self.requests]  # fmt: skip

    def body(self, number: int = -1) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.requests[number].content)
        return found


def refused(status: int, code: str, **more: Any) -> Answer:
    return status, {"error": {"code": code, "message": "Talk with Dana", **more}}


GONE = refused(404, "ErrorItemNotFound")
NO_MAILBOX = refused(404, "MailboxNotEnabledForRESTAPI")
LIVE = LiveEvent("E=", CONTENT.start, CONTENT.end, "Talk", 'W/"1"')
POST = "POST /me/calendars/C%3D/events"


async def test_create_posts_to_the_calendar_and_prefers_what_every_request_does() -> None:
    asked = Asked((201, wire()))
    assert await asked.events.create(CONTENT, TRANSACTION) == replace(LIVE, made=True)
    assert asked.calls == [POST]
    assert asked.body() == {**new_event(CONTENT, TRANSACTION, online=False), **wall_times(CONTENT)}
    headers = asked.requests[0].headers
    assert headers["content-type"] == "application/json"
    assert 'IdType="ImmutableId"' in headers["prefer"]
    assert 'outlook.timezone="UTC"' in headers["prefer"]


@pytest.mark.parametrize(
    ("allowed", "online"),
    [
        (["teamsForBusiness", "skypeForBusiness"], True),
        (["skypeForConsumer"], False),
        ([], False),
        (None, False),
    ],
)
async def test_a_meeting_is_asked_for_where_the_calendar_has_it(
    allowed: list[str] | None, online: bool
) -> None:
    asked = Asked((200, {"allowedOnlineMeetingProviders": allowed}), (201, wire()))
    await asked.events.create(replace(CONTENT, online_meeting=True), TRANSACTION)
    assert asked.calls == ["GET /me/calendars/C%3D", POST]
    assert "allowedOnlineMeetingProviders" in asked.requests[0].url.query.decode()
    assert ("isOnlineMeeting" in asked.body()) == online


WRONG = wire(start={"dateTime": "2026-03-10T08:00:00", "timeZone": "UTC"})


async def test_times_that_the_zone_of_windows_has_wrong_are_said_again_in_utc() -> None:
    asked = Asked((201, WRONG), (200, wire()))
    assert await asked.events.create(CONTENT, TRANSACTION) == replace(LIVE, made=True)
    assert asked.calls == [POST, f"PATCH {MINE}"]
    assert asked.body() == utc_times(CONTENT)


async def test_they_are_said_again_only_once() -> None:
    asked = Asked((201, WRONG), (200, WRONG))
    found = await asked.events.create(CONTENT, TRANSACTION)
    assert found.start == at("2026-03-10 08:00")
    assert len(asked.calls) == 2


@pytest.mark.parametrize(
    "code", ["TimeZoneNotSupportedException", "ErrorPropertyValidationFailure"]
)
async def test_a_zone_that_graph_does_not_take_is_left_for_utc(code: str) -> None:
    asked = Asked(refused(400, code), (201, wire()))
    assert (await asked.events.create(CONTENT, TRANSACTION)).made
    assert asked.calls == [POST, POST]
    assert asked.body()["start"] == {"dateTime": "2026-03-10T09:00:00", "timeZone": "UTC"}
    asked = Asked(refused(400, code), refused(400, code))
    with pytest.raises(errors.ProviderRejected):
        await asked.events.create(CONTENT, TRANSACTION)


@pytest.mark.parametrize("status", [400, 409])
async def test_a_second_event_is_not_made_but_the_first_taken_as_it_is(status: int) -> None:
    known = refused(status, "ErrorDuplicateTransactionId", **{"@event.existingEventId": "old="})
    asked = Asked(known, (200, WRONG))
    found = await asked.events.create(CONTENT, TRANSACTION)
    assert (found.start, found.made) == (at("2026-03-10 08:00"), False)
    assert asked.calls == [POST, "GET /me/events/old%3D"]


async def test_a_first_event_without_a_name_is_found_by_its_mark() -> None:
    asked = Asked(refused(400, "ErrorDuplicateTransactionId"), (200, {"value": [wire()]}))
    assert await asked.events.create(CONTENT, TRANSACTION) == LIVE


async def test_a_first_event_that_is_not_there_is_no_success() -> None:
    known = refused(400, "ErrorDuplicateTransactionId", **{"@event.existingEventId": "old="})
    with pytest.raises(errors.EventGone):
        await Asked(known, GONE, GONE).events.create(CONTENT, TRANSACTION)


async def test_an_answer_to_an_earlier_create_is_not_taken_for_a_new_event() -> None:
    changed = {**WRONG, "lastModifiedDateTime": "2026-03-02T08:00:00Z"}
    asked = Asked((201, changed))
    found = await asked.events.create(CONTENT, TRANSACTION)
    assert (found.start, found.made) == (at("2026-03-10 08:00"), False)
    assert asked.calls == [POST]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (GONE, errors.CalendarGone),
        (NO_MAILBOX, errors.MailboxMissing),
        (refused(403, "ErrorAccessDenied"), errors.CalendarForbidden),
        (refused(409, "ErrorConcurrentItemSave"), errors.ProviderConflict),
        (refused(412, "ErrorIrresolvableConflict"), errors.ProviderUnavailable),
        (refused(400, "ErrorInvalidRequest"), errors.ProviderRejected),
        (refused(429, "TooManyRequests"), errors.Throttled),
        (refused(503, "serviceNotAvailable"), errors.ProviderUnavailable),
        ((201, {"id": None}), errors.ProviderUnavailable),
        ((201, wire(start=None)), errors.ProviderUnavailable),
    ],
)
async def test_what_a_refused_create_means(
    answer: Answer, expected: type[errors.ProviderError]
) -> None:
    with pytest.raises(expected) as found:
        await Asked(answer).events.create(CONTENT, TRANSACTION)
    assert type(found.value) is expected
    assert "Dana" not in found.value.detail


async def test_find_asks_for_the_mark_and_follows_empty_pages() -> None:
    link = f"{ROOT}/me/calendars/C=/events?$skip=10"
    asked = Asked((200, {"value": [], "@odata.nextLink": link}), (200, {"value": [wire()]}))
    assert await asked.events.find(TRANSACTION) == LIVE
    query = parse_qs(asked.requests[0].url.query.decode())
    assert query["$filter"] == [marked_with(TRANSACTION)]
    assert "subject" in query["$select"][0].split(",")
    assert str(asked.requests[1].url) == link
    assert await Asked((200, {"value": []})).events.find(TRANSACTION) is None


Call = Callable[[CalendarEvents], Any]


def updated(tag: str | None = None, fields: tuple[str, ...] = ("title",)) -> Call:
    return lambda events: events.update("E=", CONTENT, frozenset(fields), tag)


CALLS: list[tuple[str, Call, Answer]] = [
    ("GET", lambda events: events.event("E="), (200, wire())),
    ("PATCH", updated(), (200, wire())),
    ("DELETE", lambda events: events.delete("E="), (204, None)),
]


@pytest.mark.parametrize(("method", "call", "answer"), CALLS)
async def test_an_event_is_sought_in_the_mailbox_then_on_the_calendar(
    method: str, call: Call, answer: Answer
) -> None:
    expected = True if method == "DELETE" else LIVE
    asked = Asked(answer)
    assert await call(asked.events) == expected
    assert asked.calls == [f"{method} {MINE}"]
    asked = Asked(GONE, answer)
    assert await call(asked.events) == expected
    assert asked.calls == [f"{method} {MINE}", f"{method} {THEIRS}"]


@pytest.mark.parametrize("gone", [GONE, refused(410, "Gone"), (404, None)])
async def test_an_event_that_is_on_neither_path(gone: Answer) -> None:
    assert await Asked(gone, gone).events.event("E=") is None
    assert await Asked(gone, gone).events.delete("E=") is False
    with pytest.raises(errors.EventGone):
        await updated()(Asked(gone, gone).events)


@pytest.mark.parametrize(("method", "call", "answer"), CALLS)
async def test_a_mailbox_that_is_gone_is_no_event_that_is_gone(
    method: str, call: Call, answer: Answer
) -> None:
    for answers in ([NO_MAILBOX], [GONE, NO_MAILBOX]):
        with pytest.raises(errors.MailboxMissing):
            await call(Asked(*answers).events)


async def test_a_second_deletion_may_be_refused_by_another_name() -> None:
    await Asked(refused(403, "ErrorCannotDeleteObject")).events.delete("E=")
    with pytest.raises(errors.CalendarForbidden):
        await Asked(refused(403, "ErrorAccessDenied")).events.delete("E=")


async def test_update_says_what_differs_and_of_which_version_it_speaks() -> None:
    asked = Asked(GONE, (200, wire()))
    await updated('W/"0"')(asked.events)
    assert [r.headers.get("if-match") for r in asked.requests] == ['W/"0"', 'W/"0"']
    assert asked.body() == {"subject": "Talk"}
    asked = Asked((200, wire()))
    await updated()(asked.events)
    assert "if-match" not in asked.requests[0].headers


@pytest.mark.parametrize("fields", [("start",), ("end",), ("start", "end")])
async def test_update_says_both_times_and_that_they_are_times(fields: tuple[str, ...]) -> None:
    asked = Asked((200, wire()))
    await updated(fields=fields)(asked.events)
    assert asked.body() == {**wall_times(CONTENT), "isAllDay": False}


async def test_update_too_says_wrong_times_again_in_utc() -> None:
    asked = Asked((200, WRONG), (200, wire()))
    assert await updated('W/"0"', ("start",))(asked.events) == LIVE
    assert asked.body() == utc_times(CONTENT)
    assert "if-match" not in asked.requests[1].headers
    asked = Asked((200, WRONG))
    await updated()(asked.events)
    assert len(asked.calls) == 1


@pytest.mark.parametrize(
    ("tag", "answer", "expected"),
    [
        ('W/"0"', refused(412, "ErrorIrresolvableConflict"), errors.EventChanged),
        (None, refused(412, "ErrorIrresolvableConflict"), errors.ProviderUnavailable),
        (None, refused(409, "ErrorConcurrentItemSave"), errors.ProviderConflict),
        (None, refused(400, "ErrorOccurrenceCrossingBoundary"), errors.ProviderRejected),
        (None, refused(403, "ErrorAccessDenied"), errors.CalendarForbidden),
    ],
)
async def test_what_a_refused_update_means(
    tag: str | None, answer: Answer, expected: type[errors.ProviderError]
) -> None:
    with pytest.raises(expected) as found:
        await updated(tag)(Asked(answer).events)
    assert type(found.value) is expected
