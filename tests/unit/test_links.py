"""Which events are our own writes coming back, and which somebody has changed (R14, F13)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.appointments import Told
from shared.domain.changes import touched
from shared.domain.links import Fingerprint, Link, questionable
from shared.domain.mirror import Availability, Event, Kind, Mirror, Series
from shared.domain.model import LocationId, Window
from shared.domain.reconcile import Reconciled, difference
from shared.domain.spans import Interval

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOW = Window(NINE - timedelta(days=30), NINE + timedelta(days=365))
TOLD = Told("Viewing", NINE, NINE + HOUR)
LATER = Told("Viewing", NINE + HOUR, NINE + 2 * HOUR)
LINK = Link(LocationId("l"), "x", 1, "e", (Fingerprint.of(TOLD),))
OTHER = LocationId("other")


def event(told: Told = TOLD, key: str = "e", title: str | None = "") -> Event:
    span = Interval(told.start, told.end)
    shown = told.title if title == "" else title
    return Event(key, Kind.SINGLE, span, Availability.BUSY, title=shown)


def mirror(*events: Event) -> Mirror:
    return Mirror({one.id: one for one in events})


@pytest.mark.parametrize(
    ("link", "there", "asked"),
    [
        (LINK, mirror(event()), False),
        (LINK, mirror(event(title=None)), False),
        (LINK, mirror(event(LATER)), True),
        (LINK, mirror(event(replace(TOLD, title="Other"))), True),
        (LINK, mirror(), True),
        (replace(LINK, elsewhere=True), mirror(), False),
        (replace(LINK, elsewhere=True), mirror(event(LATER)), True),
        (replace(LINK, event_id=None), mirror(), False),
        (replace(LINK, says=()), mirror(event()), False),
        (replace(LINK, says=(Fingerprint.of(TOLD), Fingerprint.of(LATER))), mirror(event()), False),
        (
            LINK,
            Mirror(series={"e": Series("e", Interval(NINE, NINE + HOUR), Availability.BUSY)}),
            False,
        ),
        (
            LINK,
            Mirror(series={"e": Series("e", Interval(NINE, NINE + 2 * HOUR), Availability.BUSY)}),
            True,
        ),
    ],
)
def test_r14_which_events_must_be_looked_at(link: Link, there: Mirror, asked: bool) -> None:
    missing = not there.events and not there.series

    found = questionable([link], there, WINDOW, thorough=False)

    assert found == ([(link, missing)] if asked else [])


def test_an_event_beyond_the_window_is_not_missed() -> None:
    """Falling out of the window is no deletion."""
    later = Window(NINE + timedelta(days=1), NINE + timedelta(days=300))

    assert questionable([LINK], mirror(), later, thorough=True) == []


def test_an_event_elsewhere_is_asked_after_once_a_day() -> None:
    link = replace(LINK, elsewhere=True)

    assert questionable([link], mirror(), WINDOW, thorough=True) == [(link, True)]


@pytest.mark.parametrize(
    ("before", "after", "links", "span"),
    [
        # Our own writing, at the location that asked for it: made, moved, removed.
        (mirror(), mirror(event()), [LINK], None),
        (mirror(), mirror(event()), [replace(LINK, event_id=None)], None),
        (
            mirror(event()),
            mirror(event(LATER)),
            [replace(LINK, says=(Fingerprint.of(LATER),))],
            None,
        ),
        (mirror(event()), mirror(), [replace(LINK, says=())], None),
        # The same, at a location that did not.
        (mirror(), mirror(event()), [], (NINE, NINE + HOUR)),
        (mirror(event()), mirror(), [], (NINE, NINE + HOUR)),
        (mirror(event()), mirror(event(LATER)), [], (NINE, NINE + 2 * HOUR)),
        # The owner's: moved, removed, something of their own.
        (mirror(event()), mirror(event(LATER)), [LINK], (NINE, NINE + 2 * HOUR)),
        (mirror(event()), mirror(), [LINK], (NINE, NINE + HOUR)),
        (mirror(), mirror(event(LATER, "own")), [LINK], (NINE + HOUR, NINE + 2 * HOUR)),
        # What blocks no time is no news, nor is a new title.
        (
            mirror(),
            mirror(replace(event(LATER, "own"), availability=Availability.FREE)),
            [],
            None,
        ),
        (mirror(event()), mirror(event(title="New")), [], None),
    ],
)
def test_which_busy_time_is_news(
    before: Mirror,
    after: Mirror,
    links: list[Link],
    span: tuple[datetime, datetime] | None,
) -> None:
    reconciled: Reconciled = difference(before, after)

    found = touched(before, reconciled, links, WINDOW)

    assert found == (Interval(*span) if span else None)


def test_what_left_the_window_is_no_news() -> None:
    later = Window(NINE + timedelta(days=1), NINE + timedelta(days=300))

    assert touched(mirror(event()), difference(mirror(event()), mirror()), [], later) is None


@pytest.mark.parametrize(
    ("link", "there", "spent"),
    [
        (LINK, mirror(), False),
        (replace(LINK, says=()), mirror(event()), False),
        (replace(LINK, says=()), mirror(), True),
        (
            replace(LINK, says=(Fingerprint.of(replace(TOLD, end=WINDOW.start - HOUR)),)),
            mirror(),
            True,
        ),
    ],
)
def test_when_a_link_has_served(link: Link, there: Mirror, spent: bool) -> None:
    assert link.spent(there, WINDOW) is spent


def test_r15_a_link_holds_no_title() -> None:
    assert "Viewing" not in repr(LINK)
