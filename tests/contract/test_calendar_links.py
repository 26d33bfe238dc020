"""Links and outbox of a calendar on Azurite: beside its commits, and while it is erased."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.appointments import Told
from shared.domain.changes import Change, ChangeType
from shared.domain.links import Fingerprint, Link
from shared.domain.mirror import Availability, Event, Kind, Mirror
from shared.domain.model import (
    Account,
    CalendarKey,
    CalendarState,
    Cursor,
    LocationId,
    Role,
    UserId,
    Watch,
    Window,
)
from shared.domain.reconcile import Reconciled, difference
from shared.domain.records import CalendarPartition
from shared.domain.spans import Interval
from shared.errors import StoreConflict
from shared.store import calendar_rows
from shared.store.calendars import TableCalendarStore
from tests.contract.conftest import SeenTables

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
WINDOW = Window(datetime(2026, 2, 8, tzinfo=UTC), datetime(2027, 3, 11, tzinfo=UTC))
HERE, THERE = LocationId("here"), LocationId("there")
ANNE = UserId("anne")

Write = Callable[[], Awaitable[object]]


@pytest.fixture
def store(tables: SeenTables) -> TableCalendarStore:
    return TableCalendarStore(tables)


@pytest.fixture
def other(tables: SeenTables) -> TableCalendarStore:
    """Somebody else's, whose calls no test interrupts."""
    return TableCalendarStore(tables)


@pytest.fixture
def unread(account: Account) -> CalendarState:
    return CalendarState(account=account, calendar_id="AAMk=", is_default=True, shared=False)


@pytest.fixture
async def read(store: TableCalendarStore, unread: CalendarState) -> CalendarPartition:
    """A calendar that Anne watches, never read yet."""
    await store.watch(unread, Watch(HERE, ANNE, Role.PRIMARY))
    return await loaded(store, unread.calendar.key)


async def loaded(store: TableCalendarStore, key: CalendarKey) -> CalendarPartition:
    partition = await store.load(key)
    assert partition is not None
    return partition


def link(appointment: str = "a", generation: int = 1, **more: Any) -> Link:
    said = Fingerprint.of(Told("Fitting 🐎", NOW, NOW + timedelta(hours=1)))
    return replace(Link(HERE, appointment, generation, f"event {appointment}", (said,)), **more)


def change(key: str, at: datetime = NOW, **data: str | int | bool | None) -> Change:
    return Change(key, ChangeType.BUSY_CHANGED, HERE, "busy|anne", at, data)


def turned(before: CalendarPartition, count: int) -> Reconciled:
    """To that many events, over as many months as there are."""
    numbers = random.Random(count)
    events = (
        Event(
            numbers.randbytes(16).hex(),
            Kind.SINGLE,
            Interval(start, start + timedelta(hours=1)),
            Availability.BUSY,
        )
        for start in (NOW + timedelta(days=30 * number % 360) for number in range(count))
    )
    return difference(before.mirror, Mirror({e.id: e for e in events}))


def checked(state: CalendarState, marker: str = "link") -> CalendarState:
    cursor = Cursor(marker, 1, WINDOW)
    return replace(state, cursor=cursor, window=WINDOW, checked_at=NOW, full_read_at=NOW)


async def kinds(tables: SeenTables, key: CalendarKey, kind: str) -> set[str]:
    return {name for name in await tables.rows("calendars", key) if name.startswith(f"{kind}|")}


