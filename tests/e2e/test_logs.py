"""What is logged names no person, no event, and no secret (R15).

The tests, the sandbox and the app share a process, so what counts is what is logged, by whatever
library, while a function of the app runs: at DEBUG, which is more than production asks for.
"""

import contextvars
import json
import logging
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from sandbox.functions_host.invoker import Invoker
from sandbox.stack import Stack
from shared.domain import delivery
from shared.errors import ProviderUnavailable
from shared.triggers.retries import RETRIES, Again
from tests.flows.crm import body, path, put, reaches
from tests.flows.outlook import span, until
from tests.people import ADELE, ALEX, PATIENCE, Person, cookie_of
from tests.storage import Storage

IN_THE_APP = contextvars.ContextVar("in_the_app", default=False)
EMAIL = re.compile(r"[A-Za-z0-9._-]+(?:@|%40)[A-Za-z0-9-]+\.[A-Za-z.]+")
JWT = re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.")
SEALED = re.compile(r"gAAAAA[A-Za-z0-9_=-]{20,}")
SHORT = re.compile(r"(?<![\w-])alex(?![\w-])", re.IGNORECASE)
"""A name so short that random ids hold it by chance."""


class Kept(logging.Handler):
    """All that the app logged, as text with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[tuple[str, str]] = []
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if IN_THE_APP.get():
            extra = {k: v for k, v in vars(record).items() if k not in _USUAL}
            self.lines.append((record.name, f"{self.format(record)} {extra if extra else ''}"))


_USUAL = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def mark_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on it is known what runs in a function of the app."""
    call = Invoker._call

    async def marked(self: Invoker, *args: Any) -> Any:
        token = IN_THE_APP.set(True)
        try:
            return await call(self, *args)
        finally:
            IN_THE_APP.reset(token)

    monkeypatch.setattr(Invoker, "_call", marked)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    mark_the_app(monkeypatch)
    handler, root = Kept(), logging.getLogger()
    named = [logger for logger in map(logging.getLogger, logging.root.manager.loggerDict)]
    levels = {logger: logger.level for logger in (root, *named)}
    for logger in levels:
        logger.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    for logger, level in levels.items():
        logger.setLevel(level)


def secrets_of(stack: Stack) -> dict[str, str]:
    """What must stay secret, by what it is."""
    settings, entra = stack.settings, stack.sandbox.world.entra
    names = (
        "MICROSOFT_CLIENT_SECRET",
        "CRM_JWT_SECRET",
        "TOKEN_SEALING_KEYS",
        "NOTIFICATION_SECRET",
        "CRM_WEBHOOK_SECRET",
    )
    found = {name: settings[name] for name in names}
    found["the key of the webhook's signatures"] = settings["CRM_WEBHOOK_SECRET"].partition("_")[2]
    found["the webhook's path"] = urlsplit(settings["CRM_WEBHOOK_URL"]).path
    account_key = re.search(r"AccountKey=([^;]+)", settings["CALENDAR_STORAGE"])
    assert account_key
    found["the key of the storage account"] = account_key[1]
    for number, token in enumerate(entra.access_tokens):
        found[f"access token {number}"] = token
    for number, token in enumerate(entra.refresh_tokens):
        found[f"refresh token {number}"] = token
    return found


async def a_day_of_use(stack: Stack, agent: Person, storage: Storage) -> dict[str, str]:
    """Connect, choose, sync, a change, busy, events, a refusal, disconnect; the secrets of it.

    The authorization code is not one of them any more: MSAL logs it at DEBUG once it is redeemed.
    """
    begun = await agent.begin()
    cookie = cookie_of(begun)
    redirect = await agent.sign_in(begun.json()["authorizationUrl"], ADELE)
    answer = await agent.back(redirect, cookie)
    assert "connected=outlook" in answer.headers["location"]
    query = parse_qs(urlsplit(redirect).query)
    secrets = {
        "the browser's secret": cookie.partition("=")[2],
        "state": query["state"][0],
        "the CRM's token": agent.token,
    }
    await agent.choose("Calendar", "Project Falcon", "Travel", recurringEvents="every")
    event = {
        "subject": "Dinner with Zelda",
        "start": {"dateTime": "2027-03-03T19:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2027-03-03T21:00:00", "timeZone": "UTC"},
        "location": {"displayName": "Chez Quentin"},
        "body": {"contentType": "text", "content": "Bring the blue folder"},
    }
    await agent.sandbox.post(f"/sandbox/mailboxes/{ADELE}/events", json=event)
    await agent.sandbox.post(
        "/sandbox/faults", json={"preset": "internal", "path": "delta", "count": 1}
    )
    await agent.settled()
    await agent.busy()
    assert any(found.get("title") for found in (await agent.events())["events"])
    await agent.call("GET", agent.path("connections"))
    await agent.sandbox.post("/sandbox/entra/expire-access-tokens", json={"user": ADELE})
    await agent.calendars()
    await agent.connect(ALEX)
    secrets |= secrets_of(stack)
    for subscription in stack.sandbox.world.subscriptions.live():
        secrets[f"client state of {subscription.resource}"] = str(subscription.client_state)
    assert (await agent.call("DELETE", agent.path("connections/outlook"))).status_code == 204
    await agent.settled()
    return secrets


async def fired(stack: Stack) -> bool:
    """Whether every fault has met somebody."""
    return all(rule.fired for rule in stack.sandbox.world.faults.rules)


