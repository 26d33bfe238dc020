"""A full reading says the same of the same events, whoever the provider is."""

from datetime import timedelta

from shared.domain.mirror import Availability, Kind
from shared.domain.spans import Days, Interval
from tests.flows.mailboxes import Owner, day, span
from tests.flows.provider_contract.asked_calendar import Calendar, by_title


async def test_single_events_are_read(calendar: Calendar, owner: Owner) -> None:
    ids = {
        "busy": owner.add("busy", span(3)),
        "free": owner.add("free", span(4), free=True),
        "asked": owner.add_invitation("asked", span(5)),
        "declined": owner.add_invitation("declined", span(6)),
        "secret": owner.add("secret", span(7)),
    }
    owner.add("over", span(-60))
    owner.add("far", span(200))
    owner.decline(ids["declined"])
    owner.make_private(ids["secret"])

    found = await calendar.look()

    assert found.full
    assert found.cursor is not None
    assert found.cursor.window == calendar.window
    events = calendar.mirror.events
    assert events.keys() == set(ids.values())
    assert {one.kind for one in events.values()} == {Kind.SINGLE}
    assert events[ids["busy"]].span == Interval(*span(3))
    assert {name: events[key].availability for name, key in ids.items()} == {
        "busy": Availability.BUSY,
        "free": Availability.FREE,
        "asked": Availability.TENTATIVE,
        "declined": Availability.FREE,
        "secret": Availability.BUSY,
    }
    titles = {name: (events[key].title, events[key].private) for name, key in ids.items()}
    assert titles == {name: (name, False) for name in ids} | {"secret": (None, True)}


async def test_whole_days_are_dates(calendar: Calendar, owner: Owner) -> None:
    first = day(4).date()
    trip = owner.add_days("Trip", first, 3)
    talk = owner.add("Talk", span(9))
    owner.make_all_day(talk)

    await calendar.look()

    there = day(9).date()
    assert {key: one.span for key, one in calendar.mirror.events.items()} == {
        trip: Days(first, first + timedelta(days=3)),
        talk: Days(there, there + timedelta(days=1)),
    }


async def test_a_series_is_its_first_event_and_its_occurrences(
    calendar: Calendar, owner: Owner
) -> None:
    series = owner.add_weekly("Weekly", span(1), 4)
    owner.move_occurrence(series, span(8)[0], span(9))
    owner.delete_occurrence(series, span(15)[0])

    await calendar.look()

    assert calendar.mirror.series.keys() == {series}
    assert calendar.mirror.series[series].first == Interval(*span(1))
    found = sorted((one.kind, one.span) for one in calendar.mirror.events.values())
    assert found == sorted(
        [
            (Kind.FIRST, Interval(*span(1))),
            (Kind.OCCURRENCE, Interval(*span(1))),
            (Kind.EXCEPTION, Interval(*span(9))),
            (Kind.OCCURRENCE, Interval(*span(22))),
        ]
    )
    events = calendar.mirror.events
    assert events[series].kind is Kind.FIRST
    assert {(one.series_id, one.title) for one in events.values()} == {(series, "Weekly")}


async def test_a_calendar_of_another_is_read(owner: Owner, friend: Owner) -> None:
    rota = friend.add_calendar("Rota")
    friend.add("Shift", span(3), calendar=rota)
    theirs = Calendar(owner, friend.share(rota, owner, write=False), shared=True)

    await theirs.look()
    assert by_title(theirs.mirror).keys() == {"Shift"}

    friend.add("Other", span(4), calendar=rota)
    await theirs.look()
    assert by_title(theirs.mirror).keys() == {"Shift", "Other"}
    assert theirs.mirror == await theirs.anew()


async def test_progress_is_told(calendar: Calendar, owner: Owner) -> None:
    for number in range(3):
        owner.add("Talk", span(3 + number))
    await calendar.read()
    assert calendar.told
    assert max(calendar.told) >= 3
