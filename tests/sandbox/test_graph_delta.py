import time
from datetime import UTC, datetime

import pytest
from graph_client import WINDOW, Caller, Clock, add, in_path, mailbox, of_type, weekly

SEVEN = {"@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end"}
DELTA = f"/me/calendarView/delta?{WINDOW}"


async def test_occurrences_have_seven_fields_and_come_with_their_master():
    box = mailbox()
    series = add(box, "Weekly", "2024-01-08T17:00", recurrence=weekly("Monday", start="2024-01-08"))
    items, _, _ = await Caller(box).round()
    master = items[0]
    assert master["type"] == "seriesMaster"
    assert master["start"] == {"dateTime": "2024-01-08T17:00:00.0000000", "timeZone": "UTC"}
    assert master["@odata.type"] == "#microsoft.graph.event"
    occurrences = of_type(items, "occurrence")
    assert len(occurrences) == 5
    assert all(set(item) == SEVEN for item in occurrences)
    assert {item["@odata.etag"] for item in items} == {series.etag}
    assert {item["seriesMasterId"] for item in occurrences} == {master["id"]}


async def test_a_series_is_never_split_so_a_page_overshoots():
    box = mailbox()
    rule = weekly("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    add(box, "Daily", "2026-11-02T09:00", recurrence=rule)
    for day in range(10, 15):
        add(box, f"Single {day}", f"2026-11-{day}T12:00")
    _, _, pages = await Caller(box).round(prefer="odata.maxpagesize=2")
    assert len(pages[0]) == 22
    assert [len(page) for page in pages[1:]] == [2, 2, 0, 2]


async def test_an_empty_page_with_next_link_comes_in_mid_round_and_an_item_twice():
    box = mailbox()
    for day in range(10, 16):
        add(box, f"Single {day}", f"2026-11-{day}T12:00")
    items, _, pages = await Caller(box).round(prefer="odata.maxpagesize=3")
    assert [len(page) for page in pages] == [3, 0, 4]
    assert len({item["id"] for item in items}) == 6
    assert pages[0][-1] == pages[2][0]
    box.faults.empty_pages, box.faults.repeated_items = 0, 0
    _, _, pages = await Caller(box).round(prefer="odata.maxpagesize=3")
    assert [len(page) for page in pages] == [3, 3]


async def test_changes_outside_the_window_look_like_removals():
    box = mailbox()
    caller = Caller(box)
    inside = add(box, "Inside", "2026-11-10T12:00")
    _, link, _ = await caller.round()
    outside = add(box, "Outside", "2027-05-10T12:00")
    gone = add(box, "Short-lived", "2026-11-11T12:00")
    gone_id = box.event_id(gone)
    box.delete_event(gone_id)
    box.update_event(
        box.event_id(inside),
        start=datetime(2027, 1, 10, 12, tzinfo=UTC),
        end=datetime(2027, 1, 10, 13, tzinfo=UTC),
    )
    items, link, _ = await caller.round(link)
    assert {item["id"] for item in items} == {
        box.event_id(outside),
        gone_id,
        box.event_id(inside),
    }
    assert all(item["@removed"] == {"reason": "deleted"} for item in items)
    items, _, pages = await caller.round(link)
    assert (items, pages) == ([], [[]])


async def test_a_deleted_occurrence_leaves_no_tombstone_the_series_is_listed_again():
    box = mailbox()
    caller = Caller(box)
    series = add(box, "Weekly", "2026-11-02T09:00", recurrence=weekly("Monday"))
    before, link, _ = await caller.round()
    gone = box.occurrence_id(series, datetime(2026, 11, 9, 9, tzinfo=UTC))
    box.delete_event(gone)
    items, _, _ = await caller.round(link)
    assert gone in {item["id"] for item in before}
    assert gone not in {item["id"] for item in items}
    assert [item["type"] for item in items] == ["seriesMaster", *["occurrence"] * 4]
    assert not any("@removed" in item for item in items)
    assert items[0]["@odata.etag"] != before[0]["@odata.etag"]


async def test_a_changed_occurrence_is_a_full_exception_in_the_series():
    box = mailbox()
    caller = Caller(box)
    series = add(box, "Weekly", "2026-11-02T09:00", recurrence=weekly("Monday"))
    _, link, _ = await caller.round()
    original = datetime(2026, 11, 9, 9, tzinfo=UTC)
    box.change_occurrence(series, original, subject="Moved", end=original.replace(hour=11))
    items, link, _ = await caller.round(link)
    (exception,) = of_type(items, "exception")
    assert exception["subject"] == "Moved"
    assert exception["originalStart"] == "2026-11-09T09:00:00Z"
    assert exception["end"]["dateTime"] == "2026-11-09T11:00:00.0000000"
    assert len(items) == 6
    box.faults.exception_listed_alone = True
    box.change_occurrence(series, original, subject="Again")
    items, _, _ = await caller.round(link)
    assert [item["type"] for item in items] == ["exception"]


async def test_a_deleted_series_gives_one_removal():
    box = mailbox()
    caller = Caller(box)
    series = add(box, "Weekly", "2026-11-02T09:00", recurrence=weekly("Monday"))
    _, link, _ = await caller.round()
    master_id = box.event_id(series)
    box.delete_event(master_id)
    items, _, _ = await caller.round(link)
    assert [(item["id"], item["@removed"]["reason"]) for item in items] == [(master_id, "deleted")]


async def test_a_move_changes_the_id_unless_it_is_immutable():
    box = mailbox()
    caller = Caller(box)
    other = box.create_calendar("Other").id
    event = add(box, "Moving", "2026-11-10T12:00")
    immutable = {"prefer": 'IdType="ImmutableId"'}
    there = f"/me/calendars/{in_path(other)}/calendarView/delta?{WINDOW}"
    (plain,), plain_link, _ = await caller.round()
    (stable,), stable_link, _ = await caller.round(**immutable)
    _, there_link, _ = await caller.round(there)
    box.move_event(box.event_id(event), other)
    removed, _, _ = await caller.round(plain_link)
    assert [item["id"] for item in removed] == [plain["id"]]
    arrived, there_link, _ = await caller.round(there_link)
    assert arrived[0]["id"] != plain["id"]
    await caller.get(f"/me/events/{in_path(plain['id'])}", 404)
    removed, _, _ = await caller.round(stable_link, **immutable)
    assert removed[0]["id"] == stable["id"]
    assert "@removed" in removed[0]
    found = await caller.get(f"/me/events/{in_path(stable['id'])}", **immutable)
    assert found["id"] == stable["id"]
    assert f"/me/calendars/{in_path(other)}/calendarView/delta?$deltatoken=" in there_link


async def test_there_and_back_again():
    box = mailbox()
    caller = Caller(box)
    here, there = box.default_calendar.id, box.create_calendar("Other").id
    event = add(box, "Moving", "2026-11-10T12:00")
    (before,), link, _ = await caller.round()
    box.move_event(box.event_id(event), there)
    box.move_event(box.event_id(event), here)
    items, _, _ = await caller.round(link)
    kinds = {item["id"]: "@removed" in item for item in items}
    assert kinds == {before["id"]: True, box.event_id(event): False}
    items, _, _ = await caller.round(link, prefer='IdType="ImmutableId"')
    assert [("@removed" in item) for item in items] == [False]


@pytest.mark.parametrize("option", ["$select=id", "$filter=x", "$top=5", "$expand=extensions"])
async def test_query_options_are_refused(option):
    body = await Caller(mailbox()).get(f"{DELTA}&{option}", 400)
    assert body["error"]["code"] == "ErrorInvalidUrlQuery"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("startDateTime=2026-01-01T00:00:00Z", "ErrorInvalidParameter"),
        ("endDateTime=2026-01-01T00:00:00Z", "ErrorInvalidParameter"),
        ("startDateTime=x&endDateTime=2026-01-01", "ErrorInvalidParameter"),
        ("startDateTime=2026-01-01&endDateTime=2031-01-01", "ErrorInvalidRequest"),
    ],
)
async def test_the_window_is_checked(query, code):
    caller = Caller(mailbox())
    for path in ("/me/calendarView/delta", "/me/calendarView"):
        body = await caller.get(f"{path}?{query}", 400)
        assert body["error"]["code"] == code
    await caller.get("/me/calendarView?startDateTime=2026-01-01&endDateTime=2030-12-31")


