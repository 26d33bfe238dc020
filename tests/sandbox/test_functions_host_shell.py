"""The host as a process of its own."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from sandbox.azurite import shared_azurite

SAMPLE_APP = Path(__file__).parent / "sample_app"
ROOT = Path(__file__).parents[2]


async def _start(tmp_path, values):
    settings = tmp_path / "local.settings.json"
    settings.write_text(json.dumps({"IsEncrypted": False, "Values": values}), "utf-8")
    arguments = ["--app", SAMPLE_APP, "--port", 0, "--no-timers", "--settings", settings]
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox.functions_host"),
        *map(str, [*arguments, "--ready-file", tmp_path / "ready"]),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


async def test_serves_until_it_is_told_to_stop(tmp_path):
    connection = shared_azurite().connection_string
    values = {"SAMPLE": "shell", "SAMPLE_SCHEDULE": "0 0 0 1 1 *", "SAMPLE_STORAGE": connection}
    process = await _start(tmp_path, values)
    line = (await process.stdout.readline()).decode()
    url = line.split()[-1]
    assert (tmp_path / "ready").read_text("utf-8") == f"{url}\n"
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        assert (await client.get("/host/status")).json()["idle"]
        assert (await client.post("/api/fail")).status_code == 500
    process.send_signal(signal.SIGTERM)
    _, errors = await process.communicate()
    assert process.returncode == 0
    assert b"Fail failed after" in errors
    assert b"ValueError: meant to fail" in errors
    assert not (tmp_path / "ready").exists()


async def test_a_missing_connection_is_one_line(tmp_path):
    process = await _start(tmp_path, {"SAMPLE": "shell", "SAMPLE_SCHEDULE": "0 0 0 1 1 *"})
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert errors.decode().splitlines() == [
        "functions_host: the connection SAMPLE_STORAGE is missing:"
        " no setting SAMPLE_STORAGE or SAMPLE_STORAGE__…"
    ]
