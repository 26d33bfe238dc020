"""What rounds mean for a mirror: by cases, and by a machine that lives through many (F01–F03)."""

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.domain.mirror import Availability, Event, Kind, Mirror, Series
from shared.domain.model import Detail
from shared.domain.reconcile import Reconciled, Round, reconcile, stripped
from shared.domain.spans import Interval, Span, possible_interval
from tests.unit.made import WINDOW, days, occurrence, series, single, timed

TITLES, TIME = Detail.TITLES, Detail.TIME
MORNING = timed("2026-03-10 09:00", "2026-03-10 10:00")
EVENING = timed("2026-03-10 19:00", "2026-03-10 20:00")
NEXT_WEEK = timed("2026-03-17 09:00", "2026-03-17 10:00")
LONG_AGO = timed("2020-03-10 09:00", "2020-03-10 10:00")


def full(*found: Event | Series) -> Round:
    return _round(True, found)


def changes(
    *found: Event | Series, removed: str = "", relisted: str | None = None, whole: bool = True
) -> Round:
    """Series that come are listed whole unless said otherwise; `removed` are ids, as letters."""
    listed = frozenset(one.id for one in found if isinstance(one, Series) and whole)
    named = listed if relisted is None else frozenset(relisted)
    return replace(_round(False, found), removed=frozenset(removed), relisted=named)


def _round(is_full: bool, found: tuple[Event | Series, ...]) -> Round:
    return Round(
        full=is_full,
        window=WINDOW,
        cursor=None,
        events={one.id: one for one in found if isinstance(one, Event)},
        series={one.id: one for one in found if isinstance(one, Series)},
    )


def mirror_of(*found: Event | Series, detail: Detail = TITLES) -> Mirror:
    return reconcile(Mirror(), full(*found), detail).mirror


def ids(events: tuple[Event, ...]) -> set[str]:
    return {event.id for event in events}


WEEKLY = series("s", MORNING)
FIRST, SECOND = occurrence("1", "s", MORNING), occurrence("2", "s", NEXT_WEEK)


def test_a_full_round_replaces_by_comparison() -> None:
    before = mirror_of(single("a", MORNING), single("b", MORNING), single("c", MORNING))
    found = reconcile(
        before, full(single("a", MORNING), single("b", EVENING), single("d", MORNING)), TITLES
    )
    assert ids(found.upserted) == {"b", "d"}
    assert ids(found.dropped) == {"c"}
    assert set(found.mirror.events) == {"a", "b", "d"}


def test_an_empty_round_of_changes_changes_nothing() -> None:
    before = mirror_of(single("a", MORNING), WEEKLY, FIRST)
    found = reconcile(before, changes(), TITLES)
    assert not found.changed
    assert found.mirror == before


def test_a_tombstone_of_an_unknown_id_means_nothing() -> None:
    before = mirror_of(single("a", MORNING), WEEKLY, FIRST)
    assert not reconcile(before, changes(removed="xyz"), TITLES).changed


def test_a_tombstone_of_a_known_event_frees_it() -> None:
    before = mirror_of(single("a", MORNING), single("b", MORNING))
    found = reconcile(before, changes(removed="a"), TITLES)
    assert ids(found.dropped) == {"a"}
    assert set(found.mirror.events) == {"b"}


def test_the_first_event_stands_beside_the_occurrences() -> None:
    mirror = mirror_of(WEEKLY, FIRST, SECOND)
    assert {e.id: e.kind for e in mirror.events.values()} == {
        "s": Kind.FIRST, "1": Kind.OCCURRENCE, "2": Kind.OCCURRENCE,
    }  # fmt: skip
    assert mirror.events["s"] == WEEKLY.first_event()


def test_a_first_event_outside_the_window_blocks_nothing() -> None:
    """The master's own times are often years ago (F01)."""
    mirror = mirror_of(series("s", LONG_AGO), FIRST)
    assert set(mirror.events) == {"1"}
    assert set(mirror.series) == {"s"}


def test_a_deleted_occurrence_shows_by_absence() -> None:
    """No tombstone of its own (F03)."""
    found = reconcile(mirror_of(WEEKLY, FIRST, SECOND), changes(WEEKLY, FIRST), TITLES)
    assert ids(found.dropped) == {"2"}
    assert not found.upserted


def test_a_series_that_was_not_listed_whole_keeps_its_occurrences() -> None:
    before = mirror_of(WEEKLY, FIRST, SECOND)
    moved = replace(FIRST, span=EVENING, kind=Kind.EXCEPTION)
    found = reconcile(before, changes(moved, relisted=""), TITLES)
    assert ids(found.upserted) == {"1"}
    assert set(found.mirror.events) == {"s", "1", "2"}


def test_a_moved_series_leaves_no_ghosts() -> None:
    """Occurrence ids derive from dates: all are new, and the first event follows (F02, R11)."""
    later = series("s", EVENING)
    round_ = changes(later, occurrence("3", "s", EVENING), occurrence("4", "s", NEXT_WEEK))
    found = reconcile(mirror_of(WEEKLY, FIRST, SECOND), round_, TITLES)
    assert set(found.mirror.events) == {"s", "3", "4"}
    assert found.mirror.events["s"].span == EVENING
    assert ids(found.dropped) == {"1", "2"}