async def a_day_of_appointments(
    stack: Stack, agent: Person, crm: Person, pass_time: Callable[[timedelta], None]
) -> dict[str, str]:
    """Written, changed, moved and renamed outside, told while the CRM fails; the secrets of it."""
    await agent.connect(ADELE)
    await agent.choose("Calendar")
    asked = body(
        title="Viewing with Zelda",
        location="Chez Quentin",
        description="Bring the blue folder",
        attendees=[{"email": "carl@fabrikam.example", "name": "Carl Castorp"}],
        inviteAttendees=True,
        onlineMeeting=True,
    )
    await put(crm, "a1", asked)
    sync = (await reaches(crm, "a1", "synced"))["sync"]
    secrets = {
        "the CRM's token": crm.token,
        "event": sync["eventUrl"],
        "way in": sync["meetingUrl"],
    }
    for fault in ("unavailable-no-header", "commit-then-cut"):
        rule = {"preset": fault, "method": "PATCH", "path": "/events/"}
        await crm.sandbox.post("/sandbox/faults", json=rule)
        asked["title"] += ", again"
        await put(crm, "a1", asked)
        await until(stack, partial(fired, stack))
        pass_time(timedelta(minutes=3))  # whoever was not answered stays the writer for a while
        await reaches(crm, "a1", "synced")
    refused = await crm.call("PUT", path("a2"), json=asked | {"timeZone": "Zelda/Quentin"})
    assert refused.status_code == 400

    told = stack.sandbox.world.crm
    told.behave(status=500, type="appointment.updated")
    told.behave(lose_answer=True, type="appointment.updated")
    mailbox = stack.sandbox.world.mailbox(ADELE)
    events = mailbox.default_calendar.calendar.events.values()
    [event] = [one for one in events if "Zelda" in one.details.subject]
    start, end = span(5, 20)
    mailbox.update_event(mailbox.event_id(event), start=start, end=end, subject="Zelda comes later")
    await told.wait_for(lambda crm: crm.changes_of("appointment.updated", "a1"), within=PATIENCE)
    told.behave(status=410, type="calendar.busy_changed")
    mailbox.create_event(start=start, end=end, subject="Dinner with Zelda")
    await told.wait_for(lambda crm: any(one.status == 410 for one in crm.received), within=PATIENCE)
    assert (await crm.call("DELETE", path("a1"))).status_code == 204
    await crm.settled()
    secrets |= secrets_of(stack)
    for attempt in told.received:
        secrets[f"title told by {attempt.id}"] = str(attempt.data.get("title", "Zelda"))
    return secrets


SAID = (
    *("Design review", "Dentist", "Stand-up", "Public holiday", "Falcon", "On call", "Munich"),
    *("Zelda", "Quentin", "blue folder", "Adele", "Vance", "Wilber", "Agnes"),
    *("Viewing", "Castorp", "fabrikam"),
)


def given_away(kept: Kept, secrets: dict[str, str]) -> list[str]:
    """By whom what was logged that nobody should read."""
    told: set[str] = set()
    for name, line in kept.lines:
        for text in {line, unquote(line)}:
            told |= {f"{name}: {what}" for what, secret in secrets.items() if secret in text}
            told |= {f"{name}: {word!r}" for word in SAID if word.casefold() in text.casefold()}
            for pattern in (EMAIL, JWT, SEALED, SHORT):
                told |= {f"{name}: {found}" for found in pattern.findall(text)}
    return sorted(told)


def done(kept: Kept) -> set[str]:
    """What our own records say was done."""
    own = [line for name, line in kept.lines if name == "calendar_sync"]
    return {json.loads(line[line.index("{") :].strip())["what"] for line in own}


async def test_r15_nothing_that_is_logged_gives_away_a_secret_a_title_or_a_person(
    stack: Stack, agent: Person, storage: Storage, kept: Kept
) -> None:
    secrets = await a_day_of_use(stack, agent, storage)

    async def is_erased() -> bool:
        return "erase-account" in done(kept)

    await until(stack, is_erased)  # a message that met another comes again in a second

    # What is looked for would be seen: ours, the storage client's, MSAL's and the SDK's are there.
    loggers = {name.split(".")[0] for name, _ in kept.lines}
    assert loggers >= {"calendar_sync", "azure", "msal", "httpx"}
    assert {"connect", "sync-calendar", "erase-account"} <= done(kept)
    assert given_away(kept, secrets) == []


async def test_r15_appointments_and_what_the_crm_is_told_of_them_are_not_logged(
    stack: Stack, agent: Person, clock: Any, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pass_time(by: timedelta) -> None:
        clock.ahead += by
        stack.sandbox.world.clock.advance(by)

    monkeypatch.setitem(RETRIES, ProviderUnavailable, Again(first=0.1))
    monkeypatch.setattr(delivery, "SCHEDULE", (0.0, *[0.1] * 9))
    async with Person(stack, "crm", {"loc1": "service"}, "The CRM") as crm:
        secrets = await a_day_of_appointments(stack, agent, crm, pass_time)

    assert {name.split(".")[0] for name, _ in kept.lines} >= {"calendar_sync", "azure", "httpcore"}
    tried = stack.sandbox.world.crm.received
    assert {500, 410, None} <= {attempt.status for attempt in tried}
    assert {"write-appointment", "publish-changes", "deliver-change", "webhook_disabled"} <= done(
        kept
    )
    assert given_away(kept, secrets) == []
