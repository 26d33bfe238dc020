"""Queue functions through the local host, on a real Azurite."""

import asyncio
import base64
import json
import sys
import uuid
from pathlib import Path

import httpx
import pytest
from azure.storage.queue.aio import QueueServiceClient

from sandbox.azurite import shared_azurite
from sandbox.functions_host import running_host

SAMPLE_APP = Path(__file__).parent / "sample_app"
SOON = 60.0


@pytest.fixture
def environ():
    return {
        "SAMPLE": f"q{uuid.uuid4().hex[:8]}",
        "SAMPLE_SCHEDULE": "0 0 0 1 1 *",
        "SAMPLE_STORAGE": shared_azurite().connection_string,
    }


@pytest.fixture
async def queues(environ):
    """Gives the client of a queue by the end of its name."""
    connection = environ["SAMPLE_STORAGE"]
    async with QueueServiceClient.from_connection_string(connection) as service:
        yield lambda name: service.get_queue_client(f"{environ['SAMPLE']}-{name}")


@pytest.fixture
async def host(environ, queues):
    async with running_host(SAMPLE_APP, environ=environ, timers=False) as host:
        yield host


@pytest.fixture
async def client(host):
    async with httpx.AsyncClient(base_url=host.url, timeout=SOON) as client:
        yield client


async def bodies(queue):
    return [base64.b64decode(m.content).decode() async for m in queue.receive_messages()]


async def depth(host, queue):
    [found] = [d for n, d in (await host.status())["queues"].items() if n.endswith(f"-{queue}")]
    return found


async def until(host, holds):
    """Waits for a condition that changes with the host's activity."""
    async with asyncio.timeout(SOON):
        while not holds():
            await host.activity.changed(within=0.5)


async def send(queue, document):
    await queue.send_message(base64.b64encode(json.dumps(document).encode()).decode())


async def test_an_output_runs_the_listener_and_the_message_is_whole(client, host, queues):
    await client.post("/api/enqueue", json=[{"name": "one"}])
    await host.wait_idle(SOON)
    [done] = map(json.loads, await bodies(queues("done")))
    assert done["name"] == "one"
    assert done["dequeueCount"] == 1
    assert done["insertedOn"].endswith("+00:00")
    assert done["hasPopReceipt"]
    assert await bodies(queues("work")) == []


async def test_a_message_is_tried_again_until_it_succeeds(client, host, queues):
    await client.post("/api/enqueue", json=[{"name": "late", "fail": 2}])
    found = await host.idle_status(SOON)
    assert json.loads((await bodies(queues("done")))[0])["dequeueCount"] == 3
    counts = found["functions"]["Work"]
    assert (counts["started"], counts["succeeded"], counts["failed"]) == (3, 1, 2)


async def test_a_message_that_always_fails_goes_to_poison(client, host, queues):
    await client.post("/api/enqueue", json=[{"fail": 99}])
    found = await host.idle_status(SOON)
    assert found["functions"]["Work"]["failed"] == 3
    assert await depth(host, "work") == {"visible": 0, "in_hand": 0, "delayed": 0, "poison": 1}
    assert await bodies(queues("work-poison")) == ['{"fail": 99}']


async def test_what_is_not_base64_goes_to_poison_at_once(host, queues):
    await queues("work").send_message("~ not base64 ~")
    found = await host.idle_status(SOON)
    assert found["functions"]["Work"]["started"] == 0
    assert [m.content async for m in queues("work-poison").receive_messages()] == ["~ not base64 ~"]


async def test_a_field_of_the_message_overrides_its_metadata(client, host, queues):
    await client.post("/api/enqueue", json=[{"id": "mine"}])
    await host.wait_idle(SOON)
    assert json.loads((await bodies(queues("done")))[0])["id"] == "mine"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", ["plain"]),
        ('{"a":1,"b":[]}', ['{\n  "a": 1,\n  "b": []\n}']),
        ('["x",{"a":"é"},1]', ["x", '{\n  "a": "é"\n}', "1"]),
    ],
)
async def test_a_string_that_looks_like_json_is_parsed(client, queues, text, written):
    await client.post("/api/enqueue-raw", content=text)
    assert await bodies(queues("raw")) == written


async def test_past_the_time_limit_a_run_fails(environ, queues):
    limits = {"functionTimeout": "00:00:00.2", "extensions": {"queues": {"maxDequeueCount": 1}}}
    async with running_host(SAMPLE_APP, environ=environ, host_json=limits, timers=False) as host:
        await send(queues("work"), {"hang": True})
        found = await host.idle_status(SOON)
    assert found["functions"]["Work"]["failed"] == 1


async def test_no_more_run_at_once_than_batch_and_threshold(environ, queues):
    # All are there before anybody looks: of one that is found alone the batch would be smaller.
    await queues("slow").create_queue()
    for number in range(6):
        await send(queues("slow"), {"number": number})
    async with running_host(SAMPLE_APP, environ=environ, timers=False) as host:
        gate = sys.modules["sample_functions"].gate
        counts = host.activity.counts["Slow"]
        await until(host, lambda: counts.running == 2)
        found = await depth(host, "slow")
        assert found == {"visible": 4, "in_hand": 2, "delayed": 0, "poison": 0}
        assert not (await host.status())["idle"]
        gate.release()
        await until(host, lambda: counts.running == 3)
        found = await depth(host, "slow")
        assert found == {"visible": 2, "in_hand": 3, "delayed": 0, "poison": 0}
        for _ in range(5):
            gate.release()
        assert (await host.idle_status(SOON))["functions"]["Slow"]["succeeded"] == 6


async def test_a_sync_function_does_not_hold_up_the_loop(host, queues):
    await send(queues("sync"), {"seconds": 1})
    await until(host, lambda: host.activity.counts["WorkSync"].running)
    assert host.activity.counts["WorkSync"].running
    assert (await host.idle_status(SOON))["functions"]["WorkSync"]["succeeded"] == 1


async def test_a_delayed_message_is_told_from_a_visible_one(host, queues):
    await queues("work").send_message(base64.b64encode(b"{}").decode(), visibility_timeout=5)
    found = await host.idle_status(SOON)
    assert (found["delayed"], found["functions"]["Work"]["started"]) == (1, 0)
    found = await host.idle_status(SOON, delayed_too=True)
    assert (found["delayed"], found["functions"]["Work"]["succeeded"]) == (0, 1)


async def test_a_stop_leaves_what_runs_to_visibility(environ, queues):
    async with running_host(SAMPLE_APP, environ=environ, timers=False, stop_within=0) as host:
        await send(queues("slow"), {})
        await until(host, lambda: host.activity.running)
    assert host.activity.counts["Slow"].failed == 1
    properties = await queues("slow").get_queue_properties()
    assert properties.approximate_message_count == 1
    assert await queues("slow").peek_messages() == []


async def test_a_queue_function_can_be_fired_by_hand(client, host, queues):
    answer = await client.post("/admin/functions/Work", json={"input": '{"name": "by hand"}'})
    assert answer.status_code == 202
    await host.wait_idle(SOON)
    assert json.loads((await bodies(queues("done")))[0])["name"] == "by hand"
