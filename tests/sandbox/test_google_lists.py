"""Lists of events and calendars: pages, sync tokens, filters."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.google.account import Account
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

ENTRIES = "/calendar/v3/users/me/calendarList"


@pytest.fixture
def greg(sandbox: RunningSandbox, http: httpx.AsyncClient) -> Caller:
    return caller(sandbox, http, GREG)


@pytest.fixture
def account(sandbox: RunningSandbox) -> Account:
    return sandbox.world.google.account(GREG)


def reason(answer: Any) -> str:
    return str(answer["error"]["errors"][0]["reason"])


async def test_pages_are_short_and_some_are_empty(greg: Caller, account: Account) -> None:
    for number in range(7):
        account.create_event(summary=str(number), **timed(f"2027-03-{number + 1:02}"))
    items, token, pages = await greg.round()
    assert len(items) == len({item["id"] for item in items}) == 9
    assert token
    assert [] in [page["items"] for page in pages]
    assert len(pages[0]["items"]) < 9
    account.faults.be_gentle()
    assert len((await greg.round())[2]) == 1
    assert [len(p["items"]) for p in (await greg.round(maxResults=4))[2]] == [4, 4, 1]
    await greg.get(EVENTS, 400, maxResults=0)


async def test_an_incremental_list_tells_what_changed(greg: Caller, account: Account) -> None:
    single = account.create_event(summary="Single", **timed())
    series = account.create_event(**weekly())
    _, token, _ = await greg.round()
    second = f"{series.id}_20270308T090000Z"
    third = f"{series.id}_20270315T090000Z"
    account.update_event(second, summary="Moved", **timed("2027-03-09"))
    account.delete_event(third)
    account.delete_event(single.id)
    items, after, _ = await greg.round(syncToken=token)
    found = {item["id"]: item for item in items}
    assert found.keys() == {second, third, single.id}
    assert found[second]["summary"] == "Moved"
    assert set(found[single.id]) == {"kind", "etag", "id", "status"}
    assert set(found[third]) == {
        "kind",
        "etag",
        "id",
        "status",
        "recurringEventId",
        "originalStartTime",
    }
    assert found[third]["originalStartTime"] == {
        "dateTime": "2027-03-15T05:00:00-04:00",
        "timeZone": "Europe/London",
    }
    assert (await greg.round(syncToken=after))[0] == []


async def test_cancelled_instances_stay_listed_and_other_deleted_events_do_not(
    greg: Caller, account: Account
) -> None:
    single, series = account.create_event(**timed()), account.create_event(**weekly())
    second = f"{series.id}_20270308T090000Z"
    account.delete_event(second)
    account.delete_event(single.id)
    found = {item["id"] for item in (await greg.round())[0]}
    assert second in found
    assert single.id not in found
    assert single.id in {item["id"] for item in (await greg.round(showDeleted="true"))[0]}
    expanded = {item["id"] for item in (await greg.round(singleEvents="true"))[0]}
    assert second not in expanded
    assert series.id not in expanded
    assert f"{series.id}_20270315T090000Z" in expanded


async def test_a_series_that_shrinks_shows_its_lost_instances_as_cancelled(
    greg: Caller, account: Account
) -> None:
    start = account.clock().date() + timedelta(days=1)
    series = account.create_event(**weekly(start.isoformat()))
    _, token, _ = await greg.round(singleEvents="true")
    account.update_event(series.id, recurrence=["RRULE:FREQ=WEEKLY;COUNT=2"])
    items, _, _ = await greg.round(singleEvents="true", syncToken=token)
    assert [item["status"] for item in items].count("cancelled") == 4
    assert [item["status"] for item in items].count("confirmed") == 2


async def test_exceptions_of_a_series_whose_time_changes_are_cancelled(
    greg: Caller, account: Account
) -> None:
    series = account.create_event(**weekly())
    second = f"{series.id}_20270308T090000Z"
    account.update_event(second, summary="Other")
    _, token, _ = await greg.round()
    moved = weekly() | {
        "start": {"dateTime": "2027-03-01T12:00:00", "timeZone": "Europe/London"},
        "end": {"dateTime": "2027-03-01T12:30:00", "timeZone": "Europe/London"},
    }
    account.update_event(series.id, **moved)
    found = {item["id"]: item["status"] for item in (await greg.round(syncToken=token))[0]}
    assert found == {series.id: "confirmed", second: "cancelled"}


async def test_forbidden_and_differing_parameters_with_a_sync_token(
    greg: Caller, account: Account
) -> None:
    _, token, _ = await greg.round()
    for name, value in (
        ("timeMin", "2027-03-01T00:00:00Z"),
        ("orderBy", "updated"),
        ("q", "x"),
        ("privateExtendedProperty", "a=b"),
        ("updatedMin", "2027-03-01T00:00:00Z"),
        ("showDeleted", "false"),
    ):
        refused = await greg.get(EVENTS, 400, syncToken=token, **{name: value})
        assert reason(refused) == "syncTokenWithRequestRestrictions", name
    assert reason(await greg.get(EVENTS, 400, syncToken=token, singleEvents="true")) == "invalid"
    account.faults.strict_parameters = False
    await greg.get(EVENTS, syncToken=token, singleEvents="true")
    await greg.get(EVENTS, syncToken=token, showDeleted="true")
    assert reason(await greg.get(EVENTS, 400, syncToken="garbage")) == "invalid"
    assert reason(await greg.get(EVENTS, 400, pageToken="garbage")) == "invalid"


async def test_sync_tokens_end(
    greg: Caller, account: Account, sandbox: RunningSandbox, http: httpx.AsyncClient
) -> None:
    _, token, _ = await greg.round()
    account.expire_sync_tokens("primary")
    gone = await greg.get(EVENTS, 410, syncToken=token)
    assert gone["error"]["errors"][0] == {
        "domain": "calendar",
        "reason": "fullSyncRequired",
        "message": "Sync token is no longer valid, a full sync is required.",
        "locationType": "parameter",
        "location": "syncToken",
    }
    _, token, _ = await greg.round()
    sandbox.world.clock.advance(timedelta(days=31))
    again = caller(sandbox, http, GREG)
    assert reason(await again.get(EVENTS, 410, syncToken=token)) == "fullSyncRequired"
    hugo = sandbox.world.google.account(HUGO)
    path = f"/calendar/v3/calendars/{hugo.calendar('Away').id}/events"
    _, token, _ = await again.round(path)
    hugo.share("Away", account, "reader")
    assert reason(await again.get(path, 410, syncToken=token)) == "fullSyncRequired"


async def test_a_window_lasts_as_long_as_its_token(greg: Caller, account: Account) -> None:
    inside = account.create_event(**timed("2027-03-05"))
    outside = account.create_event(**timed("2027-05-05"))
    window = {"timeMin": "2027-03-01T00:00:00Z", "timeMax": "2027-04-01T00:00:00Z"}
    items, token, _ = await greg.round(**window)
    assert inside.id in {item["id"] for item in items}
    assert outside.id not in {item["id"] for item in items}
    account.update_event(outside.id, summary="Still outside")
    account.update_event(inside.id, **timed("2027-06-05"))
    items, token, _ = await greg.round(syncToken=token)
    assert [item["id"] for item in items] == [inside.id]
    account.delete_event(outside.id)
    assert [item["status"] for item in (await greg.round(syncToken=token))[0]] == ["cancelled"]


async def test_the_window_is_open_at_both_ends(greg: Caller, account: Account) -> None:
    made = account.create_event(**timed("2027-03-05", "10:00", "11:00"))

    async def listed(start: str, end: str) -> bool:
        window = {"timeMin": f"2027-03-05T{start}:00Z", "timeMax": f"2027-03-05T{end}:00Z"}
        return made.id in {item["id"] for item in (await greg.round(**window))[0]}

    assert not await listed("11:00", "12:00")
    assert not await listed("09:00", "10:00")
    assert await listed("10:59", "11:30")
    empty = {"timeMin": "2027-03-05T10:00:00Z", "timeMax": "2027-03-05T10:00:00Z"}
    assert reason(await greg.get(EVENTS, 400, **empty)) == "timeRangeEmpty"
    assert reason(await greg.get(EVENTS, 400, timeMin="2027-03-05T10:00:00")) == "badRequest"


async def test_a_series_reaches_into_a_later_window(greg: Caller, account: Account) -> None:
    series = account.create_event(**weekly())
    window = {"timeMin": "2027-03-20T00:00:00Z", "timeMax": "2027-03-25T00:00:00Z"}
    found = {item["id"] for item in (await greg.round(**window))[0]}
    assert series.id in found
    expanded = {item["id"] for item in (await greg.round(**window, singleEvents="true"))[0]}
    assert f"{series.id}_20270322T090000Z" in expanded
    late = {"timeMin": "2027-06-20T00:00:00Z"}
    assert series.id not in {item["id"] for item in (await greg.round(**late))[0]}


async def test_filters(greg: Caller, account: Account) -> None:
    marked = account.create_event(
        summary="Busy", extended_properties={"private": {"origin": "a"}}, **timed()
    )
    plain = account.create_event(summary="Lunch with Ada", location="Town", **timed())
    place = account.create_event(
        summary="Home",
        event_type="workingLocation",
        working_location_properties={"type": "homeOffice"},
        **all_day("2027-03-02", "2027-03-03"),
    )

    async def ids(**params: Any) -> set[str]:
        items, token, _ = await greg.round(**params)
        narrowed = {"privateExtendedProperty", "q", "iCalUID", "orderBy"} & set(params)
        assert bool(token) != bool(narrowed)
        return {item["id"] for item in items}

    assert await ids(privateExtendedProperty="origin=a") == {marked.id}
    assert await ids(privateExtendedProperty="origin=b") == set()
    assert await ids(q="ADA") == {plain.id}
    assert await ids(iCalUID=plain.ical_uid) == {plain.id}
    assert await ids(eventTypes="workingLocation") == {place.id}
    assert await ids(eventTypes=["default", "birthday"]) >= {marked.id, plain.id}


async def test_orders(greg: Caller, account: Account) -> None:
    later = account.create_event(**timed("2027-03-09"))
    earlier = account.create_event(**timed("2027-03-08"))
    window = {"timeMin": "2027-03-01T00:00:00Z", "timeMax": "2027-03-31T00:00:00Z"}
    items, token, _ = await greg.round(orderBy="startTime", singleEvents="true", **window)
    assert [item["id"] for item in items] == [earlier.id, later.id]
    assert not token
    items, _, _ = await greg.round(orderBy="updated", **window)
    assert [item["id"] for item in items] == [later.id, earlier.id]
    await greg.get(EVENTS, 400, orderBy="startTime")


async def test_updated_min(greg: Caller, account: Account) -> None:
    old = account.clock() - timedelta(days=40)
    assert reason(await greg.get(EVENTS, 410, updatedMin=old.isoformat())) == "updatedMinTooLongAgo"
    made = account.create_event(**timed())
    account.delete_event(made.id)
    recent = (account.clock() - timedelta(minutes=5)).isoformat()
    found = {item["id"]: item["status"] for item in (await greg.round(updatedMin=recent))[0]}
    assert found[made.id] == "cancelled"


async def test_a_change_can_lag_behind(greg: Caller, account: Account) -> None:
    _, token, _ = await greg.round()
    account.faults.sync_lag_seconds = 60
    made = account.create_event(**timed())
    items, token, _ = await greg.round(syncToken=token)
    assert items == []
    account.faults.sync_lag_seconds = 0
    assert [item["id"] for item in (await greg.round(syncToken=token))[0]] == [made.id]


async def test_calendar_list(sandbox: RunningSandbox, http: httpx.AsyncClient) -> None:
    gina, account = caller(sandbox, http, GINA), sandbox.world.google.account(GINA)
    entries, token, _ = await gina.round(ENTRIES)
    found = {entry["summary"]: entry for entry in entries}
    assert found[GINA]["primary"] is True
    assert "dataOwner" not in found[GINA]
    assert found["Site rota"]["dataOwner"] == HUGO
    assert "primary" not in found["Site rota"]
    holidays = found["Holidays in United Kingdom"]
    assert (holidays["accessRole"], "#" in holidays["id"]) == ("reader", True)
    writable = (await gina.round(ENTRIES, minAccessRole="writer"))[0]
    assert {one["accessRole"] for one in writable} == {"writer", "owner"}
    account.hide_calendar("Away")
    account.delete_calendar("Site rota")
    changed, token, _ = await gina.round(ENTRIES, syncToken=token)
    flags = {(one.get("hidden", False), one.get("deleted", False)) for one in changed}
    assert flags == {(True, False), (False, True)}
    assert "Away" not in {one.get("summary") for one in (await gina.round(ENTRIES))[0]}
    hidden = (await gina.round(ENTRIES, showHidden="true"))[0]
    assert "Away" in {one.get("summary") for one in hidden}
    refused = await gina.get(ENTRIES, 400, syncToken=token, minAccessRole="owner")
    assert reason(refused) == "syncTokenWithRequestRestrictions"
    account.expire_sync_tokens()
    assert reason(await gina.get(ENTRIES, 410, syncToken=token)) == "fullSyncRequired"
    entry = await gina.get(f"{ENTRIES}/primary")
    assert entry["id"] == GINA
    await gina.get(f"{ENTRIES}/{found['Site rota']['id']}", 404)


async def test_busy_time(sandbox: RunningSandbox, http: httpx.AsyncClient) -> None:
    greg, account = caller(sandbox, http, GREG), sandbox.world.google.account(GREG)
    account.create_event(**timed("2027-03-01", "10:00", "11:00"))
    account.create_event(**timed("2027-03-01", "10:30", "12:00"))
    account.create_event(transparency="transparent", **timed("2027-03-01", "14:00", "15:00"))
    cancelled = account.create_event(**timed("2027-03-01", "16:00", "17:00"))
    account.delete_event(cancelled.id)
    body = {
        "timeMin": "2027-03-01T10:15:00Z",
        "timeMax": "2027-03-02T00:00:00Z",
        "items": [{"id": "primary"}, {"id": "nobody@example.com"}],
    }
    answer = await greg.post("/calendar/v3/freeBusy", body)
    assert answer == {
        "kind": "calendar#freeBusy",
        "timeMin": "2027-03-01T10:15:00.000Z",
        "timeMax": "2027-03-02T00:00:00.000Z",
        "calendars": {
            "primary": {"busy": [{"start": "2027-03-01T10:15:00Z", "end": "2027-03-01T12:00:00Z"}]},
            "nobody@example.com": {
                "errors": [{"domain": "global", "reason": "notFound"}],
                "busy": [],
            },
        },
    }