@pytest.mark.parametrize("detail", Detail)
def test_a_series_that_turns_free_takes_its_first_event_along(detail: Detail) -> None:
    free = series("s", MORNING, availability=Availability.FREE)
    found = reconcile(
        mirror_of(WEEKLY, FIRST, detail=detail),
        changes(free, replace(FIRST, availability=Availability.FREE)),
        detail,
    )
    blocking = [e for e in found.mirror.events.values() if e.availability is Availability.BUSY]
    assert blocking == []
    assert found.changed


def test_a_first_event_that_moves_out_of_the_window_is_dropped() -> None:
    found = reconcile(
        mirror_of(WEEKLY, FIRST, SECOND), changes(series("s", LONG_AGO), FIRST, SECOND), TITLES
    )
    assert ids(found.dropped) == {"s"}


def test_a_series_that_ended_goes_with_all_that_was_of_it() -> None:
    found = reconcile(mirror_of(WEEKLY, FIRST, SECOND, single("a", MORNING)),
                      changes(removed="s"), TITLES)  # fmt: skip
    assert set(found.mirror.events) == {"a"}
    assert not found.mirror.series
    assert ids(found.dropped) == {"s", "1", "2"}


def test_an_occurrence_of_a_series_that_went_in_the_same_round_is_not_kept() -> None:
    found = reconcile(mirror_of(WEEKLY, FIRST), changes(SECOND, removed="s", relisted=""), TITLES)
    assert found.mirror == Mirror()
    assert ids(found.dropped) == {"s", "1"}


def test_a_series_becomes_a_single_event_of_the_same_id() -> None:
    found = reconcile(mirror_of(WEEKLY, FIRST, SECOND), changes(single("s", MORNING)), TITLES)
    assert found.mirror == mirror_of(single("s", MORNING))


def test_a_single_event_becomes_a_series_of_the_same_id() -> None:
    found = reconcile(mirror_of(single("s", MORNING)), changes(WEEKLY, FIRST, SECOND), TITLES)
    assert found.mirror == mirror_of(WEEKLY, FIRST, SECOND)


def test_only_time_is_kept_where_no_titles_are_wanted() -> None:
    """And free events, which block nothing, not at all (R15)."""
    mirror = mirror_of(
        single("a", MORNING),
        single("b", MORNING, Availability.FREE),
        WEEKLY,
        FIRST,
        detail=TIME,
    )
    assert set(mirror.events) == {"a", "s", "1"}
    assert all(event.title is None for event in mirror.events.values())
    assert all(one.title is None for one in mirror.series.values())


def test_a_private_title_is_never_kept() -> None:
    mirror = mirror_of(
        single("a", MORNING, private=True),
        series("s", MORNING, private=True),
        replace(FIRST, private=True),
    )
    assert all(event.title is None for event in mirror.events.values())
    assert mirror.series["s"].title is None


def test_an_event_that_becomes_private_is_scrubbed() -> None:
    """F25."""
    found = reconcile(
        mirror_of(single("a", MORNING)), changes(single("a", MORNING, private=True)), TITLES
    )
    assert [event.title for event in found.upserted] == [None]


def test_an_event_without_length_is_kept_to_be_shown() -> None:
    moment = timed("2026-03-10 09:00", "2026-03-10 09:00")
    assert set(mirror_of(single("a", moment)).events) == {"a"}


@pytest.mark.parametrize(
    ("span", "kept"),
    [
        (Interval(WINDOW.start, WINDOW.start), True),
        (Interval(WINDOW.end, WINDOW.end), False),
        (timed("2026-02-07 23:00", "2026-02-08 00:00"), False),
        (timed("2026-02-07 23:00", "2026-02-08 00:01"), True),
        (timed("2026-05-31 23:59", "2026-06-01 02:00"), True),
        (timed("2026-06-01 00:00", "2026-06-01 02:00"), False),
        # A day may lie in the window in its own zone.
        (days("2026-02-07", "2026-02-08"), True),
        (days("2026-06-01", "2026-06-02"), True),
        (days("2026-06-03", "2026-06-04"), False),
    ],
)
def test_the_edges_of_the_window(span: Span, kept: bool) -> None:
    assert bool(mirror_of(single("a", span)).events) is kept


# The machine: a calendar that changes, and mirrors of it that are told of changes only.

SPANS = (
    MORNING,
    EVENING,
    NEXT_WEEK,
    LONG_AGO,
    timed("2026-03-10 09:00", "2026-03-10 09:00"),
    timed("2026-02-07 23:00", "2026-02-08 01:00"),
    days("2026-03-10", "2026-03-12"),
    days("2026-06-01", "2026-06-02"),
)
NAMES = st.sampled_from("abcdef")
MEMBERS = st.dictionaries(st.integers(0, 4), st.sampled_from(SPANS[:3]), max_size=4)


