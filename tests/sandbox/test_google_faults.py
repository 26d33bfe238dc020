"""Quotas, faults and the control API of the Google stand-in."""

import asyncio
from typing import Any

import httpx
import pytest

from sandbox.faults import PRESETS
from sandbox.request_log import LogFilter
from sandbox.server import RunningSandbox
from tests.sandbox.google_client import EVENTS, GINA, GREG, HUGO, Caller, caller, timed, weekly

ACCOUNTS = "/sandbox/google/accounts"


@pytest.fixture
def greg(sandbox: RunningSandbox, http: httpx.AsyncClient) -> Caller:
    return caller(sandbox, http, GREG)


def errors(body: Any) -> Any:
    return body["error"]["errors"][0]


async def test_over_the_quota_403_or_429(greg: Caller, sandbox: RunningSandbox) -> None:
    limits = sandbox.world.google.limits
    limits.settings.per_user = 2
    answers = [await greg.send("GET", EVENTS) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 403, 429]
    assert {errors(a.json())["reason"] for a in answers[2:]} == {"userRateLimitExceeded"}
    assert errors(answers[2].json())["domain"] == "usageLimits"
    limits.settings.per_user, limits.settings.per_project = 600, 2
    assert errors((await greg.send("GET", EVENTS)).json())["reason"] == "rateLimitExceeded"
    assert limits.refused[GREG] == 3


async def test_requests_in_flight_are_measured(greg: Caller, http: httpx.AsyncClient) -> None:
    await http.patch("/sandbox/google/limits", json={"latencySeconds": 1.0})
    await asyncio.gather(*(greg.get(EVENTS) for _ in range(3)))
    shown = (await http.get("/sandbox/google/limits")).json()["accounts"][GREG]
    assert shown == {"inFlight": 0, "maximum": 3, "refused": 0}


ANSWERS = {
    "google-rate-limit": (403, "rateLimitExceeded", "Rate Limit Exceeded"),
    "google-rate-limit-429": (429, "rateLimitExceeded", "Rate Limit Exceeded"),
    "google-user-rate-limit": (403, "userRateLimitExceeded", "User Rate Limit Exceeded"),
    "google-quota": (403, "quotaExceeded", "Calendar usage limits exceeded."),
    "google-backend-error": (500, "backendError", "Backend Error"),
    "google-auth-error": (401, "authError", "Invalid Credentials"),
    "google-insufficient": (403, "insufficientPermissions", "Insufficient Permission"),
    "google-not-found": (404, "notFound", "Not Found"),
    "google-duplicate": (409, "duplicate", "The requested identifier already exists."),
    "google-deleted": (410, "deleted", "Resource has been deleted"),
    "google-condition": (412, "conditionNotMet", "Precondition Failed"),
}


@pytest.mark.parametrize("preset", ANSWERS)
async def test_ready_made_answers(greg: Caller, http: httpx.AsyncClient, preset: str) -> None:
    await http.post("/sandbox/faults", json={"preset": preset, "mailbox": GREG})
    status, reason, message = ANSWERS[preset]
    body = await greg.get(EVENTS, status)
    assert (errors(body)["reason"], errors(body)["message"]) == (reason, message)
    assert (body["error"]["code"], body["error"]["message"]) == (status, message)
    await greg.get(EVENTS)


async def test_a_gone_token_by_rule(greg: Caller, http: httpx.AsyncClient) -> None:
    _, token, _ = await greg.round()
    await http.post("/sandbox/faults", json={"preset": "google-gone"})
    await greg.get(EVENTS)
    assert errors(await greg.get(EVENTS, 410, syncToken=token))["location"] == "syncToken"


async def test_every_preset_is_a_rule(http: httpx.AsyncClient) -> None:
    named = [name for name in PRESETS if name.startswith("google-")]
    assert len(named) > 25
    for name in named:
        answer = await http.post("/sandbox/faults", json={"preset": name})
        wanted = "google-token" if name.startswith("google-token") else "google"
        assert answer.json()["service"] == wanted


async def test_an_answer_lost_after_the_write(greg: Caller, http: httpx.AsyncClient) -> None:
    rule = {"preset": "google-commit-then-cut", "path": "/events$"}
    await http.post("/sandbox/faults", json=rule)
    body = {"id": "abcde12345", "summary": "Once", **timed()}
    with pytest.raises(httpx.TransportError):
        await greg.send("POST", EVENTS, body)
    assert errors(await greg.post(EVENTS, body, 409))["reason"] == "duplicate"
    assert (await greg.get(f"{EVENTS}/abcde12345"))["summary"] == "Once"


