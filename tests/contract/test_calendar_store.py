"""TableCalendarStore on Azurite: one calendar, one partition, one transaction."""

import asyncio
import json
import random
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.domain.mirror import Availability, Event, Kind, Mirror, Series
from shared.domain.model import (
    Account,
    CalendarState,
    Cursor,
    Detail,
    Drift,
    Hold,
    LocationId,
    Problem,
    Push,
    PushStatus,
    Role,
    Roster,
    UserId,
    Watch,
    Window,
)
from shared.domain.reconcile import Reconciled, difference
from shared.domain.records import CalendarPartition
from shared.domain.spans import Days, Interval, months, possible_interval
from shared.errors import StoreConflict
from shared.store.calendars import TableCalendarStore
from shared.store.tables import Entity, etag_of
from tests.contract.conftest import SeenTables

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
WINDOW = Window(datetime(2026, 2, 8, tzinfo=UTC), datetime(2027, 3, 11, tzinfo=UTC))
HERE, THERE = LocationId("here"), LocationId("there")
ANNE, BERT = UserId("anne"), UserId("bert")


@pytest.fixture
def store(tables: SeenTables) -> TableCalendarStore:
    return TableCalendarStore(tables)


@pytest.fixture
def unread(account: Account) -> CalendarState:
    return CalendarState(account=account, calendar_id="AAMk=", is_default=True, shared=False)


@pytest.fixture
async def read(store: TableCalendarStore, unread: CalendarState) -> CalendarPartition:
    """A calendar that Anne watches, never read yet."""
    await store.watch(unread, Watch(HERE, ANNE, Role.PRIMARY))
    return await loaded(store, unread)


async def loaded(store: TableCalendarStore, state: CalendarState) -> CalendarPartition:
    partition = await store.load(state.calendar.key)
    assert partition is not None
    return partition


def event(key: str, start: datetime, hours: float = 1, **more: object) -> Event:
    span = Interval(start, start + timedelta(hours=hours))
    made = Event(key, Kind.SINGLE, span, Availability.BUSY, title=f"title of {key}")
    return replace(made, **more)  # type: ignore[arg-type]


