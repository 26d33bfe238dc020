"""How long changes took, counted by the hour."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.lag import BOUNDS, HOURS, LagHour, Lags, counted, last_day

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NINE = NOW.replace(minute=0)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("seconds", "place"),
    [(-1, 0), (0, 0), (2, 0), (2.5, 1), (5, 1), (15, 2), (60, 3), (61, 4), (300, 4), (301, 5)],
)
def test_a_lag_is_counted_with_the_first_bound_that_it_does_not_pass(
    seconds: float, place: int
) -> None:
    [hour] = counted((), timedelta(seconds=seconds), NOW)

    assert hour.hour == NINE
    assert [n for n, count in enumerate(hour.counts) if count] == [place]
    assert hour.longest == max(0, round(seconds))


def test_those_of_one_hour_are_one_and_what_is_a_day_old_goes() -> None:
    lags: Lags = ()
    for hours, seconds in ((-24, 1), (-23, 1), (0, 1), (0, 70)):
        lags = counted(lags, timedelta(seconds=seconds), NOW + hours * HOUR)

    assert [one.hour for one in lags] == [NINE - 23 * HOUR, NINE]
    assert lags[-1] == LagHour(NINE, (1, 0, 0, 0, 1, 0), 70)


def test_the_last_day_has_every_hour_once() -> None:
    day = last_day([LagHour(NINE, (1, 0, 0, 0, 0, 0), 1)] * 2, NOW)

    assert [one.hour for one in day] == [NINE - n * HOUR for n in reversed(range(HOURS))]
    assert day[-1] == LagHour(NINE, (2, 0, 0, 0, 0, 0), 1)
    assert all(not any(one.counts) for one in day[:-1])


@given(st.lists(st.tuples(st.integers(0, 40 * 60), st.floats(0, 4000)), max_size=30))
def test_nothing_of_the_last_day_is_lost(found: list[tuple[int, float]]) -> None:
    lags: Lags = ()
    found.sort()
    for minute, seconds in found:
        lags = counted(lags, timedelta(seconds=seconds), NOW + timedelta(minutes=minute))
    now = NOW + timedelta(minutes=max((minute for minute, _ in found), default=0))
    since = now.replace(minute=0) - (HOURS - 1) * HOUR
    recent = [s for minute, s in found if NOW + timedelta(minutes=minute) >= since]

    day = last_day(lags, now)

    assert sum(sum(one.counts) for one in day) == len(recent)
    assert max(one.longest for one in day) == max((round(s) for s in recent), default=0)
    assert all(len(one.counts) == len(BOUNDS) + 1 for one in day)