def once(
    monkeypatch: pytest.MonkeyPatch,
    store: TableCalendarStore,
    method: str,
    *,
    before: Write | None = None,
    after: Write | None = None,
) -> None:
    """The next call of that method of the store's table has this happen just before or after."""
    table = store._table
    real = getattr(table, method)

    async def interrupted(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(table, method, real)
        if before is not None:
            await before()
        answer = await real(*args, **more)
        if after is not None:
            await after()
        return answer

    monkeypatch.setattr(table, method, interrupted)


# Links


async def test_links_come_change_and_go(store: TableCalendarStore, read: CalendarPartition) -> None:
    assert read.links == ()
    making = link(event_id=None)
    await store.link(read.key, making)
    assert await store.links(read.key) == [making]
    made = link(says=(), elsewhere=True)
    await store.link(read.key, made)
    again, there = link(generation=2), link(location=THERE)
    await store.link(read.key, again)
    await store.link(read.key, there)
    assert set(await store.links(read.key)) == {made, again, there}
    assert set((await loaded(store, read.key)).links) == {made, again, there}
    await store.unlink(read.key, made)
    await store.unlink(read.key, made)
    assert set(await store.links(read.key)) == {again, there}


@pytest.mark.parametrize("name", ["a1.b_c~d:e@f+g=h-Z", "+", "~", ".."])
async def test_every_spelling_of_an_id_is_linked_spent_and_erased(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition, name: str
) -> None:
    one, two = link(name, location=LocationId(name)), link(name)
    for each in (one, two):
        await store.link(read.key, each)
    partition = await loaded(store, read.key)
    assert set(partition.links) == {one, two}
    partition = await store.commit(partition, checked(read.state), spent=[one])
    assert await store.links(read.key) == [two]
    await store.erase(partition)
    assert await tables.rows("calendars", read.key) == {}


async def test_many_links_are_loaded(store: TableCalendarStore, read: CalendarPartition) -> None:
    links = {link(f"appointment {number}") for number in range(300)}
    await asyncio.gather(*(store.link(read.key, one) for one in links))
    found = await loaded(store, read.key)
    assert set(found.links) == links
    assert len(found.links) == 300
    committed = await store.commit(found, checked(read.state), turned(found, 20))
    assert await loaded(store, read.key) == committed


async def test_a_calendar_that_is_not_kept_takes_no_link(
    store: TableCalendarStore, tables: SeenTables, unread: CalendarState
) -> None:
    key = unread.calendar.key
    with pytest.raises(StoreConflict):
        await store.link(key, link())
    assert await tables.rows("calendars", key) == {}
    assert await store.links(key) == []


async def test_a_run_does_not_lose_its_race_because_of_a_link(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    await store.link(read.key, link())
    committed = await store.commit(read, checked(read.state), turned(read, 3))
    await store.unlink(read.key, link())
    await store.commit(committed, checked(read.state, "next"))
    assert (await loaded(store, read.key)).links == ()


# What is spent


async def test_spent_links_go_with_a_commit(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    spent, left = [link(f"spent {number}") for number in range(5)], link("left")
    for one in (*spent, left):
        await store.link(read.key, one)
    found = await loaded(store, read.key)
    committed = await store.commit(found, checked(read.state), turned(found, 3), spent=spent)
    assert committed.links == (left,)
    assert await loaded(store, read.key) == committed


async def test_a_spent_link_that_is_gone_does_not_break_the_commit(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    gone, spent = link("gone"), link("spent")
    for one in (gone, spent):
        await store.link(read.key, one)
    found = await loaded(store, read.key)
    await store.unlink(read.key, gone)
    committed = await store.commit(
        found, checked(read.state), changes=[change("c")], spent=[gone, spent]
    )
    assert await loaded(store, read.key) == committed
    assert committed.links == ()


async def test_a_link_that_says_something_new_is_not_spent(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    old = link(says=())
    await store.link(read.key, old)
    found = await loaded(store, read.key)
    await store.link(read.key, link())
    await store.commit(found, checked(read.state), spent=[old])
    assert await store.links(read.key) == [link()]


async def test_links_spent_in_a_commit_that_comes_too_late_stay(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    await store.link(read.key, link())
    found = await loaded(store, read.key)
    await store.commit(found, checked(read.state))
    with pytest.raises(StoreConflict):
        await store.commit(found, checked(read.state), spent=[link()])
    assert await store.links(read.key) == [link()]


# The outbox


async def test_changes_wait_in_the_outbox_until_they_are_sent(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    assert read.unpublished is False
    assert await store.outbox(read.key) == []
    changes = (change("c1", title="kůň 🐎", count=1, on=True, none=None), change("c2"))
    committed = await store.commit(read, checked(read.state), turned(read, 3), changes=changes)
    assert committed.unpublished is True
    assert await loaded(store, read.key) == committed
    assert len(await kinds(tables, read.key, "outbox")) == 1
    [outgoing] = await store.outbox(read.key)
    assert outgoing.changes == changes
    assert type(outgoing.changes[0].data["on"]) is bool
    await store.sent(read.key, outgoing)
    await store.sent(read.key, outgoing)
    assert await store.outbox(read.key) == []
    assert (await loaded(store, read.key)).unpublished is False


async def test_the_outbox_is_in_order_of_time(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    partition = read
    moments = [NOW + timedelta(microseconds=n) for n in (0, 1, 999_999, 1_000_000, 86_400_000_000)]
    for number, moment in enumerate(moments):
        changes = [change(f"c{9 - number}", moment)]
        partition = await store.commit(partition, checked(read.state), changes=changes)
    found = await store.outbox(read.key)
    assert [outgoing.changes[0].at for outgoing in found] == moments
    await store.sent(read.key, found[1])
    assert [outgoing.changes[0].id for outgoing in await store.outbox(read.key)] == [
        "c9",
        "c7",
        "c6",
        "c5",
    ]


async def test_a_commit_without_changes_leaves_what_waits(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    first = await store.commit(read, checked(read.state), changes=[change("c")])
    second = await store.commit(first, checked(read.state), turned(first, 2))
    assert second.unpublished is True
    assert [one.changes for one in await store.outbox(read.key)] == [(change("c"),)]


async def test_a_commit_that_comes_too_late_tells_nothing(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    await store.commit(read, checked(read.state))
    with pytest.raises(StoreConflict):
        await store.commit(read, checked(read.state), turned(read, 3), changes=[change("c")])
    assert await kinds(tables, read.key, "outbox") == set()
    assert (await loaded(store, read.key)).unpublished is False


async def test_what_waits_is_not_written_over(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    first = await store.commit(read, checked(read.state, "1"), changes=[change("c"), change("d")])
    with pytest.raises(StoreConflict):
        await store.commit(first, checked(read.state, "2"), changes=[change("c")])
    found = await loaded(store, read.key)
    assert found == first
    [outgoing] = await store.outbox(read.key)
    assert outgoing.changes == (change("c"), change("d"))


async def test_many_changes_are_one_row(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    numbers = random.Random(1)
    changes = tuple(change(numbers.randbytes(16).hex()) for _ in range(5000))
    await store.commit(read, checked(read.state), changes=changes)
    [row] = [
        row
        for name, row in (await tables.rows("calendars", read.key)).items()
        if name.startswith("outbox|")
    ]
    assert "d1" in row
    [outgoing] = await store.outbox(read.key)
    assert outgoing.changes == changes


@pytest.mark.parametrize("operations", [2, 5, 14, 100])
async def test_changes_come_with_the_commit_however_it_is_written(
    store: TableCalendarStore,
    tables: SeenTables,
    read: CalendarPartition,
    monkeypatch: pytest.MonkeyPatch,
    operations: int,
) -> None:
    """Also where the mirror is written under a generation of its own, which loses or wins."""
    monkeypatch.setattr(calendar_rows, "OPERATIONS", operations)
    first = await store.commit(read, checked(read.state), turned(read, 24), changes=[change("1")])
    assert await loaded(store, read.key) == first
    with pytest.raises(StoreConflict):
        await store.commit(read, checked(read.state), turned(read, 36), changes=[change("lost")])
    found = await loaded(store, read.key)
    await store.commit(found, checked(read.state), turned(found, 48), changes=[change("2")])
    again = await loaded(store, read.key)
    assert again.mirror == turned(found, 48).mirror
    assert [one.changes[0].id for one in await store.outbox(read.key)] == ["1", "2"]
    await store.erase(again)
    assert await tables.rows("calendars", read.key) == {}


def test_the_outbox_counts_in_what_fits_a_transaction() -> None:
    key = CalendarKey("key")
    puts = tuple(calendar_rows.calendar_row(key, str(number)) for number in range(99))
    outbox = {**calendar_rows.calendar_row(key, "outbox"), "d0": b"1" * 60 * 1024}
    assert calendar_rows.Plan(puts).fits
    assert not calendar_rows.Plan(puts, outbox=outbox).fits
    assert calendar_rows.Plan(puts[1:], outbox=outbox).fits
    full = ({**calendar_rows.calendar_row(key, "large"), "d0": b"1" * int(2.68 * 1024 * 1024)},)
    assert calendar_rows.Plan(full).fits
    assert not calendar_rows.Plan(full, outbox=outbox).fits


async def test_a_glance_reads_neither_links_nor_outbox(
    store: TableCalendarStore, read: CalendarPartition, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.link(read.key, link())
    await store.commit(read, checked(read.state), turned(read, 3), changes=[change("c")])
    real = store._table.query_pages
    seen: list[str] = []

    async def query_pages(filter_: str) -> Any:
        rows, pages = await real(filter_)
        seen.extend(row["RowKey"].partition("|")[0] for row in rows)
        return rows, pages

    monkeypatch.setattr(store._table, "query_pages", query_pages)
    assert await store.glance(read.key, Interval(NOW, NOW + timedelta(days=1))) is not None
    assert await store.glance(read.key, None) is not None
    assert set(seen) == {"busy", "state"}


# Erasing


async def test_erasing_takes_links_and_outbox_along(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    await asyncio.gather(*(store.link(read.key, link(f"a{n}")) for n in range(250)))
    committed = await store.commit(read, checked(read.state), turned(read, 9), changes=[change("")])
    await store.erase(committed)
    assert await tables.rows("calendars", read.key) == {}
    assert await store.outbox(read.key) == []


async def test_links_outlive_an_erasure_that_a_watch_has_stopped(
    store: TableCalendarStore,
    other: TableCalendarStore,
    read: CalendarPartition,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    links = {link(f"a{n}") for n in range(10)}
    for one in links:
        await store.link(read.key, one)
    monkeypatch.setattr(calendar_rows, "OPERATIONS", 20)
    full = await store.commit(read, checked(read.state), turned(read, 24), changes=[change("c")])
    watch = Watch(THERE, ANNE, Role.PRIMARY)
    once(monkeypatch, store, "commit", after=lambda: other.watch(read.state, watch))
    with pytest.raises(StoreConflict):
        await store.erase(full)
    found = await loaded(store, read.key)
    assert found.state.cursor is None
    assert watch in found.watches
    assert set(found.links) == links
    assert found.unpublished is True


@pytest.mark.parametrize("many", [0, 150])
async def test_a_link_made_after_the_rows_were_listed_is_erased_too(
    store: TableCalendarStore,
    other: TableCalendarStore,
    tables: SeenTables,
    read: CalendarPartition,
    monkeypatch: pytest.MonkeyPatch,
    many: int,
) -> None:
    """Its writer saw the state, and was told that all is well: it was, before the erasure."""
    await asyncio.gather(*(store.link(read.key, link(f"a{n}")) for n in range(many)))
    once(monkeypatch, store, "commit", before=lambda: other.link(read.key, link("late")))
    await store.erase(read)
    assert await tables.rows("calendars", read.key) == {}


async def test_a_link_put_between_the_states_end_and_the_sweep_is_swept(
    store: TableCalendarStore,
    other: TableCalendarStore,
    tables: SeenTables,
    read: CalendarPartition,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Put before the sweep lists, looked for after it: both sides see it, both remove it."""
    put, swept = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        put.set()
        await swept.wait()

    async def begin() -> None:
        linking.append(asyncio.create_task(other.link(read.key, link())))
        await put.wait()

    linking: list[asyncio.Task[None]] = []
    once(monkeypatch, other, "put", after=wait)
    once(monkeypatch, store, "commit", after=begin)
    await store.erase(read)
    assert await tables.rows("calendars", read.key) == {}
    swept.set()
    with pytest.raises(StoreConflict):
        await linking[0]
    assert await tables.rows("calendars", read.key) == {}


async def test_a_link_put_while_the_sweep_is_under_way_is_swept(
    store: TableCalendarStore,
    other: TableCalendarStore,
    tables: SeenTables,
    read: CalendarPartition,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each is put before the next listing, by a writer that dies before it looks."""
    names = ["link|here|a|1", "link|here|b|1", "link|here|a|1"]

    async def put_next() -> None:
        if names:
            await other._table.put(calendar_rows.calendar_row(read.key, names.pop()))
            once(monkeypatch, store, "delete", before=put_next)

    once(monkeypatch, store, "commit", after=put_next)
    await store.erase(read)
    assert names == []
    assert await tables.rows("calendars", read.key) == {}


async def test_a_link_put_after_the_last_listing_is_removed_by_its_writer(
    store: TableCalendarStore,
    other: TableCalendarStore,
    tables: SeenTables,
    read: CalendarPartition,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    once(monkeypatch, other, "put", before=lambda: store.erase(read))
    with pytest.raises(StoreConflict):
        await other.link(read.key, link())
    assert await tables.rows("calendars", read.key) == {}


async def test_a_calendar_that_is_watched_anew_is_not_swept(
    store: TableCalendarStore,
    other: TableCalendarStore,
    read: CalendarPartition,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def begin_anew() -> None:
        await other.watch(read.state, Watch(HERE, ANNE, Role.PRIMARY))
        await other.link(read.key, link())

    once(monkeypatch, store, "commit", after=begin_anew)
    await store.erase(read)
    found = await loaded(store, read.key)
    assert found.links == (link(),)
    assert found.watches == (Watch(HERE, ANNE, Role.PRIMARY),)


async def test_links_and_an_erasure_at_once_leave_nothing(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    async def linked_later(number: int) -> None:
        await asyncio.sleep(number / 1000)
        await store.link(read.key, link(f"a{number}"))

    results = await asyncio.gather(
        store.erase(read), *(linked_later(n) for n in range(60)), return_exceptions=True
    )
    assert results[0] is None
    assert all(one is None or isinstance(one, StoreConflict) for one in results)
    assert await tables.rows("calendars", read.key) == {}
