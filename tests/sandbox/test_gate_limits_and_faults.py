"""What a Graph request passes before it reaches the calendar."""

import asyncio
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from sandbox.server import RunningSandbox

ADELE = "adele.vance@contoso.example"
MEGAN = "megan.bowen@contoso.example"
EVENT = {
    "subject": "Made by a test",
    "start": {"dateTime": "2027-03-01T10:00:00", "timeZone": "UTC"},
    "end": {"dateTime": "2027-03-01T11:00:00", "timeZone": "UTC"},
}


async def bearer(http: httpx.AsyncClient, user: str = ADELE, **more: str) -> dict[str, str]:
    answer = await http.post("/sandbox/entra/access-token", json={"user": user} | more)
    return {"Authorization": f"Bearer {answer.json()['accessToken']}"}


async def add_fault(http: httpx.AsyncClient, **rule: Any) -> str:
    answer = await http.post("/sandbox/faults", json=rule)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


async def test_without_or_with_a_wrong_token_401(http: httpx.AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer = await http.get("/v1.0/me/calendars", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_expired_token_401(http: httpx.AsyncClient) -> None:
    headers = await bearer(http)
    await http.post("/sandbox/entra/expire-access-tokens", json={"user": ADELE})
    answer = await http.get("/v1.0/me", headers=headers | {"client-request-id": "abc"})
    assert answer.status_code == 401
    assert answer.json()["error"]["innerError"]["client-request-id"] == "abc"


async def test_scopes_decide(http: httpx.AsyncClient) -> None:
    reader = await bearer(http, scopes="Calendars.Read")
    assert (await http.get("/v1.0/me/calendars", headers=reader)).status_code == 200
    refused = await http.post("/v1.0/me/events", headers=reader, json=EVENT)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "ErrorAccessDenied")
    assert (await http.get("/v1.0/me", headers=reader)).status_code == 403


async def test_shared_calendars_need_shared_scopes(http: httpx.AsyncClient) -> None:
    calendars = (await http.get(f"/sandbox/mailboxes/{ADELE}/calendars")).json()["value"]
    rota = next(c["id"] for c in calendars if c["name"] == "Team rota")
    path = f"/v1.0/me/calendars/{rota}/events"
    assert (await http.get(path, headers=await bearer(http))).status_code == 403
    shared = await bearer(http, scopes="Calendars.ReadWrite.Shared")
    assert (await http.get(path, headers=shared)).status_code == 200
    travel = next(c["id"] for c in calendars if c["name"] == "Travel")
    written = await http.post(f"/v1.0/me/calendars/{travel}/events", headers=shared, json=EVENT)
    assert (written.status_code, written.json()["error"]["code"]) == (403, "ErrorAccessDenied")


@pytest.mark.parametrize("user", ["unlicensed@contoso.example", "sam.example@mail.example"])
async def test_account_without_mailbox(http: httpx.AsyncClient, user: str) -> None:
    headers = await bearer(http, user)
    assert (await http.get("/v1.0/me", headers=headers)).status_code == 200
    answer = await http.get("/v1.0/me/calendars", headers=headers)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "MailboxNotEnabledForRESTAPI"


async def test_unknown_segment_is_a_bad_request(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1.0/me/nonsense", headers=await bearer(http))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


async def test_fifth_concurrent_request_of_a_mailbox_is_refused(http: httpx.AsyncClient) -> None:
    adele, megan = await bearer(http), await bearer(http, MEGAN)
    await http.patch("/sandbox/limits", json={"latencySeconds": 1.0})
    wanted = [http.get("/v1.0/me/calendars", headers=adele) for _ in range(5)]
    wanted.append(http.get("/v1.0/me/calendars", headers=megan))
    *own, other = await asyncio.gather(*wanted)
    assert sorted(answer.status_code for answer in own) == [200, 200, 200, 200, 429]
    assert other.status_code == 200
    refused = next(answer for answer in own if answer.status_code == 429)
    assert refused.json()["error"]["code"] == "ApplicationThrottled"
    assert "." in refused.headers["Retry-After"]
    seen = (await http.get("/sandbox/limits")).json()["mailboxes"]
    assert seen[ADELE] == {"inFlight": 0, "maximum": 5, "refused": 1}
    assert seen[MEGAN]["maximum"] == 1


async def test_a_batch_counts_as_up_to_four(http: httpx.AsyncClient) -> None:
    headers = await bearer(http)
    await http.patch("/sandbox/limits", json={"latencySeconds": 0.3})
    inner = [{"id": str(n), "method": "GET", "url": "/me/calendars"} for n in range(9)]
    answer = await http.post("/v1.0/$batch", headers=headers, json={"requests": inner})
    assert {part["status"] for part in answer.json()["responses"]} == {200}
    assert (await http.get("/sandbox/limits")).json()["mailboxes"][ADELE]["maximum"] == 4


async def test_budget_of_requests(http: httpx.AsyncClient) -> None:
    headers = await bearer(http)
    await http.patch("/sandbox/limits", json={"budget": 2})
    answers = [await http.get("/v1.0/me/calendars", headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["error"]["code"] == "TooManyRequests"


async def test_fault_rules_match_count_and_skip(http: httpx.AsyncClient) -> None:
    adele, megan = await bearer(http), await bearer(http, MEGAN)
    rule = {"preset": "unavailable", "mailbox": ADELE, "path": "calendars$", "count": 1, "skip": 1}
    rule_id = await add_fault(http, **rule)
    path = "/v1.0/me/calendars"
    assert (await http.get(path, headers=megan)).status_code == 200
    statuses = [(await http.get(path, headers=adele)).status_code for _ in range(3)]
    assert statuses == [200, 503, 200]
    shown = (await http.get("/sandbox/faults")).json()["value"]
    assert [(rule["id"], rule["fired"]) for rule in shown] == [(rule_id, 1)]
    assert (await http.delete(f"/sandbox/faults/{rule_id}")).status_code == 200
    wrong = await http.post("/sandbox/faults", json={"preset": "nothing like that"})
    assert wrong.status_code == 400


@pytest.mark.parametrize(
    ("preset", "status", "code"),
    [
        ("throttled", 429, "TooManyRequests"),
        ("throttled-no-header", 429, "activityLimitReached"),
        ("gateway-timeout", 504, "UnknownError"),
        ("conflict-412", 412, "ErrorIrresolvableConflict"),
        ("gone", 410, "SyncStateNotFound"),
        ("sync-state-400", 400, "SyncStateNotFound"),
        ("access-denied", 403, "ErrorAccessDenied"),
        ("not-found", 404, "ErrorItemNotFound"),
        ("transient-shared", 500, "ErrorInternalServerTransientError"),
        ("token-expired", 401, "InvalidAuthenticationToken"),
    ],
)
async def test_presets(http: httpx.AsyncClient, preset: str, status: int, code: str) -> None:
    await add_fault(http, preset=preset)
    answer = await http.get("/v1.0/me/calendars", headers=await bearer(http))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert ("Retry-After" in answer.headers) == (preset == "throttled")


async def test_retry_after_as_a_date(http: httpx.AsyncClient) -> None:
    await add_fault(http, preset="throttled-date", retryAfterDateSeconds=30)
    answer = await http.get("/v1.0/me/calendars", headers=await bearer(http))
    assert parsedate_to_datetime(answer.headers["Retry-After"]).tzinfo is not None


async def test_gone_with_location_repeats_the_window(http: httpx.AsyncClient) -> None:
    headers = await bearer(http)
    path = "/v1.0/me/calendarView/delta"
    window = {"startDateTime": "2027-01-01T00:00:00Z", "endDateTime": "2027-02-01T00:00:00Z"}
    await http.get(path, params=window, headers=headers)
    await add_fault(http, preset="gone-location", query="deltatoken")
    answer = await http.get(f"{path}?$deltatoken=old", headers=headers)
    location = answer.headers["Location"]
    assert location.endswith("$deltatoken=")
    assert httpx.URL(location).params["startDateTime"] == window["startDateTime"]


async def test_commit_then_cut_writes_and_answers_nothing(
    http: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    headers = await bearer(http)
    before = len(sandbox.world.mailbox(ADELE).default_calendar.calendar.events)
    await add_fault(http, preset="commit-then-cut", path="/events$")
    with pytest.raises(httpx.RemoteProtocolError):
        await http.post("/v1.0/me/events", headers=headers, json=EVENT)
    assert len(sandbox.world.mailbox(ADELE).default_calendar.calendar.events) == before + 1
    entry = sandbox.world.log.find()[-1]
    assert (entry.outcome, entry.status) == ("commit-then-cut", None)


async def test_cut_writes_nothing_over_https(
    http: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    headers = await bearer(http)
    before = len(sandbox.world.mailbox(ADELE).default_calendar.calendar.events)
    await add_fault(http, preset="cut")
    context = sandbox.client_ssl_context()
    async with httpx.AsyncClient(verify=context, trust_env=False) as secure:
        with pytest.raises(httpx.TransportError):
            await secure.post(f"{sandbox.https_url}/v1.0/me/events", headers=headers, json=EVENT)
    assert len(sandbox.world.mailbox(ADELE).default_calendar.calendar.events) == before


async def test_requests_are_logged_and_countable(http: httpx.AsyncClient) -> None:
    headers = await bearer(http) | {"client-request-id": "abc-1", "Prefer": "x=1"}
    await http.get("/v1.0/me/calendars?$top=3", headers=headers)
    await http.get("/v1.0/me", headers=headers)
    filters = {"mailbox": ADELE, "path": "calendars$", "status": "200", "method": "get"}
    assert (await http.get("/sandbox/requests/count", params=filters)).json() == {"count": 1}
    entry = (await http.get("/sandbox/requests", params=filters)).json()["value"][0]
    assert entry["correlation"] == {"client-request-id": "abc-1"}
    assert (entry["query"], entry["prefer"]) == ("$top=3", "x=1")
    assert entry["duration_ms"] > 0
    await http.delete("/sandbox/requests")
    assert (await http.get("/sandbox/requests/count")).json() == {"count": 0}
