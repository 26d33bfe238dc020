from datetime import UTC, datetime

import pytest
from graph_client import Caller, add, body, in_path, mailbox, weekly

from sandbox.microsoft.mailbox import Attendee, Person

PROPERTY = "String {66f5a359-4659-4830-9070-00040EC6AC6E} Name SyncOrigin"
EVENT = body("Lunch", "2026-11-10T12:00:00", "2026-11-10T13:00:00")


async def test_create_read_change_delete():
    box = mailbox()
    caller = Caller(box)
    made = await caller.post("/me/events", EVENT)
    path = f"/me/events/{in_path(made['id'])}"
    assert made["@odata.etag"] == f'W/"{made["changeKey"]}"'
    assert made["start"] == {"dateTime": "2026-11-10T12:00:00.0000000", "timeZone": "UTC"}
    assert made["type"] == "singleInstance"
    assert made["responseStatus"] == {"response": "organizer", "time": "0001-01-01T00:00:00Z"}
    assert made["webLink"].startswith("https://outlook.office365.com/owa/?itemid=")
    assert (await caller.get(path))["id"] == made["id"]
    changed = (await caller.send("PATCH", path, {"subject": "Brunch", "showAs": "oof"})).json()
    assert (changed["subject"], changed["showAs"]) == ("Brunch", "oof")
    assert changed["@odata.etag"] != made["@odata.etag"]
    assert changed["start"] == made["start"]
    assert (await caller.send("DELETE", path)).status_code == 204
    error = await caller.get(path, 404)
    assert error["error"]["code"] == "ErrorItemNotFound"
    assert set(error["error"]["innerError"]) == {"date", "request-id", "client-request-id"}


async def test_if_match():
    caller = Caller(mailbox())
    made = await caller.post("/me/events", EVENT)
    path = f"/me/events/{in_path(made['id'])}"
    ok = await caller.send("PATCH", path, {"subject": "A"}, if_match=made["@odata.etag"])
    assert ok.status_code == 200
    for method in ("PATCH", "DELETE"):
        stale = await caller.send(method, path, {}, if_match=made["@odata.etag"])
        assert stale.status_code == 412
        assert stale.json()["error"]["code"] == "ErrorIrresolvableConflict"
    fresh = ok.json()["@odata.etag"]
    assert (await caller.send("DELETE", path, if_match=fresh)).status_code == 204


async def test_times_are_given_in_the_preferred_zone():
    caller = Caller(mailbox())
    made = await caller.post(
        "/me/events",
        body("Call", "2026-07-10T09:00:00.1234567", "2026-07-10T10:00:00", "Tokyo Standard Time"),
        prefer='outlook.timezone="Pacific Standard Time", IdType="ImmutableId"',
    )
    assert made["start"] == {
        "dateTime": "2026-07-09T17:00:00.1234560",
        "timeZone": "Pacific Standard Time",
    }
    assert made["originalStartTimeZone"] == "Tokyo Standard Time"
    response = await caller.send(
        "GET", f"/me/events/{in_path(made['id'])}", prefer='outlook.timezone="Europe/Berlin"'
    )
    assert response.headers["preference-applied"] == 'outlook.timezone="Europe/Berlin"'
    assert response.json()["start"]["dateTime"] == "2026-07-10T02:00:00.1234560"
    wrong = await caller.get("/me/events", 400, prefer='outlook.timezone="Mars"')
    assert wrong["error"]["code"] == "TimeZoneNotSupportedException"


async def test_original_zone_may_be_custom():
    box = mailbox()
    event = add(box, "Odd", "2026-11-10T12:00", custom_zone=True)
    found = await Caller(box).get(f"/me/events/{in_path(box.event_id(event))}")
    assert found["originalStartTimeZone"] == "tzone://Microsoft/Custom"


