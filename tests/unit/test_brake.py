"""What of a reading that would empty a calendar is believed, and when (F16)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.brake import CONFIRM_AFTER, MOST, SHARE, Braked, brake
from shared.domain.links import Link
from shared.domain.mirror import Event, Kind, Mirror
from shared.domain.model import Cursor, Detail, Hold, LocationId, Window
from shared.domain.reconcile import Round, reconcile
from shared.domain.spans import Interval
from tests.unit.made import NOW, WINDOW, minutes, occurrence, series, single

HOUR = timedelta(hours=1)
CURSOR = Cursor("c", 1, WINDOW)


def mirror(*events: Event) -> Mirror:
    found = {e.series_id: series(e.series_id, e.span) for e in events if e.series_id is not None}
    return Mirror({e.id: e for e in events}, found)


def singles(count: int, first: int = 0, hours: int = 2) -> list[Event]:
    """One after the other, from `hours` from now on."""
    return [
        single(f"e{n}", minutes(60 * hours + 60 * n, 60 * hours + 60 * n + 30))
        for n in range(first, first + count)
    ]


def weekly(key: str, count: int, first: int = 120) -> list[Event]:
    return [
        occurrence(f"{key}{n}", key, minutes(first + 600 * n, first + 600 * n + 30))
        for n in range(count)
    ]


def read(
    *events: Event, full: bool = True, removed: tuple[str, ...] = (), window: Window = WINDOW
) -> Round:
    found = {e.series_id: series(e.series_id, e.span) for e in events if e.series_id is not None}
    listed = {e.id: e for e in events}
    return Round(full, window, CURSOR, listed, found, removed=frozenset(removed))


def braked(
    before: Mirror,
    found: Round,
    hold: Hold | None = None,
    links: tuple[Link, ...] = (),
    after: timedelta = timedelta(),
) -> Braked:
    reconciled = reconcile(before, found, Detail.TITLES)
    return brake(before, reconciled, found, hold, links, NOW + after)


def missing(found: Braked) -> set[str]:
    return {e.id for e in found.reconciled.mirror.events.values() if e.missing}


@pytest.mark.parametrize(
    ("there", "gone", "held"),
    [
        (0, 0, 0),
        (20, 20, 0),
        (21, 21, 21),
        (30, 20, 0),
        (30, 21, 21),
        (70, 21, 0),  # 30 per cent
        (69, 21, 21),
        (1000, 300, 0),
        (1000, 301, 301),
        (1000, 1000, 1000),
    ],
)
@pytest.mark.parametrize("full", [True, False])
def test_f16_what_is_too_much_at_once(there: int, gone: int, held: int, full: bool) -> None:
    events = singles(there)
    before = mirror(*events)
    left, names = events[gone:], tuple(e.id for e in events[:gone])
    found = braked(before, read(*left) if full else read(full=False, removed=names))
    assert found.held == held
    assert missing(found) == (set(names) if held else set())
    assert len(found.reconciled.mirror.events) == there - gone + held
    assert found.reconciled.dropped == (() if held else tuple(events[:gone]))
    hold = Hold(NOW, held, NOW + CONFIRM_AFTER) if held else None
    assert found.hold == hold


def test_f16_additions_and_changes_of_a_held_run_are_kept() -> None:
    before = mirror(*singles(40))
    moved = single("e0", minutes(9000, 9030))
    new = single("new", minutes(9100, 9130))
    after = braked(before, read(moved, new)).reconciled.mirror
    assert after.events["e0"] == moved
    assert after.events["new"] == new
    assert len(after.events) == 41


def test_f16_series_count_once_however_often_they_occur() -> None:
    events = weekly("s", 100)
    before = mirror(*events, *singles(5))
    found = braked(before, read(*singles(5)))
    assert (found.hold, len(found.reconciled.dropped)) == (None, 100)


def test_f16_many_series_at_once_are_held_with_their_facts() -> None:
    events = [e for n in range(21) for e in weekly(f"s{n}-", 3)]
    before = mirror(*events)
    found = braked(before, read())
    assert found.hold is not None
    assert (found.held, found.hold.count) == (21, 21)
    assert found.reconciled.mirror.series == before.series
    assert len(missing(found)) == 63


def test_f02_a_series_of_which_something_is_left_is_not_gone() -> None:
    before = mirror(*(e for n in range(30) for e in weekly(f"s{n}-", 3)))
    moved = [
        occurrence(f"s{n}-new", f"s{n}-", minutes(5000, 5030), Kind.EXCEPTION) for n in range(30)
    ]
    found = braked(before, read(*moved))
    assert found.hold is None
    times = {e.id for e in found.reconciled.mirror.events.values() if e.kind is not Kind.FIRST}
    assert times == {e.id for e in moved}


def test_f24_events_that_come_back_under_other_ids_are_replaced() -> None:
    events = singles(40)
    renamed = [replace(e, id=f"new {e.id}") for e in events]
    found = braked(mirror(*events), read(*renamed))
    assert found.hold is None
    assert found.reconciled.mirror == mirror(*renamed)


def test_f16_what_has_left_the_window_was_not_removed() -> None:
    events = singles(40)
    later = Window(events[-1].span.end, WINDOW.end)  # type: ignore[union-attr]  # all are timed
    found = braked(mirror(*events), read(window=later))
    assert (found.hold, found.reconciled.mirror) == (None, Mirror())


def test_f16_the_past_counts_for_nothing_and_is_held_with_the_rest() -> None:
    past = singles(40, hours=-60)
    before = mirror(*past)
    assert braked(before, read()).hold is None
    ahead = [replace(e, id=f"later {e.id}") for e in singles(21)]
    found = braked(mirror(*past, *ahead), read())
    assert found.hold is not None
    assert (found.held, found.hold.count) == (21, 61)


def test_f16_what_we_have_removed_ourselves_is_not_held() -> None:
    events = singles(40)
    links = tuple(Link(LocationId("l"), e.id, 1, e.id, ()) for e in events)
    assert braked(mirror(*events), read(), links=links).hold is None
    others = replace(links[0], event_id="other")
    found = braked(mirror(*events), read(), links=(*links[:19], others))
    assert missing(found) == {e.id for e in events[19:]}


# Until it is decided

HELD = braked(mirror(*singles(40)), read(*singles(5)))
HOLD = HELD.hold
SINCE = Hold(NOW, 35, NOW + CONFIRM_AFTER)


def test_f16_runs_that_say_nothing_of_it_change_nothing() -> None:
    before = HELD.reconciled.mirror
    found = braked(before, read(full=False), HOLD, after=HOUR)
    assert (found.hold, found.reconciled.mirror, found.held) == (HOLD, before, 0)
    assert not found.reconciled.changed


def test_f16_a_second_full_read_too_soon_decides_nothing() -> None:
    soon = CONFIRM_AFTER - timedelta(seconds=1)
    found = braked(HELD.reconciled.mirror, read(*singles(5)), HOLD, after=soon)
    assert (found.hold, found.reconciled.changed, found.held) == (SINCE, False, 0)


def test_f16_a_tombstone_is_no_second_read() -> None:
    again = read(full=False, removed=tuple(e.id for e in singles(40)[5:]))
    found = braked(HELD.reconciled.mirror, again, HOLD, after=HOUR)
    assert (found.hold, found.reconciled.changed) == (SINCE, False)


def test_f16_a_second_full_read_is_believed() -> None:
    found = braked(HELD.reconciled.mirror, read(*singles(5)), HOLD, after=CONFIRM_AFTER)
    assert (found.hold, found.held) == (None, 0)
    assert found.reconciled.mirror == mirror(*singles(5))


@pytest.mark.parametrize("after", [timedelta(minutes=1), HOUR])
def test_f16_what_is_back_is_no_longer_missing(after: timedelta) -> None:
    found = braked(HELD.reconciled.mirror, read(*singles(40)), HOLD, after=after)
    assert (found.hold, found.reconciled.mirror) == (None, mirror(*singles(40)))
    some = braked(HELD.reconciled.mirror, read(*singles(10), full=False), HOLD, after=after)
    assert some.hold == replace(SINCE, count=30)


def test_f16_a_second_read_that_misses_other_events_is_held_again() -> None:
    """A provider that loses now these, now those, is believed of none."""
    others = singles(40)[30:]
    after_first = braked(mirror(*singles(80)), read(*singles(40)))
    assert after_first.hold is not None
    second = braked(
        after_first.reconciled.mirror,
        read(*others, *singles(40, first=40)),
        after_first.hold,
        after=HOUR,
    )
    assert missing(second) == {e.id for e in singles(30)}
    assert second.hold == Hold(NOW + HOUR, 30, NOW + HOUR + CONFIRM_AFTER)


def test_f16_single_deletions_go_on_during_a_hold() -> None:
    found = braked(HELD.reconciled.mirror, read(full=False, removed=("e0",)), HOLD, after=HOUR)
    assert "e0" not in found.reconciled.mirror.events
    assert found.hold == SINCE


def test_f16_more_of_it_makes_the_wait_begin_anew() -> None:
    before = Mirror(HELD.reconciled.mirror.events | mirror(*singles(60, first=100)).events)
    more = tuple(e.id for e in singles(60, first=100))
    found = braked(before, read(full=False, removed=more), HOLD, after=timedelta(minutes=5))
    assert found.hold == Hold(NOW, 95, NOW + timedelta(minutes=5) + CONFIRM_AFTER)


@given(
    st.lists(st.integers(0, 60), max_size=60, unique=True),
    st.lists(st.integers(0, 60), max_size=60, unique=True),
    st.booleans(),
)
def test_f16_never_is_more_than_the_limit_free_on_the_word_of_one_read(
    was: list[int], now: list[int], full: bool
) -> None:
    before = mirror(*(e for n in was for e in singles(1, first=n)))
    listed = [e for n in now for e in singles(1, first=n)]
    gone = {f"e{n}" for n in was} - {e.id for e in listed}
    found = read(*listed) if full else read(*listed, full=False, removed=tuple(gone))
    first = braked(before, found)
    after = first.reconciled.mirror
    assert {e.id for e in listed} <= after.events.keys()
    freed = {e.span for e in before.events.values()} - {e.span for e in after.events.values()}
    assert len(freed) <= max(MOST, SHARE * len(was))
    assert (first.hold is None) == (not missing(first))
    second = braked(after, read(*listed), first.hold, after=CONFIRM_AFTER)
    assert second.reconciled.mirror == mirror(*listed)
    assert second.hold is None


def test_f16_an_event_that_lasts_beyond_now_lies_ahead() -> None:
    running = [
        replace(e, span=Interval(NOW - HOUR, NOW + HOUR + timedelta(minutes=n)))
        for n, e in enumerate(singles(30))
    ]
    assert braked(mirror(*running), read()).held == 30