def at(month: int, day: int, hour: int = 9, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def mirror(events: Iterable[Event], series: Iterable[Series] = ()) -> Mirror:
    return Mirror({e.id: e for e in events}, {s.id: s for s in series})


def turned(before: CalendarPartition, after: Mirror) -> Reconciled:
    return difference(before.mirror, after)


def checked(state: CalendarState, marker: str = "link") -> CalendarState:
    cursor = Cursor(marker, 1, WINDOW)
    return replace(state, cursor=cursor, window=WINDOW, checked_at=NOW, full_read_at=NOW)


# Load and commit


async def test_what_was_never_watched_is_not_there(
    store: TableCalendarStore, unread: CalendarState
) -> None:
    key = unread.calendar.key
    assert await store.load(key) is None
    assert await store.glance(key, None) is None
    assert await store.unwatch(key, HERE, ANNE) is False


async def test_all_that_is_kept_comes_back(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    state = replace(
        checked(read.state),
        detail=Detail.TITLES,
        roster=Roster.PUSH,
        zone="Europe/Prague",
        push=Push(PushStatus.ACTIVE, "id", "resource", True, NOW + timedelta(days=6), NOW),
        problem=Problem("calendar_gone", NOW),
        events=4,
    )
    series = Series("s", Days(date(2020, 1, 1), date(2020, 1, 2)), Availability.FREE, True)
    kept = mirror(
        [
            event("a", at(3, 10), title="Žluťoučký kůň 🐎 | '"),
            event("b", at(3, 31, 23), hours=24 * 40),
            event("c", at(4, 1), private=True, title=None, availability=Availability.TENTATIVE),
            replace(event("d", at(5, 1)), span=Days(date(2026, 5, 1), date(2026, 5, 4)),
                    kind=Kind.EXCEPTION, series_id="s"),
        ],
        [series],
    )  # fmt: skip
    committed = await store.commit(read, state, turned(read, kept))
    found = await loaded(store, read.state)
    assert found == committed
    assert found.state == state
    assert found.mirror == kept
    assert found.watches == (Watch(HERE, ANNE, Role.PRIMARY),)


async def test_a_commit_writes_only_the_months_that_changed(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    kept = mirror([event("a", at(3, 10)), event("b", at(4, 10)), event("c", at(5, 10))])
    first = await store.commit(read, checked(read.state), turned(read, kept))
    before = await _stamps(tables, first)
    moved = mirror([event("a", at(3, 10)), event("b", at(6, 10)), event("c", at(5, 10))])
    await store.commit(first, checked(read.state), turned(first, moved))
    after = await _stamps(tables, first)
    same = {_month(name) for name in before.keys() & after.keys() if before[name] == after[name]}
    assert same == {"2026-03", "2026-05"}
    assert {_month(name) for name in after} == {"2026-03", "2026-05", "2026-06"}
    assert (await loaded(store, read.state)).mirror == moved


async def test_r15_a_month_that_shrinks_leaves_nothing_of_what_it_held(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    numbers = random.Random(1)
    titles = [urlsafe_b64encode(numbers.randbytes(150)).decode() for _ in range(600)]
    long = mirror(event(f"e{n}", at(3, 10), title=title) for n, title in enumerate(titles))
    first = await store.commit(read, checked(read.state), turned(read, long))
    assert max(len(row) for row in (await _months(tables, first)).values()) > 3
    short = mirror([event("e0", at(3, 10), title=None)])
    await store.commit(first, checked(read.state), turned(first, short))
    [row] = (await _months(tables, first)).values()
    assert {name for name in row if name[0] == "d"} == {"d0"}
    assert (await loaded(store, read.state)).mirror == short


async def test_nothing_changed_means_nothing_written_but_the_state(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    kept = mirror([event("a", at(3, 10))], [Series("s", _an_hour(at(3, 1)), Availability.BUSY)])
    first = await store.commit(read, checked(read.state), turned(read, kept))
    before = await _stamps(tables, first)
    second = await store.commit(first, checked(read.state, "2"), turned(first, kept))
    await store.commit(second, checked(read.state, "3"))
    assert await _stamps(tables, first) == before
    found = await loaded(store, read.state)
    assert found.mirror == kept
    assert found.state.cursor is not None
    assert found.state.cursor.token == "3"


async def test_series_are_kept_and_forgotten(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    one, two = (Series(key, _an_hour(at(3, 1)), Availability.BUSY) for key in ("one", "two"))
    first = await store.commit(read, checked(read.state), turned(read, mirror([], [one, two])))
    second = await store.commit(first, checked(read.state), turned(first, mirror([], [two])))
    assert (await loaded(store, read.state)).mirror.series == {"two": two}
    await store.commit(second, checked(read.state), turned(second, mirror([])))
    assert (await loaded(store, read.state)).mirror == Mirror()
    assert await _packed(tables, read) == set()


def _an_hour(start: datetime) -> Interval:
    return Interval(start, start + timedelta(hours=1))


async def _stamps(tables: SeenTables, partition: CalendarPartition) -> dict[str, object]:
    """Of each packed row, what only a write of it changes."""
    rows = await tables.rows("calendars", partition.key)
    packed = ("busy", "series")
    return {name: etag_of(row) for name, row in rows.items() if name.startswith(packed)}


async def _packed(tables: SeenTables, partition: CalendarPartition) -> set[str]:
    names = await tables.rows("calendars", partition.key)
    return {name for name in names if name.startswith(("busy", "series"))}


def _month(name: str) -> str:
    return name.split("|")[1]


async def test_what_is_read_stays_whole_while_the_window_moves(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    """Long events begin and cease to count in months at the window's ends."""
    kept = mirror(
        [
            event("century", at(1, 1, year=1950), hours=24 * 36500),
            event("long", at(2, 20), hours=24 * 200),
            event("short", at(4, 10)),
            replace(event("days", at(2, 1)), span=Days(date(2026, 2, 1), date(2026, 9, 1))),
        ]
    )
    partition = read
    for start in (at(2, 27, 0), at(2, 28, 0), at(3, 1, 0), at(3, 31, 0), at(4, 1, 0)):
        window = Window(start, start + timedelta(days=90))
        state = replace(checked(read.state), window=window)
        partition = await store.commit(partition, state, turned(partition, kept))
        assert await loaded(store, read.state) == partition
        assert partition.mirror == kept
        for week in range(0, 84, 7):
            begins = start + timedelta(days=week)
            around = Interval(begins, begins + timedelta(days=7))
            glance = await store.glance(read.key, around)
            assert glance is not None
            expected = {key for key, e in kept.events.items()
                        if possible_interval(e.span).overlaps(around)}  # fmt: skip
            assert expected <= {e.id for e in glance.events}
        assert {_month(name) for name in await _packed(tables, read)} == set(months(window))


# Older rows, and what they did not hold


async def test_f16_what_is_held_comes_back_marked(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    hold = Hold(NOW, 1, NOW + timedelta(minutes=10))
    state = replace(
        checked(read.state), hold=hold, drift=Drift(1, 2, 3), stuck=Problem("no_push", NOW)
    )
    kept = mirror([event("a", at(3, 10), missing=True), event("b", at(3, 11))])
    await store.commit(read, state, turned(read, kept))
    found = await loaded(store, read.state)
    assert (found.state, found.mirror) == (state, kept)


async def test_rows_from_before_holds_and_figures_are_read(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    await store.commit(read, checked(read.state))
    row = (await tables.rows("calendars", read.key))["state"]
    facts = json.loads(row["data"])
    for later in ("watched_since", "hold", "drift", "stuck"):
        del facts[later]
    row["data"] = json.dumps(facts)
    await tables.table("calendars").put(row)
    assert (await loaded(store, read.state)).state == checked(read.state)


# Conflicts


async def test_a_commit_that_comes_too_late_changes_nothing(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    won = mirror([event("a", at(3, 10))])
    await store.commit(read, checked(read.state, "won"), turned(read, won))
    lost = mirror([event("b", at(3, 10)), event("c", at(4, 10))])
    with pytest.raises(StoreConflict):
        await store.commit(read, checked(read.state, "lost"), turned(read, lost))
    found = await loaded(store, read.state)
    assert found.mirror == won
    assert found.state.cursor is not None
    assert found.state.cursor.token == "won"


async def test_of_many_commits_at_once_one_is_kept_whole(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    mirrors = [
        mirror(event(f"{n}-{month}", at(month, 10)) for month in range(3, 9)) for n in range(8)
    ]
    results = await asyncio.gather(
        *(store.commit(read, checked(read.state, str(n)), turned(read, mirrors[n]))
          for n in range(8)),
        return_exceptions=True,
    )  # fmt: skip
    [winner] = [n for n, one in enumerate(results) if isinstance(one, CalendarPartition)]
    assert all(isinstance(one, StoreConflict) for n, one in enumerate(results) if n != winner)
    found = await loaded(store, read.state)
    assert found.mirror == mirrors[winner]
    assert found.state.cursor is not None
    assert found.state.cursor.token == str(winner)


async def test_a_partition_that_was_not_loaded_cannot_be_committed(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    with pytest.raises(StoreConflict):
        await store.commit(replace(read, version=None), read.state)
    with pytest.raises(StoreConflict):
        await store.erase(replace(read, version="made up"))


# Watching


async def test_watches_come_change_and_go(store: TableCalendarStore, unread: CalendarState) -> None:
    key = unread.calendar.key
    first = await store.watch(unread, Watch(HERE, ANNE, Role.CONFLICT))
    assert (first.changed, first.state) == (True, unread)
    again = await store.watch(unread, Watch(HERE, ANNE, Role.CONFLICT))
    assert again.changed is False
    assert (await store.watch(unread, Watch(HERE, ANNE, Role.PRIMARY))).changed is True
    await store.watch(unread, Watch(THERE, ANNE, Role.CONFLICT))
    await store.watch(unread, Watch(HERE, BERT, Role.CONFLICT))
    assert set((await loaded(store, unread)).watches) == {
        Watch(HERE, ANNE, Role.PRIMARY),
        Watch(THERE, ANNE, Role.CONFLICT),
        Watch(HERE, BERT, Role.CONFLICT),
    }
    assert await store.unwatch(key, HERE, ANNE) is True
    assert await store.unwatch(key, HERE, ANNE) is False
    assert {watch.user for watch in (await loaded(store, unread)).watches} == {ANNE, BERT}


async def test_a_new_watch_tells_the_state_as_it_is(
    store: TableCalendarStore, read: CalendarPartition, unread: CalendarState
) -> None:
    await store.commit(read, checked(read.state))
    watched = await store.watch(unread, Watch(HERE, BERT, Role.CONFLICT))
    assert watched.state == checked(read.state)
    found = await loaded(store, unread)
    assert found.state.checked_at == NOW


@pytest.mark.parametrize("what", ["watch", "unwatch"])
async def test_a_run_that_read_before_a_watch_changed_loses(
    store: TableCalendarStore, read: CalendarPartition, what: str
) -> None:
    """Else it could keep too little, or too much, for whom it does not know."""
    if what == "watch":
        await store.watch(read.state, Watch(HERE, BERT, Role.PRIMARY))
    else:
        await store.unwatch(read.key, HERE, ANNE)
    with pytest.raises(StoreConflict):
        await store.commit(read, checked(read.state), turned(read, mirror([event("a", at(3, 1))])))
    assert (await loaded(store, read.state)).mirror == Mirror()


async def test_watches_at_the_same_moment(store: TableCalendarStore, unread: CalendarState) -> None:
    """Each is kept, or says that it was not."""
    users = [UserId(f"user {number}") for number in range(10)]
    results = await asyncio.gather(
        *(store.watch(unread, Watch(HERE, user, Role.CONFLICT)) for user in users),
        return_exceptions=True,
    )
    kept = {
        user for user, one in zip(users, results, strict=True) if not isinstance(one, Exception)
    }
    assert kept
    assert all(isinstance(one, StoreConflict) for one in results if isinstance(one, Exception))
    assert {watch.user for watch in (await loaded(store, unread)).watches} == kept


# Erasing


async def test_erasing_leaves_nothing(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    kept = mirror([event(str(month), at(month, 10)) for month in range(3, 9)])
    committed = await store.commit(read, checked(read.state), turned(read, kept))
    await store.report_progress(read.key, 100)
    await store.erase(committed)
    assert await tables.rows("calendars", read.key) == {}
    assert await store.load(read.key) is None
    with pytest.raises(StoreConflict):
        await store.erase(committed)


async def test_erasing_more_rows_than_a_transaction_holds(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    for number in range(120):
        await store.watch(read.state, Watch(HERE, UserId(f"user {number}"), Role.CONFLICT))
    await store.erase(await loaded(store, read.state))
    assert await tables.rows("calendars", read.key) == {}


async def test_what_was_watched_in_between_is_not_erased(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    await store.watch(read.state, Watch(HERE, BERT, Role.CONFLICT))
    with pytest.raises(StoreConflict):
        await store.erase(read)
    assert len((await loaded(store, read.state)).watches) == 2


# Glances


async def test_a_glance_reads_only_the_months_asked(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    kept = mirror(
        [
            event("february", at(2, 20)),
            event("march", at(3, 12)),
            event("april", at(4, 2)),
            event("long", at(2, 20), hours=24 * 90),
            replace(event("day", at(4, 1)), span=Days(date(2026, 4, 1), date(2026, 4, 2))),
        ]
    )
    await store.commit(read, checked(read.state), turned(read, kept))
    week = Interval(at(3, 9, 0), at(3, 16, 0))
    queries: list[str] = []
    seeing = _Spying(store, queries)
    glance = await seeing.glance(read.key, week)
    assert glance is not None
    assert glance.state == checked(read.state)
    # A day in April may begin in March, somewhere.
    assert {e.id for e in glance.events} == {"march", "long", "day"}
    assert len(glance.events) == 3
    [query] = queries
    assert "busy|2026-03|" in query
    assert query.count("busy") == 2  # the two bounds of one month
    glance = await seeing.glance(read.key, Interval(at(3, 30, 0), at(4, 6, 0)))
    assert glance is not None
    # Of the months that are read, what cannot touch that time is left out.
    assert {e.id for e in glance.events} == {"april", "long", "day"}
    assert len(glance.events) == 3


async def test_a_glance_at_the_state_alone(
    store: TableCalendarStore, read: CalendarPartition
) -> None:
    kept = mirror([event("a", at(3, 12))])
    await store.commit(read, checked(read.state), turned(read, kept))
    glance = await store.glance(read.key, None)
    assert glance is not None
    assert (glance.state, glance.events) == (checked(read.state), ())


class _Spying(TableCalendarStore):
    """Remembers what is asked of the table."""

    def __init__(self, store: TableCalendarStore, queries: list[str]) -> None:
        table = store._table

        class Spy:
            async def query_pages(self, filter_: str) -> object:
                queries.append(filter_)
                return await table.query_pages(filter_)

            async def query(self, filter_: str, select: list[str] | None = None) -> object:
                queries.append(filter_)
                return await table.query(filter_, select)

        self._table = Spy()  # type: ignore[assignment]


async def test_progress_is_told_during_the_first_read_and_gone_with_it(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    before = await store.glance(read.key, None)
    assert before is not None
    assert before.progress is None
    await store.report_progress(read.key, 800)
    await store.report_progress(read.key, 1600)
    glance = await store.glance(read.key, None)
    assert glance is not None
    assert glance.progress == 1600
    await store.commit(read, checked(read.state), turned(read, mirror([event("a", at(3, 1))])))
    glance = await store.glance(read.key, None)
    assert glance is not None
    assert glance.progress is None
    assert "progress" not in await tables.rows("calendars", read.key)


async def _months(tables: SeenTables, of: CalendarPartition) -> dict[str, Entity]:
    rows = await tables.rows("calendars", of.key)
    return {name: row for name, row in rows.items() if name.startswith("busy|")}


# A mirror that fits into no transaction


def _large(seed: int, count: int = 32_000, first: int = 0) -> Mirror:
    """Events over 13 months with long ids that do not compress, as Graph's."""
    numbers = random.Random(seed)
    return mirror(
        event(
            urlsafe_b64encode(numbers.randbytes(112)).decode(),
            WINDOW.start + timedelta(minutes=9 * (first + number)),
            hours=0.5,
            title=None,
        )
        for number in range(count)
    )


async def _whole(
    store: TableCalendarStore,
    tables: SeenTables,
    state: CalendarState,
    expected: Mirror,
    token: str,
) -> CalendarPartition:
    """The partition, which holds exactly that, and no rows of another generation."""
    found = await loaded(store, state)
    assert found.mirror.events.keys() == expected.events.keys()
    assert found.mirror == expected
    assert found.state.cursor is not None
    assert found.state.cursor.token == token
    assert len({name.split("|")[-2] for name in await _packed(tables, found)}) <= 1
    return found


async def test_a_large_mirror_is_kept_whole_again_and_again(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    large = _large(1)
    await store.commit(read, checked(read.state, "1"), turned(read, large))
    first = await _whole(store, tables, read.state, large, "1")
    # A week is still one small read.
    week = Interval(at(3, 9, 0), at(3, 16, 0))
    glance = await store.glance(read.key, week)
    assert glance is not None
    expected = {e.id for e in large.events.values() if possible_interval(e.span).overlaps(week)}
    assert len(expected) > 1000
    assert {e.id for e in glance.events} >= expected
    assert len(glance.events) <= len(expected) + 2
    # Another as large, with no event the same.
    other = _large(2)
    await store.commit(first, checked(read.state, "2"), turned(first, other))
    second = await _whole(store, tables, read.state, other, "2")
    # A small change of a large mirror.
    gone = next(iter(other.events))
    little = Mirror({k: e for k, e in other.events.items() if k != gone})
    await store.commit(second, checked(read.state, "3"), turned(second, little))
    third = await _whole(store, tables, read.state, little, "3")
    # And nothing at all.
    await store.commit(third, checked(read.state, "4"), turned(third, Mirror()))
    last = await _whole(store, tables, read.state, Mirror(), "4")
    assert await _packed(tables, last) == set()
    await store.erase(last)


async def test_what_a_large_commit_returns_can_be_committed_on(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    """A run may commit twice without reading in between: what it dropped must not come back."""
    large = _large(3, 25_000)
    first = await store.commit(read, checked(read.state, "1"), turned(read, large))
    some = Mirror(dict(list(large.events.items())[:100]))
    second = await store.commit(first, checked(read.state, "2"), turned(first, some))
    assert second == await _whole(store, tables, read.state, some, "2")
    await store.erase(second)


async def test_two_large_commits_at_once_are_not_mixed(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    mirrors = [_large(4, 25_000), _large(5, 25_000, first=20_000)]
    results = await asyncio.gather(
        *(store.commit(read, checked(read.state, str(n)), turned(read, mirrors[n]))
          for n in range(2)),
        return_exceptions=True,
    )  # fmt: skip
    [winner] = [n for n, one in enumerate(results) if isinstance(one, CalendarPartition)]
    assert isinstance(results[1 - winner], StoreConflict)
    found = await loaded(store, read.state)
    assert found.mirror == mirrors[winner]
    assert found.state.cursor is not None
    assert found.state.cursor.token == str(winner)
    # What the other has left behind goes with the next commit.
    await store.commit(found, checked(read.state, "3"), turned(found, mirrors[winner]))
    await store.erase(await _whole(store, tables, read.state, mirrors[winner], "3"))


async def test_a_large_commit_that_comes_too_late_spoils_nothing(
    store: TableCalendarStore, tables: SeenTables, read: CalendarPartition
) -> None:
    won, lost = _large(6, 25_000), _large(7, 25_000, first=10_000)
    await store.commit(read, checked(read.state, "won"), turned(read, won))
    with pytest.raises(StoreConflict):
        await store.commit(read, checked(read.state, "lost"), turned(read, lost))
    found = await loaded(store, read.state)
    assert found.mirror == won
    await store.commit(found, checked(read.state, "next"), turned(found, won))
    await store.erase(await _whole(store, tables, read.state, won, "next"))