async def test_all_day_events_are_never_converted():
    caller = Caller(mailbox())
    day = body("Day off", "2026-11-10T00:00:00", "2026-11-11T00:00:00", "Europe/Berlin")
    made = await caller.post("/me/events", {**day, "isAllDay": True})
    found = await caller.get(
        f"/me/events/{in_path(made['id'])}", prefer='outlook.timezone="Tokyo Standard Time"'
    )
    assert found["start"] == {
        "dateTime": "2026-11-10T00:00:00.0000000",
        "timeZone": "Tokyo Standard Time",
    }
    assert made["end"] == {"dateTime": "2026-11-11T00:00:00.0000000", "timeZone": "UTC"}
    wrong = await caller.post("/me/events", {**EVENT, "isAllDay": True}, 400)
    assert wrong["error"]["code"] == "ErrorInvalidRequest"
    assert "midnight" in wrong["error"]["message"]


async def test_an_all_day_event_is_a_day_of_the_mailbox_zone():
    box = mailbox(time_zone="Asia/Tokyo")
    add(box, "Day off", "2026-11-10T00:00", 24, is_all_day=True)
    caller = Caller(box)
    early = "startDateTime=2026-11-09T14:00:00Z&endDateTime=2026-11-09T16:00:00Z"
    late = "startDateTime=2026-11-10T16:00:00Z&endDateTime=2026-11-10T17:00:00Z"
    assert len((await caller.get(f"/me/calendarView?{early}"))["value"]) == 1
    assert (await caller.get(f"/me/calendarView?{late}"))["value"] == []


async def test_extended_properties_are_read_only_by_expand():
    caller = Caller(mailbox())
    marked = {**EVENT, "singleValueExtendedProperties": [{"id": PROPERTY, "value": "Pair:1"}]}
    made = await caller.post("/me/events", marked)
    await caller.post("/me/events", EVENT)
    path = f"/me/events/{in_path(made['id'])}"
    assert "singleValueExtendedProperties" not in made
    assert "singleValueExtendedProperties" not in await caller.get(path)
    by_id = f"$expand=singleValueExtendedProperties($filter=id eq '{PROPERTY}')"
    shown = await caller.get(f"{path}?{by_id}")
    assert shown["singleValueExtendedProperties"] == [{"id": PROPERTY, "value": "Pair:1"}]
    other = by_id.replace("SyncOrigin", "syncorigin")
    assert "singleValueExtendedProperties" not in await caller.get(f"{path}?{other}")
    condition = f"singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY}' and ep/value eq "
    found = await caller.get(f"/me/events?$filter={condition}'pAIR:1')")
    assert [item["id"] for item in found["value"]] == [made["id"]]
    assert "singleValueExtendedProperties" not in found["value"][0]
    await caller.get("/me/events?$filter=end/dateTime ge 'x'", 400)


async def test_open_extensions_are_no_change():
    box = mailbox()
    caller = Caller(box)
    heard = []
    extension = {"@odata.type": "microsoft.graph.openTypeExtension", "extensionName": "com.x"}
    made = await caller.post("/me/events", {**EVENT, "extensions": [{**extension, "pair": 1}]})
    box.subscribe_changes(heard.append)
    path = f"/me/events/{in_path(made['id'])}"
    await caller.post(f"{path}/extensions", {**extension, "extensionName": "com.y", "pair": 2})
    assert heard == []
    assert "extensions" not in await caller.get(path)
    shown = await caller.get(f"{path}?$expand=extensions($filter=id eq 'com.y')")
    assert [item["pair"] for item in shown["extensions"]] == [2]
    assert shown["@odata.etag"] == made["@odata.etag"]


