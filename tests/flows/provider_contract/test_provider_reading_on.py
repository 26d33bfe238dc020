"""Reading on from a cursor gives what a full reading gives, at every provider."""

from collections.abc import Callable

import pytest

from shared.errors import CursorLost
from tests.flows.mailboxes import span
from tests.flows.provider_contract.asked_calendar import LATER, Calendar, Day, by_title


def _add_much(day: Day) -> None:
    for number in range(30):
        day.owner.add(f"Talk {number}", span(10 + number))


EDITS: dict[str, Callable[[Day], object]] = {
    "make": lambda day: day.owner.add("New", span(20)),
    "make all-day": lambda day: day.owner.add_days("New", LATER[0].date(), 2),
    "make a series": lambda day: day.owner.add_weekly("New", span(2, 15), 5),
    "make many": _add_much,
    "move": lambda day: day.owner.move(day.single, LATER),
    "rename": lambda day: day.owner.rename(day.single, "Other"),
    "private": lambda day: day.owner.make_private(day.single),
    "single to all-day": lambda day: day.owner.make_all_day(day.single),
    "delete": lambda day: day.owner.delete(day.single),
    "delete all-day": lambda day: day.owner.delete(day.trip),
    "decline": lambda day: day.owner.decline(day.asked),
    "out of the window": lambda day: day.owner.move(day.single, span(200)),
    "rename the series": lambda day: day.owner.rename(day.series, "Other"),
    "private series": lambda day: day.owner.make_private(day.series),
    "move an occurrence": lambda day: day.owner.move_occurrence(day.series, span(8)[0], span(9)),
    "move the first occurrence": lambda day: day.owner.move_occurrence(
        day.series, span(1)[0], span(2)
    ),
    "delete an occurrence": lambda day: day.owner.delete_occurrence(day.series, span(8)[0]),
    "delete the first occurrence": lambda day: day.owner.delete_occurrence(day.series, span(1)[0]),
    "move the series": lambda day: day.owner.move(day.series, span(1, 13)),
    "delete the series": lambda day: day.owner.delete(day.series),
    "to another calendar": lambda day: day.owner.put_on(day.single, day.team),
    "series to another calendar": lambda day: day.owner.put_on(day.series, day.team),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
async def test_reading_on_gives_what_a_full_reading_gives(
    calendar: Calendar, filled: Day, edit: Callable[[Day], object]
) -> None:
    before = calendar.mirror
    edit(filled)

    found = await calendar.look()

    assert not found.full
    assert calendar.mirror != before
    assert calendar.mirror == await calendar.anew()


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "one by one"])
async def test_many_edits_add_up(calendar: Calendar, filled: Day, at_once: bool) -> None:
    steps = [
        "make",
        "make a series",
        "move",
        "move an occurrence",
        "delete the first occurrence",
        "rename the series",
        "private",
        "decline",
        "delete all-day",
    ]
    for step in steps:
        EDITS[step](filled)
        if not at_once:
            await calendar.look()
    await calendar.look()
    assert calendar.mirror == await calendar.anew()


async def test_nothing_new_is_an_empty_round(calendar: Calendar, filled: Day) -> None:
    found = await calendar.look()
    assert (found.full, found.events, found.series, found.removed) == (False, {}, {}, frozenset())
    assert found.cursor is not None


async def test_what_is_gone_is_told(calendar: Calendar, filled: Day) -> None:
    filled.owner.delete(filled.single)
    filled.owner.delete(filled.series)

    found = await calendar.look()

    assert not found.full
    assert {filled.single, filled.series} <= found.removed
    assert by_title(calendar.mirror).keys() == {"Trip", "Asked"}
    assert not calendar.mirror.series


async def test_a_cursor_that_the_provider_has_forgotten(calendar: Calendar, filled: Day) -> None:
    filled.owner.forget_cursors()
    with pytest.raises(CursorLost):
        await calendar.look()
    assert calendar.mirror == await calendar.anew()
