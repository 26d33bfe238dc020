"""Where Google posts that a calendar has changed: anybody may, so only proof counts.

What a message queues is seen by calling the function itself: nobody works it off before.
"""

import json
import socket
from collections.abc import Mapping
from typing import Any

import azure.functions as func
import httpx
import pytest

from sandbox.request_log import LogFilter
from sandbox.stack import Stack
from shared.domain.model import CalendarKey
from shared.domain.proof import prove
from shared.messages import Cause, SyncCalendar
from shared.triggers import notifications
from tests.e2e.refusals import nothing_kept
from tests.people import Person
from tests.storage import Storage

PATH = "/notifications/google"
KEY = "0123456789abcdef0123456789abcdef"
CHANNEL = "4ba78bf0-6a47-11e2-bcfd-0800200c9a66"


class Queued:
    """The queue output of the function."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def set(self, bodies: list[str]) -> None:
        self.bodies = bodies


def proof(stack: Stack, key: str = KEY) -> str:
    return prove(stack.settings["NOTIFICATION_SECRET"], CalendarKey(key))


def told(token: str | None, state: str | None = "exists", **others: str) -> dict[str, str]:
    """The headers of a message as Google sends it."""
    found = {
        "X-Goog-Channel-ID": CHANNEL,
        "X-Goog-Channel-Expiration": "Tue, 19 Nov 2030 01:13:52 GMT",
        "X-Goog-Resource-ID": "ret08u3rv24htgh289g",
        "X-Goog-Resource-URI": "https://www.googleapis.com/calendar/v3/calendars/c/events",
        "X-Goog-Message-Number": "10",
        "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
        **others,
    }
    more = {"X-Goog-Resource-State": state, "X-Goog-Channel-Token": token}
    return found | {name: value for name, value in more.items() if value is not None}


def received(headers: Mapping[str, str], body: bytes = b"") -> tuple[int, list[SyncCalendar]]:
    """Status and what is queued, without any host."""
    queued = Queued()
    request = func.HttpRequest(
        "POST",
        "http://localhost/api",
        headers=headers,
        route_params={"provider": "google"},
        body=body,
    )
    function: Any = notifications.received
    answer = function._function.get_user_function()(request, queued)
    assert answer.get_body() == b""
    return answer.status_code, [SyncCalendar.decode(text) for text in queued.bodies]


async def post(person: Person, headers: Mapping[str, str], body: bytes = b"") -> httpx.Response:
    return await person.http.post(PATH, headers=headers, content=body)


def syncs(stack: Stack) -> int:
    return stack.host.activity.counts["SyncCalendar"].started


@pytest.mark.parametrize("state", ["exists", "not_exists", "something_new"])
async def test_a_change_queues_its_calendar(stack: Stack, state: str) -> None:
    status, [message] = received(told(proof(stack), state))
    assert status == 200
    assert (message.calendar, message.cause) == (KEY, Cause.NOTIFIED)
    assert message.subscription == CHANNEL


async def test_the_names_of_headers_come_in_any_case(stack: Stack) -> None:
    headers = {name.lower(): value for name, value in told(proof(stack)).items()}
    assert len(received(headers)[1]) == 1


async def test_the_message_that_a_channel_was_opened_queues_nothing(stack: Stack) -> None:
    assert received(told(proof(stack), "sync")) == (200, [])


async def test_a_message_holds_nothing_of_the_calendar(stack: Stack) -> None:
    [message] = received(told(proof(stack)))[1]
    assert set(json.loads(message.encode())) == {"calendar", "cause", "at", "subscription"}


async def test_a_channel_id_that_is_none_of_ours_is_kept_short(stack: Stack) -> None:
    [message] = received(told(proof(stack), **{"X-Goog-Channel-ID": "x" * 7000}))[1]
    assert message.subscription == "x" * 64


async def test_a_body_is_not_looked_at(stack: Stack) -> None:
    for body in (b"{", b"\xff", json.dumps({"token": proof(stack)}).encode()):
        assert len(received(told(proof(stack)), body)[1]) == 1
        assert received(told(None), body) == (200, [])


def test_rule48_what_proves_nothing_is_counted(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    received(told("secret"))
    [counted] = [json.loads(one.message) for one in caplog.records]
    assert counted == {"what": "notification_unproven", "provider": "google", "items": 1}


def forgeries(stack: Stack) -> list[str | None]:
    good = proof(stack)
    key, _, mac = good.partition(".")
    return [
        None,
        "",
        key,
        f".{mac}",
        f"{'f' * 32}.{mac}",
        f"{good}x",
        f"{key}.{mac.swapcase()}",
        prove("another-secret-of-more-than-32-characters", CalendarKey(KEY)),
        prove("", CalendarKey(KEY)),
        "0" * 32 + "." + "A" * 43,
        "x" * 7000,
    ]


async def test_forged_messages_get_200_and_queue_nothing(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    """200 even so: an error would tell a forger what is right."""
    before = syncs(stack), stack.sandbox.world.log.count()
    async with nothing_kept(storage):
        for forged in forgeries(stack):
            for state in ("exists", "sync", "not_exists", None):
                answer = await post(agent, told(forged, state))
                assert (answer.status_code, answer.content) == (200, b"")
                assert received(told(forged, state)) == (200, [])
        await stack.host.wait_idle()
    assert (syncs(stack), stack.sandbox.world.log.count()) == before


async def test_a_calendar_that_is_gone_is_looked_at_once_and_forgotten(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    before = syncs(stack)
    log = stack.sandbox.world.log
    asked = log.count(LogFilter())
    async with nothing_kept(storage):
        assert (await post(agent, told(proof(stack)))).status_code == 200
        await stack.host.wait_idle()
    assert syncs(stack) == before + 1
    assert log.count(LogFilter()) == asked


async def test_answering_touches_no_socket(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """No storage is read and no provider asked, neither for proven messages nor for forged ones."""

    def touched(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was used")

    # Nothing is awaited below, so nobody else runs meanwhile.
    for name in ("connect", "connect_ex", "send", "sendall", "sendto", "recv"):
        monkeypatch.setattr(socket.socket, name, touched, raising=False)
    answers = [received(told(token, "exists")) for token in (proof(stack), "forged", None)]
    monkeypatch.undo()
    assert [(status, len(queued)) for status, queued in answers] == [(200, 1), (200, 0), (200, 0)]


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_only_posts_are_taken(agent: Person, method: str) -> None:
    assert (await agent.http.request(method, PATH)).status_code in {404, 405}