async def test_transaction_ids():
    box = mailbox()
    caller = Caller(box)
    marked = {**EVENT, "transactionId": "T-1"}
    made = await caller.post("/me/events", marked)
    assert made["transactionId"] == "T-1"
    again = await caller.post("/me/events", marked)
    assert again["id"] == made["id"]
    other = await caller.post("/me/events", {**marked, "subject": "Other"}, 400)
    assert other["error"]["code"] == "ErrorDuplicateTransactionId"
    assert other["error"]["@event.existingEventId"] == made["id"]
    box.faults.duplicate_transaction_as = 409
    await caller.post("/me/events", {**marked, "subject": "Other"}, 409)
    await caller.send("PATCH", f"/me/events/{in_path(made['id'])}", {"transactionId": "T-2"})
    kept = await caller.get(f"/me/events/{in_path(made['id'])}")
    assert kept["transactionId"] == "T-1"
    box.delete_event(made["id"])
    assert (await caller.post("/me/events", marked))["id"] != made["id"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"end": {"dateTime": "2026-11-10T11:00", "timeZone": "UTC"}}, "ErrorPropertyValidation"),
        ({"start": {"dateTime": "noon"}}, "ErrorInvalidRequest"),
        ({"start": None}, "ErrorInvalidRequest"),
        ({"showAs": "gone"}, "ErrorInvalidRequest"),
        ({"isAllDay": "yes"}, "ErrorInvalidRequest"),
        ({"recurrence": {"pattern": {"type": "hourly"}}}, "ErrorInvalidRequest"),
        ({"start": {"dateTime": "2026-11-10T11:00", "timeZone": "X"}}, "TimeZoneNotSupported"),
    ],
)
async def test_wrong_values_are_refused(change, code):
    box = mailbox()
    error = await Caller(box).post("/me/events", {**EVENT, **change}, 400)
    assert error["error"]["code"].startswith(code)
    assert not box.default_calendar.calendar.events


async def test_a_refused_change_leaves_no_trace():
    box = mailbox()
    caller = Caller(box)
    made = await caller.post("/me/events", EVENT)
    path = f"/me/events/{in_path(made['id'])}"
    change = {"subject": "New", "end": {"dateTime": "2026-11-10T01:00", "timeZone": "UTC"}}
    assert (await caller.send("PATCH", path, change)).status_code == 400
    assert await caller.get(path) == {
        **made,
        "@odata.context": (await caller.get(path))["@odata.context"],
    }


async def test_occurrences_are_changed_and_deleted_by_their_own_ids():
    box = mailbox()
    caller = Caller(box)
    series = await caller.post(
        "/me/events",
        {
            **body("Weekly", "2026-11-02T10:00", "2026-11-02T11:00", "Europe/Berlin"),
            "recurrence": weekly("Monday", zone="Europe/Berlin"),
        },
    )
    assert series["recurrence"]["range"]["recurrenceTimeZone"] == "W. Europe Standard Time"
    path = f"/me/events/{in_path(series['id'])}"
    span = "startDateTime=2026-11-01&endDateTime=2026-11-30"
    found = (await caller.get(f"{path}/instances?{span}"))["value"]
    assert [item["start"]["dateTime"][:13] for item in found[:2]] == [
        "2026-11-02T09",
        "2026-11-09T09",
    ]
    assert found[0]["subject"] == "Weekly"
    second = f"/me/events/{in_path(found[1]['id'])}"
    assert (await caller.send("PATCH", second, {"showAs": "free"})).json()["type"] == "exception"
    assert (await caller.get(second))["seriesMasterId"] == series["id"]
    assert (await caller.send("DELETE", f"/me/events/{in_path(found[2]['id'])}")).status_code == 204
    master = await caller.get(f"{path}?$select=cancelledOccurrences&$expand=exceptionOccurrences")
    assert master["cancelledOccurrences"] == [f"OID.{series['id']}.2026-11-16"]
    assert [item["showAs"] for item in master["exceptionOccurrences"]] == ["free"]
    assert "cancelledOccurrences" not in await caller.get(path)
    left = (await caller.get(f"{path}/instances?{span}"))["value"]
    assert len(left) == len(found) - 1
    assert len({item["@odata.etag"] for item in left}) == 1
    late = {"dateTime": "2026-11-23T10:30", "timeZone": "UTC"}
    change = {"start": late, "end": {**late, "dateTime": "2026-11-23T11:30"}}
    crossed = await caller.send("PATCH", second, change)
    assert crossed.json()["error"]["code"] == "ErrorOccurrenceCrossingBoundary"


