"""When a calendar is looked at again after a notification (providers 14, rule 47)."""

from datetime import timedelta

import pytest

from shared.domain.model import CalendarState
from shared.flows.look_again import looked
from shared.messages import Cause, SyncCalendar
from tests.unit.made import NOW, unread

SOON, LATER = timedelta(seconds=15), timedelta(seconds=60)


def after(state: CalendarState, cause: Cause, found: int, recheck: int = 0) -> CalendarState:
    message = SyncCalendar(calendar="k", cause=cause, at=NOW, recheck=recheck)
    return looked(message, found, state, NOW)


def waiting(unfound: bool = False) -> CalendarState:
    return unread(recheck_at=NOW + SOON, unfound=unfound)


@pytest.mark.parametrize("cause", [Cause.NOTIFIED, Cause.MISSED])
@pytest.mark.parametrize("found", [0, 3])
def test_rule47_once_after_every_notification(cause: Cause, found: int) -> None:
    state = after(unread(), cause, found)
    assert state.recheck_at == NOW + SOON
    assert state.unfound is not bool(found)


def test_rule47_notifications_share_the_look_that_is_to_come() -> None:
    assert after(waiting(), Cause.NOTIFIED, 0).recheck_at == NOW + SOON
    assert after(waiting(), Cause.NOTIFIED, 0).unfound


def test_rule47_what_one_has_not_found_another_need_not_have_found() -> None:
    assert after(waiting(unfound=True), Cause.NOTIFIED, 1).unfound


def test_rule47_no_further_where_all_was_found() -> None:
    found = unread(recheck_at=NOW, unfound=False)
    assert after(found, Cause.RECHECK, 0, recheck=1) == found


def test_rule47_once_more_where_nothing_was_found_and_then_no_more() -> None:
    lost = unread(recheck_at=NOW, unfound=True)
    assert after(lost, Cause.RECHECK, 0, recheck=1).recheck_at == NOW + LATER
    assert after(lost, Cause.RECHECK, 0, recheck=2).recheck_at == NOW
    assert after(lost, Cause.RECHECK, 2, recheck=1) == unread(recheck_at=NOW, unfound=False)


@pytest.mark.parametrize("cause", [Cause.SWEEP, Cause.SELECTED, Cause.HELD, Cause.RECONNECTED])
def test_rule47_other_causes_look_once(cause: Cause) -> None:
    assert after(waiting(unfound=True), cause, 0) == waiting(unfound=True)
