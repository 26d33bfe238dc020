"""Which calendar is the one that was chosen, once its id is not listed any more."""

from dataclasses import replace

import pytest

from shared.domain.model import Account, Calendar, CalendarInfo, ProviderName
from shared.domain.rebinding import chosen_anew, found_again, likeness, with_rebound
from shared.domain.records import KeptSelection, Rebound, WatchedCalendar
from shared.domain.selection import Choice, Selection

OUTLOOK = ProviderName("outlook")
ACCOUNT = Account(OUTLOOK, "olga")


def info(calendar_id: str, name: str = "Work", **given: object) -> CalendarInfo:
    plain = CalendarInfo(calendar_id, name, None, "Olga", "olga@x.example", False, True, False)
    return replace(plain, **given)  # type: ignore[arg-type]


def watched(found: CalendarInfo, *others: CalendarInfo) -> WatchedCalendar:
    known_by = likeness(found, [found, *others])
    calendar = Calendar(ACCOUNT, found.calendar_id)
    return WatchedCalendar(calendar, found.is_default, found.shared, known_by)


WORK, HOME = info("1"), info("2", "Home")
DEFAULT = info("0", "Calendar", is_default=True)
OLGAS = info("5", shared=True, owner_address="Otto@x.example")


@pytest.mark.parametrize(
    ("chosen", "listed", "found"),
    [
        pytest.param(watched(WORK), [DEFAULT, HOME, info("9")], "9", id="same name"),
        pytest.param(watched(WORK), [info("9", owner_address="new@x.example")], "9", id="renamed"),
        pytest.param(watched(WORK), [WORK, info("9")], None, id="still there"),
        pytest.param(watched(WORK), [DEFAULT, HOME], None, id="none like it"),
        pytest.param(watched(WORK), [info("8"), info("9")], None, id="two like it"),
        pytest.param(watched(WORK, info("7")), [info("7")], None, id="two when it was chosen"),
        pytest.param(watched(WORK), [info("9", "work")], None, id="another name"),
        pytest.param(watched(WORK), [replace(OLGAS, calendar_id="9")], None, id="somebody else's"),
        pytest.param(
            watched(OLGAS),
            [info("8"), replace(OLGAS, calendar_id="9", owner_address="otto@X.example")],
            "9",
            id="the owner's",
        ),
        pytest.param(
            watched(OLGAS),
            [replace(OLGAS, calendar_id="9", owner_address="anna@x.example")],
            None,
            id="another owner's",
        ),
        pytest.param(
            watched(DEFAULT), [info("9", "Kalender", is_default=True), HOME], "9", id="default"
        ),
        pytest.param(watched(DEFAULT), [info("9", "Calendar")], None, id="no default"),
        pytest.param(watched(WORK), [], None, id="nothing listed"),
    ],
)
def test_rule29_found_again(
    chosen: WatchedCalendar, listed: list[CalendarInfo], found: str | None
) -> None:
    again = found_again(chosen, listed)
    assert (again and again.calendar_id) == found


def calendar(calendar_id: str) -> Calendar:
    return Calendar(ACCOUNT, calendar_id)


def kept(primary: str, *conflicts: str) -> KeptSelection:
    chosen = Selection(Choice(OUTLOOK, primary), tuple(Choice(OUTLOOK, one) for one in conflicts))
    return KeptSelection(chosen, 4, (watched(WORK), watched(HOME)))


def test_rule29_it_keeps_its_place_in_the_selection() -> None:
    after = with_rebound(kept("2", "3", "1", "4"), watched(WORK), info("9"))

    assert after is not None
    assert after.selection.primary == Choice(OUTLOOK, "2")
    assert [one.calendar_id for one in after.selection.conflicts] == ["3", "9", "4"]
    assert after.number == 5
    assert after.rebound == (Rebound(calendar("1"), calendar("9")),)
    assert [one.calendar for one in after.watched] == [calendar(one) for one in "129"]


@pytest.mark.parametrize(
    ("before", "found"),
    [
        pytest.param(kept("2", "3"), info("9"), id="not chosen any more"),
        pytest.param(kept("1", "9"), info("9"), id="chosen besides"),
        pytest.param(kept("1"), info("9", can_write=False), id="a primary that is read only"),
    ],
)
def test_rule29_it_is_left_to_people(before: KeptSelection, found: CalendarInfo) -> None:
    assert with_rebound(before, watched(WORK), found) is None


def test_rule29_ids_that_change_again_lead_to_the_newest() -> None:
    once = with_rebound(kept("1"), watched(WORK), info("8"))
    assert once is not None
    twice = with_rebound(once, watched(info("8")), info("9"))
    assert twice is not None
    assert {one.was: one.now for one in twice.rebound} == {
        calendar("1"): calendar("9"),
        calendar("8"): calendar("9"),
    }
    back = with_rebound(twice, watched(info("9")), info("1"))
    assert back is not None
    assert {one.was: one.now for one in back.rebound} == {
        calendar("8"): calendar("1"),
        calendar("9"): calendar("1"),
    }


def test_rule29_what_is_chosen_by_its_old_id_is_itself() -> None:
    known = (Rebound(calendar("1"), calendar("9")), Rebound(calendar("2"), calendar("9")))

    assert chosen_anew(known, [calendar("1"), calendar("9")]) == known[1:]
