"""Events of appointments: what is written, found and refused, and where they are looked for."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import errors
from shared.domain.appointments import Attendee, Content, LiveEvent
from shared.providers.google.event_body import (
    MARK,
    attendees,
    changes,
    event_id,
    new_event,
    utc_times,
    zoned_times,
)
from shared.providers.google.wire import WireAttendee
from tests.fixtures.google.scripted import Script, items, refused, said
from tests.unit.made import at

TRANSACTION = "0b7a4b6e-5a4c-5d6f-9b1e-3f1f3f5c6a7b"
KEY = event_id(TRANSACTION)
CONTENT = Content("Talk", at("2026-03-10 09:00"), at("2026-03-10 10:00"), "Europe/Berlin")
ANN, BOB = Attendee("ann@example.test", "Ann"), Attendee("bob@example.test")
INVITING = replace(CONTENT, attendees=(ANN, BOB), invite=True)
EVENTS, EVENT = "/calendars/cal/events", f"/calendars/cal/events/{KEY}"
OTHER = f"/calendars/other/events/{KEY}"
LIST = "GET /users/me/calendarList"
CALENDARS = (
    {"id": "cal", "accessRole": "owner"},
    {"id": "holidays", "accessRole": "reader"},
    {"id": "other", "accessRole": "writer"},
)
MEET = {"conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]}}


def held(**more: Any) -> dict[str, Any]:
    return {
        "id": KEY,
        "etag": '"1"',
        "status": "confirmed",
        "summary": "Talk",
        "htmlLink": "https://calendar.example.test/e",
        "start": {"dateTime": "2026-03-10T10:00:00+01:00", "timeZone": "Europe/Berlin"},
        "end": {"dateTime": "2026-03-10T11:00:00+01:00", "timeZone": "Europe/Berlin"},
        "organizer": {"self": True},
        **more,
    }


CANCELLED = {"id": KEY, "status": "cancelled"}
LIVE = LiveEvent(KEY, CONTENT.start, CONTENT.end, "Talk", '"1"', "https://calendar.example.test/e")


# Bodies


def test_a_new_event_takes_time_reminds_nobody_and_is_marked() -> None:
    assert new_event(CONTENT, TRANSACTION, "cal", online=False) == {
        "id": KEY,
        "summary": "Talk",
        "description": "",
        "location": "",
        "transparency": "opaque",
        "reminders": {"useDefault": False, "overrides": []},
        "extendedProperties": {"private": {MARK: TRANSACTION}},
    }


@pytest.mark.parametrize(
    ("content", "online", "expected"),
    [
        ({"description": 'a<b & "c"'}, False, {"description": 'a&lt;b &amp; "c"'}),
        ({"place": "Room 1"}, False, {"location": "Room 1"}),
        ({"attendees": (ANN,), "invite": False}, False, {}),
        (
            {"attendees": (ANN, BOB), "invite": True},
            False,
            {
                "attendees": [
                    {"email": "ann@example.test", "displayName": "Ann"},
                    {"email": "bob@example.test"},
                ]
            },
        ),
        ({"online_meeting": True}, False, {}),
        (
            {"online_meeting": True},
            True,
            {
                "conferenceData": {
                    "createRequest": {
                        "requestId": TRANSACTION,
                        "conferenceSolutionKey": {"type": "hangoutsMeet"},
                    }
                }
            },
        ),
    ],
)
def test_what_else_a_new_event_says(content: Any, online: bool, expected: Any) -> None:
    bare = new_event(CONTENT, TRANSACTION, "cal", online=False)
    asked = replace(CONTENT, **content)
    assert new_event(asked, TRANSACTION, "cal", online=online) == bare | expected


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100), st.text("ab", max_size=3))
def test_ids_are_such_as_google_takes_and_no_two_are_one(one: str, other: str) -> None:
    """https://developers.google.com/workspace/calendar/api/v3/reference/events#id"""
    made = event_id(one + "abc")
    assert set(made) <= set("0123456789abcdefghijklmnopqrstuv")
    assert 5 <= len(made) <= 1024
    assert (event_id(one) == event_id(other)) == (one == other)


