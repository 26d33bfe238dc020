"""Access tokens: one refresh at a time, over real storage (F17, F18, F19)."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from shared.credentials import vault
from shared.credentials.data_keys import EnvelopeSealer
from shared.credentials.fernet import FernetSealer
from shared.credentials.key_vault import KeyVaultKey
from shared.credentials.sealing import KindOfSealer, Sealers
from shared.credentials.vault import Vault
from shared.domain.model import Account, LocationId, UserId
from shared.domain.ownership import Owner
from shared.domain.records import AccountProfile, AccountRecord
from shared.domain.sign_in import Begun, SignedIn, Tokens
from shared.errors import MailboxBusy, OperatorFault, ProviderUnavailable, ReconnectRequired
from shared.store.accounts import TableAccountStore
from tests.contract.conftest import SeenTables
from tests.key_vault import StandInVault, stand_in_vault

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
PROFILE = AccountProfile("anne@contoso.example", "Anne", "work")
OWNER = Owner(UserId("anne"), "Anne", {LocationId("here"): NOW})
KEY, OTHER_KEY = (Fernet.generate_key().decode() for _ in range(2))


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class SignIn:
    """Issues `token 1`, `token 2` and so on, each good for an hour."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.refreshed: list[bytes] = []
        self.ended: list[bytes] = []
        self.takes = 0.05
        self.begun = asyncio.Event()
        self.held: asyncio.Event | None = None
        self.fails: Exception | None = None

    async def begin(self, redirect_uri: str) -> Begun:
        raise NotImplementedError

    async def finish(self, flow: Mapping[str, object], answer: Mapping[str, str]) -> SignedIn:
        raise NotImplementedError

    def read(self, cache: bytes) -> Tokens | None:
        found = json.loads(cache)
        if not found:
            return None
        return Tokens(cache, found["token"], datetime.fromisoformat(found["expires"]))

    async def refresh(self, cache: bytes) -> Tokens:
        self.refreshed.append(cache)
        self.begun.set()
        await (asyncio.sleep(self.takes) if self.held is None else self.held.wait())
        if self.fails is not None:
            raise self.fails
        return self.issue(f"token {len(self.refreshed)}")

    async def end(self, cache: bytes) -> None:
        self.ended.append(cache)

    def issue(self, token: str, lasts: timedelta = timedelta(hours=1)) -> Tokens:
        expires = self.clock.now + lasts
        cache = json.dumps({"token": token, "expires": expires.isoformat()}).encode()
        return Tokens(cache, token, expires)


class Office:
    """A vault over the store, and what it is made of."""

    def __init__(self, tables: SeenTables, account: Account, *keys: str) -> None:
        self.account = account
        self.clock = Clock()
        self.sign_in = SignIn(self.clock)
        self.store = TableAccountStore(tables)
        self.vault = self.with_keys(*keys)

    def with_keys(self, *keys: str) -> Vault:
        return self.with_sealers(FernetSealer(keys))

    def with_sealers(self, *sealers: KindOfSealer) -> Vault:
        ways = {self.account.provider: self.sign_in}
        return Vault(self.store, Sealers(sealers), ways, self.clock)

    async def connected(self, token: str = "token 0", minutes: int = 60) -> AccountRecord:
        tokens = self.sign_in.issue(token, timedelta(minutes=minutes))
        read = await self.store.load(self.account)
        await self.store.claim(read, OWNER, PROFILE, await self.vault.sealed(tokens))
        return await self.record()

    async def record(self) -> AccountRecord:
        return await self.store.load(self.account)


@pytest.fixture
def office(tables: SeenTables, account: Account) -> Office:
    return Office(tables, account, KEY)


async def test_a_token_that_is_good_is_given_without_a_refresh(office: Office) -> None:
    record = await office.connected(minutes=7)
    assert await office.vault.access_token(record) == "token 0"
    assert office.sign_in.refreshed == []
    assert (await office.record()).leases == {}


async def test_a_token_that_ends_soon_is_refreshed_and_kept(office: Office) -> None:
    record = await office.connected(minutes=5)
    assert await office.vault.access_token(record) == "token 1"
    after = await office.record()
    assert after.leases == {}
    assert await office.vault.access_token(after) == "token 1"
    assert len(office.sign_in.refreshed) == 1
    assert after.tokens is not None
    assert b"token" not in after.tokens.sealed
    assert after.tokens.access_expires_at == NOW + timedelta(hours=1)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for somebody else's refresh waits as long as it takes."""
    monkeypatch.setattr(vault, "_WAITS", (0.1,) * 600)


