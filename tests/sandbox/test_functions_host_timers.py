"""Timers: NCRONTAB, firing by hand, firing by schedule."""

import base64
import uuid
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from azure.storage.queue.aio import QueueClient

from sandbox.azurite import shared_azurite
from sandbox.functions_host import HostError, running_host
from sandbox.functions_host.timers import Schedule

SAMPLE_APP = Path(__file__).parent / "sample_app"


@pytest.fixture
def environ():
    return {
        "SAMPLE": f"t{uuid.uuid4().hex[:8]}",
        "SAMPLE_SCHEDULE": "0 0 0 1 1 *",
        "SAMPLE_STORAGE": shared_azurite().connection_string,
    }


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 */5 * * * *", "2026-03-01T10:05:00+00:00"),
        ("30 0 12 * * MON-FRI", "2026-03-02T12:00:30+00:00"),
        # Day of month and day of week must both match: the first 13th that is a Friday.
        ("0 0 0 13 * 5", "2026-03-13T00:00:00+00:00"),
    ],
)
def test_the_next_time(expression, expected):
    moment = datetime(2026, 3, 1, 10, 2, 3, tzinfo=UTC)
    assert Schedule(expression, "x").after(moment).isoformat() == expected


@pytest.mark.parametrize("expression", ["* * * * *", "0 0 0 L * *", "0 0 0 * * 7", "61 * * * * *"])
def test_what_is_not_ncrontab_is_refused(expression):
    with pytest.raises(HostError):
        Schedule(expression, "x")


async def test_a_timer_fires_by_hand(environ):
    async with (
        running_host(SAMPLE_APP, environ=environ, timers=False) as host,
        httpx.AsyncClient(base_url=host.url, timeout=60) as client,
    ):
        tick = await client.post("/host/timers/Tick/run")
        failed = await client.post("/host/timers/TickFails/run")
        accepted = await client.post("/admin/functions/Tick", json={"input": ""})
        unknown = await client.post("/admin/functions/Nobody", json={})
        bad = await client.post("/admin/functions/Tick", content=b"")
        idle = await client.get("/host/idle", params={"timeout": 60})
    assert tick.json() == {"succeeded": True, "error": None}
    assert failed.json() == {"succeeded": False, "error": "OSError('meant to fail')"}
    assert (accepted.status_code, unknown.status_code, bad.status_code) == (202, 404, 400)
    assert idle.json()["functions"]["Tick"]["succeeded"] == 2


async def test_a_timer_fires_when_due_and_its_output_is_written(environ):
    async with running_host(SAMPLE_APP, environ=environ) as host:
        while not host.activity.counts["Tick"].succeeded:
            await host.activity.changed(within=2)
    name = f"{environ['SAMPLE']}-raw"
    connection = environ["SAMPLE_STORAGE"]
    async with QueueClient.from_connection_string(connection, name) as queue:
        [first, *_] = [message async for message in queue.receive_messages()]
    assert base64.b64decode(first.content) == b"tick False"
