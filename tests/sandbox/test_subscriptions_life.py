"""Creating, renewing and removing subscriptions."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.server import RunningSandbox

ADELE = "adele.vance@contoso.example"
SUBSCRIPTIONS = "/v1.0/subscriptions"


@pytest.fixture
async def adele(http: httpx.AsyncClient) -> dict[str, str]:
    answer = await http.post("/sandbox/entra/access-token", json={"user": ADELE})
    return {"Authorization": f"Bearer {answer.json()['accessToken']}"}


@pytest.fixture
def wanted(sandbox: RunningSandbox, hooks: Any) -> dict[str, Any]:
    return {
        "changeType": "created,updated,deleted",
        "notificationUrl": f"{hooks.url}/notify?c=1",
        "lifecycleNotificationUrl": f"{hooks.url}/lifecycle?c=1",
        "resource": "me/events",
        "expirationDateTime": in_minutes(sandbox, 1440),
        "clientState": "kq3v",
        "latestSupportedTlsVersion": "v1_2",
    }


def in_minutes(sandbox: RunningSandbox, minutes: int) -> str:
    moment = sandbox.world.clock() + timedelta(minutes=minutes)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


async def refused(
    http: httpx.AsyncClient, headers: dict[str, str], body: dict[str, Any]
) -> tuple[int, str, str]:
    answer = await http.post(SUBSCRIPTIONS, headers=headers, json=body)
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


async def test_both_urls_shake_hands_before_the_201(http, adele, wanted, hooks) -> None:
    answer = await http.post(SUBSCRIPTIONS, headers=adele, json=wanted)
    assert answer.status_code == 201
    assert hooks.handshakes == ["/notify", "/lifecycle"]
    made = answer.json()
    assert made["resource"] == "me/events"
    assert made["clientState"] == "kq3v"
    listed = (await http.get(SUBSCRIPTIONS, headers=adele)).json()["value"]
    assert [found["id"] for found in listed] == [made["id"]]
    one = await http.get(f"{SUBSCRIPTIONS}/{made['id']}", headers=adele)
    assert one.json()["notificationUrl"] == wanted["notificationUrl"]


async def test_failed_handshake_is_a_400(http, adele, wanted, hooks) -> None:
    hooks.echo = False
    status, code, message = await refused(http, adele, wanted)
    assert (status, code) == (400, "InvalidRequest")
    assert message.startswith("Subscription validation request failed.")
    unreachable = wanted | {"notificationUrl": "http://127.0.0.1:9/nobody"}
    assert (await refused(http, adele, unreachable))[0] == 400
    assert (await http.get(SUBSCRIPTIONS, headers=adele)).json()["value"] == []


async def test_slow_handshake_times_out(http, sandbox, adele, wanted) -> None:
    sandbox.world.subscriptions.settings.handshake_seconds = 0.0
    assert (await refused(http, adele, wanted))[2] == "Subscription validation request timed out."


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"notificationUrl": "http://hooks.example.test/x"}, 400, "InvalidRequest"),
        ({"resource": "me/messages"}, 400, "ExtensionError"),
        ({"resource": "me/events/AAMk="}, 400, "ExtensionError"),
        ({"resource": "users/megan.bowen@contoso.example/events"}, 403, "ErrorAccessDenied"),
        ({"resource": "me/calendars/nothing/events"}, 404, "ErrorItemNotFound"),
        ({"clientState": "x" * 129}, 400, "InvalidRequest"),
        ({"changeType": "moved"}, 400, "InvalidRequest"),
        ({"expirationDateTime": "2020-01-01T00:00:00Z"}, 400, "ExtensionError"),
        ({"expirationDateTime": "soon"}, 400, "InvalidRequest"),
        ({"notificationUrl": ""}, 400, "InvalidRequest"),
    ],
)
async def test_refusals(http, adele, wanted, change, status, code) -> None:
    assert (await refused(http, adele, wanted | change))[:2] == (status, code)


async def test_shared_calendars_cannot_be_watched(http, sandbox, adele, wanted) -> None:
    entries = sandbox.world.mailbox(ADELE).calendars()
    rota = next(entry.id for entry in entries if entry.calendar.name == "Team rota")
    body = wanted | {"resource": f"me/calendars/{rota}/events"}
    assert (await refused(http, adele, body))[:2] == (403, "ErrorAccessDenied")


async def test_life_is_raised_to_45_minutes_and_limited(http, sandbox, adele, wanted) -> None:
    short = wanted | {"expirationDateTime": in_minutes(sandbox, 5)}
    made = await http.post(SUBSCRIPTIONS, headers=adele, json=short)
    assert made.json()["expirationDateTime"] > in_minutes(sandbox, 43)
    long = wanted | {"resource": "/me/events", "expirationDateTime": in_minutes(sandbox, 10_081)}
    status, code, message = await refused(http, adele, long)
    assert (status, code) == (400, "ExtensionError")
    assert message.endswith("minutes in the future.]")


async def test_duplicates_are_409_or_two(http, sandbox, adele, wanted) -> None:
    first = (await http.post(SUBSCRIPTIONS, headers=adele, json=wanted)).json()["id"]
    status, _, message = await refused(http, adele, wanted)
    assert status == 409
    assert message == f"Subscription Id {first} already exists for the requested combination"
    await http.patch("/sandbox/subscriptions/settings", json={"allowDuplicates": True})
    assert (await http.post(SUBSCRIPTIONS, headers=adele, json=wanted)).status_code == 201


async def test_quota_and_flagged_mailbox(http, sandbox, adele, wanted) -> None:
    await http.patch("/sandbox/subscriptions/settings", json={"quota": 0})
    status, _, message = await refused(http, adele, wanted)
    assert (status, "Subscription limit exceeded" in message) == (403, True)
    await http.patch("/sandbox/subscriptions/settings", json={"refusedMailboxes": [ADELE]})
    status, code, message = await refused(http, adele, wanted)
    assert (status, code) == (403, "ExtensionError")
    assert "is currently on backend 'Unknown'" in message


async def test_renew_reauthorize_delete_and_404(http, sandbox, adele, wanted, hooks) -> None:
    made = (await http.post(SUBSCRIPTIONS, headers=adele, json=wanted)).json()
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    later = {"expirationDateTime": in_minutes(sandbox, 5000)}
    renewed = await http.patch(path, headers=adele, json=later)
    assert renewed.json()["expirationDateTime"] > made["expirationDateTime"]
    moved = {"notificationUrl": f"{hooks.url}/elsewhere"}
    assert (await http.patch(path, headers=adele, json=moved)).status_code == 200
    assert hooks.handshakes[-1] == "/elsewhere"
    lifecycle = {"lifecycleNotificationUrl": f"{hooks.url}/lifecycle"}
    assert (await http.patch(path, headers=adele, json=lifecycle)).status_code == 400
    assert (await http.post(f"{path}/reauthorize", headers=adele)).status_code == 200
    assert (await http.delete(path, headers=adele)).status_code == 204
    assert (await http.patch(path, headers=adele, json=later)).status_code == 404


async def test_expired_subscription_is_gone(http, adele, wanted) -> None:
    made = (await http.post(SUBSCRIPTIONS, headers=adele, json=wanted)).json()
    await http.post("/sandbox/clock", json={"advanceSeconds": 2 * 86_400})
    token = await http.post("/sandbox/entra/access-token", json={"user": ADELE})
    headers = {"Authorization": f"Bearer {token.json()['accessToken']}"}
    answer = await http.get(f"{SUBSCRIPTIONS}/{made['id']}", headers=headers)
    assert answer.status_code == 404
    assert (await http.get(SUBSCRIPTIONS, headers=headers)).json()["value"] == []


async def test_others_do_not_see_it(http, adele, wanted) -> None:
    await http.post(SUBSCRIPTIONS, headers=adele, json=wanted)
    body = {"user": "megan.bowen@contoso.example"}
    token = (await http.post("/sandbox/entra/access-token", json=body)).json()["accessToken"]
    megan = {"Authorization": f"Bearer {token}"}
    assert (await http.get(SUBSCRIPTIONS, headers=megan)).json()["value"] == []
