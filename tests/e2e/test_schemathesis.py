"""Requests that schemathesis makes up from the OpenAPI document get answers that it documents.

It runs as a program of its own, with the requests of schemathesis.toml: its plugin for pytest takes
seconds to load, so pyproject.toml keeps it out.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.stack import Stack
from tests.people import ADELE, ALEX, Person

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "openapi.json"
ERASING = "^Erase(User|Location)$"

FOR_PEOPLE = {"GetConfiguration", "ListCalendars", "ListConnections", "PutConfiguration"}
FOR_ADMINS = {"GetLag", "GetLocationSettings", "ListTeam", "PutLocationSettings"}
FOR_ADMINS_AND_THE_CRM = {"ListAudit", "ListChanges"}
FOR_ALL = {
    *("ConfirmTime", "GetBusy", "GetEvents", "ListAppointments"),
    *("DeleteAppointment", "GetAppointment", "PutAppointment"),
}
CALLERS: dict[str, tuple[str, dict[str, str], set[str]]] = {
    "agent": ("agent1", {"loc1": "agent"}, {"BeginConnect"} | FOR_PEOPLE | FOR_ALL),
    "admin": (
        "admin1",
        {"loc1": "admin"},
        {"Disconnect"} | FOR_PEOPLE | FOR_ADMINS | FOR_ADMINS_AND_THE_CRM | FOR_ALL,
    ),
    "service": ("crm", {"*": "service"}, FOR_ADMINS_AND_THE_CRM | FOR_ALL),
}
"""Who calls, and all that is done for them, at least once."""


class Played:
    """What came of a run: its exit code, what it says, and the statuses of each operation."""

    def __init__(self, code: int, text: str, events: list[dict[str, Any]]) -> None:
        self.code, self.text = code, text
        self.statuses: dict[str, Counter[int]] = {}
        for event in events:
            recorder = event.get("ScenarioFinished", {}).get("recorder", {})
            for exchange in recorder.get("interactions", {}).values():
                self._count(operation_of(recorder["label"]), exchange["response"])

    def _count(self, operation: str, answer: dict[str, Any] | None) -> None:
        assert answer is not None, f"{operation} gave no answer"
        self.statuses.setdefault(operation, Counter())[answer["status_code"]] += 1

    @property
    def done(self) -> set[str]:
        return {name for name, found in self.statuses.items() if any(s < 300 for s in found)}


def operation_of(label: str) -> str:
    method, path = label.split(" ")
    name: str = json.loads(DOCUMENT.read_text("utf-8"))["paths"][path][method.lower()][
        "operationId"
    ]
    return name


async def played(
    stack: Stack, folder: Path, token: str | None, *options: str, document: Path = DOCUMENT
) -> Played:
    """Has requests made up and sent, with that token."""
    report = folder / "report.ndjson"
    headers = ["--header", f"Authorization: Bearer {token}"] if token else []
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--no-color"),
        *("--config-file", str(Path(__file__).with_name("schemathesis.toml"))),
        *("run", str(document), "--url", stack.api, "--report-ndjson-path", str(report)),
        *(*headers, *options),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    text, _ = await process.communicate()
    assert process.returncode is not None
    lines = report.read_text("utf-8").splitlines() if report.exists() else []
    return Played(process.returncode, text.decode(), [json.loads(line) for line in lines])


@pytest.fixture
async def connected(stack: Stack, agent: Person) -> AsyncIterator[Person]:
    """agent1 with a calendar and an appointment; agent2, connected too, may be disconnected."""
    async with Person(stack, "agent2", {"loc1": "agent"}) as other:
        await other.connect(ALEX)
    await agent.connect(ADELE)
    await agent.choose("Calendar")
    yield agent
    await agent.settled()


@pytest.mark.parametrize("role", CALLERS)
async def test_whoever_calls_gets_what_is_documented(
    stack: Stack, connected: Person, tmp_path: Path, role: str
) -> None:
    user, locations, possible = CALLERS[role]
    async with Person(stack, user, locations) as person:
        found = await played(
            stack, tmp_path, person.token, "--phases", "fuzzing",
            "--exclude-operation-id-regex", ERASING, "--include-path-regex", "^/locations",
        )  # fmt: skip
    assert found.code == 0, found.text
    assert found.done == possible, found.statuses


async def test_without_a_token_all_but_what_is_public_gets_401(
    stack: Stack, connected: Person, tmp_path: Path
) -> None:
    found = await played(stack, tmp_path, None, "--max-examples", "4")
    assert found.code == 0, found.text
    described = json.loads(DOCUMENT.read_text("utf-8"))["paths"]
    for path, item in described.items():
        for operation in item.values():
            statuses = set(found.statuses[operation["operationId"]])
            assert operation.get("security") == [] or statuses == {401}, path


async def test_what_is_being_erased_gets_answers_that_are_documented(
    stack: Stack, connected: Person, admin: Person, tmp_path: Path
) -> None:
    """503 too: workers and callers write the same rows, and one of two may have to try again."""
    assert (await admin.call("DELETE", admin.path("", "agent1").rstrip("/"))).status_code == 202
    found = await played(
        stack, tmp_path, admin.token, "--phases", "fuzzing", "--include-path-regex", "^/locations",
        "--exclude-checks", "not_a_server_error", "--max-examples", "6",
    )  # fmt: skip
    assert found.code == 0, found.text
    assert found.statuses["EraseUser"][202] > 0
    assert found.statuses["PutConfiguration"][409] > 0, found.statuses
    statuses = set().union(*found.statuses.values())
    assert {status for status in statuses if status >= 500} <= {503}


async def test_an_answer_that_is_not_documented_is_found(stack: Stack, tmp_path: Path) -> None:
    """The same run, against a document that keeps the refusal of a missing token to itself."""
    described = json.loads(DOCUMENT.read_text("utf-8"))
    del described["paths"]["/locations/{location}/lag"]["get"]["responses"]["401"]
    (tmp_path / "openapi.json").write_text(json.dumps(described))
    found = await played(
        stack, tmp_path, None, "--phases", "fuzzing", "--include-operation-id", "GetLag",
        document=tmp_path / "openapi.json",
    )  # fmt: skip
    assert found.code == 1
    assert "Undocumented status code" in found.text
    assert set(found.statuses["GetLag"]) == {401}
