"""Which calendars are stuck, and since when (F06)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.domain.model import CalendarState, Problem, Push, PushStatus, Roster
from shared.domain.watchdog import NO_PUSH, NOT_READ, stuck
from tests.unit.made import NOW, unread

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PERIODS = {Roster.PUSH: HOUR, Roster.POLL: 5 * MINUTE}
ACTIVE = Push(PushStatus.ACTIVE, "id", complete=True, expires_at=NOW + HOUR, changed_at=NOW - HOUR)
WELL = unread(roster=Roster.PUSH, checked_at=NOW, push=ACTIVE)
POLLED = replace(WELL, roster=Roster.POLL)


def ended(ago: timedelta) -> Push:
    return replace(ACTIVE, expires_at=NOW - ago)


@pytest.mark.parametrize(
    ("state", "code", "since"),
    [
        (WELL, None, None),
        (replace(WELL, checked_at=NOW - 2 * HOUR), None, None),
        (replace(WELL, checked_at=NOW - 2 * HOUR - MINUTE), NOT_READ, NOW - 2 * HOUR - MINUTE),
        (replace(POLLED, checked_at=NOW - 10 * MINUTE), None, None),
        (replace(POLLED, checked_at=NOW - 11 * MINUTE), NOT_READ, NOW - 11 * MINUTE),
        # Never read: since it was chosen; a row older than that fact says nothing.
        (unread(), None, None),
        (unread(watched_since=NOW - 10 * MINUTE), None, None),
        (unread(watched_since=NOW - 11 * MINUTE), NOT_READ, NOW - 11 * MINUTE),
        # Without a channel.
        (replace(POLLED, push=ended(15 * MINUTE)), None, None),
        (replace(POLLED, push=ended(16 * MINUTE)), NO_PUSH, NOW - 16 * MINUTE),
        (replace(POLLED, push=Push(changed_at=NOW - 15 * MINUTE)), None, None),
        (replace(POLLED, push=Push(changed_at=NOW - 16 * MINUTE)), NO_PUSH, NOW - 16 * MINUTE),
        (replace(POLLED, push=Push()), None, None),
        (replace(POLLED, push=Push(PushStatus.REFUSED, changed_at=NOW - HOUR)), None, None),
        # Known and told already.
        (
            replace(WELL, checked_at=NOW - 9 * HOUR, problem=Problem("calendar_gone", NOW)),
            None,
            None,
        ),
    ],
)
def test_f06_what_is_stuck(state: CalendarState, code: str | None, since: datetime | None) -> None:
    found = stuck(state, NOW, PERIODS)
    assert (found.code if found else None, found.since if found else None) == (code, since)
