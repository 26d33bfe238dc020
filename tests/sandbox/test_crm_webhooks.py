"""The CRM as a receiver of webhooks."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from sandbox.crm.state import Crm
from sandbox.server import RunningSandbox

WEBHOOKS = "/crm/webhooks"
MOVED = {
    "type": "appointment.updated",
    "timestamp": "2027-03-01T09:00:00Z",
    "data": {"appointmentId": "a1", "userId": "u1", "start": "2027-03-02T10:00:00Z"},
}
BUSY = {
    "type": "calendar.busy_changed",
    "timestamp": "2027-03-01T09:00:00Z",
    "data": {"userId": "u2", "provider": "outlook", "calendarId": "c1"},
}
Send = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def crm(sandbox: RunningSandbox) -> Crm:
    return sandbox.world.crm


@pytest.fixture
async def https(sandbox: RunningSandbox) -> AsyncIterator[httpx.AsyncClient]:
    context: ssl.SSLContext = sandbox.client_ssl_context()
    async with httpx.AsyncClient(
        base_url=sandbox.https_url, verify=context, trust_env=False
    ) as client:
        yield client


def signed(
    body: str, secret: str, webhook_id: str = "chg_1", at: datetime | None = None
) -> dict[str, str]:
    moment = at or datetime.now(UTC)
    return {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, moment, body),
    }


@pytest.fixture
def send(http: httpx.AsyncClient, crm: Crm) -> Send:
    async def post(
        body: Any = MOVED,
        webhook_id: str = "chg_1",
        *,
        secret: str = "",
        at: datetime | None = None,
        client: httpx.AsyncClient = http,
        patience: float = 60.0,
        **changed: str,
    ) -> httpx.Response:
        text = body if isinstance(body, str) else json.dumps(body)
        headers = signed(text, secret or crm.secrets.current, webhook_id, at)
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        return await client.post(
            WEBHOOKS, content=text, headers=headers, timeout=httpx.Timeout(60, read=patience)
        )

    return post


async def test_what_is_signed_is_taken(crm: Crm, send: Send) -> None:
    answer = await send()
    assert (answer.status_code, answer.content) == (204, b"")
    [request] = crm.received
    assert (request.id, request.type, request.data) == ("chg_1", MOVED["type"], MOVED["data"])
    assert request.timestamp == datetime(2027, 3, 1, 9, tzinfo=UTC)
    assert (request.attempt, request.taken, request.duplicate) == (1, True, False)
    assert (request.status, request.answer_lost) == (204, False)
    assert datetime.now(UTC) - request.received_at < timedelta(seconds=10)


async def test_the_https_address_takes_it_too(
    crm: Crm, send: Send, https: httpx.AsyncClient
) -> None:
    assert (await send(client=https)).status_code == 204
    assert crm.appointments == {"a1": MOVED["data"]}


async def test_a_repeat_is_no_second_change(crm: Crm, send: Send) -> None:
    for expected in (1, 2, 3):
        assert (await send()).status_code == 204
        assert crm.received[-1].attempt == expected
    assert [request.taken for request in crm.received] == [True, False, False]
    assert (len(crm.changes), crm.duplicates) == (1, 2)


async def test_what_the_crm_believes(crm: Crm, send: Send) -> None:
    later = MOVED | {"data": {"appointmentId": "a1", "start": "2027-03-03T10:00:00Z"}}
    gone = MOVED | {"type": "appointment.cancelled", "data": {"appointmentId": "a2"}}
    other = {"type": "calendar.parked", "timestamp": MOVED["timestamp"], "data": {"userId": "u3"}}
    for number, body in enumerate((MOVED, BUSY, gone, later, other, BUSY)):
        assert (await send(body, f"chg_{number}")).status_code == 204
    assert crm.appointments == {"a1": later["data"], "a2": gone["data"]}
    assert crm.busy_users == ["u2"]
    assert [c.id for c in crm.changes_of("appointment.updated")] == ["chg_0", "chg_3"]
    assert [c.id for c in crm.changes_of(subject="c1")] == ["chg_1", "chg_5"]
    assert [c.id for c in crm.changes_of("calendar.parked", "u3")] == ["chg_4"]


SIGNED_BY_OTHERS = "whsec_" + "AAAA" * 8
ALMOST = timedelta(minutes=4, seconds=30)
TOO_FAR = timedelta(minutes=5, seconds=30)


async def test_the_sandbox_clock_counts(sandbox: RunningSandbox, send: Send) -> None:
    sandbox.world.clock.advance(timedelta(hours=3))
    assert (await send()).status_code == 401
    assert (await send(at=datetime.now(UTC) + timedelta(hours=3))).status_code == 204


@pytest.mark.parametrize("apart", [-ALMOST, ALMOST])
async def test_clocks_may_be_almost_five_minutes_apart(send: Send, apart: timedelta) -> None:
    assert (await send(at=datetime.now(UTC) + apart)).status_code == 204


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"secret": SIGNED_BY_OTHERS}, "No signature"),
        ({"at": -TOO_FAR}, "away from"),
        ({"at": TOO_FAR}, "away from"),
        ({"webhook_timestamp": lambda: f"{datetime.now(UTC).timestamp() - 9:.0f}"}, "No signature"),
        ({"webhook_timestamp": lambda: f"{datetime.now(UTC).timestamp()}"}, "whole number"),
        ({"webhook_timestamp": "9" * 30}, "whole number"),
        ({"webhook_timestamp": ""}, "missing"),
        ({"webhook_id": "chg.1"}, "full stop"),
        ({"webhook_id": ""}, "missing"),
        ({"webhook_signature": ""}, "missing"),
        ({"webhook_signature": "v1"}, "No signature"),
        ({"webhook_signature": "v1,???"}, "No signature"),
        ({"webhook_signature": "v1a,AAAA"}, "No signature"),
    ],
)
async def test_what_is_not_signed_as_it_must_be(
    crm: Crm, send: Send, wrong: dict[str, Any], reason: str
) -> None:
    if "at" in wrong:
        wrong = {"at": datetime.now(UTC) + wrong["at"]}
    answer = await send(**{key: said() if callable(said) else said for key, said in wrong.items()})
    assert answer.status_code == 401
    [refused] = crm.refused
    assert reason in refused.reason
    assert (refused.status, refused.id) == (401, wrong.get("webhook_id", "chg_1"))
    assert answer.json() == {"error": refused.reason}
    assert (crm.received, crm.appointments) == ([], {})


async def test_another_body_than_the_signed_one(http: httpx.AsyncClient, crm: Crm) -> None:
    headers = signed(json.dumps(MOVED), crm.secrets.current)
    for body in (json.dumps(MOVED | {"more": 1}).encode(), b"\xff"):
        answer = await http.post(WEBHOOKS, content=body, headers=headers)
        assert answer.status_code == 401
    bare = {"content-type": "application/json"}
    assert (await http.post(WEBHOOKS, json=MOVED, headers=bare)).status_code == 401
    assert [refused.id for refused in crm.refused] == ["chg_1", "chg_1", None]
    assert (await http.get(WEBHOOKS)).status_code == 405


@pytest.mark.parametrize(
    "body",
    [
        "not JSON",
        "[]",
        "{}",
        MOVED | {"timestamp": "2027-03-01T09:00:00"},
        MOVED | {"timestamp": 1_800_000_000},
        MOVED | {"data": "a1"},
        MOVED | {"data": {}},
        MOVED | {"type": 7},
        BUSY | {"data": {"userId": 7}},
    ],
)
async def test_what_is_signed_but_no_change(crm: Crm, send: Send, body: Any) -> None:
    assert (await send(body)).status_code == 400
    assert ([r.status for r in crm.refused], crm.received) == ([400], [])


async def test_content_type_and_size(crm: Crm, send: Send) -> None:
    assert (await send(content_type="text/plain")).status_code == 400
    padding = MOVED["data"] | {"text": "x" * 20_000}
    assert (await send(MOVED | {"data": padding})).status_code == 413
    assert [refused.status for refused in crm.refused] == [400, 413]
    whole = json.dumps(MOVED)
    at_limit = whole + " " * (20_000 - len(whole))
    answer = await send(at_limit, content_type="Application/JSON; charset=utf-8")
    assert answer.status_code == 204


async def test_failing_twice(crm: Crm, send: Send) -> None:
    behaviour = crm.behave(status=500, count=2)
    assert [(await send()).status_code for _ in range(3)] == [500, 500, 204]
    assert [(r.attempt, r.status, r.taken) for r in crm.received] == [
        (1, 500, False),
        (2, 500, False),
        (3, 204, True),
    ]
    assert (behaviour.applied, crm.duplicates, len(crm.changes)) == (2, 0, 1)


async def test_headers_of_answers(crm: Crm, send: Send) -> None:
    crm.behave(status=429, retry_after="3")
    crm.behave(status=302, location="http://localhost:1/elsewhere")
    crm.behave(status=410)
    throttled, moved, ended = [await send() for _ in range(3)]
    assert (throttled.status_code, throttled.headers["retry-after"]) == (429, "3")
    assert (moved.status_code, moved.headers["location"]) == (302, "http://localhost:1/elsewhere")
    assert ended.status_code == 410
    assert crm.changes == []


async def test_behaviour_for_one_type_or_subject(crm: Crm, send: Send) -> None:
    crm.behave(status=503, type="calendar.busy_changed", count=None)
    crm.behave(status=500, subject="a1")
    assert (await send(BUSY, "chg_b")).status_code == 503
    other = MOVED | {"data": {"appointmentId": "a2"}}
    assert (await send(other, "chg_2")).status_code == 204
    assert (await send()).status_code == 500
    assert (await send()).status_code == 204
    assert (await send(BUSY, "chg_b")).status_code == 503
    crm.behaviours.clear()
    assert (await send(BUSY, "chg_b")).status_code == 204


async def test_what_is_not_verified_uses_no_behaviour(crm: Crm, send: Send) -> None:
    crm.behave(status=500)
    assert (await send(secret=SIGNED_BY_OTHERS)).status_code == 401
    assert (await send()).status_code == 500


async def test_a_slow_answer_is_of_what_is_taken_already(crm: Crm, send: Send) -> None:
    crm.behave(delay_seconds=0.2)
    sending = asyncio.create_task(send())
    await crm.wait_for(lambda crm: crm.appointments, within=60)
    assert (sending.done(), crm.received[0].status) == (False, None)
    assert (await sending).status_code == 204
    assert (crm.received[0].status, crm.received[0].answer_lost) == (204, False)


async def test_a_sender_that_gives_up_has_lost_the_answer(crm: Crm, send: Send) -> None:
    crm.behave(delay_seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        await send(patience=0.2)
    lost = await crm.wait_for(lambda crm: any(one.answer_lost for one in crm.received), within=60)
    assert (lost, crm.received[0].status, crm.received[0].taken) == (True, None, True)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_lost_answer(
    crm: Crm, send: Send, http: httpx.AsyncClient, https: httpx.AsyncClient, scheme: str
) -> None:
    client = {"http": http, "https": https}[scheme]
    crm.behave(lose_answer=True)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await send(client=client)
    assert (await send(client=client)).status_code == 204
    first, second = crm.received
    assert (first.taken, first.answer_lost, first.status) == (True, True, None)
    assert (second.duplicate, second.answer_lost, second.attempt) == (True, False, 2)


async def test_cut_off_before_it_is_taken(crm: Crm, send: Send, http: httpx.AsyncClient) -> None:
    crm.behave(status=503, lose_answer=True, delay_seconds=0.05)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await send()
    assert (crm.changes, crm.received[0].answer_lost) == ([], True)
    assert (await send()).status_code == 204
    assert [change.attempt for change in crm.changes] == [2]
    log = (await http.get("/sandbox/requests?service=crm")).json()["value"]
    assert [(entry["outcome"], entry["status"]) for entry in log] == [
        ("cut", None),
        ("answered", 204),
    ]


async def test_rotation(crm: Crm, send: Send) -> None:
    old = crm.secrets.current
    new = crm.secrets.rotate()
    assert new != old
    assert (await send(secret=old)).status_code == 204
    assert (await send(secret=new)).status_code == 204
    crm.secrets.rotate("whsec_" + "QUJD" * 8, keep_old=False)
    for secret in (old, new):
        assert (await send(secret=secret)).status_code == 401
    assert (await send()).status_code == 204
    both = [Webhook(s).sign("chg_1", datetime.now(UTC), json.dumps(MOVED)) for s in (old, new)]
    assert (await send(webhook_signature=" ".join(both))).status_code == 401
    own = Webhook(crm.secrets.current).sign("chg_1", datetime.now(UTC), json.dumps(MOVED))
    assert (await send(webhook_signature=" ".join([*both, own]))).status_code == 204
    with pytest.raises(ValueError, match="whsec_"):
        crm.secrets.rotate("whsec_c2hvcnQ=")


async def test_reset_forgets_all_but_the_first_secret(
    sandbox: RunningSandbox, crm: Crm, send: Send
) -> None:
    first = crm.secrets.current
    crm.secrets.rotate(keep_old=False)
    crm.behave(status=500, count=None)
    await send()
    await send(secret=first)
    sandbox.world.reset()
    assert sandbox.world.crm is crm
    assert (crm.received, crm.refused, crm.behaviours.all) == ([], [], [])
    assert crm.secrets.accepted == [first]
    assert (await send()).status_code == 204


async def test_waiting(crm: Crm, send: Send) -> None:
    waiting = asyncio.create_task(crm.wait_for(lambda crm: crm.changes_of(subject="u2"), 60))
    await send()
    assert not waiting.done()
    await send(BUSY, "chg_b")
    assert [change.id for change in await waiting] == ["chg_b"]
    assert await crm.wait_for(lambda crm: len(crm.changes), within=0.01) == 2
    with pytest.raises(TimeoutError, match=r"appointment\.updated"):
        await crm.wait_for(lambda crm: crm.refused, within=0.01)


async def test_the_control_api_shows_all(http: httpx.AsyncClient, send: Send) -> None:
    await send()
    await send()
    await send(BUSY, "chg_b")
    await send(at=datetime.now(UTC) - TOO_FAR)
    assert (await http.get("/sandbox/crm")).json() == {
        "appointments": {"a1": MOVED["data"]},
        "busyUsers": ["u2"],
        "received": 3,
        "changes": 2,
        "duplicates": 1,
        "refused": 1,
    }
    received = (await http.get("/sandbox/crm/received?subject=u1")).json()["value"]
    assert [(r["attempt"], r["taken"], r["duplicate"]) for r in received] == [
        (1, True, False),
        (2, False, True),
    ]
    changes = (await http.get("/sandbox/crm/changes?type=calendar.busy_changed")).json()["value"]
    assert [(c["id"], c["status"], c["answerLost"]) for c in changes] == [("chg_b", 204, False)]
    [refused] = (await http.get("/sandbox/crm/refused")).json()["value"]
    assert (refused["id"], refused["status"]) == ("chg_1", 401)
    assert (await http.post("/sandbox/crm/reset")).json() == {"reset": True}
    assert (await http.get("/sandbox/crm")).json()["received"] == 0


async def test_the_control_api_of_behaviours(http: httpx.AsyncClient, send: Send) -> None:
    path = "/sandbox/crm/behaviours"
    rule = {"status": 429, "retryAfter": 3, "type": "appointment.updated", "count": None}
    made = (await http.post(path, json=rule)).json()
    assert made["retryAfter"] == "3"
    answer = await send()
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    [listed] = (await http.get(path)).json()["value"]
    assert (listed["id"], listed["applied"], listed["count"]) == (made["id"], 1, None)
    assert (await http.delete(f"{path}/{made['id']}")).status_code == 200
    assert (await http.delete(f"{path}/{made['id']}")).status_code == 404
    for wrong in ({"status": 99}, {"status": "500"}, {"count": 0}, {"delaySeconds": -1}, {"x": 1}):
        assert (await http.post(path, json=wrong)).status_code == 400
    await http.post(path, json={"status": 500})
    assert (await http.delete(path)).json() == {"value": []}
    assert (await send()).status_code == 204


async def test_the_control_api_of_secrets(http: httpx.AsyncClient, crm: Crm, send: Send) -> None:
    path, first = "/sandbox/crm/secrets", crm.secrets.current
    assert (await http.get(path)).json() == {"current": first, "accepted": [first]}
    both = (await http.post(path, json={})).json()
    assert both["accepted"] == [both["current"], first]
    given = "whsec_" + "QUJD" * 8
    only = (await http.post(path, json={"secret": given, "keepOld": False})).json()
    assert only == {"current": given, "accepted": [given]}
    assert (await send(secret=first)).status_code == 401
    assert (await http.post(path, json={"secret": "plain"})).status_code == 400
