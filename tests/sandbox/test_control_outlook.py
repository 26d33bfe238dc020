"""Acting as an Outlook user through the control API."""

from typing import Any

import httpx

ADELE = "adele.vance@contoso.example"
ALEX = "alex.wilber@contoso.example"
MAILBOX = f"/sandbox/mailboxes/{ADELE}"
WINDOW = {"start": "2027-03-01T00:00:00Z", "end": "2027-04-01T00:00:00Z"}
ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:one@test
DTSTAMP:20270101T000000Z
DTSTART:20270305T090000Z
DTEND:20270305T100000Z
SUMMARY:From a file
END:VEVENT
END:VCALENDAR
"""


def event(**more: Any) -> dict[str, Any]:
    return {
        "subject": "Planning",
        "start": {"dateTime": "2027-03-02T10:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2027-03-02T11:00:00", "timeZone": "UTC"},
    } | more


SERIES = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "startDate": "2027-03-02", "numberOfOccurrences": 4},
}


async def listed(http: httpx.AsyncClient, **more: str) -> list[dict[str, Any]]:
    answer = await http.get(f"{MAILBOX}/events", params=WINDOW | more)
    assert answer.status_code == 200, answer.text
    return [item for item in answer.json()["value"] if item["subject"] != "Stand-up"]


async def test_create_change_delete(http: httpx.AsyncClient) -> None:
    made = (await http.post(f"{MAILBOX}/events", json=event())).json()
    await http.patch(f"{MAILBOX}/events/{made['id']}", json={"subject": "Moved"})
    assert [item["subject"] for item in await listed(http)] == ["Moved"]
    await http.post(f"{MAILBOX}/events/{made['id']}/private", json={})
    read = await http.get(f"{MAILBOX}/events/{made['id']}")
    assert read.json()["sensitivity"] == "private"
    assert (await http.delete(f"{MAILBOX}/events/{made['id']}")).status_code == 200
    assert await listed(http) == []
    assert (await http.delete(f"{MAILBOX}/events/{made['id']}")).status_code == 404


async def test_the_owner_changes_an_event_in_every_way(http: httpx.AsyncClient) -> None:
    made = (await http.post(f"{MAILBOX}/events", json=event())).json()
    path = f"{MAILBOX}/events/{made['id']}"
    times = {
        name: event()[name] | {"timeZone": "Pacific Standard Time"} for name in ("start", "end")
    }
    moved = (await http.patch(path, json=times)).json()
    assert moved["start"]["dateTime"].startswith("2027-03-02T18:00")
    await http.post(f"{path}/all-day", json={})
    await http.post(f"{path}/private", json={})
    read = (await http.get(path)).json()
    assert (read["isAllDay"], read["sensitivity"]) == (True, "private")
    assert read["start"]["dateTime"].startswith("2027-03-02T00:00")
    assert (await http.post(f"{path}/cancel", json={})).status_code == 200
    assert (await http.get(path)).status_code == 404


async def test_occurrences_are_named_by_their_original_start(http: httpx.AsyncClient) -> None:
    made = (await http.post(f"{MAILBOX}/events", json=event(recurrence=SERIES))).json()
    path = f"{MAILBOX}/events/{made['id']}"
    await http.delete(path, params={"original": "2027-03-03T10:00:00Z"})
    changed = await http.patch(
        path, params={"original": "2027-03-04T10:00:00Z"}, json={"subject": "Other"}
    )
    assert changed.status_code == 200
    found = await listed(http)
    assert sorted(item["type"] for item in found) == ["exception", "occurrence", "occurrence"]
    masters = await listed(http, masters="1")
    assert "seriesMaster" in {item["type"] for item in masters}


async def test_move_to_another_calendar(http: httpx.AsyncClient) -> None:
    made = (await http.post(f"{MAILBOX}/events", json=event())).json()
    path = f"{MAILBOX}/events/{made['id']}/move"
    moved = (await http.post(path, json={"calendar": "Project Falcon"})).json()
    assert moved["id"] != made["id"]
    assert await listed(http) == []
    assert len(await listed(http, calendar="Project Falcon")) == 1


async def test_invitation_is_answered_and_cancelled(http: httpx.AsyncClient) -> None:
    organizer = {"name": "Megan Bowen", "address": "megan.bowen@contoso.example"}
    answer = await http.post(f"{MAILBOX}/events", json=event(organizer=organizer))
    made = answer.json()
    path = f"{MAILBOX}/events/{made['id']}"
    assert (made["isOrganizer"], made["responseStatus"]["response"]) == (False, "notResponded")
    assert (await http.post(f"{path}/decline", json={})).status_code == 200
    assert (await http.get(path)).json()["responseStatus"]["response"] == "declined"
    await http.post(f"{path}/organizer-cancels", json={})
    assert (await http.get(path)).json()["isCancelled"] is True


async def test_ics_is_loaded(http: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "text/calendar"}
    report = await http.post(f"{MAILBOX}/ics", content=ICS, headers=headers)
    assert report.json()["singles"] == 1
    assert [item["subject"] for item in await listed(http)] == ["From a file"]


async def test_calendars_are_made_shared_and_closed(http: httpx.AsyncClient) -> None:
    made = (await http.post(f"{MAILBOX}/calendars", json={"name": "Side"})).json()
    share = {"with": ALEX, "role": "write"}
    shared = (await http.post(f"{MAILBOX}/calendars/Side/share", json=share)).json()
    assert (shared["owner"], shared["canEdit"]) == (ADELE, True)
    assert shared["id"] != made["id"]
    await http.patch(f"{MAILBOX}/calendars/Side", json={"readOnly": True, "name": "Closed"})
    alex = (await http.get(f"/sandbox/mailboxes/{ALEX}/calendars")).json()["value"]
    assert next(c for c in alex if c["name"] == "Closed")["canEdit"] is False
    again = (await http.patch(f"{MAILBOX}/calendars/Closed", json={"newId": True})).json()
    assert again["id"] != made["id"]
    await http.post(f"{MAILBOX}/calendars/Closed/share", json=share | {"role": "none"})
    alex = (await http.get(f"/sandbox/mailboxes/{ALEX}/calendars")).json()["value"]
    assert "Closed" not in {c["name"] for c in alex}
    assert (await http.delete(f"{MAILBOX}/calendars/Closed")).status_code == 200


async def test_mailbox_faults(http: httpx.AsyncClient) -> None:
    given = {"endlessDelta": True, "deltaLagSeconds": 1.5, "duplicateTransactionAs": 409}
    shown = (await http.patch(f"{MAILBOX}/faults", json=given)).json()
    assert given.items() <= shown.items()
    before = shown["generation"]
    expired = await http.post(f"{MAILBOX}/expire-delta-tokens", json={"withLocation": True})
    assert expired.json()["generation"] == before + 1
    wrong = await http.patch(f"{MAILBOX}/faults", json={"nonsense": 1})
    assert wrong.status_code == 400


async def test_control_calls_are_neither_logged_nor_limited(http: httpx.AsyncClient) -> None:
    await http.post("/sandbox/faults", json={"preset": "unavailable", "count": None})
    assert (await http.post(f"{MAILBOX}/events", json=event())).status_code == 200
    assert (await http.get("/sandbox/requests/count")).json() == {"count": 0}
    assert (await http.get("/sandbox/limits")).json()["mailboxes"] == {}


async def test_unknown_mailbox_is_404(http: httpx.AsyncClient) -> None:
    for path in ("calendars", "events?start=2027-03-01&end=2027-03-02"):
        answer = await http.get(f"/sandbox/mailboxes/nobody@nowhere.example/{path}")
        assert answer.status_code == 404
        assert "error" in answer.json()