async def test_changing_the_rule_drops_the_exceptions():
    box = mailbox()
    caller = Caller(box)
    series = add(box, "Weekly", "2026-11-02T09:00", recurrence=weekly("Monday"))
    box.delete_occurrence(series, datetime(2026, 11, 9, 9, tzinfo=UTC))
    path = f"/me/events/{in_path(box.event_id(series))}"
    assert (await caller.send("PATCH", path, {"subject": "Still weekly"})).status_code == 200
    assert len(series.deleted) == 1
    await caller.send("PATCH", path, {"recurrence": weekly("Tuesday")})
    assert not series.deleted
    assert series.start == datetime(2026, 11, 3, 9, tzinfo=UTC)
    single = (await caller.send("PATCH", path, {"recurrence": None})).json()
    assert single["type"] == "singleInstance"


async def test_cancel_and_responses():
    box = mailbox()
    caller = Caller(box)
    guests = (Attendee("bob@contoso.test", "Bob"),)
    own = add(box, "Own", "2026-11-10T12:00", attendees=guests)
    boss = Person("Boss", "boss@contoso.test")
    invited = add(box, "Invited", "2026-11-11T12:00", organizer=boss, attendees=guests)
    own_path, invited_path = (f"/me/events/{in_path(box.event_id(e))}" for e in (own, invited))
    refused = await caller.post(f"{invited_path}/cancel", {"comment": "x"}, 400)
    assert "organizer to cancel" in refused["error"]["message"]
    await caller.post(f"{own_path}/accept", {}, 400)
    await caller.post(f"{invited_path}/decline", {"sendResponse": True}, 202)
    answered = await caller.get(invited_path)
    assert answered["responseStatus"]["response"] == "declined"
    assert not answered["isOrganizer"]
    await caller.post(f"{own_path}/cancel", {"Comment": "Not today"}, 202)
    await caller.get(own_path, 404)
    assert [mail.kind for mail in box.outbox] == ["invitation", "response", "cancellation"]
    box.receive_cancellation(box.event_id(invited))
    cancelled = await caller.get(invited_path)
    assert (cancelled["isCancelled"], cancelled["subject"]) == (True, "Canceled: Invited")


async def test_online_meetings_have_a_link_and_stay_online():
    caller = Caller(mailbox())
    made = await caller.post("/me/events", {**EVENT, "isOnlineMeeting": True})
    assert made["onlineMeeting"]["joinUrl"]
    path = f"/me/events/{in_path(made['id'])}"
    after = (await caller.send("PATCH", path, {"isOnlineMeeting": False})).json()
    assert after["onlineMeeting"] == made["onlineMeeting"]
    at_home = Caller(mailbox(personal=True))
    assert not (await at_home.post("/me/events", {**EVENT, "isOnlineMeeting": True}))[
        "isOnlineMeeting"
    ]


async def test_the_text_of_an_online_meeting_holds_its_link():
    caller = Caller(mailbox())
    text = {"contentType": "text", "content": "Agenda"}
    made = await caller.post("/me/events", {**EVENT, "body": text, "isOnlineMeeting": True})
    path = f"/me/events/{in_path(made['id'])}"
    link = made["onlineMeeting"]["joinUrl"]
    assert link in made["body"]["content"]
    as_text = await caller.get(path, prefer='outlook.body-content-type="text"')
    assert as_text["body"]["content"].startswith("Agenda")
    content = made["body"]["content"].replace("Agenda", "Other agenda")
    kept = {"body": {"contentType": "html", "content": content}}
    changed = (await caller.send("PATCH", path, kept)).json()
    assert changed["onlineMeeting"]["joinUrl"] == link
    lost = (await caller.send("PATCH", path, {"body": text})).json()
    assert (lost["isOnlineMeeting"], lost["onlineMeeting"]) == (False, None)


async def test_an_event_becomes_an_online_meeting_later():
    caller = Caller(mailbox())
    made = await caller.post("/me/events", EVENT)
    path = f"/me/events/{in_path(made['id'])}"
    changed = (await caller.send("PATCH", path, {"isOnlineMeeting": True})).json()
    assert changed["onlineMeetingProvider"] == "teamsForBusiness"
    assert changed["onlineMeeting"]["joinUrl"] in changed["body"]["content"]