class Calendar(RuleBasedStateMachine):
    """What the provider holds; `touched` is what changed since the last round."""

    def __init__(self) -> None:
        super().__init__()
        self.singles: dict[str, Event] = {}
        self.series: dict[str, tuple[Series, dict[str, Event]]] = {}
        self.touched: set[str] = set()
        self.mirrors = {TITLES: Mirror(), TIME: Mirror()}

    # What people do

    @rule(name=NAMES, span=st.sampled_from(SPANS), availability=st.sampled_from(Availability),
          private=st.booleans())  # fmt: skip
    def put_single(self, name: str, span: Span, availability: Availability, private: bool) -> None:
        self.series.pop(name, None)
        title = None if private else "title"
        self.singles[name] = single(name, span, availability, private=private, title=title)
        self.touched.add(name)

    @rule(name=NAMES, first=st.sampled_from(SPANS), members=MEMBERS, private=st.booleans(),
          availability=st.sampled_from(Availability))  # fmt: skip
    def put_series(
        self,
        name: str,
        first: Span,
        members: dict[int, Interval],
        private: bool,
        availability: Availability,
    ) -> None:
        self.singles.pop(name, None)
        title = None if private else "title"
        one = Series(name, first, availability, private, title)
        kinds = (Kind.OCCURRENCE, Kind.EXCEPTION)
        self.series[name] = (
            one,
            {
                f"{name}{n}": Event(
                    f"{name}{n}", kinds[n % 2], span, availability, private, name, title
                )
                for n, span in members.items()
            },
        )
        self.touched.add(name)

    @rule(name=NAMES, data=st.data())
    def delete_an_occurrence(self, name: str, data: st.DataObject) -> None:
        _, members = self.series.get(name, (None, {}))
        if members:
            del members[data.draw(st.sampled_from(sorted(members)))]
            self.touched.add(name)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        self.singles.pop(name, None)
        self.series.pop(name, None)
        self.touched.add(name)

    # What the mirrors are told

    @rule(replayed=st.sets(NAMES), unknown=st.sets(st.sampled_from(["x", "y", "a9"])))
    def read_changes(self, replayed: set[str], unknown: set[str]) -> None:
        read = self._changes(self.touched | replayed, unknown)
        for detail in Detail:
            self._tell(read, detail)
            again = reconcile(self.mirrors[detail], read, detail)
            assert not again.changed
            assert again.mirror == self.mirrors[detail]
        self.touched.clear()
        self._agree()

    @precondition(lambda self: not self.touched)
    @rule()
    def read_in_full(self) -> None:
        for detail in Detail:
            before = self.mirrors[detail]
            self._tell(self._all(), detail)
            assert self.mirrors[detail].events == before.events
        self._agree()

    @invariant()
    def nothing_secret_is_kept(self) -> None:
        for detail, mirror in self.mirrors.items():
            for one in (*mirror.events.values(), *mirror.series.values()):
                assert one.title is None or (detail is TITLES and not one.private)

    def _tell(self, read: Round, detail: Detail) -> None:
        before = self.mirrors[detail]
        found = reconcile(before, read, detail)
        applied = {e.id: e for e in before.events.values() if e.id not in ids(found.dropped)}
        applied |= {e.id: e for e in found.upserted}
        assert applied == found.mirror.events
        assert ids(found.dropped) <= before.events.keys()
        assert not ids(found.dropped) & ids(found.upserted)
        self.mirrors[detail] = found.mirror

    def _agree(self) -> None:
        """Told bit by bit, or of the end alone: the same. And time alone is titles stripped."""
        for detail in Detail:
            assert self.mirrors[detail] == reconcile(Mirror(), self._all(), detail).mirror
        bare = stripped(self.mirrors[TITLES])
        assert bare.events == self.mirrors[TIME].events
        assert bare.series == self.mirrors[TIME].series

    def _listed(self, name: str) -> list[Event | Series]:
        """What the provider lists of a name: nothing where nothing is in the window."""
        if name in self.series:
            one, members = self.series[name]
            return [one, *members.values()] if members else []
        event = self.singles.get(name)
        return [event] if event and possible_interval(event.span).start < WINDOW.end else []

    def _all(self) -> Round:
        names = sorted({*self.singles, *self.series})
        return full(*(one for name in names for one in self._listed(name)))

    def _changes(self, names: set[str], unknown: set[str]) -> Round:
        listed = {name: self._listed(name) for name in sorted(names)}
        gone = {name for name, found in listed.items() if not found} | (unknown - {"a9"})
        read = changes(*(one for found in listed.values() for one in found))
        return replace(read, removed=frozenset(gone))


TestCalendar = Calendar.TestCase
TestCalendar.settings = settings(max_examples=40, stateful_step_count=25)


@given(st.lists(st.tuples(NAMES, st.sampled_from(SPANS)), max_size=8))
def test_applying_a_round_twice_is_applying_it_once(found: list[tuple[str, Span]]) -> None:
    read = changes(*(single(name, span) for name, span in found), removed="z")
    once: Reconciled = reconcile(Mirror(), read, TITLES)
    assert not reconcile(once.mirror, read, TITLES).changed
