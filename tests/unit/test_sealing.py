"""Secrets at rest."""

import asyncio
from collections.abc import Sequence

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from shared.credentials import envelope
from shared.credentials.data_keys import KEPT_SECONDS, MOST_KEPT, EnvelopeSealer
from shared.credentials.envelope import WrappedKey
from shared.credentials.fernet import FernetSealer
from shared.credentials.sealing import KindOfSealer, Sealers
from shared.errors import OperatorFault, ProviderUnavailable

OLD, NEW, STRANGE = (Fernet.generate_key().decode() for _ in range(3))


class Wrapping:
    """A wrapping key that only looks like one: it keeps what it has wrapped."""

    def __init__(self, name: str = "a") -> None:
        self.name = name
        self.made: dict[WrappedKey, bytes] = {}
        self.unwrapped: list[WrappedKey] = []
        self.fails = False
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    def wrapped(self, key: WrappedKey) -> bool:
        return key.by == self.name

    async def wrap(self, secret: bytes) -> WrappedKey:
        await self._answer()
        key = WrappedKey(self.name, b"%d" % len(self.made))
        self.made[key] = secret
        return key

    async def unwrap(self, key: WrappedKey) -> bytes:
        self.unwrapped.append(key)
        await self._answer()
        if key not in self.made:
            raise OperatorFault
        return self.made[key]

    async def _answer(self) -> None:
        await self.may_answer.wait()
        if self.fails:
            raise ProviderUnavailable


class Monotonic:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def sealers(kind: str) -> tuple[KindOfSealer, KindOfSealer]:
    """One that seals, and one of another process that opens."""
    if kind == "fernet":
        return FernetSealer([NEW]), FernetSealer([NEW, OLD])
    wrapping = Wrapping()
    return EnvelopeSealer(wrapping), EnvelopeSealer(wrapping)


KINDS = pytest.mark.parametrize("kind", ["fernet", "envelope"])


@KINDS
@given(secret=st.binary(max_size=200))
async def test_what_is_sealed_opens_and_shows_nothing(kind: str, secret: bytes) -> None:
    seals, opens = sealers(kind)
    sealed = await seals.seal(secret)
    assert opens.knows(sealed)
    assert await opens.open(sealed) == secret
    assert len(secret) < 8 or secret not in sealed


@KINDS
@given(data=st.binary(max_size=200))
async def test_what_was_not_sealed_by_us_does_not_open(kind: str, data: bytes) -> None:
    _, opens = sealers(kind)
    with pytest.raises(OperatorFault):
        await opens.open(data)
    with pytest.raises(OperatorFault):
        await Sealers([opens]).open(data)


@KINDS
@given(data=st.data())
async def test_what_was_changed_does_not_open(kind: str, data: st.DataObject) -> None:
    seals, opens = sealers(kind)
    sealed = await seals.seal(b"secret")
    at = data.draw(st.integers(0, len(sealed) - 1))
    byte = data.draw(st.binary(max_size=1).filter(lambda byte: byte != sealed[at : at + 1]))
    with pytest.raises(OperatorFault):
        await opens.open(sealed[:at] + byte + sealed[at + 1 :])


async def test_an_envelope_is_written_in_one_way_alone() -> None:
    seals, opens = sealers("envelope")
    sealed = await seals.seal(b"secret")
    for at in [*(n for n, byte in enumerate(sealed) if byte == ord(".")), len(sealed)]:
        with pytest.raises(OperatorFault):
            await opens.open(sealed[:at] + b"!!!!" + sealed[at:])


async def test_the_newest_key_seals_and_any_opens() -> None:
    rotated = FernetSealer([NEW, OLD])
    assert await rotated.open(await FernetSealer([OLD]).seal(b"secret")) == b"secret"
    sealed = await rotated.seal(b"secret")
    assert await FernetSealer([NEW]).open(sealed) == b"secret"
    with pytest.raises(OperatorFault):
        await FernetSealer([OLD]).open(sealed)


