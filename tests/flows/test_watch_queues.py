"""Every queue is looked at each minute: one that stands still is told, whichever it is."""

import json
import logging
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from sandbox.stack import Stack
from shared import services
from shared.flows.watch_queues import queue_heads


async def test_the_sweep_records_how_long_the_head_of_each_queue_has_waited(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "calendar_sync")
    await stack.host.run_timer("Sweep")
    records = [json.loads(one.message) for one in caplog.records if one.name == "calendar_sync"]
    heads = {one["queue"]: one["waited"] for one in records if one["what"] == "queue-head"}
    assert heads.keys() >= {"sync-calendar", "write-appointment", "deliver-change", "erase-data"}
    assert all(isinstance(waited, int) for waited in heads.values())


async def test_what_has_waited_is_told_in_seconds(stack: Stack) -> None:
    ports = services.ports()

    class OneStandsStill:
        async def head_since(self, queue: str) -> datetime | None:
            waits = queue == "write-appointment"
            return ports.clock() - timedelta(minutes=20) if waits else None

    found = await queue_heads(replace(ports, queues=OneStandsStill()))  # type: ignore[arg-type]
    assert 1200 <= found.pop("write-appointment") < 1260
    assert set(found.values()) == {0}
