"""R15 with Google, whose addresses name people and calendars: what is logged in production.

The levels are those that the application sets for itself, under a root that records all from INFO
on, as Azure Functions does; test_logs.py looks at DEBUG, where libraries name what they ask.
"""

import logging
from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from sandbox.stack import Stack
from shared.errors import ProviderUnavailable
from shared.flows import keep_appointment
from shared.triggers.retries import RETRIES, Again
from tests.e2e.test_logs import Kept, done, mark_the_app
from tests.flows.crm import body, get, put, reaches
from tests.flows.outlook import Requests, span, until
from tests.flows.test_r08_google_connect import disconnect, erased
from tests.flows.two_providers import PAULA, gentle, new_account
from tests.people import Person
from tests.storage import Storage

WORDS = ("Zelda", "Quentin", "blue folder", "paula", "Castorp", "Private", "gmail.example")


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """What is logged while a function of the application runs, by whatever library."""
    mark_the_app(monkeypatch)
    handler, root = Kept(), logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


async def a_day_of_google(
    stack: Stack, agent: Person, crm: Person, storage: Storage
) -> dict[str, str]:
    """Connect, choose, sync, an appointment, a change from outside, a fault, disconnect; what of it
    must not be logged, by what it is."""
    google = gentle(stack)
    account = new_account(stack)
    account.create_calendar("Private")
    asked = Requests(stack)
    answer = await agent.connect(PAULA, provider="google")
    assert "connected=google" in answer.headers["location"]
    await agent.choose(PAULA, "Private")
    account.create_event(start=span(2)[0], end=span(2)[1], summary="Dinner with Zelda")
    await agent.settled()

    await put(crm, "a1", body(title="Quentin's viewing", description="Bring the blue folder"))
    await reaches(crm, "a1", "synced")
    await agent.settled()
    [ours] = [one for one in account.events() if "Quentin" in one.fields["summary"]]
    start, end = span(5, 20)
    account.update_event(ours.id, start=start, end=end, summary="Castorp comes later")

    async def taken_over() -> bool:
        return str((await get(crm, "a1"))["title"]).startswith("Castorp")

    await until(stack, taken_over)
    fault = {"preset": "google-unavailable", "path": "calendarList", "count": 1}
    await agent.sandbox.post("/sandbox/faults", json=fault)
    assert (await agent.call("GET", agent.path("calendars"))).status_code == 503
    google.oauth.expire_access_tokens(None, google.clock())
    await agent.calendars()
    secrets = {"client secret": stack.settings["GOOGLE_CLIENT_SECRET"], "event": ours.id}
    for number, token in enumerate(
        [*google.oauth.access_tokens, *google.oauth.refresh_tokens, *google.oauth.codes]
    ):
        secrets[f"token or code {number}"] = token
    secrets |= {f"id of {one.calendar.summary}": one.id for one in account.calendars()}
    queries = [one.query for one in asked.find(path="/events$", service="google")]
    cursors = [unquote(part) for one in queries for part in one.split("&") if "syncToken=" in part]
    assert cursors
    secrets |= {f"cursor {n}": one.partition("=")[2] for n, one in enumerate(set(cursors))}
    await disconnect(agent)
    await erased(agent, storage)
    return secrets


def given_away(kept: Kept, secrets: dict[str, str]) -> list[str]:
    """By whom what was logged that nobody should read."""
    told: set[str] = set()
    for name, line in kept.lines:
        for text in {line, unquote(line)}:
            told |= {f"{name}: {what}" for what, secret in secrets.items() if secret in text}
            told |= {f"{name}: {word!r}" for word in WORDS if word.casefold() in text.casefold()}
    return sorted(told)


async def test_r15_a_day_of_google_logs_no_address_title_calendar_or_cursor(
    stack: Stack,
    agent: Person,
    storage: Storage,
    kept: Kept,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(RETRIES, ProviderUnavailable, Again(first=0.1))
    monkeypatch.setattr(keep_appointment, "SAFETY_SECONDS", 0)
    async with Person(stack, "crm", {"loc1": "service"}, "The CRM") as crm:
        secrets = await a_day_of_google(stack, agent, crm, storage)

    assert {"connect", "sync-calendar", "write-appointment", "erase-account"} <= done(kept)
    assert given_away(kept, secrets) == []


@pytest.mark.parametrize("name", ["httpx", "azure", "azure.core.pipeline.policies"])
async def test_r15_libraries_that_name_each_address_stay_quiet(stack: Stack, name: str) -> None:
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    try:
        assert logging.getLogger(name).getEffectiveLevel() == logging.WARNING
    finally:
        root.setLevel(before)
