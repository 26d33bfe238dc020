"""A run that looks at a portion of the mirror comes to what it would by looking at all of it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.changes import touched
from shared.domain.deciding import Decided, Seen, decide
from shared.domain.links import Fingerprint, Link, questionable
from shared.domain.mirror import Availability, Event, Kind, Mirror, Series
from shared.domain.model import (
    CalendarKey,
    Cursor,
    Detail,
    Hold,
    LocationId,
    Role,
    Roster,
    UserId,
    Watch,
    Window,
)
from shared.domain.portion import completed, portion
from shared.domain.reconcile import Round, reconcile
from shared.domain.records import CalendarPartition
from shared.store import packing
from shared.store.calendar_rows import Version, plan_of
from shared.store.packed_events import PackedEvents
from tests.unit.made import NOW, WINDOW, days, timed, unread

KEY = CalendarKey("k")
CURSOR = Cursor("link", 1, WINDOW)
LOCATION = LocationId("loc1")
PERIODS = {Roster.PUSH: timedelta(minutes=60), Roster.POLL: timedelta(minutes=5)}
SPANS = st.sampled_from(
    [
        timed("2026-02-10 09:00", "2026-02-10 10:00"),
        timed("2026-02-27 09:00", "2026-04-02 10:00"),
        timed("2026-03-31 23:30", "2026-04-01 00:30"),
        timed("2026-04-20 09:00", "2026-04-20 10:00"),
        timed("2026-05-31 23:30", "2026-06-01 00:30"),
        timed("2026-07-01 09:00", "2026-07-01 10:00"),
        days("2026-03-01", "2026-03-02"),
        days("2026-04-30", "2026-05-02"),
    ]
)
NAMES = st.sampled_from(["a", "b", "c", 'd"\\', "é", "a1", "b1", "c1", "c2"])
SERIES = st.sampled_from(["a", "b", "s", "t"])
SINGLES = st.builds(Event, NAMES, st.just(Kind.SINGLE), SPANS, st.sampled_from(Availability))
MEMBERS = st.builds(
    Event,
    NAMES,
    st.sampled_from([Kind.OCCURRENCE, Kind.EXCEPTION]),
    SPANS,
    st.sampled_from(Availability),
    st.booleans(),
    SERIES,
    st.sampled_from([None, "title"]),
)
FACTS = st.builds(Series, SERIES, SPANS, st.sampled_from(Availability), st.booleans())
LINKS = st.builds(
    Link,
    st.just(LOCATION),
    st.sampled_from(["one", "two"]),
    st.just(0),
    st.one_of(st.none(), NAMES),
    st.lists(st.builds(Fingerprint, st.just(NOW), st.just(NOW), st.just("title")), max_size=1).map(
        tuple
    ),
    st.booleans(),
)


def round_of(events: Iterable[Event], series: Iterable[Series], **more: Any) -> Round:

    return Round(
        window=WINDOW,
        cursor=CURSOR,
        events={event.id: event for event in events},
        series={one.id: one for one in series},
        **more,
    )


ROUNDS = st.builds(
    round_of,
    st.lists(st.one_of(SINGLES, MEMBERS), max_size=4),
    st.lists(FACTS, max_size=2),
    full=st.just(False),
    relisted=st.frozensets(SERIES, max_size=2),
    removed=st.frozensets(st.one_of(NAMES, SERIES), max_size=2),
)
MIRRORS = st.builds(
    lambda events, series: (
        reconcile(Mirror(), round_of(events, series, full=True), Detail.TITLES).mirror
    ),
    st.lists(st.one_of(SINGLES, MEMBERS), max_size=12),
    st.lists(FACTS, max_size=4),
)


def kept(mirror: Mirror, links: Iterable[Link] = ()) -> CalendarPartition:
    """As the store would give it."""
    packs = {
        month: packing.pack_events(events)
        for month, events in packing.by_month(mirror.events.values(), WINDOW).items()
    }
    state = unread(
        detail=Detail.TITLES,
        cursor=CURSOR,
        window=WINDOW,
        checked_at=NOW - timedelta(minutes=10),
        full_read_at=NOW - timedelta(hours=3),
        events=len(mirror.events),
    )
    return CalendarPartition(
        key=KEY,
        state=state,
        watches=(Watch(LOCATION, UserId("u"), Role.PRIMARY),),
        mirror=Mirror(PackedEvents(packs), mirror.series),
        links=tuple(links),
        version=Version("etag", 7, frozenset(f"busy|{month}|0007|00" for month in packs)),
    )


def outcome(partition: CalendarPartition, read: Round, links: list[Link]) -> tuple[object, ...]:
    """All that a run does with it."""
    seen = Seen(
        NOW, Detail.TITLES, read, reconcile(partition.mirror, read, Detail.TITLES), None, False
    )
    decided: Decided = decide(partition, seen, links, NOW, PERIODS)
    found = decided.reconciled
    plan = plan_of(partition, decided.state, partition.version, found, None)
    return (
        decided.state,
        decided.findings,
        decided.held,
        set(found.upserted),
        set(found.dropped),
        questionable(links, found.mirror, WINDOW, thorough=False),
        [link.spent(found.mirror, WINDOW) for link in links],
        touched(partition.mirror, found, links, WINDOW),
        [(row["RowKey"], unpacked(row)) for row in plan.puts],
        plan.deletes,
        completed(partition, found.mirror),
    )


def unpacked(row: dict[str, Any]) -> object:
    """What a row holds: the order within a pack does not matter."""
    unpack = packing.unpack_series if row["RowKey"].startswith("series") else packing.unpack_events
    return {one.id: one for one in unpack(packing.joined([row]))}


@given(MIRRORS, ROUNDS, st.lists(LINKS, max_size=2), st.lists(LINKS, max_size=1))
def test_a_portion_comes_to_the_same_as_the_whole(
    mirror: Mirror, read: Round, links: list[Link], newer: list[Link]
) -> None:
    whole = kept(mirror, links)
    part = portion(whole, read, [*links, *newer])
    assert part.whole is whole.mirror
    assert outcome(part, read, [*links, *newer]) == outcome(whole, read, [*links, *newer])


@given(MIRRORS)
def test_of_nothing_told_nothing_is_looked_at(mirror: Mirror) -> None:
    part = portion(kept(mirror), round_of([], [], full=False), [])
    assert not part.mirror.events
    assert part.aside == len(mirror.events)


def test_what_is_not_little_is_looked_at_whole() -> None:
    whole = kept(Mirror())
    few = round_of([], [], full=False)
    many = replace(few, removed=frozenset(f"e{number}" for number in range(21)))
    moved = replace(few, window=Window(WINDOW.start, WINDOW.end + timedelta(days=1)))
    held = replace(whole, state=replace(whole.state, hold=Hold(NOW, 1, NOW)))
    assert portion(whole, replace(few, full=True), []) is whole
    assert portion(whole, many, []) is whole
    assert portion(whole, moved, []) is whole
    assert portion(held, few, []) is held