@pytest.mark.parametrize("name", ["delta", "delta()", "microsoft.graph.delta()", "Delta"])
async def test_links_are_absolute_rewritten_and_opaque(name):
    caller = Caller(mailbox())
    response = await caller.send("GET", f"/me/calendarview/{name}?{WINDOW}")
    assert response.headers["preference-applied"] == "odata.track-changes"
    link = response.json()["@odata.deltaLink"]
    assert link.startswith(
        "https://graph.test/v1.0/me/calendar/calendarView/delta?$deltatoken=R0usmc"
    )
    await caller.get(link)


async def test_expired_state_is_refused_and_may_point_to_a_new_round():
    box = mailbox()
    caller = Caller(box)
    _, link, _ = await caller.round()
    box.faults.expire_delta_tokens()
    response = await caller.send("GET", link)
    assert response.status_code == 410
    assert response.json()["error"]["code"] == "SyncStateNotFound"
    assert "location" not in response.headers
    _, link, _ = await caller.round()
    box.faults.expire_delta_tokens(with_location=True, status=400, code="resyncRequired")
    response = await caller.send("GET", link)
    assert response.status_code == 400
    assert response.headers["location"].endswith("&$deltatoken=")
    _, link, _ = await caller.round(response.headers["location"])
    await caller.round(link)
    await caller.get(link.replace("R0usmc", "unknown"), 400)


