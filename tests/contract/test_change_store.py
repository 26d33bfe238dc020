"""The feed of a location and what of it is pending, on Azurite (R14)."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.domain.changes import Change, ChangeType
from shared.domain.model import LocationId
from shared.domain.records import NumberedChange, PendingDelivery
from shared.errors import Expired, StoreConflict
from shared.store.changes import KEPT, TableChangeStore
from tests.contract.conftest import SeenTables

NOW = datetime(2026, 3, 10, 12, 0, 0, 123456, tzinfo=UTC)
A_SECOND = timedelta(seconds=1)
ANNE, BORIS = "busy|anne", "connection|o'neill@x.example|outlook"


@pytest.fixture
def changes(tables: SeenTables) -> TableChangeStore:
    return TableChangeStore(tables)


def change(location: LocationId, subject: str = ANNE, name: str | None = None) -> Change:
    data = {"userId": "anne", "version": 1, "whole": True, "title": "Ärger 2026-03-10"}
    key = f"chg_{name or uuid4().hex}"
    return Change(key, ChangeType.BUSY_CHANGED, location, subject, NOW, data)


def some(location: LocationId, count: int) -> list[Change]:
    return [change(location) for _ in range(count)]


async def read(
    changes: TableChangeStore,
    location: LocationId,
    after: int | None = None,
    now: datetime = NOW,
    limit: int = 500,
) -> list[NumberedChange]:
    return await changes.read(location, after, limit, now)


def numbers(found: list[NumberedChange]) -> list[int]:
    return [one.number for one in found]


async def test_a_feed_with_nothing_in_it(changes: TableChangeStore, location: LocationId) -> None:
    assert await read(changes, location) == []
    assert await read(changes, location, 0) == []
    with pytest.raises(Expired):
        await read(changes, location, 77)
    assert await changes.pending(location, ANNE) == []
    await changes.append(location, [], NOW, deliver=True)
    assert await read(changes, location) == []


async def test_changes_are_read_as_they_were_told_in_order(
    changes: TableChangeStore, location: LocationId
) -> None:
    told = some(location, 3)
    await changes.append(location, told[:2], NOW, deliver=False)
    await changes.append(location, told[2:], NOW, deliver=False)
    found = await read(changes, location)
    assert found == [NumberedChange(n, one) for n, one in enumerate(told, 1)]
    assert [type(value) for value in found[0].change.data.values()] == [str, int, bool, str]
    assert await read(changes, location, 0) == found
    assert await read(changes, location, 1) == found[1:]
    assert await read(changes, location, 3) == []
    with pytest.raises(Expired):  # a number of another feed: nothing would ever come after it
        await read(changes, location, 4)
    assert await changes.pending(location, ANNE) == []


async def test_as_many_as_asked_for(changes: TableChangeStore, location: LocationId) -> None:
    await changes.append(location, some(location, 5), NOW, deliver=False)
    assert numbers(await read(changes, location, limit=2)) == [1, 2]
    assert numbers(await read(changes, location, 2, limit=2)) == [3, 4]
    assert numbers(await read(changes, location, 4, limit=2)) == [5]


async def test_each_is_added_once_however_often_it_is_told(
    changes: TableChangeStore, location: LocationId
) -> None:
    first, second, third = some(location, 3)
    await changes.append(location, [first, first], NOW, deliver=True)
    await changes.append(location, [second, first, third, second], NOW, deliver=True)
    await changes.append(location, [third, first], NOW, deliver=True)
    assert [one.change for one in await read(changes, location)] == [first, second, third]
    assert len(await changes.pending(location, ANNE)) == 3


async def test_what_was_delivered_is_not_pending_again_when_it_is_told_again(
    changes: TableChangeStore, location: LocationId
) -> None:
    told = change(location)
    await changes.append(location, [told], NOW, deliver=True)
    [pending] = await changes.pending(location, ANNE)
    await changes.delivered(pending)
    await changes.append(location, [told], NOW, deliver=True)
    assert await changes.pending(location, ANNE) == []


async def test_more_than_fits_a_transaction(
    changes: TableChangeStore, location: LocationId
) -> None:
    told = some(location, 70)
    await changes.append(location, told, NOW, deliver=True)
    assert [one.change for one in await read(changes, location)] == told


async def test_no_gap_and_none_lost_when_many_add_at_once(
    changes: TableChangeStore, location: LocationId
) -> None:
    told = [some(location, 5) for _ in range(8)]

    async def add(own: list[Change]) -> None:
        for one in own:
            while True:
                try:
                    await changes.append(location, [one], NOW, deliver=True)
                except StoreConflict:
                    continue
                break

    await asyncio.gather(*(add(own) for own in told))
    found = await read(changes, location)
    assert numbers(found) == list(range(1, 41))
    order = [one.change for one in found]
    assert sorted(one.id for one in order) == sorted(one.id for own in told for one in own)
    for own in told:
        assert [one for one in order if one in own] == own


async def test_many_tell_the_same_at_once(changes: TableChangeStore, location: LocationId) -> None:
    told = some(location, 4)
    await asyncio.gather(*(changes.append(location, told, NOW, deliver=False) for _ in range(8)))
    assert [one.change for one in await read(changes, location)] == told


async def test_locations_are_kept_apart(changes: TableChangeStore, location: LocationId) -> None:
    elsewhere = LocationId(f"{location}-b")
    here, there = change(location, name="same" + uuid4().hex), change(elsewhere)
    await changes.append(location, [here], NOW, deliver=True)
    await changes.append(elsewhere, [there], NOW, deliver=True)
    assert [one.change for one in await read(changes, location)] == [here]
    assert numbers(await read(changes, elsewhere)) == [1]


# What ages


async def test_changes_that_have_aged_are_not_given(
    changes: TableChangeStore, location: LocationId
) -> None:
    await changes.append(location, some(location, 2), NOW, deliver=False)
    later = NOW + timedelta(days=3)
    await changes.append(location, some(location, 2), later, deliver=False)
    soon = NOW + KEPT
    assert numbers(await read(changes, location, now=soon)) == [1, 2, 3, 4]
    after = soon + A_SECOND
    assert numbers(await read(changes, location, now=after)) == [3, 4]
    assert numbers(await read(changes, location, 2, after)) == [3, 4]
    assert numbers(await read(changes, location, 3, after)) == [4]
    for lost in (0, 1):
        with pytest.raises(Expired) as expired:
            await read(changes, location, lost, after)
        assert "Read everything anew" in expired.value.detail


async def test_who_has_read_the_newest_is_never_too_late(
    changes: TableChangeStore, location: LocationId
) -> None:
    await changes.append(location, some(location, 3), NOW, deliver=False)
    long_after = NOW + timedelta(days=400)
    assert await read(changes, location, 3, long_after) == []
    with pytest.raises(Expired):
        await read(changes, location, 1, long_after)


async def test_who_starts_anew_when_all_has_aged_is_told_where_to_go_on(
    changes: TableChangeStore, location: LocationId
) -> None:
    await changes.append(location, some(location, 3), NOW, deliver=False)
    long_after = NOW + timedelta(days=400)
    assert numbers(await read(changes, location, now=long_after)) == [3]
    assert numbers(await read(changes, location, 2, long_after)) == [3]


async def test_what_has_aged_is_removed_by_and_by_and_the_rest_stays(
    changes: TableChangeStore, location: LocationId, tables: SeenTables
) -> None:
    await changes.append(location, some(location, 149), NOW, deliver=True)
    fresh = NOW + KEPT + A_SECOND
    await changes.append(location, some(location, 2), fresh, deliver=True)
    assert await kept(tables, location) == {"change": 51, "told": 51, "pending": 51}
    assert numbers(await read(changes, location, now=fresh)) == [150, 151]
    assert numbers(await read(changes, location, 149, fresh)) == [150, 151]
    for lost in (0, 99, 100, 148):
        with pytest.raises(Expired):
            await read(changes, location, lost, fresh)
    await changes.append(location, some(location, 49), fresh, deliver=False)
    assert await kept(tables, location) == {"change": 51, "told": 51, "pending": 2}
    assert numbers(await read(changes, location, now=fresh)) == list(range(150, 201))


async def test_many_may_remove_what_has_aged_at_once(
    changes: TableChangeStore, location: LocationId, tables: SeenTables
) -> None:
    await changes.append(location, some(location, 120), NOW, deliver=True)
    until = NOW + A_SECOND
    await asyncio.gather(*(changes._forget(location, until) for _ in range(4)))
    await changes._forget(location, until)
    assert await kept(tables, location) == {}
    await changes.append(location, some(location, 1), until, deliver=False)
    assert numbers(await read(changes, location)) == [121]


async def kept(tables: SeenTables, location: LocationId) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in await tables.rows("changes", location):
        kind = name.partition("|")[0]
        if kind != "counter":
            found[kind] = found.get(kind, 0) + 1
    return found


# What is pending


async def test_the_oldest_of_a_subject_are_pending_in_order(
    changes: TableChangeStore, location: LocationId
) -> None:
    mine = some(location, 12)
    other = change(location, BORIS)
    await changes.append(location, [*mine[:6], other, *mine[6:]], NOW, deliver=True)
    pending = await changes.pending(location, ANNE)
    assert [one.numbered.change for one in pending] == mine[:10]
    assert numbers([one.numbered for one in pending]) == [1, 2, 3, 4, 5, 6, 8, 9, 10, 11]
    [its] = await changes.pending(location, BORIS)
    assert replace(its, version=None) == PendingDelivery(NumberedChange(7, other))
    assert await changes.pending(location, "busy|ann") == []
    for _ in range(2):
        await changes.delivered(pending[0])
    assert [one.numbered.change for one in await changes.pending(location, ANNE)] == mine[1:11]


async def test_a_postponed_one_keeps_its_attempt_and_when_it_is_due(
    changes: TableChangeStore, location: LocationId
) -> None:
    await changes.append(location, some(location, 1), NOW, deliver=True)
    [pending] = await changes.pending(location, ANNE)
    for attempt in (1, 2):
        pending = replace(pending, attempt=attempt, due_at=NOW + attempt * A_SECOND)
        await changes.postpone(pending)
        [found] = await changes.pending(location, ANNE)
        assert replace(found, version=pending.version) == pending


async def test_one_alone_may_try_a_change(changes: TableChangeStore, location: LocationId) -> None:
    await changes.append(location, some(location, 1), NOW, deliver=True)
    [pending] = await changes.pending(location, ANNE)

    claims = [changes.claim(pending, NOW + A_SECOND) for _ in range(8)]

    assert sorted(await asyncio.gather(*claims)) == [False] * 7 + [True]
    [claimed] = await changes.pending(location, ANNE)
    assert (claimed.attempt, claimed.due_at) == (0, NOW + A_SECOND)
    await changes.delivered(claimed)
    assert not await changes.claim(claimed, NOW + A_SECOND)


async def test_what_was_delivered_meanwhile_cannot_be_postponed(
    changes: TableChangeStore, location: LocationId
) -> None:
    await changes.append(location, some(location, 1), NOW, deliver=True)
    [pending] = await changes.pending(location, ANNE)
    await changes.delivered(pending)
    await changes.postpone(replace(pending, attempt=1, due_at=NOW))
    assert await changes.pending(location, ANNE) == []


async def test_an_endpoint_that_wants_nothing_any_more(changes: TableChangeStore) -> None:
    one, other = uuid4().hex, uuid4().hex
    assert not await changes.disabled(one)
    for _ in range(2):
        await changes.disable(one, NOW)
    assert await changes.disabled(one)
    assert not await changes.disabled(other)
