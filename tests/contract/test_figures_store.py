"""TableFiguresStore on Azurite: counted by many at once, nothing lost or doubled."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.drift import Figures, Findings
from shared.domain.model import CalendarKey
from shared.store.figures import TableFiguresStore
from tests.contract.conftest import SeenTables

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
KEYS = [CalendarKey(f"{number:x}" * 32) for number in range(16)]


@pytest.fixture
async def store(tables: SeenTables) -> AsyncIterator[TableFiguresStore]:
    async def emptied() -> None:
        for row in await tables.rows("figures", "drift"):
            await tables.table("figures").delete("drift", row)

    found = TableFiguresStore(tables)
    await found.add(KEYS[0], Findings(), NOW)  # makes the table
    await emptied()
    yield found
    await emptied()


async def test_nothing_was_found(store: TableFiguresStore) -> None:
    assert await store.read() == Figures()


async def test_what_is_counted_adds_up_over_all_calendars(store: TableFiguresStore) -> None:
    for number, key in enumerate(KEYS):
        assert await store.add(key, Findings(1, number), NOW + timedelta(minutes=number))
        assert await store.add(key, Findings(1, 0), NOW)
    assert await store.read() == Figures(32, 120, NOW + timedelta(minutes=15))


async def test_of_many_at_once_each_is_counted_or_says_that_it_is_not(
    store: TableFiguresStore, tables: SeenTables
) -> None:
    kept = await asyncio.gather(*(store.add(KEYS[3], Findings(1, 2), NOW) for _ in range(12)))
    assert 1 <= sum(kept) <= 12
    assert await store.read() == Figures(sum(kept), 2 * sum(kept), NOW)
    assert set(await tables.rows("figures", "drift")) == {"3"}