def test_times_are_instants_shown_in_the_appointments_zone() -> None:
    assert zoned_times(CONTENT) == {
        "start": {"dateTime": "2026-03-10T09:00:00Z", "timeZone": "Europe/Berlin", "date": None},
        "end": {"dateTime": "2026-03-10T10:00:00Z", "timeZone": "Europe/Berlin", "date": None},
    }
    windows = replace(CONTENT, zone="W. Europe Standard Time")
    assert zoned_times(windows) == zoned_times(CONTENT)
    assert zoned_times(replace(CONTENT, zone="Nowhere")) == utc_times(CONTENT)
    assert utc_times(CONTENT)["start"]["timeZone"] == "UTC"


def test_changes_say_only_what_changed() -> None:
    content = replace(CONTENT, description="", place="Room 2")
    assert changes(content, frozenset({"title", "start"})) == {"summary": "Talk"}
    assert changes(content, frozenset({"description", "place", "invited"})) == {
        "description": "",
        "location": "Room 2",
    }
    text = replace(CONTENT, description="<b> & 'c'")
    assert changes(text, frozenset({"description"})) == {"description": "&lt;b&gt; &amp; 'c'"}


def test_who_has_answered_is_not_asked_again() -> None:
    known = [
        WireAttendee(email="Ann@Example.test", response="accepted"),
        WireAttendee(email="gone@example.test", response="accepted"),
        WireAttendee(email="me@example.test", is_self=True),
    ]
    assert attendees((ANN, BOB), "cal", known, (ANN, Attendee("Gone@example.test"))) == [
        {"email": "ann@example.test", "displayName": "Ann", "responseStatus": "accepted"},
        {"email": "bob@example.test"},
        {"email": "me@example.test", "responseStatus": "accepted"},
    ]


def test_guests_whom_the_owner_has_added_stay() -> None:
    """Taking them off would mail them that the event is cancelled."""
    known = [
        WireAttendee(email="ann@example.test", response="accepted"),
        WireAttendee(
            email="theirs@example.test", name="Theirs", response="tentative", optional=True
        ),
        WireAttendee(email="silent@example.test"),
    ]
    assert attendees((BOB,), "cal", known, (ANN,)) == [
        {"email": "bob@example.test"},
        {
            "email": "theirs@example.test",
            "displayName": "Theirs",
            "optional": True,
            "responseStatus": "tentative",
        },
        {"email": "silent@example.test", "responseStatus": "needsAction"},
    ]


def test_the_owner_of_the_calendar_is_not_asked_whether_they_come() -> None:
    own = "Ann@example.test"
    expected = {"email": "ann@example.test", "displayName": "Ann", "responseStatus": "accepted"}
    assert attendees((ANN,), own) == [expected]
    for answer in (None, "needsAction"):
        known = [WireAttendee(email="ann@example.test", response=answer, is_self=True)]
        assert attendees((ANN,), own, known) == [expected]
    known = [WireAttendee(email="ann@example.test", response="declined", is_self=True)]
    assert attendees((ANN,), own, known) == [{**expected, "responseStatus": "declined"}]


# Making


async def create(script: Script, content: Content = CONTENT) -> LiveEvent:
    return await script.provider.create_event(script.token, "cal", content, TRANSACTION)


async def test_an_event_is_made() -> None:
    script = Script(said(held()))
    assert await create(script) == replace(LIVE, made=True)
    assert script.asked == [f"POST {EVENTS}"]
    assert script.query(0) == {"sendUpdates": "none", "conferenceDataVersion": "0"}
    whole = new_event(CONTENT, TRANSACTION, "cal", online=False) | zoned_times(CONTENT)
    assert script.body(0) == whole


async def test_only_who_is_invited_is_mailed() -> None:
    script = Script(said(held()))
    await create(script, INVITING)
    assert script.query(0)["sendUpdates"] == "all"


