"""People, tenants, registration, reset, and the command line."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import httpx

ADELE = "adele.vance@contoso.example"
REPOSITORY = Path(__file__).parents[2]


async def test_seeded_people(http: httpx.AsyncClient) -> None:
    people = (await http.get("/sandbox/people")).json()
    kinds = {(user["address"], user["kind"]): user["mailbox"] for user in people["users"]}
    assert kinds[ADELE, "work"] is True
    assert kinds[ADELE, "guest"] is False
    assert kinds["unlicensed@contoso.example", "work"] is False
    assert kinds["sam.example@mail.example", "personal"] is False
    assert kinds["pat.example@outlook.example", "personal"] is True
    assert len(people["tenants"]) == 4


async def test_seeded_shares(http: httpx.AsyncClient) -> None:
    found = (await http.get(f"/sandbox/mailboxes/{ADELE}/calendars")).json()["value"]
    rights = {c["name"]: (c["canEdit"], c["owner"]) for c in found}
    assert rights["Team rota"] == (True, "alex.wilber@contoso.example")
    assert rights["Travel"] == (False, "alex.wilber@contoso.example")
    assert rights["Calendar"] == (True, ADELE)


async def test_new_tenant_and_user(http: httpx.AsyncClient) -> None:
    await http.post("/sandbox/tenants", json={"domain": "new.example", "userConsent": False})
    user = {"address": "kim@new.example", "name": "Kim", "timeZone": "Asia/Tokyo"}
    made = (await http.post("/sandbox/users", json=user)).json()
    assert (made["tenant"], made["mailbox"]) == ("new.example", True)
    assert (await http.post("/sandbox/users", json=user)).status_code == 400
    changed = await http.patch("/sandbox/users/kim@new.example", json={"enabled": False})
    assert changed.json()["enabled"] is False
    opened = await http.patch("/sandbox/tenants/new.example", json={"userConsent": True})
    assert opened.json()["userConsent"] is True
    orphan = await http.post("/sandbox/users", json={"address": "x@no-tenant.example"})
    assert orphan.status_code == 404


async def test_registration_and_reset(http: httpx.AsyncClient) -> None:
    given = {"redirectUris": ["https://app.example/cb"], "secretExpired": True}
    shown = (await http.patch("/sandbox/registration", json=given)).json()
    assert shown["redirectUris"] == ["https://app.example/cb"]
    await http.post("/sandbox/clock", json={"advanceSeconds": 3600})
    await http.post("/sandbox/faults", json={"preset": "throttled"})
    assert (await http.post("/sandbox/reset")).json() == {"reset": True}
    assert (await http.get("/sandbox/faults")).json() == {"value": []}
    after = (await http.get("/sandbox/registration")).json()
    assert after["secretExpired"] is False
    assert after["redirectUris"] == ["https://app.example/cb"]
    await http.patch("/sandbox/registration", json={"redirectUris": []})


async def test_bad_control_requests(http: httpx.AsyncClient) -> None:
    assert (await http.post("/sandbox/sign-in", json={})).status_code == 400
    assert (await http.post("/sandbox/sign-in", content="{")).status_code == 400
    assert (await http.patch("/sandbox/entra", json={"codeSeconds": "x"})).status_code == 400
    assert (await http.patch("/sandbox/limits", json={"unknown": 1})).status_code == 400


async def test_command_line(tmp_path: Path) -> None:
    ca_file, ready_file = tmp_path / "ca.pem", tmp_path / "ready.json"
    ports = ["--https-port", "0", "--http-port", "0"]
    files = ["--ca-file", str(ca_file), "--ready-file", str(ready_file)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox.server",
        *ports,
        *files,
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONWARNINGS": "error"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    ready = json.loads(await process.stdout.readline())
    assert json.loads(ready_file.read_text()) == ready
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{ready['httpUrl']}/sandbox/people")).status_code == 200
    assert "BEGIN CERTIFICATE" in ca_file.read_text()
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
