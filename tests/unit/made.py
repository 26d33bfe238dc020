"""Values of the domain for tests: short makers, and strategies that draw them."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from shared.domain.mirror import Availability, Event, Kind, Series
from shared.domain.model import Account, CalendarState, ProviderName, Window
from shared.domain.spans import Days, Interval, Span

FIXTURES = Path(__file__).parent.parent / "fixtures" / "graph"
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
WINDOW = Window(datetime(2026, 2, 8, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
OUTLOOK = ProviderName("outlook")
GOOGLE = ProviderName("google")
ACCOUNT = Account(OUTLOOK, "tenant.object")


def fixture(number: str) -> dict[str, Any]:
    """A file of real payloads, by the number that its name begins with."""
    [path] = FIXTURES.glob(f"{number}-*.json")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def at(text: str) -> datetime:
    """`2026-03-10 12:30` as an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def timed(start: str, end: str) -> Interval:
    return Interval(at(start), at(end))


def days(first: str, end: str) -> Days:
    return Days(date.fromisoformat(first), date.fromisoformat(end))


def minutes(start: int, end: int) -> Interval:
    """From and to so many minutes after NOW."""
    return Interval(NOW + timedelta(minutes=start), NOW + timedelta(minutes=end))


def single(
    key: str, span: Span, availability: Availability = Availability.BUSY, **more: Any
) -> Event:
    return Event(key, Kind.SINGLE, span, availability, **{"title": f"title of {key}", **more})


def occurrence(key: str, series: str, span: Span, kind: Kind = Kind.OCCURRENCE) -> Event:
    return Event(key, kind, span, Availability.BUSY, series_id=series, title=f"title of {series}")


def series(key: str, first: Span, **more: Any) -> Series:
    return Series(key, first, **{"availability": Availability.BUSY, "title": key, **more})


def unread(**more: Any) -> CalendarState:
    return CalendarState(
        **{
            "account": ACCOUNT,
            "calendar_id": "calendar",
            "is_default": True,
            "shared": False,
            **more,
        }
    )


def _timed(start: int, length: int) -> Interval:
    return Interval(NOW + timedelta(seconds=start), NOW + timedelta(seconds=start + length))


def _days(start: int, length: int) -> Days:
    first = NOW.date() + timedelta(days=start)
    return Days(first, first + timedelta(days=length))


YEAR_SECONDS = 366 * 24 * 3600
intervals = st.builds(
    _timed,
    st.integers(-YEAR_SECONDS, YEAR_SECONDS),
    st.one_of(st.integers(0, 4 * 3600), st.integers(0, YEAR_SECONDS)),
)
whole_days = st.builds(_days, st.integers(-400, 400), st.integers(1, 40))
spans: st.SearchStrategy[Span] = st.one_of(intervals, whole_days)
ids = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
titles = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
events = st.builds(
    Event,
    id=ids,
    kind=st.sampled_from(Kind),
    span=spans,
    availability=st.sampled_from(Availability),
    private=st.booleans(),
    series_id=st.one_of(st.none(), ids),
    title=titles,
)
facts_of_series = st.builds(
    Series,
    id=ids,
    first=spans,
    availability=st.sampled_from(Availability),
    private=st.booleans(),
    title=titles,
)