async def test_an_occurrence_may_be_an_online_meeting_of_its_own():
    box = mailbox()
    caller = Caller(box)
    series = add(box, "Weekly", "2026-11-02T09:00", recurrence=weekly("Monday"))
    second = datetime(2026, 11, 9, 9, tzinfo=UTC)
    path = f"/me/events/{in_path(box.occurrence_id(series, second))}"
    online = (await caller.send("PATCH", path, {"isOnlineMeeting": True})).json()
    assert online["onlineMeeting"]["joinUrl"] in online["body"]["content"]
    lost = (await caller.send("PATCH", path, {"body": {"content": "x"}})).json()
    assert not lost["isOnlineMeeting"]
    assert not series.details.is_online_meeting


async def test_a_meeting_made_twice_by_its_transaction_is_one():
    box = mailbox()
    caller = Caller(box)
    meeting = {**EVENT, "isOnlineMeeting": True, "transactionId": "T-1"}
    made = await caller.post("/me/events", meeting)
    assert await caller.post("/me/events", meeting) == made
    assert len(box.default_calendar.calendar.events) == 1


async def test_a_transaction_may_outlive_its_event():
    box = mailbox()
    box.faults.remember_deleted = True
    caller = Caller(box)
    marked = {**EVENT, "transactionId": "T-1"}
    made = await caller.post("/me/events", marked)
    box.delete_event(made["id"])
    error = (await caller.post("/me/events", marked, 400))["error"]
    assert error["code"] == "ErrorDuplicateTransactionId"
    await caller.get(f"/me/events/{in_path(error['@event.existingEventId'])}", 404)


async def test_what_a_new_event_has_unless_told_otherwise():
    made = await Caller(mailbox()).post("/me/events", {**EVENT, "location": {"displayName": "Bar"}})
    assert (made["isReminderOn"], made["reminderMinutesBeforeStart"]) == (True, 15)
    assert (made["showAs"], made["sensitivity"]) == ("busy", "normal")
    assert made["location"]["displayName"] == made["locations"][0]["displayName"] == "Bar"
    quiet = await Caller(mailbox()).post("/me/events", {**EVENT, "isReminderOn": False})
    assert quiet["isReminderOn"] is False


@pytest.mark.parametrize("path", ["/me", "/me/calendar", "/me/calendars/{id}"])
async def test_every_path_of_a_calendar_writes(path):
    box = mailbox()
    caller = Caller(box)
    base = f"{path.format(id=box.default_calendar.id)}/events"
    made = await caller.post(base, EVENT, prefer='IdType="ImmutableId"')
    one = f"{base}/{in_path(made['id'])}"
    assert (await caller.get(one))["subject"] == "Lunch"
    changed = await caller.send("PATCH", one, {"subject": "Brunch"}, prefer='IdType="ImmutableId"')
    assert (changed.json()["id"], changed.json()["subject"]) == (made["id"], "Brunch")
    assert (await caller.send("DELETE", one)).status_code == 204
    assert (await caller.send("DELETE", one)).status_code == 404


async def test_shared_calendars_are_written_by_their_own_path_only():
    owner, sharee = mailbox(), mailbox(address="bob@contoso.test")
    entry = owner.share(owner.default_calendar.id, sharee, "write")
    caller = Caller(sharee)
    base = f"/me/calendars/{entry.id}/events"
    made = await caller.post(base, EVENT, prefer='IdType="ImmutableId"')
    item = in_path(made["id"])
    await caller.get(f"/me/events/{item}", 404)
    for method in ("PATCH", "DELETE"):
        assert (await caller.send(method, f"/me/events/{item}", {})).status_code == 404
    stale = await caller.send("PATCH", f"{base}/{item}", {}, if_match='W/"x"')
    assert stale.status_code == 412
    changed = await caller.send("PATCH", f"{base}/{item}", {"subject": "Brunch"})
    assert changed.json()["subject"] == "Brunch"
    again = await caller.post(base, {**EVENT, "transactionId": "T"})
    await caller.post(base, {**EVENT, "transactionId": "T", "subject": "Other"}, 400)
    assert (await caller.send("DELETE", f"{base}/{in_path(again['id'])}")).status_code == 204
    assert len(owner.default_calendar.calendar.events) == 1