async def test_a_meeting_is_made_where_the_calendar_has_them() -> None:
    link = "https://meet.example.test/x"
    script = Script(said({"id": "cal", **MEET}), said(held(hangoutLink=link)))
    made = await create(script, replace(CONTENT, online_meeting=True))
    assert script.asked == [f"{LIST}/cal", f"POST {EVENTS}"]
    assert script.query(1)["conferenceDataVersion"] == "1"
    assert "conferenceData" in script.body(1)
    assert (made.meeting_link, made.online) == (link, False)


@pytest.mark.parametrize(
    "answer",
    [
        said({"id": "cal"}),
        said({"id": "cal", "conferenceProperties": {}}),
        said({"id": "cal", "conferenceProperties": {"allowedConferenceSolutionTypes": ["other"]}}),
        refused(404, "notFound"),
    ],
)
async def test_no_meeting_is_asked_for_where_it_cannot_be(answer: Any) -> None:
    script = Script(answer, said(held()))
    await create(script, replace(CONTENT, online_meeting=True))
    assert script.query(1)["conferenceDataVersion"] == "0"
    assert "conferenceData" not in script.body(1)


async def test_a_zone_that_google_does_not_know_yet() -> None:
    script = Script(refused(400, "invalid"), said(held()))
    await create(script)
    assert script.body(1)["start"] == utc_times(CONTENT)["start"]

    script = Script(refused(400, "invalid"))
    with pytest.raises(errors.ProviderRejected):
        await create(script, replace(CONTENT, zone="UTC"))


async def test_an_event_that_was_made_before_is_given_as_it_is() -> None:
    script = Script(refused(409, "duplicate"), said(held(summary="Walk")))
    assert await create(script) == replace(LIVE, title="Walk")
    assert script.asked == [f"POST {EVENTS}", f"GET {EVENT}"]


@pytest.mark.parametrize(
    "answer", [said(CANCELLED), refused(404, "notFound"), refused(410, "deleted")]
)
async def test_an_event_that_was_made_before_and_deleted(answer: Any) -> None:
    nowhere = (items(*CALENDARS), refused(404, "notFound"))
    with pytest.raises(errors.EventGone):
        await create(Script(refused(409, "duplicate"), answer, *nowhere))


async def test_f15_an_event_that_was_made_before_and_moved_is_the_one() -> None:
    script = Script(
        refused(409, "duplicate"), said(CANCELLED), items(*CALENDARS), said(held(etag='"2"'))
    )
    assert await create(script) == replace(LIVE, entity_tag='"2"')
    assert script.asked[1:] == [f"GET {EVENT}", LIST, f"GET {OTHER}"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(404, "notFound"), errors.CalendarGone),
        (refused(403, "requiredAccessLevel", "calendar"), errors.CalendarForbidden),
        (refused(409, "conflict"), errors.ProviderConflict),
        (refused(403, "quotaExceeded", "usageLimits"), errors.QuotaUsedUp),
        (said({"id": KEY}), errors.ProviderUnavailable),
    ],
)
async def test_events_that_cannot_be_made(answer: Any, expected: type[Exception]) -> None:
    with pytest.raises(errors.ProviderError) as raised:
        await create(Script(answer))
    assert type(raised.value) is expected


# Finding


async def test_an_event_is_found_by_its_transaction() -> None:
    script = Script(said(held()))
    assert await script.provider.find_event(script.token, "cal", TRANSACTION) == LIVE
    assert script.asked == [f"GET {EVENT}"]
    for answer in (said(CANCELLED), refused(404, "notFound"), refused(410, "deleted")):
        script = Script(answer, items(*CALENDARS), refused(404, "notFound"))
        assert await script.provider.find_event(script.token, "cal", TRANSACTION) is None
        assert script.asked == [f"GET {EVENT}", LIST, f"GET {OTHER}"]


async def test_f15_an_event_is_found_where_its_owner_has_moved_it() -> None:
    for answer in (said(CANCELLED), refused(404, "notFound")):
        script = Script(answer, items(*CALENDARS), said(held(etag='"2"')))
        found = await script.provider.find_event(script.token, "cal", TRANSACTION)
        assert found == replace(LIVE, entity_tag='"2"')


