"""Writing and reading single events of the Google stand-in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sandbox.server import RunningSandbox
from tests.sandbox.google_client import (
    EVENTS,
    GINA,
    GREG,
    HUGO,
    Caller,
    all_day,
    caller,
    timed,
    weekly,
)


@pytest.fixture
def gina(sandbox: RunningSandbox, http: httpx.AsyncClient) -> Caller:
    return caller(sandbox, http, GINA)


def reason(answer: Any) -> str:
    return str(answer["error"]["errors"][0]["reason"])


async def test_the_shape_of_an_event(gina: Caller) -> None:
    body = {
        "id": "sb0c5e3d4a1f2b3c",
        "summary": "Busy",
        **timed(),
        "visibility": "private",
        "extendedProperties": {"private": {"origin": "pair42"}},
        "reminders": {"useDefault": False},
    }
    made = await gina.post(f"{EVENTS}?sendUpdates=none", body)
    assert made["kind"] == "calendar#event"
    assert made["etag"].startswith('"35200000')
    assert (made["status"], made["eventType"], made["sequence"]) == ("confirmed", "default", 0)
    assert made["iCalUID"] == "sb0c5e3d4a1f2b3c@google.com"
    assert made["creator"] == made["organizer"] == {"email": GINA, "self": True}
    assert made["start"] == {"dateTime": "2027-03-01T10:00:00Z", "timeZone": "Europe/London"}
    assert made["reminders"] == {"useDefault": False}
    assert made["extendedProperties"] == {"private": {"origin": "pair42"}}
    assert made["created"].endswith("Z")
    assert "transparency" not in made
    assert await gina.get(f"{EVENTS}/{made['id']}") == made


async def test_times_are_shown_in_the_calendars_zone_or_the_one_asked_for(gina: Caller) -> None:
    made = await gina.post(EVENTS, {"summary": "Summer", **timed("2027-07-01")})
    assert made["start"]["dateTime"] == "2027-07-01T11:00:00+01:00"
    shown = await gina.get(f"{EVENTS}/{made['id']}", timeZone="America/New_York")
    assert shown["start"]["dateTime"] == "2027-07-01T06:00:00-04:00"
    assert shown["start"]["timeZone"] == "Europe/London"


async def test_whole_days(gina: Caller) -> None:
    made = await gina.post(EVENTS, {"summary": "Trip", **all_day("2027-03-01", "2027-03-03")})
    assert (made["start"], made["end"]) == ({"date": "2027-03-01"}, {"date": "2027-03-03"})
    path = f"{EVENTS}/{made['id']}"
    mixed = await gina.patch(path, {"start": {"dateTime": "2027-03-01T09:00:00Z"}}, 400)
    assert reason(mixed) == "invalid"
    cleared = {
        "start": {"dateTime": "2027-03-01T09:00:00Z", "date": None},
        "end": {"dateTime": "2027-03-01T10:00:00Z", "date": None},
    }
    assert "date" not in (await gina.patch(path, cleared))["start"]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"id": "UPPER"} | timed(), "invalid"),
        ({"id": "a" * 4} | timed(), "invalid"),
        ({"id": "with-dash"} | timed(), "invalid"),
        ({"id": "wxyz12345"} | timed(), "invalid"),
        ({"start": {"dateTime": "2027-03-01T10:00:00Z"}}, "required"),
        (timed(start="11:00", end="10:00"), "timeRangeEmpty"),
        (all_day("2027-03-01", "2027-03-01"), "timeRangeEmpty"),
        (all_day("2027-03-01", "2027-03-02") | {"recurrence": ["RRULE:FREQ=X"]}, "invalid"),
        (timed() | {"recurrence": ["RRULE:FREQ=DAILY"]}, "required"),
        ({"start": {"dateTime": "2027-03-01T10:00:00"}, "end": {}}, "required"),
        (timed() | {"start": {"dateTime": "2027-03-01T10:00:00", "timeZone": "CET5"}}, "invalid"),
        (timed() | {"transparency": "sheer"}, "invalid"),
        (timed() | {"eventType": "fromGmail"}, "eventTypeRestriction"),
        (timed() | {"attendees": [{"email": "nobody"}]}, "invalid"),
    ],
)
async def test_what_cannot_be_made(gina: Caller, body: Any, wanted: str) -> None:
    assert reason(await gina.post(EVENTS, body, 400)) == wanted


async def test_patch_merges_and_update_replaces(gina: Caller) -> None:
    properties = {"private": {"a": "1", "b": "2"}}
    body = {"summary": "A", "location": "Here", "extendedProperties": properties, **timed()}
    path = f"{EVENTS}/{(await gina.post(EVENTS, body))['id']}"
    change = {"extendedProperties": {"private": {"a": None, "c": "3"}}, "location": None}
    patched = await gina.patch(path, change)
    assert patched["extendedProperties"]["private"] == {"b": "2", "c": "3"}
    assert patched["summary"] == "A"
    assert "location" not in patched
    replaced = (await gina.send("PUT", path, {"summary": "B", **timed(start="09:00")})).json()
    assert replaced["summary"] == "B"
    assert "extendedProperties" not in replaced
    assert replaced["sequence"] == 1
    stale = await gina.send("PUT", path, {"sequence": 0, **timed()})
    assert (stale.status_code, reason(stale.json())) == (400, "invalid")


async def test_a_resource_sent_back_changes_nothing_but_what_was_changed(gina: Caller) -> None:
    made = await gina.post(EVENTS, {"summary": "A", **timed()})
    answer = await gina.send("PUT", f"{EVENTS}/{made['id']}", made | {"summary": "B"})
    found = answer.json()
    kept = {name for name in made if found[name] == made[name]}
    assert set(made) - kept == {"summary", "etag", "updated"}


async def test_reminders_change_the_etag_but_not_updated(gina: Caller) -> None:
    made = await gina.post(EVENTS, {"summary": "A", **timed()})
    changed = await gina.patch(f"{EVENTS}/{made['id']}", {"reminders": {"useDefault": False}})
    assert changed["etag"] != made["etag"]
    assert changed["updated"] == made["updated"]
    both = {"reminders": {"useDefault": True, "overrides": [{"method": "popup", "minutes": 5}]}}
    refused = await gina.patch(f"{EVENTS}/{made['id']}", both, 400)
    assert reason(refused) == "cannotUseDefaultRemindersAndSpecifyOverride"


async def test_etag_guards_writes(gina: Caller) -> None:
    made = await gina.post(EVENTS, {"summary": "A", **timed()})
    path = f"{EVENTS}/{made['id']}"
    await gina.patch(path, {"summary": "B"}, if_match=made["etag"])
    stale = await gina.patch(path, {"summary": "C"}, 412, if_match=made["etag"])
    assert stale["error"]["errors"][0]["location"] == "If-Match"
    assert (await gina.send("DELETE", path, if_match=made["etag"])).status_code == 412
    assert (await gina.send("DELETE", path, if_match="*")).status_code == 204
    assert (await gina.get(path))["status"] == "cancelled"


async def test_revival_can_be_refused(gina: Caller, sandbox: RunningSandbox) -> None:
    made = await gina.post(EVENTS, {"summary": "A", **timed()})
    path = f"{EVENTS}/{made['id']}"
    await gina.send("DELETE", path)
    for status in (403, 410):
        sandbox.world.google.account(GINA).faults.revival = status
        await gina.patch(path, {"status": "confirmed"}, status)
    sandbox.world.google.account(GINA).faults.revival = 200
    assert (await gina.patch(path, {"status": "confirmed"}))["status"] == "confirmed"


async def test_long_property_names_vanish_and_values_are_cut(gina: Caller) -> None:
    given = {"k" * 45: "gone", "k" * 44: "v" * 1100}
    body = {"extendedProperties": {"private": given}, **timed()}
    made = await gina.post(EVENTS, body)
    assert made["extendedProperties"]["private"] == {"k" * 44: "v" * 1024}


async def test_a_meet_link_when_asked_for(gina: Caller) -> None:
    request = {
        "createRequest": {"requestId": "r1", "conferenceSolutionKey": {"type": "hangoutsMeet"}}
    }
    body = {"summary": "Call", "conferenceData": request, **timed()}
    assert "hangoutLink" not in await gina.post(EVENTS, body)
    made = await gina.post(f"{EVENTS}?conferenceDataVersion=1", body)
    assert made["hangoutLink"].startswith("https://meet.google.com/")
    assert made["conferenceData"]["entryPoints"][0]["uri"] == made["hangoutLink"]
    kept = await gina.patch(f"{EVENTS}/{made['id']}", {"summary": "B"})
    assert kept["hangoutLink"] == made["hangoutLink"]


async def test_instances_and_exceptions(gina: Caller) -> None:
    series = await gina.post(EVENTS, weekly("2027-03-15"))
    path = f"{EVENTS}/{series['id']}"
    found = (await gina.get(f"{path}/instances"))["items"]
    while len(found) < 6:
        page = await gina.get(f"{path}/instances")
        found = page["items"]
        while "nextPageToken" in page:
            page = await gina.get(f"{path}/instances", pageToken=page["nextPageToken"])
            found += page["items"]
    # British summer time begins on 28 March: nine o'clock stays nine o'clock.
    assert [item["start"]["dateTime"] for item in found[:3]] == [
        "2027-03-15T09:00:00Z",
        "2027-03-22T09:00:00Z",
        "2027-03-29T09:00:00+01:00",
    ]
    assert found[2]["id"] == f"{series['id']}_20270329T080000Z"
    assert found[2]["recurringEventId"] == series["id"]
    assert "recurrence" not in found[2]
    instance = f"{EVENTS}/{found[1]['id']}"
    moved = await gina.patch(instance, {"summary": "Moved", **timed("2027-03-23")})
    assert moved["originalStartTime"]["dateTime"] == "2027-03-22T09:00:00Z"
    assert moved["iCalUID"] == series["iCalUID"]
    assert (await gina.send("DELETE", f"{EVENTS}/{found[2]['id']}")).status_code == 204
    assert (await gina.send("DELETE", f"{EVENTS}/{found[2]['id']}")).status_code == 410
    await gina.patch(path, {"description": "For all"})
    again = await gina.get(instance)
    assert (again["summary"], again["description"]) == ("Moved", "For all")
    assert reason(await gina.get(f"{EVENTS}/{series['id']}_20270316T090000Z", 404)) == "notFound"


async def test_all_day_series(gina: Caller) -> None:
    body = {
        "summary": "Off",
        **all_day("2027-03-01", "2027-03-02"),
        "recurrence": ["RRULE:FREQ=DAILY;COUNT=4", "EXDATE;VALUE=DATE:20270302"],
    }
    series = await gina.post(EVENTS, body)
    found = await gina.get(f"{EVENTS}/{series['id']}_20270303")
    assert found["originalStartTime"] == {"date": "2027-03-03"}
    assert found["end"] == {"date": "2027-03-04"}
    await gina.get(f"{EVENTS}/{series['id']}_20270302", 404)


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (["RRULE:FREQ=WEEKLY;UNTIL=20270315T090000Z"], [1, 8, 15]),
        (["RRULE:FREQ=WEEKLY;UNTIL=20270315"], [1, 8, 15]),
        (["RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/London:20270308T090000"], [1, 15]),
        (["RRULE:FREQ=WEEKLY;COUNT=2", "RDATE:20270311T090000Z"], [1, 8, 11]),
        (["RDATE;TZID=Europe/London:20270304T090000,20270305T090000"], [1, 4, 5]),
        (["RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3"], [1, 3, 8]),
    ],
)
def test_recurrence_lines(sandbox: RunningSandbox, lines: list[str], days: list[int]) -> None:
    account = sandbox.world.google.account(GREG)
    account.create_event(**weekly("2027-03-01") | {"recurrence": lines})
    window = datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)
    found = account.events(*window)
    assert [view.begins.day for view in found] == days


def test_a_series_made_in_utc_stays_there_over_a_change_of_clocks(sandbox: RunningSandbox) -> None:
    account = sandbox.world.google.account(GINA)
    begins = datetime(2027, 3, 22, 9, tzinfo=UTC)
    lines = ["RRULE:FREQ=WEEKLY;COUNT=2"]
    hour = {"start": begins, "end": begins + timedelta(hours=1)}
    account.create_event(summary="In UTC", recurrence=lines, **hour)
    found = account.events(begins, begins + timedelta(days=8))
    ours = [view for view in found if view.fields.get("summary") == "In UTC"]
    assert [view.begins for view in ours] == [begins, begins + timedelta(days=7)]


async def test_moving_keeps_the_id_and_changes_the_organizer(
    gina: Caller, sandbox: RunningSandbox
) -> None:
    made = await gina.post(EVENTS, {"summary": "A", **timed()})
    heron = sandbox.world.google.account(GINA).calendar("Project Heron")
    path = f"{EVENTS}/{made['id']}/move?destination={heron.id}"
    moved = await gina.post(path, {})
    assert moved["id"] == made["id"]
    assert moved["organizer"]["email"] == heron.id
    assert (await gina.get(f"{EVENTS}/{made['id']}"))["status"] == "cancelled"


async def test_import_needs_a_uid_and_sends_nothing(gina: Caller, sandbox: RunningSandbox) -> None:
    body = {
        "summary": "Theirs",
        "iCalUID": "uid-1@elsewhere.example",
        "organizer": {"email": "boss@elsewhere.example"},
        **timed(),
    }
    made = await gina.post(f"{EVENTS}/import", body)
    assert made["organizer"] == {"email": "boss@elsewhere.example"}
    again = await gina.post(f"{EVENTS}/import", body | {"summary": "Theirs, again"})
    assert (again["id"], again["summary"]) == (made["id"], "Theirs, again")
    assert reason(await gina.post(f"{EVENTS}/import", timed(), 400)) == "required"
    assert sandbox.world.google.account(GINA).outbox == []


def of(calendar_id: str) -> str:
    return f"/calendar/v3/calendars/{calendar_id.replace('#', '%23')}/events"


async def test_roles_decide(gina: Caller, sandbox: RunningSandbox, http: httpx.AsyncClient) -> None:
    hugo, greg = sandbox.world.google.account(HUGO), caller(sandbox, http, GREG)
    rota, away = of(hugo.calendar("Site rota").id), of(hugo.calendar("Away").id)
    made = await gina.post(rota, {"summary": "Mine", **timed()})
    assert made["creator"] == {"email": GINA}
    assert made["organizer"]["self"] is True
    refused = await gina.post(away, {"summary": "No", **timed()}, 403)
    assert reason(refused) == "requiredAccessLevel"
    assert reason(await greg.get(rota, 404)) == "notFound"
    shown = (await gina.round(away))[0][0]
    assert shown["visibility"] == "private"
    assert not {"summary", "description", "attendees", "creator"} & set(shown)
    page = await greg.get(away)
    assert page["accessRole"] == "freeBusyReader"
    assert reason(await greg.post(away, timed(), 403)) == "requiredAccessLevel"


async def test_a_calendar_turned_read_only(gina: Caller, sandbox: RunningSandbox) -> None:
    sandbox.world.google.account(GINA).set_read_only(None)
    assert reason(await gina.post(EVENTS, timed(), 403)) == "requiredAccessLevel"


async def test_scopes_decide(sandbox: RunningSandbox, http: httpx.AsyncClient) -> None:
    reader = caller(sandbox, http, GINA, scopes="calendar.events.readonly")
    await reader.get(EVENTS)
    assert reason(await reader.post(EVENTS, timed(), 403)) == "insufficientPermissions"
    await reader.get("/calendar/v3/users/me/settings/timezone", 403)
    owned = caller(sandbox, http, GINA, scopes="calendar.events.owned")
    await owned.post(EVENTS, timed())
    rota = sandbox.world.google.account(HUGO).calendar("Site rota").id
    await owned.post(of(rota), timed(), 403)
    times = caller(sandbox, http, GINA, scopes="calendar.events.freebusy")
    items, _, _ = await times.round()
    assert items
    assert not any("summary" in item for item in items)


async def test_without_a_calendar_or_a_token(
    sandbox: RunningSandbox, http: httpx.AsyncClient
) -> None:
    nobody = caller(sandbox, http, "nora.mail@fabrikam.example")
    assert reason(await nobody.get(EVENTS, 403)) == "notACalendarUser"
    answer = await http.get(EVENTS)
    assert (answer.status_code, reason(answer.json())) == (401, "required")
    answer = await http.get(EVENTS, headers={"Authorization": "Bearer wrong"})
    assert answer.json() == {
        "error": {
            "errors": [
                {
                    "domain": "global",
                    "reason": "authError",
                    "message": "Invalid Credentials",
                    "locationType": "header",
                    "location": "Authorization",
                }
            ],
            "code": 401,
            "message": "Invalid Credentials",
        }
    }
    expired = caller(sandbox, http, GINA)
    await http.post("/sandbox/google/oauth/expire-access-tokens", json={"user": GINA})
    assert reason(await expired.get(EVENTS, 401)) == "authError"


async def test_some_fields_only(gina: Caller) -> None:
    made = await gina.post(f"{EVENTS}?fields=id,start/dateTime,organizer(self)", timed())
    assert set(made) == {"id", "start", "organizer"}
    assert (made["start"].keys(), made["organizer"]) == ({"dateTime"}, {"self": True})
    page = await gina.get(EVENTS, fields="items(id,status),nextPageToken,nextSyncToken")
    assert set(page) <= {"items", "nextPageToken", "nextSyncToken"}
    assert all(set(item) == {"id", "status"} for item in page["items"])
    await gina.get(EVENTS, 400, fields="items(")