@pytest.mark.usefixtures("patient")
async def test_many_at_once_refresh_once(office: Office) -> None:
    record = await office.connected(minutes=-5)
    found = await asyncio.gather(*(office.vault.access_token(record) for _ in range(8)))
    assert set(found) == {"token 1"}
    assert len(office.sign_in.refreshed) == 1


@pytest.mark.usefixtures("patient")
async def test_a_refused_token_is_replaced_once_for_all_who_had_it(office: Office) -> None:
    record = await office.connected()
    found = await asyncio.gather(*(office.vault.access_token(record, "token 0") for _ in range(6)))
    assert set(found) == {"token 1"}
    assert len(office.sign_in.refreshed) == 1
    # Whoever comes later with the same refused token is given the new one.
    assert await office.vault.access_token(await office.record(), "token 0") == "token 1"
    assert await office.vault.access_token(record, "token 0") == "token 1"
    assert len(office.sign_in.refreshed) == 1


@pytest.mark.usefixtures("patient")
async def test_while_somebody_else_refreshes_it_waits_and_takes_theirs(office: Office) -> None:
    record = await office.connected(minutes=-5)
    lease = await office.store.take_lease(record, ["refresh"], NOW, NOW + timedelta(minutes=1))
    assert lease is not None

    async def elsewhere() -> None:
        await asyncio.sleep(0.2)
        assert record.tokens is not None
        fresh = await office.vault.sealed(office.sign_in.issue("theirs"), record.tokens.version)
        await office.store.save_tokens(office.account, fresh)

    token, _ = await asyncio.gather(office.vault.access_token(record), elsewhere())
    assert token == "theirs"
    assert office.sign_in.refreshed == []


async def test_while_somebody_else_takes_long_the_mailbox_is_busy(office: Office) -> None:
    record = await office.connected(minutes=-5)
    await office.store.take_lease(record, ["refresh"], NOW, NOW + timedelta(minutes=1))
    record, began = await office.record(), time.monotonic()
    with pytest.raises(MailboxBusy):
        await office.vault.access_token(record)
    assert 1.0 < time.monotonic() - began < 30  # the lease is for a minute
    assert office.sign_in.refreshed == []


async def test_the_lease_of_a_process_that_died_is_taken_over(office: Office) -> None:
    record = await office.connected(minutes=-5)
    await office.store.take_lease(record, ["refresh"], NOW, NOW + timedelta(minutes=1))
    office.clock.now += timedelta(minutes=2)
    assert await office.vault.access_token(await office.record()) == "token 1"


@pytest.mark.parametrize("error", [
    ReconnectRequired("again"), OperatorFault("ours"), ProviderUnavailable("later"),
])  # fmt: skip
async def test_a_refresh_that_fails_frees_the_lease_and_keeps_the_tokens(
    office: Office, error: Exception
) -> None:
    record = await office.connected(minutes=-5)
    office.sign_in.fails = error
    with pytest.raises(type(error)):
        await office.vault.access_token(record)
    after = await office.record()
    assert after.leases == {}
    assert after.tokens == record.tokens
    office.sign_in.fails = None
    assert await office.vault.access_token(after) == "token 2"


async def refreshing(
    office: Office, record: AccountRecord
) -> tuple[asyncio.Task[str], asyncio.Event]:
    """Somebody who asks the provider for new tokens, and what lets the answer come."""
    office.sign_in.held = held = asyncio.Event()
    running = asyncio.create_task(office.vault.access_token(record))
    await office.sign_in.begun.wait()
    return running, held


async def test_a_reconnect_during_a_refresh_stays(office: Office) -> None:
    """The loser's token works too, and overwrites nothing."""
    record = await office.connected(minutes=-5)
    running, held = await refreshing(office, record)
    await office.connected("reconnected")
    held.set()
    assert await running == "token 1"
    assert await office.vault.access_token(await office.record()) == "reconnected"


async def test_old_tokens_that_are_refused_after_a_reconnect_break_nothing(office: Office) -> None:
    record = await office.connected(minutes=-5)
    office.sign_in.fails = ReconnectRequired("again")
    running, held = await refreshing(office, record)
    await office.connected("reconnected")
    held.set()
    with pytest.raises(MailboxBusy):
        await running
    assert await office.vault.access_token(await office.record()) == "reconnected"


async def test_an_account_that_was_erased_in_between_does_not_come_back(office: Office) -> None:
    record = await office.connected(minutes=-5)
    running, held = await refreshing(office, record)
    await office.store.erase(replace(await office.record(), leases={}))
    held.set()
    assert await running == "token 1"
    assert (await office.record()).tokens is None
    with pytest.raises(ReconnectRequired):
        await office.vault.access_token(await office.record())


# Sealing


