from graph_client import WINDOW, Caller, add, body, in_path, mailbox, weekly

EVENT = body("Lunch", "2026-11-10T12:00:00", "2026-11-10T13:00:00")


def two_mailboxes():
    return mailbox(), mailbox(address="bob@contoso.test", display_name="Bob Stone")


async def test_the_default_calendar():
    box = mailbox()
    caller = Caller(box)
    (only,) = (await caller.get("/me/calendars"))["value"]
    assert only["isDefaultCalendar"]
    assert only["owner"] == {"name": "Adele Vance", "address": "adele@contoso.test"}
    assert (await caller.get("/me/calendar"))["id"] == only["id"]
    await caller.get(f"/me/calendars/{in_path(only['id'])}")
    refused = await caller.send("DELETE", f"/me/calendars/{in_path(only['id'])}")
    assert refused.status_code == 403


async def test_calendars_come_in_pages_of_ten():
    box = mailbox()
    for number in range(14):
        box.create_calendar(f"Number {number}")
    caller = Caller(box)
    first = await caller.get("/me/calendars?$select=name")
    assert len(first["value"]) == 10
    assert set(first["value"][0]) == {"id", "name"}
    second = await caller.get(first["@odata.nextLink"])
    assert len(second["value"]) == 5
    assert "@odata.nextLink" not in second
    assert len((await caller.get("/me/calendars?$top=100"))["value"]) == 15


async def test_make_rename_and_delete_a_calendar():
    caller = Caller(mailbox())
    made = await caller.post("/me/calendars", {"name": "Volunteer"})
    path = f"/me/calendars/{in_path(made['id'])}"
    await caller.post("/me/calendars", {"name": "volunteer"}, 400)
    renamed = await caller.send("PATCH", path, {"name": "Helping", "color": "lightBlue"})
    assert renamed.json()["name"] == "Helping"
    assert renamed.json()["changeKey"] != made["changeKey"]
    event = await caller.post(f"{path}/events", EVENT)
    await caller.get(f"/me/events/{in_path(event['id'])}")
    await caller.get(f"/me/calendar/events/{in_path(event['id'])}", 404)
    assert (await caller.send("DELETE", path)).status_code == 204
    await caller.get(path, 404)
    await caller.get(f"{path}/calendarView/delta?{WINDOW}", 404)


async def test_groups_hold_calendars_that_the_plain_list_lacks():
    box = mailbox()
    group = box.create_calendar_group("Projects")
    hidden = box.create_calendar("Hidden", group_id=group)
    caller = Caller(box)
    groups = (await caller.get("/me/calendarGroups"))["value"]
    assert [entry["name"] for entry in groups] == ["My Calendars", "Projects"]
    listed = await caller.get(f"/me/calendarGroups/{in_path(group)}/calendars")
    assert [entry["id"] for entry in listed["value"]] == [hidden.id]
    assert len((await caller.get("/me/calendars"))["value"]) == 1
    await caller.get(f"/me/calendars/{in_path(hidden.id)}")
    await caller.get("/me/calendarGroups/nothing/calendars", 404)


async def test_a_shared_calendar_has_its_own_id_and_rights():
    adele, bob = two_mailboxes()
    shared = adele.create_calendar("Team")
    event = add(adele, "Planning", "2026-11-10T12:00", calendar_id=shared.id)
    listed = adele.share(shared.id, bob, "read")
    caller = Caller(bob)
    (entry,) = (await caller.get("/me/calendars"))["value"][1:]
    assert entry["id"] == listed.id != shared.id
    assert entry["owner"]["address"] == adele.address
    assert not any(entry[name] for name in ("canEdit", "canShare", "canViewPrivateItems"))
    path = f"/me/calendars/{in_path(listed.id)}"
    (item,) = (await caller.get(f"{path}/events"))["value"]
    assert item["subject"] == "Planning"
    assert item["id"] != adele.event_id(event)
    await caller.get(f"{path}/events/{in_path(item['id'])}")
    await caller.get(f"/me/events/{in_path(item['id'])}", 404)
    denied = await caller.post(f"{path}/events", EVENT, 403)
    assert denied["error"]["code"] == "ErrorAccessDenied"
    assert (
        await caller.send("PATCH", f"{path}/events/{in_path(item['id'])}", {})
    ).status_code == 403
    _, link, _ = await caller.round(f"{path}/calendarView/delta?{WINDOW}")
    adele.update_event(adele.event_id(event), subject="Review")
    ((changed,), _, _) = await caller.round(link)
    assert (changed["id"], changed["subject"]) == (item["id"], "Review")
    adele.unshare(shared.id, bob)
    await caller.get(path, 404)


