"""What is logged names no person, no event, and no secret (R15).

The tests, the sandbox and the app share a process, so what counts is what is logged, by whatever
library, while a function of the app runs: at DEBUG, which is more than production asks for.
"""

import contextvars
import json
import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from sandbox.functions_host.invoker import Invoker
from sandbox.stack import Stack
from tests.people import ADELE, ALEX, Person, cookie_of
from tests.storage import Storage

IN_THE_APP = contextvars.ContextVar("in_the_app", default=False)
EMAIL = re.compile(r"[A-Za-z0-9._-]+(?:@|%40)[A-Za-z0-9-]+\.[A-Za-z.]+")
JWT = re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.")
SEALED = re.compile(r"gAAAAA[A-Za-z0-9_=-]{20,}")


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


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    call = Invoker._call

    async def marked(self: Invoker, *args: Any) -> Any:
        token = IN_THE_APP.set(True)
        try:
            return await call(self, *args)
        finally:
            IN_THE_APP.reset(token)

    monkeypatch.setattr(Invoker, "_call", marked)
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
    )
    found = {name: settings[name] for name in names}
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


SAID = (
    *("Design review", "Dentist", "Stand-up", "Public holiday", "Falcon", "On call", "Munich"),
    *("Zelda", "Quentin", "blue folder", "Adele", "Vance", "Alex", "Wilber", "Agnes"),
)


async def test_r15_nothing_that_is_logged_gives_away_a_secret_a_title_or_a_person(
    stack: Stack, agent: Person, storage: Storage, kept: Kept
) -> None:
    secrets = await a_day_of_use(stack, agent, storage)

    # What is looked for would be seen: ours, the storage client's, MSAL's and the SDK's are there.
    loggers = {name.split(".")[0] for name, _ in kept.lines}
    assert loggers >= {"calendar_sync", "azure", "msal", "httpx"}
    own = [line for name, line in kept.lines if name == "calendar_sync"]
    records = [json.loads(line[line.index("{") :].strip()) for line in own]
    assert {"connect", "sync-calendar", "erase-account"} <= {found["what"] for found in records}
    told: list[str] = []
    for name, line in kept.lines:
        for text in {line, unquote(line)}:
            told += [f"{name}: {what}" for what, secret in secrets.items() if secret in text]
            told += [f"{name}: {word!r}" for word in SAID if word.casefold() in text.casefold()]
            for pattern in (EMAIL, JWT, SEALED):
                told += [f"{name}: {found}" for found in pattern.findall(text)]
    assert sorted(set(told)) == []