@pytest.mark.parametrize("zone", ["W. Europe Standard Time", "Europe/Berlin", "europe/berlin"])
async def test_times_are_taken_by_either_name_of_a_zone(zone):
    caller = Caller(mailbox())
    made = await caller.post(
        "/me/events", body("Call", "2026-07-10T09:00:00", "2026-07-10T10:00:00", zone)
    )
    assert made["start"]["dateTime"] == "2026-07-10T07:00:00.0000000"
    unknown = {"start": {"dateTime": "2026-07-10T09:00:00", "timeZone": "Mars/Olympus"}}
    path = f"/me/events/{in_path(made['id'])}"
    refused = await caller.send("PATCH", path, unknown)
    assert refused.json()["error"]["code"] == "TimeZoneNotSupportedException"


async def test_a_quote_in_a_filter_is_written_twice():
    caller = Caller(mailbox())
    marked = {**EVENT, "singleValueExtendedProperties": [{"id": PROPERTY, "value": "d'Artagnan"}]}
    made = await caller.post("/me/events", marked)
    condition = f"singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY}' and ep/value eq "
    found = await caller.get(f"/me/events?$filter={condition}'d''Artagnan')")
    assert [item["id"] for item in found["value"]] == [made["id"]]
    await caller.get(f"/me/events?$filter={condition}'d'Artagnan')", 400)


async def test_mails_about_a_meeting_go_to_those_whom_they_concern():
    box = mailbox()
    caller = Caller(box)
    await caller.post("/me/events", EVENT)
    assert box.outbox == []
    made = await caller.post("/me/events", {**EVENT, "attendees": [_guest("bob"), _guest("eve")]})
    path = f"/me/events/{in_path(made['id'])}"
    await caller.send("PATCH", path, {"attendees": [_guest("eve"), _guest("dan")]})
    await caller.send("PATCH", path, {"subject": "Brunch"})
    await caller.send("PATCH", path, {"attendees": []})
    assert [(mail.kind, [to[:3] for to in mail.to]) for mail in box.outbox] == [
        ("invitation", ["bob", "eve"]),
        ("cancellation", ["bob"]),
        ("invitation", ["dan"]),
        ("update", ["eve", "dan"]),
        ("cancellation", ["eve", "dan"]),
    ]


def _guest(name):
    return {"emailAddress": {"address": f"{name}@contoso.test"}, "type": "required"}


async def test_an_event_is_made_to_last_all_day():
    box = mailbox(time_zone="America/New_York")
    event = add(box, "Party", "2026-11-11T01:00", 4)  # 20:00 to midnight in New York
    found = box.make_all_day(box.event_id(event)).instance
    days = datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 11, tzinfo=UTC)
    assert (found.is_all_day, found.start, found.end) == (True, *days)
    change = {**body("Party", "2026-11-10T20:00", "2026-11-10T21:00"), "isAllDay": False}
    path = f"/me/events/{in_path(box.event_id(event))}"
    assert (await Caller(box).send("PATCH", path, {**change, "isAllDay": True})).status_code == 400
    timed = (await Caller(box).send("PATCH", path, change)).json()
    assert (timed["isAllDay"], timed["start"]["dateTime"][11:16]) == (False, "20:00")


async def test_bodies_as_html_and_text():
    caller = Caller(mailbox())
    text = {"contentType": "text", "content": "1 < 2\nyes"}
    made = await caller.post("/me/events", {**EVENT, "body": text})
    assert made["body"]["contentType"] == "html"
    assert "1 &lt; 2" in made["body"]["content"]
    assert made["bodyPreview"] == "1 < 2\nyes"
    path = f"/me/events/{in_path(made['id'])}"
    as_text = await caller.get(path, prefer='outlook.body-content-type="text"')
    assert as_text["body"] == text


async def test_ids_are_case_sensitive():
    caller = Caller(mailbox())
    made = await caller.post("/me/events", EVENT)
    assert made["id"].endswith("=")
    await caller.get(f"/me/events/{in_path(made['id'].swapcase())}", 404)
    await caller.get("/me/events/unknown", 404)