async def test_a_sharee_with_write_access_changes_the_owners_calendar():
    adele, bob = two_mailboxes()
    listed = adele.share(adele.default_calendar.id, bob, "write")
    heard = []
    adele.subscribe_changes(heard.append)
    made = await Caller(bob).post(f"/me/calendars/{in_path(listed.id)}/events", EVENT)
    assert made["organizer"]["emailAddress"]["address"] == adele.address
    (change,) = heard
    assert change.mailbox is adele
    assert change.calendar_id == adele.default_calendar.id
    found = await Caller(adele).get(f"/me/events/{in_path(change.event_id)}")
    assert found["subject"] == "Lunch"


async def test_private_events_show_no_details_to_a_sharee():
    adele, bob = two_mailboxes()
    listed = adele.share(adele.default_calendar.id, bob, "read")
    place = {"displayName": "Clinic"}
    event = add(adele, "Doctor", "2026-11-10T12:00", body="secret", location=place)
    adele.set_private(adele.event_id(event))
    caller = Caller(bob)
    path = f"/me/calendars/{in_path(listed.id)}/calendarView?{WINDOW}"
    response = await caller.send("GET", path)
    (item,) = response.json()["value"]
    assert (item["subject"], item["sensitivity"]) == ("Private appointment", "private")
    assert "secret" not in response.text
    assert "Clinic" not in response.text
    delegate = adele.share(adele.default_calendar.id, bob, "delegateWithPrivateEventAccess")
    path = f"/me/calendars/{in_path(delegate.id)}/calendarView?{WINDOW}"
    assert (await caller.get(path))["value"][0]["subject"] == "Doctor"
    own = await Caller(adele).get(f"/me/calendarView?{WINDOW}")
    assert own["value"][0]["subject"] == "Doctor"


async def test_free_busy_rights_show_times_only():
    adele, bob = two_mailboxes()
    listed = adele.share(adele.default_calendar.id, bob, "freeBusyRead")
    add(adele, "Secret plan", "2026-11-02T12:00", recurrence=weekly("Monday"))
    response = await Caller(bob).send(
        "GET", f"/me/calendars/{in_path(listed.id)}/calendarView/delta?{WINDOW}"
    )
    assert "Secret" not in response.text
    response = await Caller(bob).send(
        "GET", f"/me/calendars/{in_path(listed.id)}/calendarView?{WINDOW}"
    )
    assert {item["subject"] for item in response.json()["value"]} == {"Busy"}
    assert response.json()["value"][0]["start"]["dateTime"] == "2026-11-02T12:00:00.0000000"


async def test_a_calendar_turned_read_only_and_one_with_a_new_id():
    box = mailbox()
    caller = Caller(box)
    other = box.create_calendar("Other")
    event = add(box, "Lunch", "2026-11-10T12:00", calendar_id=other.id)
    path = f"/me/calendars/{in_path(other.id)}"
    box.set_read_only(other.id)
    assert not (await caller.get(path))["canEdit"]
    await caller.post(f"{path}/events", EVENT, 403)
    event_path = f"/me/events/{in_path(box.event_id(event))}"
    assert (await caller.send("DELETE", event_path)).status_code == 403
    box.set_read_only(other.id, False)
    await caller.post(f"{path}/events", EVENT)
    new_id = box.rename_calendar_id(other.id)
    await caller.get(path, 404)
    await caller.get(f"/me/calendars/{in_path(new_id)}")
    await caller.get(event_path)


async def test_an_account_without_a_mailbox():
    caller = Caller(None)
    refused = await caller.get("/me/calendars", 404)
    assert refused["error"]["code"] == "MailboxNotEnabledForRESTAPI"
    assert (await caller.get("/me"))["mail"] == "adele@contoso.test"
