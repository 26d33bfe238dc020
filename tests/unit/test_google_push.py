"""Push channels: opened, opened anew, ended, refused."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared import errors
from shared.domain.model import Push, PushStatus
from tests.fixtures.google.scripted import ADDRESS, Script, fixture, refused, said
from tests.unit.made import NOW, at, unread

STATE = unread(calendar_id="cal@group.calendar.google.com")
WATCH = "POST /calendars/cal@group.calendar.google.com/events/watch"
END = NOW + timedelta(days=5)


def channel(**more: Any) -> dict[str, Any]:
    made = {"id": "c", "resourceId": "r", "expiration": str(int(END.timestamp() * 1000))}
    return {**made, **more}


async def subscribed(script: Script) -> Push:
    return await script.provider.subscribe(script.token, STATE, "proof")


async def test_a_channel_is_opened_for_a_week_with_our_proof() -> None:
    script = Script(said(channel()), said(channel()))

    push = await subscribed(script)
    await subscribed(script)

    assert script.asked == [WATCH, WATCH]
    body = script.body(0)
    UUID(body.pop("id"))
    assert script.body(0)["id"] != script.body(1)["id"]
    assert body == {
        "type": "web_hook",
        "address": ADDRESS,
        "token": "proof",
        "expiration": int((NOW + timedelta(days=7)).timestamp() * 1000),
    }
    assert push == Push(PushStatus.ACTIVE, "c", "r", True, expires_at=END, changed_at=NOW)


async def test_the_documented_answer() -> None:
    body = fixture("60")["examples"][0]["response"]["body"]
    push = await subscribed(Script(said(body)))
    assert (push.subscription_id, push.resource_id) == (body["id"], "o3hgv1538sdjfh")
    assert push.expires_at == at("2015-03-14 09:26:53")


async def test_an_end_that_is_not_told_is_the_one_asked_for() -> None:
    push = await subscribed(Script(said(channel(expiration=None))))
    assert push.expires_at == NOW + timedelta(days=7)


@pytest.mark.parametrize("expiration", ["soon", 10**30, -(10**18)])
async def test_an_end_that_cannot_be_read(expiration: Any) -> None:
    with pytest.raises(errors.ProviderUnavailable):
        await subscribed(Script(said(channel(expiration=expiration))))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(400, "pushNotSupportedForRequestedResource"), errors.PushRefused),
        (refused(403, "forbidden"), errors.PushRefused),
        (refused(404, "notFound"), errors.PushRefused),
        # Ours to mend, and then it works at the next try.
        (refused(400, "push.webhookUrlNotHttps"), errors.ProviderUnavailable),
        (refused(400, "push.webhookUrlUnauthorized"), errors.ProviderUnavailable),
        (refused(401, "push.webhookUrlUnauthorized"), errors.ProviderUnavailable),
        (refused(400, "channelIdNotUnique"), errors.ProviderUnavailable),
        (refused(403, "rateLimitExceeded", "usageLimits"), errors.Throttled),
        (refused(403, "insufficientPermissions"), errors.ReconnectRequired),
    ],
)
async def test_refusals(answer: Any, expected: type[Exception]) -> None:
    script = Script(answer)
    with pytest.raises(errors.ProviderError) as raised:
        await subscribed(script)
    assert type(raised.value) is expected
    assert len(script.requests) == 1


async def test_renewing_opens_another() -> None:
    script = Script(said(channel(id="new")))
    push = await script.provider.renew(script.token, STATE, Push(subscription_id="old"), "proof")
    assert (push.subscription_id, push.changed_at) == ("new", NOW)
    assert script.asked == [WATCH]


async def test_renewing_where_channels_are_refused_now() -> None:
    script = Script(refused(400, "pushNotSupportedForRequestedResource"))
    with pytest.raises(errors.PushGone):
        await script.provider.renew(script.token, STATE, Push(subscription_id="old"), "proof")


@pytest.mark.parametrize("answer", [said(status=204), refused(404, "notFound")])
async def test_ending_a_channel(answer: Any) -> None:
    script = Script(answer)
    push = Push(PushStatus.ACTIVE, "c", "r")
    await script.provider.unsubscribe(script.token, push)
    assert script.asked == ["POST /channels/stop"]
    assert script.body(0) == {"id": "c", "resourceId": "r"}


async def test_a_channel_without_its_resource_runs_out() -> None:
    script = Script()
    await script.provider.unsubscribe(script.token, Push(PushStatus.ACTIVE, "c"))
    assert script.requests == []