async def test_the_first_kind_seals_and_any_opens() -> None:
    here, there = EnvelopeSealer(Wrapping("here")), EnvelopeSealer(Wrapping("there"))
    fernet = FernetSealer([NEW])
    kinds: Sequence[KindOfSealer] = (here, there, fernet)
    sealed = [await one.seal(b"secret") for one in kinds]
    for first in kinds:
        together = Sealers([first, *(one for one in kinds if one is not first)])
        assert [await together.open(one) for one in sealed] == [b"secret"] * 3
        assert first.knows(await together.seal(b"another"))
    with pytest.raises(OperatorFault):
        await Sealers([there, fernet]).open(sealed[0])
    with pytest.raises(OperatorFault):
        await FernetSealer([STRANGE]).open(sealed[2])


# Data keys in memory


async def test_a_data_key_is_used_for_fifteen_minutes_and_no_longer() -> None:
    wrapping, clock = Wrapping(), Monotonic()
    sealer = EnvelopeSealer(wrapping, clock)
    first = await sealer.seal(b"secret")
    clock.now = KEPT_SECONDS - 1
    await sealer.open(await sealer.seal(b"secret"))
    assert (len(wrapping.made), wrapping.unwrapped) == (1, [])
    clock.now = KEPT_SECONDS
    await sealer.seal(b"secret")
    assert len(wrapping.made) == 2
    await sealer.open(first)
    assert len(wrapping.unwrapped) == 1
    clock.now += KEPT_SECONDS - 1
    await sealer.open(first)
    assert len(wrapping.unwrapped) == 1
    clock.now += 1
    await sealer.open(first)
    assert len(wrapping.unwrapped) == 2


async def test_no_more_than_some_hundreds_are_kept() -> None:
    wrapping, clock = Wrapping(), Monotonic()
    sealed = [await EnvelopeSealer(wrapping).seal(b"%d" % n) for n in range(MOST_KEPT + 1)]
    sealer = EnvelopeSealer(wrapping, clock)
    for one in sealed:
        await sealer.open(one)
    assert len(sealer._kept) == MOST_KEPT
    await sealer.open(sealed[-1])
    assert len(wrapping.unwrapped) == MOST_KEPT + 1
    await sealer.open(sealed[0])
    assert len(wrapping.unwrapped) == MOST_KEPT + 2
    clock.now = KEPT_SECONDS
    await sealer.open(sealed[0])
    assert len(sealer._kept) == 1


async def test_many_at_once_ask_once_and_one_who_gives_up_stops_nobody() -> None:
    wrapping = Wrapping()
    sealed = await EnvelopeSealer(wrapping).seal(b"secret")
    sealer = EnvelopeSealer(wrapping)
    wrapping.may_answer.clear()
    opening = [asyncio.create_task(sealer.open(sealed)) for _ in range(5)]
    sealing = [asyncio.create_task(sealer.seal(b"another")) for _ in range(5)]
    await asyncio.sleep(0)
    opening[0].cancel()
    sealing[0].cancel()
    await asyncio.sleep(0)
    wrapping.may_answer.set()
    assert await asyncio.gather(*opening[1:]) == [b"secret"] * 4
    await asyncio.gather(*sealing[1:])
    assert opening[0].cancelled()
    assert (len(wrapping.made), len(wrapping.unwrapped)) == (2, 1)


async def test_what_failed_is_tried_again() -> None:
    wrapping = Wrapping()
    sealed = await EnvelopeSealer(wrapping).seal(b"secret")
    sealer = EnvelopeSealer(wrapping)
    wrapping.fails = True
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            await sealer.open(sealed)
        with pytest.raises(ProviderUnavailable):
            await sealer.seal(b"another")
    wrapping.fails = False
    assert await sealer.open(sealed) == b"secret"
    assert await sealer.open(await sealer.seal(b"another")) == b"another"


def test_a_data_key_is_not_shown() -> None:
    key = envelope.DataKey(b"0123456789abcdef0123456789abcdef", WrappedKey("a", b"wrapped"))
    assert "0123456789" not in repr(key)
