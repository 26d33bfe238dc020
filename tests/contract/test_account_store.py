"""TableAccountStore on Azurite: one owner, one refresh, few in flight (R4, F12, F17)."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.model import Account, Calendar, LocationId, Problem, UserId
from shared.domain.ownership import Owner
from shared.domain.records import AccountProfile, AccountRecord, Lease, SealedTokens
from shared.errors import StoreConflict
from shared.store.accounts import TableAccountStore
from tests.contract.conftest import SeenTables

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=10)
PROFILE = AccountProfile("anne@contoso.example", "Anne", "work")
ANNE = Owner(UserId("anne"), "Anne", {LocationId("here"): NOW})
TOKENS = SealedTokens(b"\x00sealed\xff", SOON)


@pytest.fixture
def store(tables: SeenTables) -> TableAccountStore:
    return TableAccountStore(tables)


@pytest.fixture
async def owned(store: TableAccountStore, account: Account) -> AccountRecord:
    await store.claim(await store.load(account), ANNE, PROFILE, TOKENS)
    return await store.load(account)


# Owners


async def test_what_is_claimed_comes_back(
    store: TableAccountStore, account: Account, owned: AccountRecord
) -> None:
    assert (owned.account, owned.owner, owned.profile) == (account, ANNE, PROFILE)
    assert owned.tokens is not None
    assert (owned.tokens.sealed, owned.tokens.access_expires_at) == (b"\x00sealed\xff", SOON)
    assert (owned.problem, owned.paused_until, owned.leases) == (None, None, {})


async def test_nothing_is_there_of_an_unknown_account(
    store: TableAccountStore, account: Account
) -> None:
    found = await store.load(account)
    assert (found.owner, found.profile, found.tokens) == (None, None, None)


async def test_of_twenty_claims_at_once_exactly_one_wins(
    store: TableAccountStore, account: Account
) -> None:
    """R4, whatever the race: all have seen that nobody owns it."""
    read = await store.load(account)
    owners = [replace(ANNE, user=UserId(f"user {n}")) for n in range(20)]
    tokens = [replace(TOKENS, sealed=f"of user {n}".encode()) for n in range(20)]
    results = await asyncio.gather(
        *(store.claim(read, owners[n], PROFILE, tokens[n]) for n in range(20)),
        return_exceptions=True,
    )
    assert sum(one is None for one in results) == 1
    assert sum(isinstance(one, StoreConflict) for one in results) == 19
    found = await store.load(account)
    winner = results.index(None)
    assert found.owner == owners[winner]
    assert found.tokens is not None
    assert found.tokens.sealed == tokens[winner].sealed


async def test_a_claim_on_what_changed_since_is_refused_with_its_tokens(
    store: TableAccountStore, account: Account, owned: AccountRecord
) -> None:
    await store.report_problem(owned, Problem("reconnect_required", NOW))
    with pytest.raises(StoreConflict):
        await store.claim(owned, ANNE, PROFILE, replace(TOKENS, sealed=b"late"))
    found = await store.load(account)
    assert found.tokens == owned.tokens
    assert found.problem is not None


async def test_a_claim_heals(
    store: TableAccountStore, account: Account, owned: AccountRecord
) -> None:
    await store.report_problem(owned, Problem("reconnect_required", NOW))
    await store.claim(await store.load(account), ANNE, PROFILE, TOKENS)
    assert (await store.load(account)).problem is None


async def test_a_release_keeps_who_is_left(
    store: TableAccountStore, account: Account, owned: AccountRecord
) -> None:
    left = replace(ANNE, locations={LocationId("there"): NOW})
    await store.release(owned, left)
    found = await store.load(account)
    assert (found.owner, found.profile) == (left, PROFILE)
    assert found.tokens == owned.tokens
    with pytest.raises(StoreConflict):
        await store.release(owned, ANNE)


async def test_what_nobody_owns_cannot_be_released(
    store: TableAccountStore, account: Account
) -> None:
    with pytest.raises(StoreConflict):
        await store.release(await store.load(account), ANNE)


# Erasing


async def test_erasing_leaves_nothing_but_the_calendars_still_to_go(
    store: TableAccountStore, tables: SeenTables, account: Account, owned: AccountRecord
) -> None:
    calendar = Calendar(account, "AAMk=")
    await store.remember_calendar(calendar)
    await store.pause(account, SOON)
    await store.take_lease(owned, ["1"], NOW, SOON)
    record = await store.load(account)
    await store.erase(record)
    assert set(await tables.rows("accounts", str(account))) == {f"calendar|{calendar.key}"}
    await store.forget_calendar(account, calendar.key)
    assert await tables.rows("accounts", str(account)) == {}
    await store.erase(await store.load(account))


@pytest.mark.parametrize("what", ["owner", "tokens"])
async def test_an_account_that_was_connected_again_is_not_erased(
    store: TableAccountStore, account: Account, owned: AccountRecord, what: str
) -> None:
    assert owned.tokens is not None
    if what == "owner":
        await store.claim(owned, ANNE, PROFILE, TOKENS)
    else:
        await store.save_tokens(account, owned.tokens)
    with pytest.raises(StoreConflict):
        await store.erase(owned)
    found = await store.load(account)
    assert found.owner == ANNE
    assert found.tokens is not None


# Tokens


async def test_of_many_that_save_tokens_one_is_kept(
    store: TableAccountStore, account: Account, owned: AccountRecord
) -> None:
    assert owned.tokens is not None
    fresh = [replace(owned.tokens, sealed=f"fresh {n}".encode()) for n in range(10)]
    results = await asyncio.gather(
        *(store.save_tokens(account, one) for one in fresh), return_exceptions=True
    )
    [saved] = [one for one in results if isinstance(one, SealedTokens)]
    assert sum(isinstance(one, StoreConflict) for one in results) == 9
    assert (await store.load(account)).tokens == saved
    again = await store.save_tokens(account, replace(saved, sealed=b"next"))
    assert (await store.load(account)).tokens == again


async def test_tokens_of_an_erased_account_do_not_come_back(
    store: TableAccountStore, tables: SeenTables, account: Account, owned: AccountRecord
) -> None:
    assert owned.tokens is not None
    await store.erase(owned)
    with pytest.raises(StoreConflict):
        await store.save_tokens(account, owned.tokens)
    assert await tables.rows("accounts", str(account)) == {}


# Problems and rests


async def test_a_problem_is_news_once(
    store: TableAccountStore, account: Account, owned: AccountRecord
) -> None:
    first, second = Problem("reconnect_required", NOW), Problem("administrator_needed", SOON)
    assert await store.report_problem(owned, first) is True
    assert await store.report_problem(owned, second) is False  # it has changed since
    found = await store.load(account)
    assert (found.problem, found.owner, found.profile) == (first, ANNE, PROFILE)
    assert await store.report_problem(found, first) is False
    assert await store.report_problem(found, second) is True
    assert (await store.load(account)).problem == second


async def test_of_many_that_report_a_problem_one_has_news(
    store: TableAccountStore, owned: AccountRecord
) -> None:
    problem = Problem("reconnect_required", NOW)
    told = await asyncio.gather(*(store.report_problem(owned, problem) for _ in range(8)))
    assert told.count(True) == 1


async def test_a_problem_of_before_a_reconnect_is_not_kept(
    store: TableAccountStore, account: Account, owned: AccountRecord
) -> None:
    await store.claim(owned, ANNE, PROFILE, TOKENS)
    assert await store.report_problem(owned, Problem("reconnect_required", NOW)) is False
    assert (await store.load(account)).problem is None


async def test_an_account_that_is_gone_has_no_problem(
    store: TableAccountStore, tables: SeenTables, account: Account, owned: AccountRecord
) -> None:
    problem = Problem("reconnect_required", NOW)
    await store.erase(owned)
    assert await store.report_problem(owned, problem) is False
    assert await store.report_problem(await store.load(account), problem) is False
    assert await tables.rows("accounts", str(account)) == {}


async def test_a_rest_is_never_cut_short(store: TableAccountStore, account: Account) -> None:
    await store.pause(account, SOON)
    await store.pause(account, NOW)
    assert (await store.load(account)).paused_until == SOON
    later = SOON + timedelta(seconds=2.128)
    await store.pause(account, later)
    assert (await store.load(account)).paused_until == later


# Leases

PLACES = ("1", "2", "3")


async def test_of_many_at_once_as_many_get_a_place_as_there_are(
    store: TableAccountStore, account: Account
) -> None:
    read = await store.load(account)
    leases = await asyncio.gather(*(store.take_lease(read, PLACES, NOW, SOON) for _ in range(12)))
    assert sorted(lease.name for lease in leases if lease) == list(PLACES)
    found = await store.load(account)
    assert found.leases == dict.fromkeys(PLACES, SOON)
    assert await store.take_lease(found, PLACES, NOW, SOON) is None


async def test_a_place_that_is_given_back_is_free(
    store: TableAccountStore, account: Account
) -> None:
    lease = await store.take_lease(await store.load(account), ["1"], NOW, SOON)
    assert lease is not None
    await store.give_back(lease)
    await store.give_back(lease)
    assert (await store.load(account)).leases == {}
    assert await store.take_lease(await store.load(account), ["1"], NOW, SOON) is not None


async def test_a_lease_that_ran_out_is_taken_over_by_one(
    store: TableAccountStore, account: Account
) -> None:
    old = await store.take_lease(await store.load(account), ["1"], NOW, SOON)
    assert old is not None
    read = await store.load(account)
    just_before = SOON - timedelta(seconds=1)
    assert await store.take_lease(read, ["1"], just_before, SOON) is None
    later = SOON + timedelta(minutes=10)
    taken = await asyncio.gather(*(store.take_lease(read, ["1"], SOON, later) for _ in range(8)))
    [new] = [lease for lease in taken if lease]
    # Giving the old one back late takes nothing from whoever has it now.
    await store.give_back(old)
    assert (await store.load(account)).leases == {"1": later}
    await store.give_back(new)
    assert (await store.load(account)).leases == {}


async def test_a_lease_of_nothing_is_given_back_quietly(
    store: TableAccountStore, account: Account
) -> None:
    await store.give_back(Lease(account, "1", "W/\"datetime'2026-03-10T12%3A00%3A00.000Z'\""))


# Calendars


async def test_calendars_are_remembered_and_forgotten(
    store: TableAccountStore, account: Account
) -> None:
    calendars = [Calendar(account, name) for name in ("a", "b")]
    for calendar in (*calendars, calendars[0]):
        await store.remember_calendar(calendar)
    assert (await store.load(account)).calendars == {c.key for c in calendars}
    for _ in range(2):
        await store.forget_calendar(account, calendars[0].key)
    assert (await store.load(account)).calendars == {calendars[1].key}
