"""One try to tell the CRM, against a server of the test's own (R14).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
import base64
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme
from aiohttp import web
from standardwebhooks import Webhook

from shared.domain.changes import Change, ChangeType
from shared.domain.model import LocationId
from shared.webhooks import network, sending
from shared.webhooks.base import Answered, Delivery
from shared.webhooks.body import body_of
from shared.webhooks.sending import StandardWebhook

NEW, OLD = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
CHANGE = Change(
    "chg_1",
    ChangeType.APPOINTMENT_UPDATED,
    LocationId("loc1"),
    "appointment|a1",
    datetime(2026, 3, 10, 12, 0, tzinfo=UTC),
    {"appointmentId": "a1", "title": "Geheimes Treffen"},
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Receiver:
    """A server that notes what it gets and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], str]] = []
        self.answer: Handler = answering(204)
        self.port = 0
        self.scheme = "http"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.append((request.path_qs, headers, await request.text()))
        return await self.answer(request)

    def webhook(self, host: str = "127.0.0.1", **given: Any) -> StandardWebhook:
        address = f"{self.scheme}://{host}:{self.port}/hooks?from=calendars"
        given = {"allow_private": True, "tls": ssl.create_default_context(), **given}
        return StandardWebhook(address, [NEW, OLD], clock=lambda: datetime.now(UTC), **given)


def answering(status: int, **headers: str) -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(
            status=status, headers={k.replace("_", "-"): headers[k] for k in headers}
        )

    return answer


async def served(receiver: Receiver, tls: ssl.SSLContext | None = None) -> web.AppRunner:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    receiver.port = runner.addresses[0][1]
    receiver.scheme = "https" if tls else "http"
    return runner


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    runner = await served(receiver)
    yield receiver
    await runner.cleanup()


async def test_what_the_crm_gets(receiver: Receiver) -> None:
    assert await receiver.webhook().deliver(CHANGE) == Delivery(Answered.TAKEN)
    [(path, headers, body)] = receiver.got
    assert path == "/hooks?from=calendars"
    assert body == body_of(CHANGE)
    assert headers["content-type"] == "application/json"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert headers["webhook-id"] == "chg_1"
    for secret in (NEW, OLD):
        Webhook(secret).verify(body, headers)


async def test_every_try_has_the_same_id_and_body_and_a_time_of_its_own(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook, now = receiver.webhook(), datetime.now(UTC)
    for late in (timedelta(), timedelta(hours=2)):
        monkeypatch.setattr(webhook, "_clock", lambda late=late: now + late)
        await webhook.deliver(CHANGE)
    first, second = receiver.got
    assert first[2] == second[2]
    assert first[1]["webhook-id"] == second[1]["webhook-id"]
    times = [int(headers["webhook-timestamp"]) for _, headers, _ in receiver.got]
    assert times[1] - times[0] == 7200


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_every_success_is_taken(receiver: Receiver, status: int) -> None:
    receiver.answer = answering(status)
    assert (await receiver.webhook().deliver(CHANGE)).answered is Answered.TAKEN


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_failures_and_never_followed(receiver: Receiver, status: int) -> None:
    receiver.answer = answering(status, Location=f"http://127.0.0.1:{receiver.port}/elsewhere")
    delivery = await receiver.webhook().deliver(CHANGE)
    assert delivery == Delivery(Answered.AGAIN, reason=f"status_{status}")
    assert len(receiver.got) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 409, 429, 500, 502, 503, 504])
async def test_every_failure_is_tried_again(receiver: Receiver, status: int) -> None:
    receiver.answer = answering(status)
    delivery = await receiver.webhook().deliver(CHANGE)
    assert delivery == Delivery(Answered.AGAIN, reason=f"status_{status}")


async def test_410_ends_it(receiver: Receiver) -> None:
    receiver.answer = answering(410)
    delivery = await receiver.webhook().deliver(CHANGE)
    assert delivery == Delivery(Answered.ENDED, reason="status_410")


@pytest.mark.parametrize("status", [429, 503])
async def test_how_long_the_crm_asks_to_wait(receiver: Receiver, status: int) -> None:
    receiver.answer = answering(status, Retry_After="90.5")
    assert (await receiver.webhook().deliver(CHANGE)).retry_after == 90.5
    receiver.answer = answering(status, Retry_After="Fri, 31 Dec 2399 23:59:59 GMT")
    assert (await receiver.webhook().deliver(CHANGE)).retry_after == 24 * 3600


async def test_an_answer_without_end_is_not_read(receiver: Receiver) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(bytes(1 << 20))

    receiver.answer = endless
    async with asyncio.timeout(60):
        assert (await receiver.webhook().deliver(CHANGE)).answered is Answered.TAKEN