async def test_an_event_is_not_missed_on_a_calendar_that_is_gone() -> None:
    nowhere = (refused(404, "notFound"),) * 2
    script = Script(refused(404, "notFound"), items(*CALENDARS), *nowhere)
    with pytest.raises(errors.CalendarGone):
        await script.provider.find_event(script.token, "another", TRANSACTION)


async def test_a_calendar_that_may_not_be_read_says_nothing_of_the_event() -> None:
    third = {"id": "third", "accessRole": "writer"}
    away = (refused(404, "notFound"), items(*CALENDARS, third), refused(403, "forbidden"))
    assert await look(Script(*away, refused(404, "notFound"))) is None
    assert await look(Script(*away, said(held()))) == LIVE


async def test_a_410_without_a_reason_is_an_event_that_is_gone() -> None:
    bare = said({"error": {"code": 410}}, 410)
    script = Script(bare, items(*CALENDARS), bare)
    assert await look(script) is None
    assert not await delete(Script(said(held()), bare))
    with pytest.raises(errors.EventGone):
        await update(Script(bare, items(*CALENDARS), bare), "title")


async def look(script: Script) -> LiveEvent | None:
    return await script.provider.event(script.token, "cal", KEY)


async def test_an_event_is_looked_for_where_its_owner_may_have_moved_it() -> None:
    script = Script(said(held()))
    assert await look(script) == LIVE

    script = Script(said(CANCELLED), items(*CALENDARS), said(held(etag='"2"')))
    assert await look(script) == replace(LIVE, entity_tag='"2"')
    assert script.asked == [f"GET {EVENT}", LIST, f"GET {OTHER}"]

    script = Script(refused(404, "notFound"), items(*CALENDARS), refused(404, "notFound"))
    assert await look(script) is None


async def test_an_invitation_to_the_event_is_not_the_event() -> None:
    copy = held(organizer={"email": "pat@example.test"})
    script = Script(said(CANCELLED), items(*CALENDARS), said(copy))
    assert await look(script) is None


async def test_an_event_is_listed_where_it_is_and_not_deleted() -> None:
    script = Script(said(held()))
    assert await script.provider.is_listed(script.token, "cal", KEY, TRANSACTION)
    script = Script(said(CANCELLED), items(*CALENDARS), said(CANCELLED))
    assert not await script.provider.is_listed(script.token, "cal", KEY, TRANSACTION)


async def test_a_failure_is_no_loss() -> None:
    for answer, expected in (
        (refused(500, "backendError"), errors.ProviderUnavailable),
        (said(status=404), errors.ProviderUnavailable),
        (refused(403, "rateLimitExceeded", "usageLimits"), errors.Throttled),
    ):
        with pytest.raises(expected):
            await look(Script(answer))


# Changing


async def update(
    script: Script,
    *fields: str,
    content: Content = CONTENT,
    tag: str | None = '"1"',
    before: Content | None = None,
) -> LiveEvent:
    asked = content, frozenset(fields), tag, before
    return await script.provider.update_event(script.token, "cal", KEY, *asked)


async def test_only_what_differs_is_patched() -> None:
    script = Script(said(held(etag='"2"')))
    assert await update(script, "title") == replace(LIVE, entity_tag='"2"')
    assert script.asked == [f"PATCH {EVENT}"]
    assert script.body(0) == {"summary": "Talk"}
    assert script.query(0) == {"sendUpdates": "none"}
    assert script.requests[0].headers["if-match"] == '"1"'


async def test_without_a_version_none_is_named() -> None:
    script = Script(said(held()))
    await update(script, "title", tag=None)
    assert "if-match" not in script.requests[0].headers


async def test_times_are_written_both_and_instead_of_days() -> None:
    script = Script(said(held()))
    await update(script, "end")
    assert script.body(0) == zoned_times(CONTENT)

    script = Script(refused(400, "invalid"), said(held()))
    await update(script, "end")
    assert script.body(1) == utc_times(CONTENT)


