from datetime import UTC, datetime

from graph_client import WINDOW, Caller, add, body, in_path, mailbox, weekly

VIEW = f"/me/calendarView?{WINDOW}"
EVENT = body("Lunch", "2026-11-10T12:00:00", "2026-11-10T13:00:00")


def request(number, method="GET", url="/me/calendar", **more):
    return {"id": str(number), "method": method, "url": url, **more}


async def test_events_lists_masters_and_views_list_occurrences():
    box = mailbox()
    add(box, "Weekly", "2024-01-08T09:00", recurrence=weekly("Monday", start="2024-01-08"))
    add(box, "Single", "2026-11-20T09:00")
    caller = Caller(box)
    listed = (await caller.get("/me/events"))["value"]
    assert {item["type"] for item in listed} == {"seriesMaster", "singleInstance"}
    view = (await caller.get(VIEW))["value"]
    assert [item["type"] for item in view] == ["singleInstance", *["occurrence"] * 5]
    assert {item["subject"] for item in view} == {"Weekly", "Single"}
    by_start = (await caller.get(f"{VIEW}&$orderby=start/dateTime"))["value"]
    starts = [item["start"]["dateTime"] for item in by_start]
    assert starts == sorted(starts)
    by_type = await caller.get("/me/events?$filter=type eq 'seriesMaster'")
    assert len(by_type["value"]) == 1


async def test_views_page_and_select():
    box = mailbox()
    for day in range(1, 26):
        add(box, f"Single {day}", f"2026-11-{day:02}T09:00")
    caller = Caller(box)
    link, seen = f"{VIEW}&$select=subject,createdDateTime", []
    while link:
        page = await caller.get(link)
        seen.append(len(page["value"]))
        assert set(page["value"][0]) == {"@odata.etag", "id", "subject"}
        link = page.get("@odata.nextLink")
    assert seen == [10, 10, 5]
    assert len((await caller.get(f"{VIEW}&$top=50"))["value"]) == 25
    await caller.get(f"{VIEW}&$top=many", 400)


async def test_a_window_holds_what_overlaps_it():
    box = mailbox()
    add(box, "Before", "2026-11-09T10:00", 2)
    add(box, "Into", "2026-11-09T11:00", 2)
    add(box, "Over", "2026-11-09T11:00", 5)
    add(box, "Point", "2026-11-09T12:00", 0)
    add(box, "After", "2026-11-09T14:00", 1)
    caller = Caller(box)
    span = "startDateTime=2026-11-09T13:00:00%2B01:00&endDateTime=2026-11-09T14:00:00"
    found = (await caller.get(f"/me/calendar/calendarView?{span}"))["value"]
    assert {item["subject"] for item in found} == {"Into", "Over", "Point"}


async def test_users_path_stands_for_me():
    caller = Caller(mailbox())
    for name in ("me-token-to-replace", "adele@contoso.test", "user-1"):
        await caller.get(f"/users/{name}/calendars")
        await caller.get(f"/users/{name}")
    await caller.get("/users/somebody@contoso.test/calendars", 403)
    await caller.get("/users/somebody@contoso.test", 403)


async def test_batch():
    caller = Caller(mailbox())
    answer = await caller.post(
        "/$batch",
        {
            "requests": [
                request(1),
                request(2, "POST", "/me/events", body=EVENT),
                request(3, url="/me/calendars/none"),
                request(4, dependsOn=["3"]),
                request(5, url=VIEW, dependsOn=["2"]),
            ]
        },
        200,
    )
    by_id = {part["id"]: part for part in answer["responses"]}
    assert {name: part["status"] for name, part in by_id.items()} == {
        "1": 200,
        "2": 201,
        "3": 404,
        "4": 424,
        "5": 200,
    }
    assert len(by_id["5"]["body"]["value"]) == 1
    too_many = {"requests": [request(number) for number in range(21)]}
    await caller.post("/$batch", too_many, 400)
    await caller.post("/$batch", {}, 400)


async def test_get_schedule():
    box, bob = mailbox(), mailbox(address="bob@contoso.test")
    box.find_peer = {bob.address: bob}.get
    add(box, "Lunch", "2026-11-10T10:00", show_as="busy")
    add(box, "Maybe", "2026-11-10T11:00", 0.5, show_as="tentative")
    add(bob, "Hidden", "2026-11-10T10:00", show_as="oof")
    times = {
        "startTime": {"dateTime": "2026-11-10T10:00:00", "timeZone": "Europe/Berlin"},
        "endTime": {"dateTime": "2026-11-10T14:00:00", "timeZone": "Europe/Berlin"},
        "availabilityViewInterval": 60,
    }
    asked = {**times, "schedules": [box.address, bob.address, "nobody@contoso.test"]}
    caller = Caller(box)
    own, other, unknown = (await caller.post("/me/calendar/getSchedule", asked, 200))["value"]
    assert own["availabilityView"] == "0210"
    assert own["scheduleItems"][0]["subject"] == "Lunch"
    assert "id" not in own["scheduleItems"][0]
    assert other["availabilityView"] == "0300"
    assert "subject" not in other["scheduleItems"][0]
    assert unknown["error"]["responseCode"] == "ErrorMailRecipientNotFound"
    long = {**asked, "endTime": {"dateTime": "2027-02-10T14:00:00", "timeZone": "UTC"}}
    error = await caller.post("/me/calendar/getSchedule", long, 400)
    assert error["error"]["code"] == "ErrorTimeIntervalTooBig"
    at_home = Caller(mailbox(personal=True))
    await at_home.post("/me/calendar/getSchedule", asked, 400)


async def test_ids_are_translated():
    box = mailbox()
    caller = Caller(box)
    event = add(box, "Lunch", "2026-11-10T12:00")
    rest, immutable = box.event_id(event), box.event_id(event, immutable=True)
    answer = await caller.post(
        "/me/translateExchangeIds",
        {
            "inputIds": [rest, "unknown"],
            "sourceIdType": "restId",
            "targetIdType": "restImmutableEntryId",
        },
        200,
    )
    first, second = answer["value"]
    assert first == {"sourceId": rest, "targetId": immutable}
    assert second["errorDetails"]["code"] == "ErrorItemNotFound"


async def test_supported_time_zones():
    caller = Caller(mailbox())
    windows = (await caller.get("/me/outlook/supportedTimeZones"))["value"]
    assert "Pacific Standard Time" in {zone["alias"] for zone in windows}
    form = "(TimeZoneStandard=microsoft.graph.timeZoneStandard'Iana')"
    iana = (await caller.get(f"/me/outlook/supportedTimeZones{form}"))["value"]
    assert "Europe/Berlin" in {zone["alias"] for zone in iana}
    await caller.get("/me/outlook/supportedTimeZones()")


async def test_reading_as_the_owner_of_the_clock():
    box = mailbox()
    heard = []
    stop = box.subscribe_changes(heard.append)
    event = add(box, "Lunch", "2026-11-10T12:00")
    event_id, immutable = box.event_id(event), box.event_id(event, immutable=True)
    box.update_event(event_id, subject="Brunch")
    box.delete_event(event_id)
    assert [change.change_type for change in heard] == ["created", "updated", "deleted"]
    assert {(change.event_id, change.immutable_event_id) for change in heard} == {
        (event_id, immutable)
    }
    assert heard[0].at == datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert len({change.etag for change in heard}) == 3
    stop()
    add(box, "Unheard", "2026-11-10T12:00")
    assert len(heard) == 3
    assert in_path(event_id) != event_id