async def test_who_does_not_answer_in_time(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        raise AssertionError

    monkeypatch.setattr(sending, "_SECONDS", 0.2)
    receiver.answer = silent
    delivery = await receiver.webhook().deliver(CHANGE)
    assert delivery == Delivery(Answered.AGAIN, reason="timed_out")


async def test_who_drips_has_no_more_time_than_others(monkeypatch: pytest.MonkeyPatch) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            writer.close()

    monkeypatch.setattr(sending, "_SECONDS", 0.5)
    receiver = Receiver()
    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        receiver.port = server.sockets[0].getsockname()[1]
        delivery = await receiver.webhook().deliver(CHANGE)
    assert delivery == Delivery(Answered.AGAIN, reason="timed_out")


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 2", b"\x16\x03\x01 what\r\n\r\n"])
async def test_an_answer_that_is_lost_or_none(said: bytes) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1 << 16)
        writer.write(said)
        writer.close()

    receiver = Receiver()
    async with await asyncio.start_server(cut, "127.0.0.1", 0) as server:
        receiver.port = server.sockets[0].getsockname()[1]
        delivery = await receiver.webhook().deliver(CHANGE)
    assert delivery == Delivery(Answered.AGAIN, reason="not_reachable")


async def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        receiver = Receiver()
        receiver.port = probe.getsockname()[1]
    delivery = await receiver.webhook().deliver(CHANGE)
    assert delivery == Delivery(Answered.AGAIN, reason="not_reachable")
    assert (await receiver.webhook("no.such.host.invalid").deliver(CHANGE)).reason == (
        "not_reachable"
    )


async def test_what_nobody_expects_is_logged_without_what_it_says(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("Geheimes Treffen")

    webhook = receiver.webhook()
    monkeypatch.setattr(webhook, "_post", broken)
    with caplog.at_level(logging.DEBUG):
        assert await webhook.deliver(CHANGE) == Delivery(Answered.AGAIN, reason="failed")
    assert "RuntimeError" in caplog.text
    assert "Geheimes" not in caplog.text


# Where it may go


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0.0.0.0", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"]
)
async def test_private_addresses_are_refused_however_they_are_written(
    receiver: Receiver, host: str
) -> None:
    delivery = await receiver.webhook(host, allow_private=False).deliver(CHANGE)
    assert delivery == Delivery(Answered.AGAIN, reason="private_address")
    assert receiver.got == []


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """What names resolve to, each answer once."""
    known: dict[str, list[list[str]]] = {}

    async def resolve(self: Any, host: str, port: int, **_: Any) -> list[Any]:
        answers = known[host].pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in answers]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", resolve)
    return known


async def test_a_name_with_one_private_address_among_others_is_refused(
    receiver: Receiver, names: dict[str, list[list[str]]]
) -> None:
    names["crm.example"] = [["8.8.8.8", "127.0.0.1"]]
    webhook = receiver.webhook("crm.example", allow_private=False)
    assert (await webhook.deliver(CHANGE)).reason == "private_address"
    assert receiver.got == []


async def test_the_address_that_was_checked_is_the_one_connected_to(
    receiver: Receiver,
    names: dict[str, list[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second look-up would find no answer: a name cannot change in between."""
    checked: list[str] = []
    monkeypatch.setattr(network, "is_public", lambda ip: not checked.append(ip))
    names["crm.example"] = [["127.0.0.1"]]
    webhook = receiver.webhook("crm.example", allow_private=False)
    assert (await webhook.deliver(CHANGE)).answered is Answered.TAKEN
    assert checked == ["127.0.0.1"]
    assert receiver.got[0][1]["host"] == f"crm.example:{receiver.port}"


async def test_the_next_address_is_tried_when_one_does_not_answer(
    receiver: Receiver, names: dict[str, list[list[str]]]
) -> None:
    names["crm.example"] = [["127.0.0.99", "127.0.0.1"], ["127.0.0.99"]]
    webhook = receiver.webhook("crm.example")
    assert (await webhook.deliver(CHANGE)).answered is Answered.TAKEN
    assert (await webhook.deliver(CHANGE)).reason == "not_reachable"


async def test_tls_checks_the_name_and_not_the_address(
    names: dict[str, list[list[str]]],
) -> None:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("crm.example").configure_cert(server)
    authority.configure_trust(client)
    receiver = Receiver()
    runner = await served(receiver, server)
    names.update({"crm.example": [["127.0.0.1"]] * 2, "other.example": [["127.0.0.1"]]})
    try:
        assert await receiver.webhook("crm.example", tls=client).deliver(CHANGE) == Delivery(
            Answered.TAKEN
        )
        wrong_name = await receiver.webhook("other.example", tls=client).deliver(CHANGE)
        unknown = await receiver.webhook("crm.example").deliver(CHANGE)
    finally:
        await runner.cleanup()
    assert (wrong_name.reason, unknown.reason) == ("not_reachable", "not_reachable")
    assert len(receiver.got) == 1


def test_an_endpoint_is_named_by_address_and_secrets() -> None:
    def endpoint(address: str, *secrets: str) -> str:
        context = ssl.create_default_context()
        return StandardWebhook(address, secrets, context, lambda: datetime.now(UTC)).endpoint

    one = endpoint("https://crm.example/hooks", NEW)
    assert one == endpoint("https://crm.example/hooks", NEW)
    others = {
        endpoint("https://crm.example/hooks", OLD),
        endpoint("https://crm.example/hooks", NEW, OLD),
        endpoint("https://crm.example/other", NEW),
    }
    assert len(others - {one}) == 3
    assert len(one) == 32
    assert set(one) <= set("0123456789abcdef")
