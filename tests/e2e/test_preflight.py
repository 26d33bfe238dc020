"""The CRM's pages may call from the browser; those of others may not."""

import httpx
import pytest

from sandbox.stack import CRM_ORIGIN, Stack
from tests.e2e.refusals import nothing_kept
from tests.people import Person
from tests.storage import Storage

PATHS = (
    "/locations/loc1/users/agent1/configuration",
    "/locations/loc1/users/agent1/connections/outlook",
    "/health",
    "/anything/at/all",
)
FOREIGN = (
    "https://evil.example",
    f"{CRM_ORIGIN}.evil.example",
    f"{CRM_ORIGIN}/",
    CRM_ORIGIN.upper(),
    CRM_ORIGIN.replace("http:", "https:"),
    "null",
    "*",
    "",
)


def asking(origin: str) -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,content-type,if-match",
    }


def cors_of(answer: httpx.Response) -> dict[str, str]:
    named = {name.lower(): value for name, value in answer.headers.items()}
    return {name: value for name, value in named.items() if name.startswith("access-control-")}


async def test_the_crm_is_told_that_it_may(agent: Person, storage: Storage) -> None:
    async with nothing_kept(storage):
        for path in PATHS:
            answer = await agent.http.options(path, headers=asking(CRM_ORIGIN))
            assert (answer.status_code, answer.content) == (204, b"")
            allowed = cors_of(answer)
            assert allowed["access-control-allow-origin"] == CRM_ORIGIN
            assert allowed["access-control-allow-credentials"] == "true"
            methods = set(allowed["access-control-allow-methods"].split(", "))
            assert methods == {"GET", "PUT", "POST", "DELETE"}
            headers = allowed["access-control-allow-headers"].lower().split(", ")
            assert set(headers) == {"authorization", "content-type", "if-match"}
            assert "origin" in answer.headers["vary"].lower()


async def test_other_origins_are_told_nothing(agent: Person) -> None:
    for path in PATHS:
        for origin in FOREIGN:
            answer = await agent.http.options(path, headers=asking(origin))
            assert answer.status_code == 204
            assert cors_of(answer) == {}
        assert cors_of(await agent.http.options(path)) == {}


async def test_answers_and_refusals_can_be_read_by_the_crm_and_by_no_other_page(
    stack: Stack, agent: Person
) -> None:
    path = agent.path("configuration")
    for kwargs in ({}, {"token": "none"}):
        for origin, readable in ((CRM_ORIGIN, True), ("https://evil.example", False)):
            headers = {"Origin": origin}
            if "token" in kwargs:
                answer = await agent.http.get(path, headers=headers)
                assert answer.status_code == 401
            else:
                answer = await agent.call("GET", path, headers=headers)
                assert answer.status_code == 200
            found = cors_of(answer)
            assert bool(found) is readable
            if readable:
                assert found["access-control-allow-origin"] == CRM_ORIGIN
                assert "ETag" in found["access-control-expose-headers"]


@pytest.mark.parametrize("origin", [CRM_ORIGIN, "https://evil.example"])
async def test_health_and_the_document_follow_the_same_rule(stack: Stack, origin: str) -> None:
    async with httpx.AsyncClient(base_url=stack.api, verify=False, trust_env=False) as browser:
        for path in ("/health", "/openapi.json"):
            answer = await browser.get(path, headers={"Origin": origin})
            assert bool(cors_of(answer)) is (origin == CRM_ORIGIN)
