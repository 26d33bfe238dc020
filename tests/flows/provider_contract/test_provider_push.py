"""Channels of every provider begin, are renewed and end alike."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.stack import Stack
from shared.errors import PushRefused
from tests.flows.mailboxes import Owner, span
from tests.flows.provider_contract.asked_calendar import PROOF, Calendar


async def test_a_channel_sends_the_proof_back(
    stack: Stack, calendar: Calendar, owner: Owner
) -> None:
    channel = await calendar.subscribe()
    assert channel.complete
    assert channel.expires_at is not None
    assert channel.expires_at > datetime.now(UTC) + timedelta(days=1)
    assert owner.channels() == {channel.subscription_id}

    owner.add("Talk", span(3))
    await stack.sandbox.world.deliveries_idle()
    assert set(owner.proofs()) == {(channel.subscription_id, PROOF)}


async def test_a_renewed_channel_leaves_no_gap(
    stack: Stack, calendar: Calendar, owner: Owner
) -> None:
    first = await calendar.subscribe()
    second = await calendar.renew(first)
    assert owner.channels() == {first.subscription_id, second.subscription_id}
    assert first.expires_at is not None
    assert second.expires_at is not None
    assert second.expires_at >= first.expires_at

    if second.subscription_id != first.subscription_id:
        await calendar.unsubscribe(first)
    assert owner.channels() == {second.subscription_id}
    owner.add("Talk", span(3))
    await stack.sandbox.world.deliveries_idle()
    assert (second.subscription_id, PROOF) in owner.proofs()


async def test_a_channel_is_ended_once_and_again(calendar: Calendar, owner: Owner) -> None:
    channel = await calendar.subscribe()
    for _ in range(2):
        await calendar.unsubscribe(channel)
    assert owner.channels() == set()


async def test_a_calendar_that_cannot_be_watched(calendar: Calendar, owner: Owner) -> None:
    owner.refuse_push()
    with pytest.raises(PushRefused):
        await calendar.subscribe()
    assert owner.channels() == set()
