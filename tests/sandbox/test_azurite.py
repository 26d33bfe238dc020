"""Azurite starts in memory or with a location, answers, and ends with its parent."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

from sandbox.azurite import start_azurite

ROOT = Path(__file__).parents[2]


def test_answers_and_keeps_its_data_in_the_location(tmp_path):
    for expected in ([], ["kept"]):
        with start_azurite(tmp_path) as azurite:
            with QueueServiceClient.from_connection_string(azurite.connection_string) as service:
                assert [queue.name for queue in service.list_queues()] == expected
                if not expected:
                    service.create_queue("kept").close()
            with TableServiceClient.from_connection_string(azurite.connection_string) as tables:
                assert list(tables.list_tables()) == []
        assert azurite.process.poll() is not None


def test_ends_when_its_parent_is_killed():
    script = (
        "from sandbox.azurite import start_azurite\n"
        "with start_azurite() as azurite:\n"
        "    print(azurite.process.pid, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        # The output pipe of Azurite closes when it has ended: wait for that, not for time.
        watcher = os.pidfd_open(pid)
        parent.send_signal(signal.SIGKILL)
        try:
            assert select.select([watcher], [], [], 60)[0], "Azurite outlived its parent"
        finally:
            os.close(watcher)
