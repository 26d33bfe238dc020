"""Whether the service and what it depends on answer."""

import asyncio
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError

from sandbox.stack import Stack
from shared.flows import check_health
from shared.services import ports
from tests.e2e.refusals import nothing_kept
from tests.people import Person
from tests.storage import Storage


def dependencies(body: dict[str, Any]) -> dict[str, bool]:
    return {found["name"]: found["ok"] for found in body["dependencies"]}


async def test_all_is_well_and_anyone_may_ask(agent: Person, storage: Storage) -> None:
    async with nothing_kept(storage):
        answer = await agent.http.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert dependencies(answer.json()) == {"tables": True, "queues": True}
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "store", "call"), [("tables", "locations", "settings"), ("queues", "queues", "length")]
)
async def test_a_dependency_that_fails_is_named_without_its_secrets(
    stack: Stack, agent: Person, monkeypatch: pytest.MonkeyPatch, name: str, store: str, call: str
) -> None:
    async def away(*_: Any) -> None:
        raise ServiceRequestError("AccountKey=very-secret")

    monkeypatch.setattr(getattr(ports(), store), call, away)
    answer = await agent.http.get("/health")

    assert (answer.status_code, answer.json()["status"]) == (503, "failing")
    assert dependencies(answer.json()) == {"tables": True, "queues": True} | {name: False}
    assert "secret" not in answer.text


async def test_a_dependency_that_hangs_counts_as_failing(
    stack: Stack, agent: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(check_health, "_SECONDS", 0.05)
    monkeypatch.setattr(ports().locations, "settings", hangs)
    answer = await agent.http.get("/health")

    assert answer.status_code == 503
    assert dependencies(answer.json()) == {"tables": False, "queues": True}
