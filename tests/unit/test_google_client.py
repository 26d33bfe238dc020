"""Requests to Google: whose token, to where, and what answers that are none mean."""

import httpx
import pytest

from shared import errors
from shared.providers.google.wire import CalendarPage, WireCalendar
from tests.fixtures.google.scripted import ROOT, Script, refused, said

LIST = ("users", "me", "calendarList")


async def test_a_request_bears_the_token_and_is_counted() -> None:
    script = Script(said({"id": "a"}))
    client = script.client

    await client.get((*LIST, "a/b#c@d"), WireCalendar, {"x": True, "n": 1})

    [request] = script.requests
    url = f"{ROOT}/calendar/v3/users/me/calendarList/a%2Fb%23c%40d?x=true&n=1"
    assert str(request.url) == url
    assert request.headers["authorization"] == "Bearer token-1"
    assert "gzip" in request.headers["user-agent"]
    assert client.requests == 1


async def test_a_token_that_is_refused_is_replaced_once() -> None:
    script = Script(refused(401, "authError"), said({"id": "a"}))
    await script.client.get(LIST, WireCalendar)
    assert script.tokens == [None, "token-1"]
    assert script.bearers == ["Bearer token-1", "Bearer token-2"]

    script = Script(refused(401, "authError"), refused(401, "authError"))
    with pytest.raises(errors.ProviderUnavailable):
        await script.client.get(LIST, WireCalendar)
    assert len(script.requests) == 2


async def test_a_redirect_is_not_followed() -> None:
    script = Script(said(status=302, headers={"location": "https://elsewhere.example.test/"}))
    with pytest.raises(errors.ProviderRejected):
        await script.client.get(LIST, WireCalendar)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ConnectError("x"), errors.ProviderUnavailable),
        (httpx.ConnectTimeout("x"), errors.ProviderUnavailable),
        (httpx.PoolTimeout("x"), errors.ProviderUnavailable),
        (httpx.ReadTimeout("x"), errors.ProviderSilent),
        (httpx.RemoteProtocolError("x"), errors.ProviderSilent),
    ],
)
async def test_no_answer(error: Exception, expected: type[errors.ProviderError]) -> None:
    with pytest.raises(errors.ProviderUnavailable) as raised:
        await Script(error).client.get(LIST, WireCalendar)
    assert type(raised.value) is expected


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"items": 7}', b'{"id": 7}'])
async def test_an_answer_that_cannot_be_read_may_be_another_next_time(content: bytes) -> None:
    for model in (WireCalendar, CalendarPage):
        if model is CalendarPage and content == b'{"id": 7}':
            continue
        with pytest.raises(errors.ProviderUnavailable):
            await Script(httpx.Response(200, content=content)).client.get(LIST, model)
