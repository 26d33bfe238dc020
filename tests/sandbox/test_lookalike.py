"""The page to edit the simulated mailboxes by hand, and each control call as the page makes it."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

import sandbox.lookalike
from sandbox.microsoft.mailbox.changes import Change
from sandbox.server import RunningSandbox

ADELE = "adele.vance@contoso.example"
GINA = "gina.work@fabrikam.example"
OUTLOOK = f"/sandbox/mailboxes/{ADELE.replace('@', '%40')}"
GOOGLE = f"/sandbox/google/accounts/{GINA.replace('@', '%40')}"
STATIC = Path(sandbox.lookalike.__file__).with_name("static")
FILES = sorted(path.name for path in STATIC.iterdir())
TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "html": "text/html"}
WINDOW = {"start": "2027-03-01T00:00:00.000Z", "end": "2027-04-01T00:00:00.000Z"}


def policy_of(answer: httpx.Response) -> dict[str, str]:
    parts = answer.headers["content-security-policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


async def call(http: httpx.AsyncClient, method: str, url: str, **more: Any) -> dict[str, Any]:
    """A control call that must be accepted."""
    answer = await http.request(method, url, **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# --- the page and its files ------------------------------------------------------------------


async def test_the_page_is_served_under_a_strict_policy(http: httpx.AsyncClient) -> None:
    answer = await http.get("/calendar")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = policy_of(answer)
    assert policy["default-src"] == "'none'"
    assert {policy[f"{kind}-src"] for kind in ("script", "style", "img", "connect")} == {"'self'"}
    assert (policy["base-uri"], policy["frame-ancestors"]) == ("'none'", "'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", FILES)
async def test_each_file_has_its_type_and_the_policy(http: httpx.AsyncClient, name: str) -> None:
    answer = await http.get(f"/calendar/page/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == TYPES[name.rpartition(".")[2]]
    assert policy_of(answer)["default-src"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_page_loads_nothing_that_is_not_served(http: httpx.AsyncClient) -> None:
    wanted = set(re.findall(r'(?:src|href)="([^"]+)"', (await http.get("/calendar")).text))
    assert "/calendar/page/main.js" in wanted
    for name in FILES:
        text = (STATIC / name).read_text("utf-8")
        wanted |= {f"/calendar/page/{found}" for found in re.findall(r'from "\./([^"]+)"', text)}
        wanted |= set(re.findall(r'url\("([^"]+)"\)', text))
    for url in wanted:
        assert (await http.get(url)).status_code == 200, url


async def test_nothing_is_inline(http: httpx.AsyncClient) -> None:
    text = (await http.get("/calendar")).text
    assert not re.findall(r"<style|\sstyle=|\son\w+=|javascript:", text)
    assert [body for body in re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)] == [""]
    scripts = "".join((STATIC / name).read_text("utf-8") for name in FILES if name.endswith(".js"))
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(|https?://", scripts)


async def test_other_names_are_not_served(http: httpx.AsyncClient) -> None:
    for name in ("routes.py", "..%2Froutes.py", "none.js"):
        answer = await http.get(f"/calendar/page/{name}")
        assert answer.status_code == 404, name
    assert (await http.get("/calendar/v3/users/me/calendarList")).status_code == 401


async def test_looking_is_not_logged(http: httpx.AsyncClient) -> None:
    for url in ("/calendar", "/calendar/page/main.js", f"{OUTLOOK}/version"):
        await http.get(url)
    assert (await http.get("/sandbox/requests/count")).json() == {"count": 0}
    await http.get("/calendar/v3/users/me/calendarList")
    assert (await http.get("/sandbox/requests/count")).json() == {"count": 1}


async def test_everybody_can_be_chosen(http: httpx.AsyncClient) -> None:
    users = (await call(http, "GET", "/sandbox/people"))["users"]
    assert {"address", "name", "kind", "mailbox"} <= users[0].keys()
    assert any(user["address"] == ADELE and user["mailbox"] for user in users)
    accounts = (await call(http, "GET", "/sandbox/google/accounts"))["value"]
    usable = {account["address"]: account["calendar"] for account in accounts}
    assert (usable[GINA], usable["nora.mail@fabrikam.example"]) == (True, False)


# --- what tells the page that something changed -----------------------------------------------


async def test_the_version_tells_zone_and_clock(http: httpx.AsyncClient) -> None:
    await http.post("/sandbox/clock", json={"advanceSeconds": 86_400})
    now = (await http.post("/sandbox/clock", json={"advanceSeconds": 0})).json()["now"]
    for base, zone in ((OUTLOOK, "Europe/Berlin"), (GOOGLE, "Europe/London")):
        told = await call(http, "GET", f"{base}/version")
        assert (told["timeZone"], told["now"][:16]) == (zone, now[:16])


async def test_a_windows_zone_is_told_by_its_iana_name(http: httpx.AsyncClient) -> None:
    user = {"address": "win@contoso.example", "timeZone": "Pacific Standard Time"}
    await http.post("/sandbox/users", json=user)
    told = await call(http, "GET", "/sandbox/mailboxes/win@contoso.example/version")
    assert told["timeZone"] == "America/Los_Angeles"


async def test_the_version_changes_with_what_can_be_seen(http: httpx.AsyncClient) -> None:
    rota = "/sandbox/mailboxes/alex.wilber@contoso.example"
    shared = "/sandbox/google/accounts/hugo.work@fabrikam.example"
    graph = {"subject": "Swap", **graph_times("2027-03-02T09:00:00", "2027-03-02T10:00:00")}
    plain = {"summary": "Swap", **google_times("2027-03-02T09:00:00Z", "2027-03-02T10:00:00Z")}
    for base, changes in (
        (
            OUTLOOK,
            [
                ("POST", f"{rota}/events?calendar=Team rota", graph),
                ("POST", f"{OUTLOOK}/calendars", {"name": "New"}),
                ("PATCH", f"{OUTLOOK}/calendars/New", {"name": "Other"}),
                ("PATCH", f"{OUTLOOK}/calendars/Other", {"readOnly": True}),
            ],
        ),
        (
            GOOGLE,
            [
                ("POST", f"{shared}/events?calendar=Site rota", plain),
                ("POST", f"{GOOGLE}/calendars", {"name": "New"}),
                ("PATCH", f"{GOOGLE}/calendars/New", {"name": "Other"}),
                ("PATCH", f"{GOOGLE}/calendars/Other", {"readOnly": True}),
            ],
        ),
    ):
        seen = [(await call(http, "GET", f"{base}/version"))["version"]]
        for method, url, body in changes:
            await call(http, method, url, json=body)
            seen.append((await call(http, "GET", f"{base}/version"))["version"])
        assert len(set(seen)) == len(changes) + 1
        assert (await call(http, "GET", f"{base}/version"))["version"] == seen[-1]
        await http.post("/sandbox/reset")
        assert (await call(http, "GET", f"{base}/version"))["version"] not in seen


async def test_the_version_of_nobody_is_404(http: httpx.AsyncClient) -> None:
    for base in ("mailboxes", "google/accounts"):
        answer = await http.get(f"/sandbox/{base}/nobody@nowhere.example/version")
        assert answer.status_code == 404


# --- Outlook, as outlook.js writes it ---------------------------------------------------------


def graph_times(start: str, end: str, *, all_day: bool = False) -> dict[str, Any]:
    given = {"start": start, "end": end}
    times = {name: {"dateTime": at, "timeZone": "Europe/Berlin"} for name, at in given.items()}
    return {"isAllDay": all_day, **times}


async def outlook_calendars(http: httpx.AsyncClient) -> dict[str, str]:
    found = (await call(http, "GET", f"{OUTLOOK}/calendars"))["value"]
    return {entry["name"]: entry["id"] for entry in found}


async def outlook_events(http: httpx.AsyncClient, calendar: str) -> list[dict[str, Any]]:
    query = WINDOW | {"calendar": calendar}
    found = (await call(http, "GET", f"{OUTLOOK}/events", params=query))["value"]
    return [event for event in found if event["subject"] != "Stand-up"]


async def test_outlook_event_is_made_changed_moved_and_deleted(
    http: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    heard: list[Change] = []
    sandbox.world.mailbox(ADELE).subscribe_changes(heard.append)
    ids = await outlook_calendars(http)
    home = {"calendar": ids["Calendar"]}
    times = graph_times("2027-03-02T10:00:00+01:00", "2027-03-02T11:00:00+01:00")
    body = {"subject": "Plan", "showAs": "tentative", "sensitivity": "private", **times}
    made = await call(http, "POST", f"{OUTLOOK}/events", params=home, json=body)
    path = f"{OUTLOOK}/events/{made['id']}"
    (read,) = await outlook_events(http, home["calendar"])
    assert read["start"]["dateTime"].startswith("2027-03-02T09:00")
    assert (read["showAs"], read["sensitivity"]) == ("tentative", "private")
    whole = graph_times("2027-03-03T00:00:00", "2027-03-05T00:00:00", all_day=True)
    changed = await call(http, "PATCH", path, params=home, json=whole)
    assert (changed["isAllDay"], changed["end"]["dateTime"][:10]) == (True, "2027-03-05")
    changed = await call(http, "PATCH", path, params=home, json=times)
    assert (changed["isAllDay"], changed["start"]["dateTime"][:13]) == (False, "2027-03-02T09")
    moved = await call(http, "POST", f"{path}/move", json={"calendar": ids["Project Falcon"]})
    falcon = {"calendar": ids["Project Falcon"]}
    await call(http, "DELETE", f"{OUTLOOK}/events/{moved['id']}", params=falcon)
    assert await outlook_events(http, home["calendar"]) == []
    kinds = [change.change_type for change in heard]
    assert kinds == ["created", "updated", "updated", "deleted", "created", "deleted"]


async def test_outlook_event_becomes_a_series_and_parts_of_it_change(
    http: httpx.AsyncClient,
) -> None:
    home = {"calendar": (await outlook_calendars(http))["Calendar"]}
    times = graph_times("2027-03-02T10:00:00+01:00", "2027-03-02T11:00:00+01:00")
    made = await call(http, "POST", f"{OUTLOOK}/events", params=home, json={"subject": "P"} | times)
    weekly = {
        "pattern": {
            "type": "weekly",
            "interval": 1,
            "daysOfWeek": ["tuesday"],
            "firstDayOfWeek": "monday",
        },
        "range": {
            "type": "numbered",
            "startDate": "2027-03-02",
            "numberOfOccurrences": 3,
            "recurrenceTimeZone": "Europe/Berlin",
        },
    }
    path = f"{OUTLOOK}/events/{made['id']}"
    await call(http, "PATCH", path, params=home, json={**times, "recurrence": weekly})
    first, second, third = await outlook_events(http, home["calendar"])
    assert first["seriesMasterId"] == made["id"]
    later = graph_times("2027-03-10T10:00:00+01:00", "2027-03-10T11:00:00+01:00")
    one = await call(http, "PATCH", f"{OUTLOOK}/events/{second['id']}", params=home, json=later)
    assert (one["type"], one["start"]["dateTime"][:10]) == ("exception", "2027-03-10")
    await call(http, "DELETE", f"{OUTLOOK}/events/{third['id']}", params=home)
    assert len(await outlook_events(http, home["calendar"])) == 2
    master = await call(http, "GET", path, params=home)
    assert master["start"]["dateTime"].startswith("2027-03-02T09:00")
    await call(http, "PATCH", path, params=home, json={"subject": "Renamed"})
    renamed = {event["subject"] for event in await outlook_events(http, home["calendar"])}
    assert renamed == {"Renamed"}
    await call(http, "DELETE", path, params=home)
    assert await outlook_events(http, home["calendar"]) == []


@pytest.mark.parametrize(
    ("action", "response"),
    [
        ("accept", "accepted"),
        ("tentativelyAccept", "tentativelyAccepted"),
        ("decline", "declined"),
    ],
)
async def test_outlook_invitation_is_answered(
    http: httpx.AsyncClient, action: str, response: str
) -> None:
    home = {"calendar": (await outlook_calendars(http))["Calendar"]}
    body = graph_times("2027-03-02T10:00:00+01:00", "2027-03-02T11:00:00+01:00")
    body |= {"organizer": {"name": "boss@x.example", "address": "boss@x.example"}}
    made = await call(http, "POST", f"{OUTLOOK}/events", params=home, json=body)
    assert made["isOrganizer"] is False
    await call(http, "POST", f"{OUTLOOK}/events/{made['id']}/{action}", params=home, json={})
    (read,) = await outlook_events(http, home["calendar"])
    assert read["responseStatus"]["response"] == response


async def test_outlook_calendar_shared_for_writing_is_edited(http: httpx.AsyncClient) -> None:
    ids = await outlook_calendars(http)
    times = graph_times("2027-03-02T10:00:00+01:00", "2027-03-02T11:00:00+01:00")
    rota, travel = {"calendar": ids["Team rota"]}, {"calendar": ids["Travel"]}
    made = await call(http, "POST", f"{OUTLOOK}/events", params=rota, json=times)
    path = f"{OUTLOOK}/events/{made['id']}"
    changed = await call(http, "PATCH", path, params=rota, json={"subject": "Night"})
    assert changed["subject"] == "Night"
    await call(http, "DELETE", path, params=rota)
    refused = await http.post(f"{OUTLOOK}/events", params=travel, json=times)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "ErrorAccessDenied")


# --- Google, as google.js writes it -----------------------------------------------------------


def google_times(start: str, end: str) -> dict[str, Any]:
    given = {"start": start, "end": end}
    zone = "Europe/London"
    return {name: {"date": None, "dateTime": at, "timeZone": zone} for name, at in given.items()}


def google_days(start: str, end: str) -> dict[str, Any]:
    given = {"start": start, "end": end}
    return {name: {"date": at, "dateTime": None, "timeZone": None} for name, at in given.items()}


async def google_events(
    http: httpx.AsyncClient, calendar: str = GINA, window: dict[str, str] = WINDOW
) -> list[dict[str, Any]]:
    query = window | {"calendar": calendar, "asSeen": "1"}
    found = (await call(http, "GET", f"{GOOGLE}/events", params=query))["value"]
    return [event for event in found if event.get("summary") != "Stand-up"]


async def test_google_event_is_made_changed_moved_and_deleted(http: httpx.AsyncClient) -> None:
    listed = (await call(http, "GET", f"{GOOGLE}/calendars"))["value"]
    heron = next(entry for entry in listed if entry["summary"] == "Project Heron")
    assert (heron["accessRole"], heron["owner"]) == ("owner", GINA)
    home = {"calendar": GINA}
    times = google_times("2027-03-02T10:00:00+00:00", "2027-03-02T11:00:00+00:00")
    body = {"summary": "Plan", "transparency": "opaque", "status": "tentative", **times}
    body |= {"visibility": "private"}
    made = await call(http, "POST", f"{GOOGLE}/events", params=home, json=body)
    path = f"{GOOGLE}/events/{made['id']}"
    (read,) = await google_events(http)
    assert (read["status"], read["visibility"]) == ("tentative", "private")
    whole = google_days("2027-03-03", "2027-03-05")
    changed = await call(http, "PATCH", path, params=home, json=whole)
    assert (changed["start"], changed["end"]) == ({"date": "2027-03-03"}, {"date": "2027-03-05"})
    free = {**times, "transparency": "transparent", "status": "confirmed", "visibility": "default"}
    changed = await call(http, "PATCH", path, params=home, json=free)
    assert changed["start"]["dateTime"] == "2027-03-02T10:00:00Z"
    assert (changed["transparency"], changed.get("visibility")) == ("transparent", None)
    await call(http, "POST", f"{path}/move", params=home, json={"calendar": heron["id"]})
    assert await google_events(http) == []
    assert len(await google_events(http, heron["id"])) == 1
    await call(http, "DELETE", path, params={"calendar": heron["id"]})
    assert await google_events(http, heron["id"]) == []


async def test_google_event_becomes_a_series_and_parts_of_it_change(
    http: httpx.AsyncClient,
) -> None:
    home = {"calendar": GINA}
    times = google_times("2027-03-02T10:00:00+00:00", "2027-03-02T11:00:00+00:00")
    made = await call(http, "POST", f"{GOOGLE}/events", params=home, json={"summary": "P"} | times)
    path = f"{GOOGLE}/events/{made['id']}"
    weekly = {**times, "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"]}
    await call(http, "PATCH", path, params=home, json=weekly)
    first, second, third = await google_events(http)
    assert first["recurringEventId"] == made["id"]
    later = google_times("2027-03-10T10:00:00+00:00", "2027-03-10T11:00:00+00:00")
    one = await call(http, "PATCH", f"{GOOGLE}/events/{second['id']}", params=home, json=later)
    assert one["start"]["dateTime"] == "2027-03-10T10:00:00Z"
    await call(http, "DELETE", f"{GOOGLE}/events/{third['id']}", params=home)
    assert len(await google_events(http)) == 2
    master = await call(http, "GET", path, params=home)
    assert master["recurrence"] == ["RRULE:FREQ=WEEKLY;COUNT=3"]
    await call(http, "PATCH", path, params=home, json={"summary": "Renamed"})
    assert {event["summary"] for event in await google_events(http)} == {"Renamed"}
    await call(http, "DELETE", path, params=home)
    assert await google_events(http) == []


@pytest.mark.parametrize("response", ["accepted", "tentative", "declined"])
async def test_google_invitation_is_answered(http: httpx.AsyncClient, response: str) -> None:
    home = {"calendar": GINA}
    body = google_times("2027-03-02T10:00:00+00:00", "2027-03-02T11:00:00+00:00")
    body |= {"organizer": {"email": "boss@x.example"}, "attendees": [{"email": GINA}]}
    made = await call(http, "POST", f"{GOOGLE}/events", params=home, json=body)
    path = f"{GOOGLE}/events/{made['id']}/respond"
    await call(http, "POST", path, params=home, json={"response": response})
    (read,) = await google_events(http)
    (me,) = read["attendees"]
    assert (me["self"], me["responseStatus"]) == (True, response)
    assert "self" not in read["organizer"]


async def test_google_shows_no_more_than_the_rights_allow(http: httpx.AsyncClient) -> None:
    window = {"start": "2020-01-01T00:00:00Z", "end": "2040-01-01T00:00:00Z"}
    (seen,) = await google_events(http, "Away", window)
    assert "summary" not in seen
    truth = await call(http, "GET", f"{GOOGLE}/events", params=window | {"calendar": "Away"})
    assert [event["summary"] for event in truth["value"]] == ["Train to Leeds"]
