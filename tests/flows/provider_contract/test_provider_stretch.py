"""What lies in a stretch of time is what a full reading says of it, at every provider."""

from typing import Any

import pytest

from sandbox.stack import Stack
from shared.domain.confirming import Stretch
from shared.domain.mirror import Kind
from shared.domain.spans import Interval
from tests.flows.mailboxes import Owner, day, span
from tests.flows.outlook import Requests
from tests.flows.provider_contract.asked_calendar import Calendar, Day


def timely(stretch: Stretch) -> dict[str, tuple[Any, ...]]:
    """All that is read of an event but its title."""
    return {
        key: (one.kind, one.span, one.availability, one.private, one.series_id)
        for key, one in stretch.events.items()
    }


async def test_a_stretch_of_time_says_what_a_full_reading_says(
    calendar: Calendar, filled: Day, owner: Owner
) -> None:
    owner.decline(filled.asked)
    owner.make_private(filled.single)
    owner.move_occurrence(filled.series, span(8)[0], span(9))
    owner.delete_occurrence(filled.series, span(15)[0])
    read = await calendar.read()

    found = await calendar.stretch((day(0), day(60)))

    held = Stretch(read.events, read.series)
    assert timely(found) == timely(held)
    assert {key: one.first for key, one in found.series.items()} == {
        key: one.first for key, one in held.series.items()
    }


async def test_a_stretch_of_time_holds_what_lies_there_and_the_series_of_it(
    calendar: Calendar, filled: Day
) -> None:
    assert filled.single in (await calendar.stretch(span(3))).events
    second = await calendar.stretch(span(8))
    assert [(one.kind, one.span) for one in second.events.values()] == [
        (Kind.OCCURRENCE, Interval(*span(8)))
    ]
    assert second.series[filled.series].first == Interval(*span(1))
    assert not (await calendar.stretch(span(20))).events
    assert not (await calendar.stretch(span(20))).series


@pytest.mark.parametrize("hour", [0, 11, 23])
async def test_whole_days_are_found_by_any_hour_that_they_may_take(
    calendar: Calendar, filled: Day, hour: int
) -> None:
    for number in (4, 5):
        assert filled.trip in (await calendar.stretch(span(number, hour))).events
    for when in ((day(3, 12), day(3, 13)), (day(6, 11), day(6, 12))):
        assert filled.trip in (await calendar.stretch(when)).events


async def test_a_series_that_is_asked_for_is_told_though_nothing_of_it_lies_there(
    calendar: Calendar, filled: Day, owner: Owner
) -> None:
    owner.delete_occurrence(filled.series, span(1)[0])
    found = await calendar.stretch(span(1), filled.series, "gone")
    assert not found.events
    assert found.series[filled.series].first == Interval(*span(1))

    owner.delete(filled.series)
    assert not (await calendar.stretch(span(1), filled.series)).series


async def test_where_every_event_counts_no_series_is_asked_for(
    stack: Stack, calendar: Calendar, filled: Day
) -> None:
    asked = Requests(stack)
    found = await calendar.stretch(span(8), every=True)

    assert [(one.kind, one.series_id) for one in found.events.values()] == [
        (Kind.OCCURRENCE, filled.series)
    ]
    assert not found.series
    requests = asked.find() + asked.find(service="google")
    assert requests
    assert {one.path.rpartition("/")[2] for one in requests} <= {"calendarView", "events"}
    assert not [one for one in requests if "singleEvents=false" in one.query]


async def test_a_stretch_of_a_calendar_of_another(owner: Owner, friend: Owner) -> None:
    rota = friend.add_calendar("Rota")
    shift = friend.add("Shift", span(3), calendar=rota)
    theirs = Calendar(owner, friend.share(rota, owner, write=False), shared=True)

    [found] = (await theirs.stretch(span(3))).events.values()

    assert found.span == Interval(*span(3))
    assert owner.provider != "google" or found.id == shift