async def test_the_list_of_guests_keeps_their_answers() -> None:
    there = [{"email": "ann@example.test", "responseStatus": "accepted"}]
    script = Script(said(held(attendees=there)), said(held()))
    await update(script, "invited", content=INVITING)
    assert script.asked == [f"GET {EVENT}", f"PATCH {EVENT}"]
    assert script.query(1) == {"sendUpdates": "all"}
    assert [one.get("responseStatus") for one in script.body(1)["attendees"]] == ["accepted", None]

    script = Script(said(held(attendees=there)), said(held()))
    await update(script, "invited", before=INVITING)
    assert (script.body(1), script.query(1)) == ({"attendees": []}, {"sendUpdates": "all"})


async def test_an_event_that_was_changed() -> None:
    script = Script(refused(412, "conditionNotMet"), said(held(etag='"2"')))
    with pytest.raises(errors.EventChanged):
        await update(script, "title")
    assert script.asked == [f"PATCH {EVENT}", f"GET {EVENT}"]


async def test_an_event_that_may_not_be_changed() -> None:
    script = Script(refused(403, "forbiddenForNonOrganizer", "calendar"), said(held()))
    with pytest.raises(errors.CalendarForbidden):
        await update(script, "title")


AWAY: list[list[Any]] = [
    [refused(404, "notFound")],
    [refused(410, "deleted")],
    [said(held(status="cancelled"))],
    [said(CANCELLED)],
    [refused(412, "conditionNotMet"), said(CANCELLED)],
    [refused(403, "forbidden"), said(CANCELLED)],
]


@pytest.mark.parametrize("away", AWAY)
async def test_an_event_that_was_moved_is_changed_where_it_is(away: list[Any]) -> None:
    script = Script(*away, items(*CALENDARS), said(held()), said(held(etag='"3"')))
    assert (await update(script, "title")).entity_tag == '"3"'
    assert script.asked[-2:] == [f"GET {OTHER}", f"PATCH {OTHER}"]
    assert script.requests[-1].headers["if-match"] == '"1"'


@pytest.mark.parametrize("away", AWAY)
async def test_an_event_that_is_gone_cannot_be_changed(away: list[Any]) -> None:
    script = Script(*away, items(*CALENDARS), refused(404, "notFound"))
    with pytest.raises(errors.EventGone):
        await update(script, "title")


# Deleting


async def delete(script: Script) -> bool:
    return await script.provider.delete_event(script.token, "cal", KEY)


@pytest.mark.parametrize(
    ("more", "mailed"),
    [
        ({}, "none"),
        ({"attendees": [{"self": True}]}, "none"),
        ({"attendees": [{"self": True}, {"email": "ann@example.test"}]}, "all"),
        ({"attendees": [{"self": True}], "attendeesOmitted": True}, "all"),
    ],
)
async def test_who_is_on_the_event_is_told_that_it_is_deleted(more: Any, mailed: str) -> None:
    script = Script(said(held(**more)), said(status=204))
    assert await delete(script)
    assert script.asked == [f"GET {EVENT}", f"DELETE {EVENT}"]
    assert script.query(1) == {"sendUpdates": mailed}


async def test_a_moved_event_is_deleted_where_it_is() -> None:
    script = Script(said(CANCELLED), items(*CALENDARS), said(held()), said(status=204))
    assert await delete(script)
    assert script.asked[-1] == f"DELETE {OTHER}"


@pytest.mark.parametrize("answer", [refused(404, "notFound"), refused(410, "deleted")])
async def test_what_is_gone_already_is_no_error(answer: Any) -> None:
    assert not await delete(Script(said(held()), answer))
    assert not await delete(Script(answer, items(*CALENDARS), refused(404, "notFound")))


async def test_what_may_not_be_deleted() -> None:
    with pytest.raises(errors.CalendarForbidden):
        await delete(Script(said(held()), refused(403, "forbidden")))
