"""What was found that nobody had told (F03, F07)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.appointments import Told
from shared.domain.drift import Figures, Findings, counted, findings
from shared.domain.links import Fingerprint, Link
from shared.domain.mirror import Event, Kind, Mirror
from shared.domain.model import Drift, LocationId, Window
from shared.domain.reconcile import Round, difference
from shared.domain.spans import Interval
from tests.unit.made import NOW, WINDOW, minutes, occurrence, series, single

DAY = timedelta(days=1)
A, B = single("a", minutes(60, 90)), single("b", minutes(120, 150))
MOVED = replace(A, span=minutes(300, 330))
SERIES = [occurrence(f"s{n}", "s", minutes(60 * n, 60 * n + 30)) for n in range(5)]
EXCEPTION = replace(SERIES[0], kind=Kind.EXCEPTION, span=minutes(700, 730))
NOTHING = Round(False, WINDOW, None)


def mirror(*events: Event) -> Mirror:
    return Mirror({e.id: e for e in events})


def found(
    before: Mirror,
    after: Mirror,
    told: Round | None,
    *,
    swept: bool = False,
    windows: tuple[Window, Window] = (WINDOW, WINDOW),
    links: tuple[Link, ...] = (),
) -> Findings:
    return findings(before, difference(before, after), windows, told, links, swept=swept)


@pytest.mark.parametrize(
    ("before", "after", "told", "missed"),
    [
        (mirror(A), mirror(A), NOTHING, 0),
        (mirror(A), mirror(), NOTHING, 1),
        (mirror(), mirror(A, B), NOTHING, 2),
        (mirror(A), mirror(MOVED), NOTHING, 1),
        (mirror(A), mirror(), replace(NOTHING, removed=frozenset("a")), 0),
        (mirror(), mirror(A, B), replace(NOTHING, events={"a": A}), 1),
        (mirror(*SERIES), mirror(), NOTHING, 1),
        (mirror(*SERIES), mirror(), replace(NOTHING, removed=frozenset("s")), 0),
        (mirror(*SERIES), mirror(*SERIES[1:]), replace(NOTHING, relisted=frozenset("s")), 0),
        (mirror(*SERIES), mirror(*SERIES[1:]), replace(NOTHING, removed=frozenset({"s0"})), 0),
        (mirror(*SERIES), mirror(*SERIES[1:]), replace(NOTHING, removed=frozenset({"s1"})), 1),
        (mirror(*SERIES), mirror(EXCEPTION), replace(NOTHING, events={"s0": EXCEPTION}), 0),
        (
            mirror(*SERIES),
            mirror(EXCEPTION),
            replace(NOTHING, series={"s": series("s", SERIES[0].span)}),
            0,
        ),
        # Read by the cursor itself: there is nothing that it has missed.
        (mirror(A), mirror(), None, 0),
        # Held, and back again: it has not changed.
        (mirror(A), mirror(replace(A, missing=True)), NOTHING, 0),
        (mirror(replace(A, missing=True)), mirror(A), NOTHING, 0),
        (mirror(replace(A, missing=True)), mirror(), NOTHING, 0),
        (mirror(replace(A, missing=True)), mirror(MOVED), NOTHING, 1),
    ],
)
def test_f03_what_a_comparison_finds_that_delta_has_not_told(
    before: Mirror, after: Mirror, told: Round | None, missed: int
) -> None:
    assert found(before, after, told) == Findings(missed, 0)


def test_f07_what_the_sweep_finds() -> None:
    assert found(mirror(A), mirror(B), None, swept=True) == Findings(0, 2)
    assert found(mirror(A), mirror(B), None) == Findings()
    told = replace(NOTHING, removed=frozenset("a"))
    assert found(mirror(A), mirror(B), told, swept=True) == Findings(1, 1)


def test_f07_what_we_have_written_ourselves_is_not_found_by_the_sweep() -> None:
    span = A.span
    assert isinstance(span, Interval)
    says = (Fingerprint.of(Told(A.title or "", span.start, span.end)),)
    link = Link(LocationId("l"), "x", 1, "a", says)
    assert found(mirror(), mirror(A), None, swept=True, links=(link,)) == Findings()
    gone = replace(link, says=())
    assert found(mirror(A), mirror(), None, swept=True, links=(gone,)) == Findings()
    assert found(mirror(A), mirror(), None, swept=True, links=(link,)) == Findings(0, 1)


def test_f07_what_crosses_an_edge_of_the_window_is_no_drift() -> None:
    later = Window(WINDOW.start + DAY, WINDOW.end + DAY)
    old = single("old", Interval(WINDOW.start, WINDOW.start + DAY))
    new = single("new", Interval(WINDOW.end, WINDOW.end + DAY))
    assert found(mirror(old), mirror(new), NOTHING, windows=(WINDOW, later)) == Findings()
    assert found(mirror(old), mirror(new), NOTHING) == Findings(1, 0)


def test_the_figures_of_a_calendar_add_up() -> None:
    drift = counted(Drift(2, 5, 7), Findings(3, 1), compared=True)
    assert drift == Drift(3, 8, 8)
    assert counted(drift, Findings(), compared=True) == Drift(0, 8, 8)
    assert counted(drift, Findings(0, 2), compared=False) == Drift(3, 8, 10)
    assert not Findings()
    assert Findings(1, 0)
    assert Findings(0, 1)


def test_the_figures_of_all_calendars_add_up() -> None:
    assert Figures() + Figures() == Figures()
    assert Figures(1, 2, NOW) + Figures(3, 4, None) == Figures(4, 6, NOW)
    assert sum([Figures(1, 2, NOW), Figures(1, 1, NOW + DAY)], Figures()) == Figures(
        2, 3, NOW + DAY
    )
