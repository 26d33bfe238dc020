"""Push channels of the Google stand-in."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.google.channels.service import ChannelService
from sandbox.server import RunningSandbox
from tests.sandbox.google_client import (
    EVENTS,
    GINA,
    GREG,
    Caller,
    Listener,
    caller,
    listening,
    timed,
)

WATCH = f"{EVENTS}/watch"
STOP = "/calendar/v3/channels/stop"


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as made:
        yield made


@pytest.fixture
def greg(sandbox: RunningSandbox, http: httpx.AsyncClient) -> Caller:
    return caller(sandbox, http, GREG)


@pytest.fixture
def channels(sandbox: RunningSandbox) -> ChannelService:
    service = sandbox.world.google.channels
    service.settings.retry_delays = (0.01, 0.02)
    return service


def body(listener: Listener, name: str = "c1", **more: Any) -> dict[str, Any]:
    return {"id": name, "type": "web_hook", "address": listener.url, "token": "t=1"} | more


def reason(answer: Any) -> str:
    return str(answer["error"]["errors"][0]["reason"])


async def test_sync_then_changes(
    greg: Caller, listener: Listener, channels: ChannelService, sandbox: RunningSandbox
) -> None:
    channel = await greg.post(WATCH, body(listener))
    await sandbox.world.deliveries_idle()
    sandbox.world.google.account(GREG).create_event(**timed())
    await sandbox.world.deliveries_idle()
    first = listener.got[0]
    assert first["x-goog-resource-state"] == "sync"
    assert first["x-goog-message-number"] == "1"
    assert first["x-goog-channel-token"] == "t=1"
    assert first["x-goog-resource-id"] == channel["resourceId"]
    assert first["x-goog-resource-uri"] == channel["resourceUri"]
    assert first["x-goog-channel-expiration"].endswith("GMT")
    assert "APIs-Google" in first["user-agent"]
    assert set(listener.bodies) == {b""}
    assert set(listener.states("c1")[1:]) == {"exists"}
    assert int(listener.got[1]["x-goog-message-number"]) > 1


async def test_hostile_messages_repeat_and_skip_numbers(
    greg: Caller, listener: Listener, channels: ChannelService, sandbox: RunningSandbox
) -> None:
    channels.settings.duplicate_probability = 1.0
    await greg.post(WATCH, body(listener))
    for day in range(1, 9):
        sandbox.world.google.account(GREG).create_event(**timed(f"2027-03-{day:02}"))
    await sandbox.world.deliveries_idle()
    numbers = [int(one["x-goog-message-number"]) for one in listener.got]
    assert len(numbers) == 17
    assert len(set(numbers)) == 9
    assert max(numbers) > 9
    assert numbers != sorted(numbers)


async def test_gentle_messages_come_once_and_in_order(
    greg: Caller, listener: Listener, channels: ChannelService, sandbox: RunningSandbox
) -> None:
    sandbox.world.google.be_gentle()
    channels.settings.delay_seconds = (0.0, 0.0)
    await greg.post(WATCH, body(listener))
    await greg.post(EVENTS, timed())
    await sandbox.world.deliveries_idle()
    assert [one["x-goog-message-number"] for one in listener.got] == ["1", "2"]


async def test_the_sync_message_can_precede_the_answer(
    greg: Caller, listener: Listener, channels: ChannelService
) -> None:
    channels.settings.sync_first_probability = 1.0
    await greg.post(WATCH, body(listener))
    assert listener.states("c1") == ["sync"]


async def test_a_message_can_precede_the_change(
    greg: Caller, listener: Listener, channels: ChannelService, sandbox: RunningSandbox
) -> None:
    channels.settings.early_probability, channels.settings.early_seconds = 1.0, 3.0
    _, token, _ = await greg.round()
    await greg.post(WATCH, body(listener))
    made = sandbox.world.google.account(GREG).create_event(**timed())
    await listener.has("exists")
    items, token, _ = await greg.round(syncToken=token)
    assert items == []
    await sandbox.world.deliveries_idle()
    assert [item["id"] for item in (await greg.round(syncToken=token))[0]] == [made.id]


@pytest.mark.parametrize(
    ("statuses", "attempts"),
    [([500, 503, 204], 3), ([404], 1), ([429], 1), ([502] * 9, 3), ([102, 204], 2)],
)
async def test_only_trouble_of_the_receiver_is_tried_again(
    greg: Caller,
    listener: Listener,
    channels: ChannelService,
    sandbox: RunningSandbox,
    statuses: list[int],
    attempts: int,
) -> None:
    sandbox.world.google.be_gentle()
    await greg.post(WATCH, body(listener))
    await sandbox.world.deliveries_idle()
    listener.got.clear()
    if statuses[0] == 102:
        statuses, attempts = [202], 1
    listener.statuses = statuses
    sandbox.world.google.account(GREG).create_event(**timed())
    await sandbox.world.deliveries_idle()
    assert len(listener.got) == attempts
    listener.statuses = []


async def test_life_is_seven_days_at_most(
    greg: Caller, listener: Listener, channels: ChannelService, sandbox: RunningSandbox
) -> None:
    now = sandbox.world.clock().timestamp() * 1000
    week = timedelta(days=7).total_seconds() * 1000
    default = await greg.post(WATCH, body(listener, "c1"))
    assert int(default["expiration"]) == pytest.approx(now + week, abs=60_000)
    long = await greg.post(WATCH, body(listener, "c2", expiration=int(now + 3 * week)))
    assert int(long["expiration"]) == pytest.approx(now + week, abs=60_000)
    short = await greg.post(WATCH, body(listener, "c3", expiration=str(int(now) + 60_000)))
    assert short["expiration"] == str(int(now) + 60_000)
    assert default["resourceId"] == long["resourceId"]
    past = await greg.post(WATCH, body(listener, "c4", expiration=1_426_325_213_000), 400)
    assert reason(past) == "invalid"
    sandbox.world.clock.advance(timedelta(days=8))
    await sandbox.world.deliveries_idle()
    listener.got.clear()
    sandbox.world.google.account(GREG).create_event(**timed())
    await sandbox.world.deliveries_idle()
    assert listener.got == []


async def test_stop_needs_both_ids_and_the_same_user(
    greg: Caller, listener: Listener, channels: ChannelService, sandbox: RunningSandbox, http: Any
) -> None:
    channel = await greg.post(WATCH, body(listener))
    named = {"id": "c1", "resourceId": channel["resourceId"]}
    await greg.post(STOP, {"id": "c1", "resourceId": "other"}, 404)
    await caller(sandbox, http, GINA).post(STOP, named, 404)
    await greg.post(STOP, named, 204)
    await sandbox.world.deliveries_idle()
    listener.got.clear()
    sandbox.world.google.account(GREG).create_event(**timed())
    await sandbox.world.deliveries_idle()
    assert listener.got == []


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"id": "x" * 65}, "invalid"),
        ({"id": "with space"}, "invalid"),
        ({"id": None}, "required"),
        ({"type": "mail"}, "push.channelUnknown"),
        ({"address": "http://example.com/x"}, "push.webhookUrlNotHttps"),
        ({"token": "t" * 257}, "invalid"),
    ],
)
async def test_what_cannot_be_opened(
    greg: Caller, listener: Listener, more: dict[str, Any], wanted: str
) -> None:
    assert reason(await greg.post(WATCH, body(listener) | more, 400)) == wanted


async def test_a_channel_id_is_never_used_twice(greg: Caller, listener: Listener) -> None:
    channel = await greg.post(WATCH, body(listener))
    assert reason(await greg.post(WATCH, body(listener), 400)) == "channelIdNotUnique"
    await greg.post(STOP, {"id": "c1", "resourceId": channel["resourceId"]}, 204)
    assert reason(await greg.post(WATCH, body(listener), 400)) == "channelIdNotUnique"


async def test_holidays_cannot_be_watched(
    sandbox: RunningSandbox, http: httpx.AsyncClient, listener: Listener
) -> None:
    holidays = sandbox.world.google.account(GINA).calendar("Holidays in United Kingdom").id
    path = f"/calendar/v3/calendars/{holidays.replace('#', '%23')}/events/watch"
    refused = await caller(sandbox, http, GINA).post(path, body(listener), 400)
    assert reason(refused) == "pushNotSupportedForRequestedResource"


async def test_the_calendar_list_and_the_end_of_a_calendar(
    sandbox: RunningSandbox, http: httpx.AsyncClient, listener: Listener
) -> None:
    gina, account = caller(sandbox, http, GINA), sandbox.world.google.account(GINA)
    heron = account.calendar("Project Heron").id
    await gina.post("/calendar/v3/users/me/calendarList/watch", body(listener, "list"))
    await gina.post(f"/calendar/v3/calendars/{heron}/events/watch", body(listener, "heron"))
    await sandbox.world.deliveries_idle()
    account.delete_calendar("Project Heron")
    await sandbox.world.deliveries_idle()
    assert "exists" in listener.states("list")
    assert "not_exists" in listener.states("heron")


async def test_control_of_channels(
    greg: Caller, listener: Listener, http: httpx.AsyncClient, channels: ChannelService
) -> None:
    await greg.post(WATCH, body(listener))
    await http.post("/sandbox/idle")
    shown = (await http.get("/sandbox/google/channels", params={"user": GREG})).json()["value"]
    assert [(one["id"], one["calendarId"]) for one in shown] == [("c1", GREG)]
    await http.post("/sandbox/google/channels/c1/message", json={"state": "not_exists"})
    await http.post("/sandbox/idle")
    assert "not_exists" in listener.states("c1")
    await http.patch("/sandbox/google/channels/c1", json={"silent": True})
    seen = len(listener.got)
    await greg.post(EVENTS, timed())
    await http.post("/sandbox/idle")
    assert len(listener.got) == seen
    replayed = await http.post("/sandbox/google/channels/c1/replay", json={"last": 1})
    assert replayed.json() == {"replayed": 1}
    await http.post("/sandbox/idle")
    messages = (await http.get("/sandbox/google/messages")).json()
    assert len(messages["value"]) == len(listener.got) == seen + 1
    assert messages["unheard"] == 1
    await http.delete("/sandbox/google/channels/c1")
    assert channels.live() == []
    settings = await http.patch("/sandbox/google/channels/settings", json={"hostile": False})
    assert settings.json()["hostile"] is False
