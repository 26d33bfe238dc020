"""What arrives at the notification URL."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

ADELE = "adele.vance@contoso.example"
PAT = "pat.example@outlook.example"
EVENT = {
    "subject": "Made in Outlook",
    "start": {"dateTime": "2027-03-01T10:00:00", "timeZone": "UTC"},
    "end": {"dateTime": "2027-03-01T11:00:00", "timeZone": "UTC"},
}


@pytest.fixture
def subscribe(http: httpx.AsyncClient, sandbox: Any, hooks: Any):
    async def make(user: str = ADELE, prefer: str = "", **changes: Any) -> dict[str, Any]:
        token = await http.post("/sandbox/entra/access-token", json={"user": user})
        headers = {"Authorization": f"Bearer {token.json()['accessToken']}", "Prefer": prefer}
        body = {
            "changeType": "created,updated,deleted",
            "notificationUrl": f"{hooks.url}/notify",
            "lifecycleNotificationUrl": f"{hooks.url}/lifecycle",
            "resource": "me/events",
            "expirationDateTime": (sandbox.world.clock() + timedelta(days=2)).isoformat(),
            "clientState": "secret-" + user,
        } | changes
        answer = await http.post("/v1.0/subscriptions", headers=headers, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


async def outlook_creates(http: httpx.AsyncClient, user: str = ADELE, calendar: str = "") -> str:
    path = f"/sandbox/mailboxes/{user}/events"
    params = {"calendar": calendar} if calendar else {}
    answer = await http.post(path, params=params, json=EVENT)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


async def test_creation_is_told_as_created_and_updated(http, sandbox, hooks, subscribe) -> None:
    made = await subscribe()
    event_id = await outlook_creates(http)
    assert await sandbox.world.deliveries_idle()
    kinds = [item["changeType"] for item in hooks.items]
    assert {"created", "updated"} <= set(kinds)
    item = hooks.items[0]
    user = sandbox.world.directory.user(ADELE)
    assert item["subscriptionId"] == made["id"]
    assert item["clientState"] == "secret-" + ADELE
    assert item["tenantId"] == user.tenant.id
    assert item["resource"].lower() == f"users/{user.id}/events/{event_id}".lower()
    assert item["resourceData"]["id"] == event_id
    assert item["resourceData"]["@odata.etag"].startswith('W/"')


async def test_calm_delivery_is_one_item_per_change(http, sandbox, hooks, subscribe) -> None:
    await http.patch("/sandbox/subscriptions/settings", json={"hostile": False})
    await subscribe()
    event_id = await outlook_creates(http)
    await http.patch(f"/sandbox/mailboxes/{ADELE}/events/{event_id}", json={"subject": "New"})
    await http.delete(f"/sandbox/mailboxes/{ADELE}/events/{event_id}")
    assert await sandbox.world.deliveries_idle()
    kinds = sorted(item["changeType"] for item in hooks.items)
    assert kinds == ["created", "deleted", "updated"]


async def test_hostile_delivery_repeats_and_mixes(http, sandbox, hooks, subscribe) -> None:
    await subscribe()
    await subscribe(PAT)
    for _ in range(15):
        await outlook_creates(http)
        await outlook_creates(http, PAT)
    assert (await http.post("/sandbox/idle", json={})).json() == {"idle": True, "pending": 0}
    flat = [(i["subscriptionId"], i["changeType"], i["resourceData"]["id"]) for i in hooks.items]
    created = [entry for entry in flat if entry[1] == "created"]
    assert len(set(created)) == 30
    assert len(created) > 30
    assert any(len({i["subscriptionId"] for i in b["value"]}) == 2 for b in hooks.bodies)
    first = {}
    for _, kind, event_id in flat:
        first.setdefault(event_id, kind)
    assert "updated" in first.values()  # out of order: an update told before its creation


async def test_personal_account_has_no_tenant_and_a_cid(http, sandbox, hooks, subscribe) -> None:
    await subscribe(PAT)
    await outlook_creates(http, PAT)
    assert await sandbox.world.deliveries_idle()
    item = hooks.items[0]
    assert item["tenantId"] == ""
    assert len(item["resource"].split("/")[1]) == 16


async def test_me_events_covers_the_default_calendar_only(http, sandbox, hooks, subscribe) -> None:
    await subscribe()
    await outlook_creates(http, calendar="Project Falcon")
    assert await sandbox.world.deliveries_idle()
    assert hooks.items == []
    entries = sandbox.world.mailbox(ADELE).calendars()
    falcon = next(entry.id for entry in entries if entry.calendar.name == "Project Falcon")
    await subscribe(resource=f"me/calendars/{falcon}/events")
    await outlook_creates(http, calendar="Project Falcon")
    assert await sandbox.world.deliveries_idle()
    assert hooks.items


async def test_ids_are_of_the_kind_asked_for_at_creation(http, sandbox, hooks, subscribe) -> None:
    await subscribe(prefer='IdType="ImmutableId"')
    event_id = await outlook_creates(http)
    assert await sandbox.world.deliveries_idle()
    mailbox = sandbox.world.mailbox(ADELE)
    event = mailbox.find_event(event_id).event
    told = {item["resourceData"]["id"] for item in hooks.items}
    assert told == {mailbox.event_id(event, immutable=True)}
    assert told != {event_id}


async def test_only_asked_change_types(http, sandbox, hooks, subscribe) -> None:
    await subscribe(changeType="deleted")
    event_id = await outlook_creates(http)
    await http.delete(f"/sandbox/mailboxes/{ADELE}/events/{event_id}")
    assert await sandbox.world.deliveries_idle()
    assert {item["changeType"] for item in hooks.items} == {"deleted"}


async def test_refused_notifications_are_retried(http, sandbox, hooks, subscribe) -> None:
    await http.patch("/sandbox/subscriptions/settings", json={"hostile": False})
    await subscribe()
    hooks.statuses[:] = [503, 500]
    await outlook_creates(http)
    assert await sandbox.world.deliveries_idle()
    sent = (await http.get("/sandbox/notifications")).json()["value"]
    assert [(s["attempt"], s["status"]) for s in sent] == [(1, 503), (2, 500), (3, 202)]


async def test_lost_after_all_retries_is_told_as_missed(http, sandbox, hooks, subscribe) -> None:
    await http.patch("/sandbox/subscriptions/settings", json={"hostile": False})
    made = await subscribe()
    hooks.statuses[:] = [503, 503, 503]
    await outlook_creates(http)
    assert await sandbox.world.deliveries_idle()
    assert hooks.items[-1]["lifecycleEvent"] == "missed"
    assert hooks.items[-1]["subscriptionId"] == made["id"]


async def test_early_notifications_come_before_delta_sees_it(
    http, sandbox, hooks, subscribe
) -> None:
    settings = {"earlyProbability": 1.0, "earlySeconds": 3.0}
    await http.patch("/sandbox/subscriptions/settings", json=settings)
    await subscribe()
    mailbox = sandbox.world.mailbox(ADELE)
    await outlook_creates(http)
    assert mailbox.faults.delta_lag_seconds == pytest.approx(3.0)
    assert await sandbox.world.deliveries_idle()
    assert mailbox.faults.delta_lag_seconds == 0.0
    assert hooks.items


@pytest.mark.parametrize("event", ["reauthorizationRequired", "subscriptionRemoved", "missed"])
async def test_lifecycle_events(http, sandbox, hooks, subscribe, event: str) -> None:
    made = await subscribe()
    path = f"/sandbox/subscriptions/{made['id']}"
    assert (await http.post(f"{path}/lifecycle", json={"event": event})).json() == {"sent": True}
    assert await sandbox.world.deliveries_idle()
    assert [item["lifecycleEvent"] for item in hooks.items] == [event]
    left = (await http.get("/sandbox/subscriptions")).json()["value"]
    assert len(left) == (0 if event == "subscriptionRemoved" else 1)


async def test_silence_drop_and_replay(http, sandbox, hooks, subscribe) -> None:
    made = await subscribe()
    path = f"/sandbox/subscriptions/{made['id']}"
    await http.patch(path, json={"silent": True})
    await outlook_creates(http)
    assert await sandbox.world.deliveries_idle()
    assert hooks.items == []
    assert (await http.get("/sandbox/notifications")).json()["lost"] == 1
    await http.patch(path, json={"silent": False})
    await outlook_creates(http)
    assert await sandbox.world.deliveries_idle()
    before = len(hooks.items)
    assert (await http.post(f"{path}/replay", json={"last": 2})).json() == {"replayed": 2}
    assert await sandbox.world.deliveries_idle()
    assert len(hooks.items) == before + 2
    await http.delete(path)
    await outlook_creates(http)
    assert await sandbox.world.deliveries_idle()
    assert len(hooks.items) == before + 2


async def test_a_whole_mailbox_can_lose_notifications(http, sandbox, hooks, subscribe) -> None:
    await subscribe()
    await http.patch("/sandbox/subscriptions/settings", json={"losingMailboxes": [ADELE]})
    await outlook_creates(http)
    assert await sandbox.world.deliveries_idle()
    assert hooks.items == []
