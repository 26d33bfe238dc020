"""Locations, sign-ins and rosters on Azurite (R3, R9)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.domain.availability import Policy, RecurringEvents
from shared.domain.due import minute_slot
from shared.domain.model import (
    Account,
    Calendar,
    CalendarKey,
    LocationId,
    ProviderName,
    Roster,
    UserId,
)
from shared.domain.records import (
    AccountProfile,
    Connection,
    KeptSelection,
    KeptSettings,
    Member,
    WatchedCalendar,
)
from shared.domain.selection import Choice, Selection
from shared.errors import StoreConflict
from shared.store.locations import TableLocationStore
from shared.store.roster import TableRosterStore
from shared.store.sign_ins import TableSignInStore
from tests.contract.conftest import SeenTables

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
OUTLOOK, GOOGLE = ProviderName("outlook"), ProviderName("google")
ANNE, ANNE_B = UserId("anne"), UserId("anne-b")
PROFILE = AccountProfile("anne@contoso.example", "Anne", "work")


@pytest.fixture
def locations(tables: SeenTables) -> TableLocationStore:
    return TableLocationStore(tables)


@pytest.fixture
def sign_ins(tables: SeenTables) -> TableSignInStore:
    return TableSignInStore(tables)


@pytest.fixture
def roster(tables: SeenTables) -> TableRosterStore:
    return TableRosterStore(tables)


def connection(location: LocationId, user: UserId, account: Account) -> Connection:
    return Connection(location, user, account, PROFILE, NOW, NOW, "Anne")


# Locations


async def test_a_member_of_whom_nothing_is_kept(
    locations: TableLocationStore, location: LocationId
) -> None:
    assert await locations.member(location, ANNE) == Member(location, ANNE)
    assert await locations.members(location) == []
    assert await locations.settings(location) == KeptSettings()


async def test_of_many_connections_at_once_one_holds_and_all_are_told_which(
    locations: TableLocationStore, location: LocationId
) -> None:
    """R3."""
    accounts = [Account(OUTLOOK, f"tenant.{uuid4()}") for _ in range(12)]
    held = await asyncio.gather(
        *(locations.connect(connection(location, ANNE, account)) for account in accounts)
    )
    assert len({one.account for one in held}) == 1
    member = await locations.member(location, ANNE)
    assert member.connections == {OUTLOOK: held[0]}


async def test_one_connection_for_each_provider(
    locations: TableLocationStore, location: LocationId, account: Account
) -> None:
    outlook = await locations.connect(connection(location, ANNE, account))
    google = await locations.connect(connection(location, ANNE, Account(GOOGLE, "1234")))
    member = await locations.member(location, ANNE)
    assert member.connections == {OUTLOOK: outlook, GOOGLE: google}
    other = await locations.connect(connection(location, ANNE, Account(OUTLOOK, "t.other")))
    assert other == outlook
    left = replace(member.selection, number=member.selection.number + 1)
    await locations.disconnect(outlook, left)
    with pytest.raises(StoreConflict):
        await locations.disconnect(outlook, left)
    member = await locations.member(location, ANNE)
    assert (member.connections, member.selection.number) == ({GOOGLE: google}, left.number)


async def test_connecting_anew_renews_the_claim_and_keeps_the_date(
    locations: TableLocationStore, location: LocationId, account: Account
) -> None:
    first = await locations.connect(connection(location, ANNE, account))
    later = NOW + timedelta(days=3)
    anew = replace(first, connected_at=later, claimed_at=later, user_name="Anne B.")
    second = await locations.connect(anew)
    assert (second.connected_at, second.claimed_at, second.user_name) == (NOW, later, "Anne B.")
    assert (await locations.member(location, ANNE)).connections == {OUTLOOK: second}
    left = KeptSelection(Selection(), number=1)
    with pytest.raises(StoreConflict):
        await locations.disconnect(first, left)
    member = await locations.member(location, ANNE)
    assert (member.connections, member.selection.number) == ({OUTLOOK: second}, 0)
    await locations.disconnect(second, left)
    assert (await locations.member(location, ANNE)).connections == {}


async def test_a_selection_that_was_changed_since_stops_the_disconnecting(
    locations: TableLocationStore, location: LocationId, account: Account
) -> None:
    held = await locations.connect(connection(location, ANNE, account))
    kept = await locations.choose(location, ANNE, KeptSelection(Selection(), number=1))
    await locations.choose(location, ANNE, replace(kept, number=2))
    with pytest.raises(StoreConflict):
        await locations.disconnect(held, replace(kept, number=2))
    assert (await locations.member(location, ANNE)).connections == {OUTLOOK: held}


async def test_users_whose_names_begin_alike_are_kept_apart(
    locations: TableLocationStore, location: LocationId, account: Account
) -> None:
    mine = await locations.connect(connection(location, ANNE, account))
    other = await locations.connect(connection(location, ANNE_B, Account(OUTLOOK, "t.other")))
    odd = UserId("o'neill} or 1 eq 1")
    await locations.connect(connection(location, odd, Account(OUTLOOK, "t.odd")))
    assert (await locations.member(location, ANNE)).connections == {OUTLOOK: mine}
    assert (await locations.member(location, ANNE_B)).connections == {OUTLOOK: other}
    assert (await locations.member(location, odd)).connections[OUTLOOK].user == odd
    assert {member.user for member in await locations.members(location)} == {ANNE, ANNE_B, odd}
    elsewhere = LocationId(f"{location}-b")
    assert await locations.members(elsewhere) == []


async def test_a_selection_is_kept_and_only_the_newest_version_changes_it(
    locations: TableLocationStore, location: LocationId, account: Account
) -> None:
    selection = Selection(
        Choice(OUTLOOK, "AAMk|+/="),
        (Choice(GOOGLE, "anne@contoso.example"),),
        Policy(RecurringEvents.EVERY, False, True, True),
    )
    watched = (WatchedCalendar(Calendar(account, "AAMk|+/="), True, False),)
    first = await locations.choose(location, ANNE, KeptSelection(selection, 1, watched))
    assert (await locations.member(location, ANNE)).selection == first
    second = await locations.choose(location, ANNE, replace(first, number=2))
    for late in (first, KeptSelection(selection)):
        with pytest.raises(StoreConflict):
            await locations.choose(location, ANNE, late)
    found = (await locations.member(location, ANNE)).selection
    assert found == second
    assert found.selection == selection


async def test_of_many_first_selections_one_is_kept(
    locations: TableLocationStore, location: LocationId
) -> None:
    results = await asyncio.gather(
        *(locations.choose(location, ANNE, KeptSelection(Selection(), n)) for n in range(8)),
        return_exceptions=True,
    )
    [kept] = [one for one in results if isinstance(one, KeptSelection)]
    assert sum(isinstance(one, StoreConflict) for one in results) == 7
    assert (await locations.member(location, ANNE)).selection == kept


async def test_settings_of_a_location(locations: TableLocationStore, location: LocationId) -> None:
    first = await locations.decide(location, KeptSettings("restore", 1))
    assert await locations.settings(location) == first
    with pytest.raises(StoreConflict):
        await locations.decide(location, KeptSettings("apply", 1))
    second = await locations.decide(location, replace(first, external_changes="apply", number=2))
    with pytest.raises(StoreConflict):
        await locations.decide(location, first)
    assert await locations.settings(location) == second
    assert await locations.members(location) == []


# Sign-ins


async def test_a_sign_in_is_taken_once_whatever_the_race(sign_ins: TableSignInStore) -> None:
    key = uuid4().hex
    await sign_ins.put(key, b"\x00sealed\xff", NOW)
    taken = await asyncio.gather(*(sign_ins.take(key) for _ in range(20)))
    assert [one for one in taken if one] == [(b"\x00sealed\xff", NOW)]
    assert await sign_ins.take(key) is None


async def test_a_sign_in_cannot_be_replaced(sign_ins: TableSignInStore) -> None:
    key = uuid4().hex
    await sign_ins.put(key, b"first", NOW)
    with pytest.raises(StoreConflict):
        await sign_ins.put(key, b"second", NOW)
    assert await sign_ins.take(key) == (b"first", NOW)


async def test_expired_sign_ins_are_forgotten_and_the_others_kept(
    sign_ins: TableSignInStore,
) -> None:
    old, fresh = uuid4().hex, uuid4().hex
    await sign_ins.put(old, b"old", NOW - timedelta(seconds=1))
    await sign_ins.put(fresh, b"fresh", NOW + timedelta(seconds=1))
    assert await sign_ins.forget_expired(NOW) >= 1
    assert await sign_ins.take(old) is None
    assert await sign_ins.take(fresh) == (b"fresh", NOW + timedelta(seconds=1))


# Rosters


async def _due(found: AsyncIterator[CalendarKey]) -> list[CalendarKey]:
    return [key async for key in found]


async def test_a_calendar_has_one_place_in_each_roster(roster: TableRosterStore) -> None:
    key = CalendarKey(uuid4().hex)
    slot = minute_slot(key)
    for _ in range(2):
        await roster.enter(Roster.POLL, key)
    assert (await _due(roster.due(Roster.POLL, slot))).count(key) == 1
    for other in set(range(60)) - {slot}:
        assert key not in await _due(roster.due(Roster.POLL, other))
    assert key not in await _due(roster.due(Roster.PUSH, slot))
    await roster.enter(Roster.PUSH, key)
    for _ in range(2):
        await roster.leave(Roster.POLL, key)
    assert key not in await _due(roster.due(Roster.POLL, slot))
    assert key in await _due(roster.due(Roster.PUSH, slot))
    await roster.leave(Roster.PUSH, key)
    assert key not in await _due(roster.due(Roster.PUSH, slot))