async def test_keys_are_rotated_without_a_new_sign_in(office: Office) -> None:
    record = await office.connected()
    rotated = office.with_keys(OTHER_KEY, KEY)
    assert await rotated.access_token(record) == "token 0"
    assert await rotated.access_token(record, "token 0") == "token 1"
    # What is kept now is sealed with the new key: the old one may go.
    record = await office.record()
    assert await office.with_keys(OTHER_KEY).access_token(record) == "token 1"
    with pytest.raises(OperatorFault):
        await office.with_keys(KEY).access_token(record)


@pytest.mark.parametrize("minutes", [60, -5])
async def test_where_no_key_opens_the_operator_is_at_fault(office: Office, minutes: int) -> None:
    record = await office.connected(minutes=minutes)
    with pytest.raises(OperatorFault):
        await office.with_keys(OTHER_KEY).access_token(record)
    assert office.sign_in.refreshed == []
    assert (await office.record()).leases == {}


@pytest.fixture
async def key_vault(tmp_path: Path) -> AsyncIterator[tuple[StandInVault, KeyVaultKey]]:
    async with stand_in_vault(tmp_path) as found:
        yield found


async def test_versions_in_key_vault_are_rotated_without_a_new_sign_in(
    office: Office, key_vault: tuple[StandInVault, KeyVaultKey]
) -> None:
    stand_in, key = key_vault
    office.vault = office.with_sealers(EnvelopeSealer(key))
    record = await office.connected()
    [old] = stand_in.versions
    stand_in.rotate()
    rotated = office.with_sealers(EnvelopeSealer(key))
    assert await rotated.access_token(record) == "token 0"
    assert await rotated.access_token(record, "token 0") == "token 1"
    # What is kept now is sealed under the new version: the old one may go.
    stand_in.disabled.add(old)
    afresh = office.with_sealers(EnvelopeSealer(key))
    assert await afresh.access_token(await office.record()) == "token 1"
    with pytest.raises(OperatorFault):
        await afresh.access_token(record)


async def test_tokens_move_to_key_vault_and_back_without_a_new_sign_in(
    office: Office, key_vault: tuple[StandInVault, KeyVaultKey]
) -> None:
    _, key = key_vault
    record = await office.connected()
    moving = office.with_sealers(EnvelopeSealer(key), FernetSealer([KEY]))
    assert await moving.access_token(record) == "token 0"
    assert await moving.access_token(record, "token 0") == "token 1"
    record = await office.record()
    assert await office.with_sealers(EnvelopeSealer(key)).access_token(record) == "token 1"
    with pytest.raises(OperatorFault):
        await office.with_keys(KEY).access_token(record)
    back = office.with_sealers(FernetSealer([OTHER_KEY]), EnvelopeSealer(key))
    assert await back.access_token(record) == "token 1"
    assert await back.access_token(record, "token 1") == "token 2"
    record = await office.record()
    assert await office.with_keys(OTHER_KEY).access_token(record) == "token 2"


@pytest.mark.parametrize("minutes", [60, -5])
@pytest.mark.parametrize("trouble", ["throttled", "unreachable"])
async def test_while_key_vault_does_not_answer_nobody_must_sign_in(
    office: Office, key_vault: tuple[StandInVault, KeyVaultKey], minutes: int, trouble: str
) -> None:
    stand_in, key = key_vault
    office.vault = office.with_sealers(EnvelopeSealer(key))
    record = await office.connected(minutes=minutes)
    afresh = office.with_sealers(EnvelopeSealer(key))
    stand_in.always, stand_in.down = 429, trouble == "unreachable"
    began = time.monotonic()
    with pytest.raises(ProviderUnavailable):
        await afresh.access_token(record)
    assert time.monotonic() - began < 30  # it asks for a minute
    after = await office.record()
    assert (after.problem, after.leases) == (None, {})
    assert office.sign_in.refreshed == []
    stand_in.always, stand_in.down = None, False
    assert await afresh.access_token(after) == ("token 0" if minutes > 0 else "token 1")


async def test_a_cache_without_a_token_is_refreshed(office: Office) -> None:
    empty = Tokens(b"{}", "", NOW + timedelta(hours=1))
    read = await office.record()
    await office.store.claim(read, OWNER, PROFILE, await office.vault.sealed(empty))
    assert await office.vault.access_token(await office.record()) == "token 1"


async def test_a_grant_is_ended_with_the_cache_that_is_kept(office: Office) -> None:
    record = await office.connected()
    await office.vault.end(record)
    assert [json.loads(cache)["token"] for cache in office.sign_in.ended] == ["token 0"]


async def test_without_tokens_there_is_no_grant_to_end(office: Office) -> None:
    await office.vault.end(await office.record())
    assert office.sign_in.ended == []
