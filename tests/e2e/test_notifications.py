"""Where Graph posts that a calendar has changed: anybody may, so only proof counts.

What a body queues is seen by calling the function itself: nobody works the messages off before.
"""

import json
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import azure.functions as func
import httpx
import pytest

from sandbox.microsoft.subscriptions.model import Subscription
from sandbox.request_log import LogFilter
from sandbox.stack import Stack
from shared.domain.model import CalendarKey
from shared.domain.proof import prove
from shared.messages import Cause, SyncCalendar
from shared.triggers import notifications
from tests.e2e.refusals import nothing_kept
from tests.people import ADELE, Person
from tests.storage import Storage

CHANGES = "/notifications/outlook"
LIFECYCLE = "/notifications/outlook/lifecycle"
BOTH = (CHANGES, LIFECYCLE)
KEY = "0123456789abcdef0123456789abcdef"
OTHER_KEY = "fedcba9876543210fedcba9876543210"


class Queued:
    """The queue output of the function."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def set(self, bodies: list[str]) -> None:
        self.bodies = bodies

    @property
    def causes(self) -> dict[str, Cause]:
        """Calendar and cause of each message; each calendar at most once."""
        messages = [SyncCalendar.decode(body) for body in self.bodies]
        assert len({message.calendar for message in messages}) == len(messages)
        return {message.calendar: message.cause for message in messages}


def direct(function: Any) -> Callable[..., Any]:
    return function._function.get_user_function()


RECEIVE = direct(notifications.received)


def proof(stack: Stack, key: str) -> str:
    return prove(stack.settings["NOTIFICATION_SECRET"], CalendarKey(key))


def item(client_state: str | None, **others: Any) -> dict[str, Any]:
    """A change as Graph tells it (`providers.md` 6.4)."""
    user = "users/4f1a2c7e-0000-4000-8000-000000000001"
    found = {
        "subscriptionId": "76222963-cc7b-42d2-882d-8aaa69cb2ba3",
        "subscriptionExpirationDateTime": "2027-03-20T11:00:00.0000000Z",
        "changeType": "updated",
        "resource": f"{user}/events/AAMk",
        "resourceData": {"@odata.type": "#Microsoft.Graph.Event", "id": "AAMk"},
        "tenantId": "",
        **others,
    }
    return found if client_state is None else {**found, "clientState": client_state}


def body_of(*items: Any) -> bytes:
    return json.dumps({"value": items}).encode()


def request(body: bytes, **params: str) -> func.HttpRequest:
    return func.HttpRequest(
        "POST",
        "http://localhost/api/notifications/outlook",
        params=params,
        route_params={"provider": "outlook"},
        body=body,
    )


def received(body: bytes) -> tuple[int, dict[str, Cause]]:
    """Status and what is queued, without any host."""
    queued = Queued()
    answer = RECEIVE(request(body), queued)
    return answer.status_code, queued.causes


async def post(person: Person, path: str, body: bytes) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    return await person.http.post(path, content=body, headers=headers)


def syncs(stack: Stack) -> int:
    return stack.host.activity.counts["SyncCalendar"].started


def requests_seen(stack: Stack) -> int:
    return stack.sandbox.world.log.count()


def subscriptions(stack: Stack) -> list[Subscription]:
    return stack.sandbox.world.subscriptions.live()


@pytest.fixture
async def watched(stack: Stack, agent: Person) -> Subscription:
    """The subscription for a calendar that is being watched."""
    await agent.connect(ADELE)
    await agent.choose("Calendar")
    [found] = subscriptions(stack)
    return found


# The handshake.


@pytest.mark.parametrize(
    ("sent", "token"),
    [
        (
            "Validation%3a+Testing+client+application+reachability",
            "Validation: Testing client application reachability",
        ),
        ("Validation%3A%20a%2Bb", "Validation: a+b"),
        (quote("<script>alert(1)</script>&amp;\"'"), "<script>alert(1)</script>&amp;\"'"),
        (quote("ü€/?=&", safe=""), "ü€/?=&"),
        ("x" * 2000, "x" * 2000),
    ],
)
async def test_the_handshake_gives_back_the_decoded_token_as_plain_text(
    agent: Person, storage: Storage, sent: str, token: str
) -> None:
    async with nothing_kept(storage):
        for path in BOTH:
            url = f"{agent.stack.api}{path}?validationToken={sent}"
            answer = await agent.http.post(url, headers={"Content-Type": "text/plain"})
            assert answer.status_code == 200
            assert answer.headers["content-type"].split(";")[0] == "text/plain"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.content.decode() == token


async def test_a_handshake_queues_nothing_whatever_it_carries(stack: Stack) -> None:
    queued = Queued()
    asked = request(body_of(item(proof(stack, KEY))), validationToken="t")
    assert RECEIVE(asked, queued).status_code == 200
    assert queued.bodies == []


# What is no notification.

NO_NOTIFICATIONS = [
    b"",
    b"{",
    b"hello",
    b"\xff\xfe\x00",
    b"[]",
    b"null",
    b"{}",
    b'{"value": null}',
    b'{"value": {}}',
    b'{"value": ["x"]}',
    b'{"value": [{"clientState": 7}]}',
    b'{"value": [{"clientState": "\\ud800"}]}',
    b"[" * 20_000,
    b'{"value": [' + b" " * 1024 * 1024 + b"]}",
]


async def test_what_is_no_notification_gets_400_and_queues_nothing(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    before = syncs(stack), requests_seen(stack)
    async with nothing_kept(storage):
        for path in BOTH:
            for body in NO_NOTIFICATIONS:
                assert (await post(agent, path, body)).status_code == 400, body[:40]
        await stack.host.wait_idle()
    assert (syncs(stack), requests_seen(stack)) == before


async def test_one_item_that_cannot_be_read_spoils_the_body_and_nothing_is_queued(
    stack: Stack,
) -> None:
    body = body_of(item(proof(stack, KEY)), {"clientState": ["x"]})
    assert received(body) == (400, {})


# What proves nothing.


def forgeries(stack: Stack) -> list[str | None]:
    good = proof(stack, KEY)
    key, _, mac = good.partition(".")
    return [
        None,
        "",
        "secret",
        key,
        f"{key}.",
        f".{mac}",
        f"{OTHER_KEY}.{mac}",
        f"{key}.{mac[:-1]}{'A' if mac[-1] != 'A' else 'B'}",
        f"{key.upper()}.{mac}",
        f"{good}\n",
        f" {good}",
        f"{good}x",
        f"{key}.{mac.swapcase()}",
        prove("another-secret-of-more-than-32-characters", CalendarKey(KEY)),
        prove("", CalendarKey(KEY)),
        "0" * 32 + "." + "A" * 43,
        "é" * 76,
        "x" * 100_000,
    ]


async def test_forged_client_states_get_202_and_queue_nothing(
    stack: Stack, agent: Person, storage: Storage, watched: Subscription
) -> None:
    """202 even so: an error would tell a forger what is right, and make Graph send it again."""
    await agent.settled()
    before = syncs(stack), requests_seen(stack)
    async with nothing_kept(storage):
        for forged in forgeries(stack):
            for path in BOTH:
                for event in (None, "reauthorizationRequired", "subscriptionRemoved", "missed"):
                    others = {"lifecycleEvent": event} if event else {}
                    answer = await post(agent, path, body_of(item(forged, **others)))
                    assert (answer.status_code, answer.content) == (202, b"")
        await stack.host.wait_idle()
    assert (syncs(stack), requests_seen(stack)) == before


async def test_an_unknown_subscription_of_a_calendar_that_is_gone_changes_nothing(
    stack: Stack, agent: Person, storage: Storage
) -> None:
    """Proof for a calendar that is not kept (any more): looked at once, and forgotten."""
    before = requests_seen(stack)
    async with nothing_kept(storage):
        assert (await post(agent, CHANGES, body_of(item(proof(stack, KEY))))).status_code == 202
        await stack.host.wait_idle()
    assert requests_seen(stack) == before


def test_rule48_what_proves_nothing_is_counted(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    received(body_of(item("secret"), item(None), item(proof(stack, KEY))))
    [counted] = [json.loads(one.message) for one in caplog.records if "unproven" in one.message]
    assert counted == {"what": "notification_unproven", "provider": "outlook", "items": 2}
    caplog.clear()
    received(body_of(item(proof(stack, KEY))))
    assert not caplog.records


# What is proven.


async def test_a_change_queues_its_calendar(stack: Stack) -> None:
    for change in ("created", "updated", "deleted"):
        body = body_of(item(proof(stack, KEY), changeType=change))
        assert received(body) == (202, {KEY: Cause.NOTIFIED})


async def test_a_body_without_items_queues_nothing(stack: Stack) -> None:
    assert received(body_of()) == (202, {})


async def test_unknown_members_do_no_harm(stack: Stack) -> None:
    body = json.dumps({"value": [item(proof(stack, KEY), new={"a": 1})], "validationTokens": ["x"]})
    assert received(body.encode()) == (202, {KEY: Cause.NOTIFIED})


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        ("reauthorizationRequired", Cause.REAUTHORIZE),
        ("subscriptionRemoved", Cause.PUSH_REMOVED),
        ("missed", Cause.MISSED),
        ("somethingNew", Cause.NOTIFIED),
    ],
)
async def test_each_lifecycle_event_queues_what_it_asks_for(
    stack: Stack, event: str, cause: Cause
) -> None:
    body = body_of(item(proof(stack, KEY), lifecycleEvent=event))
    assert received(body) == (202, {KEY: cause})


async def test_mixed_items_queue_each_proven_calendar_once(stack: Stack) -> None:
    """Several subscriptions, repeated items, lifecycle events and forgeries in one body."""
    one, other = proof(stack, KEY), proof(stack, OTHER_KEY)
    items = [
        item(one),
        item("forged", lifecycleEvent="subscriptionRemoved"),
        item(other, lifecycleEvent="reauthorizationRequired"),
        item(one, changeType="deleted"),
        item(other),
        item(None),
        item(one),
    ]
    wanted = {KEY: Cause.NOTIFIED, OTHER_KEY: Cause.REAUTHORIZE}
    assert received(body_of(*items)) == (202, wanted)
    assert received(body_of(*reversed(items))) == (202, wanted)


async def test_the_lifecycle_event_that_asks_for_most_counts(stack: Stack) -> None:
    one = proof(stack, KEY)
    events = ("missed", "subscriptionRemoved", "reauthorizationRequired")
    items = [item(one, lifecycleEvent=event) for event in events]
    for body in (body_of(*items, item(one)), body_of(item(one), *reversed(items))):
        assert received(body) == (202, {KEY: Cause.PUSH_REMOVED})


async def test_a_message_holds_a_key_a_cause_and_a_time_and_nothing_of_the_event(
    stack: Stack,
) -> None:
    queued = Queued()
    body = body_of(item(proof(stack, KEY), resource="users/1/events/very-private-id"))
    RECEIVE(request(body), queued)
    [message] = queued.bodies
    assert set(json.loads(message)) == {"calendar", "cause", "at"}


async def test_answering_touches_no_socket(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """No storage is read and no provider asked, neither for proven items nor for forged ones."""

    def touched(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was used")

    bodies = [
        body_of(item(proof(stack, KEY)), item("forged")),
        body_of(item(proof(stack, KEY), lifecycleEvent="subscriptionRemoved")),
        b"not json",
    ]
    # Nothing is awaited below, so nobody else runs meanwhile.
    for name in ("connect", "connect_ex", "send", "sendall", "sendto", "recv"):
        monkeypatch.setattr(socket.socket, name, touched, raising=False)
    answers = [received(body) for body in bodies]
    monkeypatch.undo()
    assert [status for status, _ in answers] == [202, 202, 400]


# Over the whole stack.


async def test_a_proven_change_makes_the_calendar_be_read(
    stack: Stack, agent: Person, watched: Subscription
) -> None:
    log = stack.sandbox.world.log
    log.clear()
    answer = await post(agent, CHANGES, body_of(item(watched.client_state)))
    assert answer.status_code == 202
    await stack.host.wait_idle()
    assert log.count(LogFilter(service="graph", path="delta", mailbox=ADELE)) >= 1


async def test_a_lost_subscription_is_made_anew(
    stack: Stack, agent: Person, watched: Subscription
) -> None:
    stack.sandbox.world.subscriptions.lifecycle(watched, "subscriptionRemoved")
    await agent.settled()
    [found] = subscriptions(stack)
    assert found.id != watched.id
    assert found.client_state == watched.client_state


async def test_a_subscription_is_authorised_anew_when_graph_asks_for_it(
    stack: Stack, agent: Person, watched: Subscription, clock: Any
) -> None:
    """Not within ten minutes of the last time: Graph does not want both."""
    log = stack.sandbox.world.log
    log.clear()
    path = f"/subscriptions/{watched.id}$"
    renewed = LogFilter(service="graph", method="PATCH", path=path, status=200)
    for ahead, times in ((0, 0), (11, 1), (12, 1)):
        clock.ahead = timedelta(minutes=ahead)
        stack.sandbox.world.subscriptions.lifecycle(watched, "reauthorizationRequired")
        await agent.settled()
        assert log.count(renewed) == times


async def test_the_client_state_that_graph_is_given_fits_its_bound(watched: Subscription) -> None:
    assert watched.client_state is not None
    assert len(watched.client_state) <= 128