async def test_a_round_may_be_made_endless():
    box = mailbox()
    caller = Caller(box)
    add(box, "Weekly", "2026-11-02T09:00", recurrence=weekly("Monday"))
    add(box, "Single", "2026-11-10T12:00")
    box.faults.endless_delta = True
    link, pages, links = DELTA, [], set()
    for _ in range(8):
        body = await caller.get(link, prefer="odata.maxpagesize=2")
        link = body["@odata.nextLink"]
        pages.append([item["id"] for item in body["value"]])
        links.add(link)
    assert len(links) == 8
    assert pages[-1] == pages[-2] != []
    box.faults.endless_delta = False
    await caller.round(link)


async def test_changes_may_show_late():
    clock = Clock()
    box = mailbox(clock)
    caller = Caller(box)
    box.faults.delta_lag_seconds = 30
    add(box, "Old", "2026-11-10T12:00")
    clock.advance(60)
    late = add(box, "Late", "2026-11-11T12:00")
    items, link, _ = await caller.round()
    assert [item["subject"] for item in items] == ["Old"]
    items, link, _ = await caller.round(link)
    assert items == []
    clock.advance(31)
    items, link, _ = await caller.round(link)
    assert [item["id"] for item in items] == [box.event_id(late)]
    items, _, _ = await caller.round(link)
    assert items == []


async def test_a_master_may_be_missing():
    box = mailbox()
    box.faults.master_omitted = True
    add(box, "Weekly", "2026-11-02T09:00", recurrence=weekly("Monday"))
    items, _, _ = await Caller(box).round()
    assert {item["type"] for item in items} == {"occurrence"}


async def test_a_page_can_be_read_again():
    box = mailbox()
    caller = Caller(box)
    for day in range(10, 16):
        add(box, f"Single {day}", f"2026-11-{day}T12:00")
    first = await caller.get(DELTA, prefer="odata.maxpagesize=4")
    once = await caller.get(first["@odata.nextLink"])
    again = await caller.get(first["@odata.nextLink"])
    assert once["value"] == again["value"]


async def test_ten_thousand_events_are_listed_in_reasonable_time():
    box = mailbox()
    caller = Caller(box)
    for number in range(9_900):
        add(box, f"Single {number}", f"2026-11-{number % 28 + 1:02}T{number % 23:02}:00")
    for number in range(100):
        add(box, f"Series {number}", "2026-11-02T09:00", recurrence=weekly("Monday"))
    items, link, _ = await caller.round(prefer="odata.maxpagesize=500")
    assert len({item["id"] for item in items}) == 9_900 + 600
    event = next(iter(box.default_calendar.calendar.events.values()))
    took = []
    for number in range(5):
        box.update_event(box.event_id(event), subject=f"Changed {number}")
        started = time.process_time()
        items, link, _ = await caller.round(link)
        took.append(time.process_time() - started)
        assert [item["subject"] for item in items] == [f"Changed {number}"]
    assert min(took) < 0.5
