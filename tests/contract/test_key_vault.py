"""Sealing with Azure Key Vault: the real SDK, over TLS, against a stand-in of the service."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.credentials import envelope
from shared.credentials.data_keys import KEPT_SECONDS, EnvelopeSealer
from shared.credentials.envelope import WrappedKey
from shared.credentials.key_vault import KeyVaultKey
from shared.errors import CalendarSyncError, OperatorFault, ProviderUnavailable
from tests.key_vault import KEY_ID, StandInVault, stand_in_vault


class Monotonic:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[tuple[StandInVault, KeyVaultKey]]:
    async with stand_in_vault(tmp_path) as found:
        yield found


@pytest.fixture
def vault(opened: tuple[StandInVault, KeyVaultKey]) -> StandInVault:
    return opened[0]


@pytest.fixture
def key(opened: tuple[StandInVault, KeyVaultKey]) -> KeyVaultKey:
    return opened[1]


def header(sealed: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(envelope._decoded(sealed.split(b".")[0]))
    return found


async def test_a_secret_is_sealed_and_opened_in_another_process(
    vault: StandInVault, key: KeyVaultKey
) -> None:
    sealed = await EnvelopeSealer(key).seal(b"the tokens")
    assert b"the tokens" not in sealed
    assert header(sealed) == {
        "alg": "RSA-OAEP-256",
        "enc": "A256GCM",
        "kid": f"{KEY_ID}/{next(iter(vault.versions))}",
    }
    assert await EnvelopeSealer(key).open(sealed) == b"the tokens"
    assert vault.scopes == {"https://vault.azure.net/.default"}


async def test_many_seal_and_open_by_one_data_key(vault: StandInVault, key: KeyVaultKey) -> None:
    sealer, other = EnvelopeSealer(key), EnvelopeSealer(key)
    sealed = [await sealer.seal(b"%d" % n) for n in range(20)]
    assert len(set(sealed)) == 20
    asked = len(vault.asked)
    assert [await sealer.open(one) for one in sealed] == [b"%d" % n for n in range(20)]
    assert len(vault.asked) == asked
    for one in sealed:
        await other.open(one)
    assert vault.asked.count("unwrapkey") == 1


async def test_a_new_version_seals_within_fifteen_minutes_and_the_old_one_still_opens(
    vault: StandInVault, key: KeyVaultKey
) -> None:
    clock = Monotonic()
    sealer = EnvelopeSealer(key, clock)
    before = await sealer.seal(b"before")
    version = vault.rotate()
    clock.now += KEPT_SECONDS
    after = await sealer.seal(b"after")
    assert header(before)["kid"] != header(after)["kid"] == f"{KEY_ID}/{version}"
    for one in (sealer, EnvelopeSealer(key)):
        assert (await one.open(before), await one.open(after)) == (b"before", b"after")


async def test_a_version_that_was_switched_off_opens_nothing_after_fifteen_minutes(
    vault: StandInVault, key: KeyVaultKey
) -> None:
    clock = Monotonic()
    sealer = EnvelopeSealer(key, clock)
    sealed = await sealer.seal(b"before")
    vault.disabled.update(vault.versions)
    vault.rotate()
    clock.now += KEPT_SECONDS - 1
    assert await sealer.open(sealed) == b"before"
    clock.now += 1
    with pytest.raises(OperatorFault) as raised:
        await sealer.open(sealed)
    assert raised.value.reason == "key_vault_refused"
    assert await sealer.open(await sealer.seal(b"after")) == b"after"


async def test_a_version_that_has_expired_stops_nobody(
    vault: StandInVault, key: KeyVaultKey
) -> None:
    vault.expired = True
    sealed = await EnvelopeSealer(key).seal(b"secret")
    assert await EnvelopeSealer(key).open(sealed) == b"secret"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, OperatorFault),
        (403, OperatorFault),
        (404, OperatorFault),
        (408, ProviderUnavailable),
        (429, ProviderUnavailable),
        (500, ProviderUnavailable),
        (503, ProviderUnavailable),
    ],
)
async def test_what_its_answers_mean(
    vault: StandInVault, key: KeyVaultKey, status: int, expected: type[CalendarSyncError]
) -> None:
    sealed = await EnvelopeSealer(key).seal(b"secret")
    sealer = EnvelopeSealer(key)
    vault.always = status
    with pytest.raises(expected):
        await sealer.seal(b"another")
    with pytest.raises(expected):
        await sealer.open(sealed)
    vault.always = None
    assert await sealer.open(sealed) == b"secret"
    assert await sealer.open(await sealer.seal(b"another")) == b"another"


async def test_without_a_connection_it_may_work_later(
    vault: StandInVault, key: KeyVaultKey
) -> None:
    sealed = await EnvelopeSealer(key).seal(b"secret")
    sealer = EnvelopeSealer(key)
    vault.down = True
    with pytest.raises(ProviderUnavailable) as raised:
        await sealer.open(sealed)
    assert raised.value.reason == "key_vault_unavailable"
    with pytest.raises(ProviderUnavailable):
        await sealer.seal(b"another")
    vault.down = False
    assert await sealer.open(sealed) == b"secret"


async def test_a_data_key_that_was_not_wrapped_there_does_not_open(
    vault: StandInVault, key: KeyVaultKey
) -> None:
    version = next(iter(vault.versions))
    with pytest.raises(OperatorFault):
        await key.unwrap(WrappedKey(f"{KEY_ID}/{version}", bytes(256)))


@pytest.mark.parametrize(
    "by",
    [
        "https://other.vault.azure.net/keys/tokens/0",
        f"{KEY_ID}-of-another/0",
        f"{KEY_ID}/0/1",
        KEY_ID,
    ],
)
async def test_nothing_is_asked_for_what_another_key_has_wrapped(
    vault: StandInVault, key: KeyVaultKey, by: str
) -> None:
    data_key = envelope.DataKey(envelope.new_secret(), WrappedKey(by, bytes(256)))
    sealed = envelope.put_in(b"secret", data_key)
    sealer = EnvelopeSealer(key)
    assert not sealer.knows(sealed)
    with pytest.raises(OperatorFault):
        await sealer.open(sealed)
    assert vault.requests == 0


async def test_names_mean_the_same_in_any_case(key: KeyVaultKey) -> None:
    sealed = await EnvelopeSealer(key).seal(b"secret")
    shouted = KeyVaultKey(KEY_ID.replace("tokens", "Tokens").replace("crm", "CRM"), key._client)
    assert EnvelopeSealer(shouted).knows(sealed)