async def test_cut_before_the_write_and_delay(
    greg: Caller, http: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    await http.post("/sandbox/faults", json={"preset": "google-cut"})
    with pytest.raises(httpx.TransportError):
        await greg.send("POST", EVENTS, {"id": "abcde12345", **timed()})
    await greg.get(f"{EVENTS}/abcde12345", 404)
    await http.post("/sandbox/faults", json={"preset": "google-delay", "delaySeconds": 0.05})
    await greg.get(EVENTS)
    entries = sandbox.world.log.find(LogFilter(service="google", mailbox=GREG))
    assert [entry.outcome for entry in entries] == ["cut", "answered", "answered"]
    assert entries[2].duration_ms is not None
    assert entries[2].duration_ms >= 50
    counted = await http.get("/sandbox/requests/count", params={"service": "google"})
    assert counted.json() == {"count": 3}


async def test_the_fault_of_a_microsoft_rule_does_not_reach_google(
    greg: Caller, http: httpx.AsyncClient
) -> None:
    await http.post("/sandbox/faults", json={"preset": "unavailable", "count": None})
    await greg.get(EVENTS)


async def test_unknown_paths(greg: Caller) -> None:
    assert errors(await greg.get("/calendar/v3/nonsense", 404))["reason"] == "notFound"


async def test_control_of_accounts_and_events(http: httpx.AsyncClient) -> None:
    new = {"address": "ivy@harbour.example", "name": "Ivy", "hd": "harbour.example"}
    made = (await http.post(ACCOUNTS, json=new)).json()
    assert made["sub"].isdigit()
    assert "ivy@harbour.example" in str((await http.get(ACCOUNTS)).json())
    base = f"{ACCOUNTS}/ivy@harbour.example"
    await http.post(f"{base}/calendars", json={"name": "Boats"})
    share = {"with": GREG, "role": "writer"}
    assert (await http.post(f"{base}/calendars/Boats/share", json=share)).json()["shared"]
    listed = (await http.get(f"{ACCOUNTS}/{GREG}/calendars")).json()["value"]
    boats = next(one for one in listed if one["summary"] == "Boats")
    assert (boats["accessRole"], boats["owner"]) == ("writer", "ivy@harbour.example")
    series = (await http.post(f"{base}/events?calendar=Boats", json=weekly())).json()
    where = f"{base}/events/{series['id']}?calendar=Boats"
    original = "&original=2027-03-08T09:00:00%2B00:00"
    moved = await http.patch(where + original, json=timed("2027-03-09"))
    assert moved.json()["recurringEventId"] == series["id"]
    assert (await http.get(where + original)).json()["start"]["dateTime"].startswith("2027-03-09")
    window = "&start=2027-03-01T00:00:00Z&end=2027-03-20T00:00:00Z"
    found = (await http.get(f"{base}/events?calendar=Boats{window}")).json()["value"]
    assert len(found) == 3
    assert (await http.delete(where)).status_code == 200
    assert (await http.delete(where)).status_code == 410
    restored = f"{base}/events/{series['id']}/restore?calendar=Boats"
    assert (await http.post(restored)).json()["status"] == "confirmed"
    wrong = await http.post(f"{base}/events", json={"summary": "No times"})
    assert (wrong.status_code, "required" in wrong.json()["error"]) == (400, True)
    faults = await http.patch(f"{base}/faults", json={"emptyPages": 3})
    assert faults.json()["emptyPages"] == 3
    assert (await http.get(f"{base}/outbox")).json() == {"value": []}
    assert (await http.get(f"{ACCOUNTS}/nobody@x.example/events")).status_code == 404


async def test_reset_forgets(http: httpx.AsyncClient, sandbox: RunningSandbox) -> None:
    sandbox.world.google.registration.redirect_uris.add("https://app.example/back")
    sandbox.world.google.account(HUGO).create_event(**timed())
    await http.post("/sandbox/reset")
    assert sandbox.world.google.account(HUGO).primary.events == {}
    assert "https://app.example/back" in sandbox.world.google.registration.redirect_uris
    assert sandbox.world.google.account(GINA).primary.events
