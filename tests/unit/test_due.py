"""What a calendar is due for, and when (F03, F06, F07, F09)."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import due
from shared.domain.due import CURSOR_VERSION, Horizon
from shared.domain.model import (
    Calendar,
    CalendarState,
    Cursor,
    Detail,
    Hold,
    LocationId,
    Push,
    PushStatus,
    Role,
    Roster,
    UserId,
    Watch,
    Window,
)
from tests.unit.made import ACCOUNT, NOW, unread

HORIZON = Horizon(30, 365)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CURSOR = Cursor("link", CURSOR_VERSION, HORIZON.window(NOW))
READ = unread(cursor=CURSOR, full_read_at=NOW, checked_at=NOW, detail=Detail.TITLES)


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        (NOW, "2026-02-08", "2027-03-11"),
        (datetime(2026, 3, 10, 0, 0, tzinfo=UTC), "2026-02-08", "2027-03-11"),
        (datetime(2026, 3, 10, 23, 59, 59, tzinfo=UTC), "2026-02-08", "2027-03-11"),
        # The same instant said otherwise.
        (
            datetime(2026, 3, 11, 1, 0, tzinfo=ZoneInfo("Pacific/Kiritimati")),
            "2026-02-08",
            "2027-03-11",
        ),
    ],
)
def test_the_window_is_whole_utc_days_around_today(now: datetime, start: str, end: str) -> None:
    window = HORIZON.window(now)
    assert window == Window(
        datetime.fromisoformat(start).replace(tzinfo=UTC),
        datetime.fromisoformat(end).replace(tzinfo=UTC),
    )


@given(st.integers(0, 2**32))
def test_the_window_always_holds_what_users_may_ask(seconds: int) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    window = HORIZON.window(now)
    assert window.start <= now - timedelta(days=30)
    assert window.end > now + timedelta(days=365)


@pytest.mark.parametrize(
    ("state", "detail", "now", "usable"),
    [
        (READ, Detail.TITLES, NOW, True),
        (READ, Detail.TIME, NOW, True),
        (READ, Detail.TITLES, NOW + DAY - timedelta(seconds=1), True),
        (READ, Detail.TITLES, NOW + DAY, False),
        (replace(READ, cursor=None), Detail.TITLES, NOW, False),
        (replace(READ, full_read_at=None), Detail.TITLES, NOW, False),
        (replace(READ, detail=Detail.TIME), Detail.TIME, NOW, True),
        (replace(READ, detail=Detail.TIME), Detail.TITLES, NOW, False),
        (replace(READ, cursor=replace(CURSOR, version=CURSOR_VERSION - 1)), Detail.TITLES, NOW,
         False),
        (replace(READ, cursor=replace(CURSOR, version=CURSOR_VERSION + 1)), Detail.TITLES, NOW,
         False),
        (replace(READ, hold=Hold(NOW - HOUR, 21, NOW + HOUR)), Detail.TITLES, NOW, True),
        (replace(READ, hold=Hold(NOW - HOUR, 21, NOW)), Detail.TITLES, NOW, False),
    ],
)  # fmt: skip
def test_whether_to_go_on_from_the_cursor(
    state: CalendarState, detail: Detail, now: datetime, usable: bool
) -> None:
    assert due.usable_cursor(state, detail, HORIZON, now) == (state.cursor if usable else None)


@pytest.mark.parametrize(("lost", "usable"), [(0, True), (1, True), (2, False), (100, False)])
def test_a_window_that_ends_early_is_read_anew(lost: int, usable: bool) -> None:
    """Also when the setting is raised."""
    window = Window(CURSOR.window.start, CURSOR.window.end - timedelta(days=lost))
    state = replace(READ, cursor=replace(CURSOR, window=window))
    assert (due.usable_cursor(state, Detail.TITLES, HORIZON, NOW) is not None) is usable


def test_a_setting_that_is_lowered_needs_no_new_read() -> None:
    assert due.usable_cursor(READ, Detail.TITLES, Horizon(30, 92), NOW) == CURSOR


# Push

ACTIVE = Push(
    PushStatus.ACTIVE, "id", complete=True, expires_at=NOW + timedelta(days=6), changed_at=NOW
)


@pytest.mark.parametrize(
    ("push", "now", "needed"),
    [
        (Push(), NOW, True),
        (ACTIVE, NOW, False),
        (ACTIVE, NOW + timedelta(days=6), True),
        (ACTIVE, NOW + timedelta(days=7), True),
        (replace(ACTIVE, expires_at=None), NOW, True),
        (Push(PushStatus.REFUSED, changed_at=NOW), NOW + DAY - HOUR, False),
        (Push(PushStatus.REFUSED, changed_at=NOW), NOW + DAY, True),
        (Push(PushStatus.REFUSED), NOW, True),
    ],
)
def test_when_a_channel_is_opened(push: Push, now: datetime, needed: bool) -> None:
    assert due.needs_new_push(unread(push=push), now) is needed


@pytest.mark.parametrize(
    ("push", "after", "asked_for", "renewed"),
    [
        (ACTIVE, timedelta(0), False, False),
        (ACTIVE, timedelta(days=4), False, False),
        (ACTIVE, timedelta(days=4, seconds=1), False, True),
        (ACTIVE, timedelta(days=7), False, True),
        (ACTIVE, timedelta(minutes=9), True, False),
        (ACTIVE, timedelta(minutes=10), True, True),
        (Push(), timedelta(days=9), True, False),
        (Push(PushStatus.REFUSED, changed_at=NOW), timedelta(days=9), True, False),
        (replace(ACTIVE, expires_at=None), timedelta(days=9), True, False),
        (replace(ACTIVE, changed_at=None), timedelta(days=9), True, False),
    ],
)
def test_when_a_channel_is_renewed(
    push: Push, after: timedelta, asked_for: bool, renewed: bool
) -> None:
    assert due.needs_renewal(push, NOW + after, asked_for) is renewed


@given(st.integers(45, 10_080), st.integers(1, 60))
def test_a_sweep_renews_before_the_end_whatever_life_was_granted(life: int, period: int) -> None:
    """At four fifths of the life at the latest (F06), if it lasts three sweeps or more."""
    push = replace(ACTIVE, expires_at=NOW + timedelta(minutes=life))
    sweeps = (NOW + timedelta(minutes=minute) for minute in range(0, life, period))
    renewed = next((at for at in sweeps if due.needs_renewal(push, at)), None)
    if life >= 3 * period:
        assert renewed is not None
        assert renewed - NOW <= timedelta(minutes=life * 2 / 3 + period)


# Places in the rosters


@pytest.mark.parametrize(
    ("push", "roster"),
    [
        (ACTIVE, Roster.PUSH),
        (replace(ACTIVE, complete=False), Roster.POLL),
        (Push(), Roster.POLL),
        (Push(PushStatus.REFUSED, complete=True), Roster.POLL),
        # One that has ended, that nobody knows the end of, or that ends before the next visit.
        (replace(ACTIVE, expires_at=NOW), Roster.POLL),
        (replace(ACTIVE, expires_at=NOW - DAY), Roster.POLL),
        (replace(ACTIVE, expires_at=None), Roster.POLL),
        (replace(ACTIVE, expires_at=NOW + HOUR), Roster.POLL),
        (replace(ACTIVE, expires_at=NOW + HOUR + timedelta(seconds=1)), Roster.PUSH),
    ],
)
def test_only_calendars_with_complete_push_are_swept_rarely(push: Push, roster: Roster) -> None:
    assert due.roster_for(unread(push=push), NOW, HOUR) is roster


PERIODS = [number for number in range(1, 61) if 60 % number == 0]
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("period", PERIODS)
def test_every_slot_comes_up_exactly_once_in_a_period(period: int) -> None:
    for start in (0, 7, 59):
        begins = NOW.replace(minute=start)
        visited: Counter[int] = Counter()
        for minute in range(period):
            now = begins + minute * MINUTE + timedelta(seconds=minute % 50)
            for last in (None, now, now - MINUTE, now + MINUTE):
                slots = due.slots_due(last, now, period)
                assert len(slots) == 60 // period
                assert slots == sorted(set(slots))
            visited.update(due.slots_due(now - MINUTE, now, period))
        assert visited == Counter(range(60))


@given(
    st.sampled_from(PERIODS),
    st.integers(0, 3599),
    st.lists(st.integers(1, 5000), min_size=1, max_size=12),
)
def test_minutes_that_the_timer_missed_are_made_up_for(
    period: int, start: int, gaps: list[int]
) -> None:
    """Nothing is left out however late the timer comes, and nothing comes before it is due."""
    last = NOW.replace(minute=0) + timedelta(seconds=start)
    for gap in gaps:
        now = last + timedelta(seconds=gap)
        minute, expected = last.replace(second=0) + MINUTE, set[int]()
        while minute <= now:
            expected |= {slot for slot in range(60) if slot % period == minute.minute % period}
            minute += MINUTE
        alone = set(due.slots_due(None, now, period))
        assert set(due.slots_due(last, now, period)) == (expected or alone)
        last = now


def test_calendars_spread_over_the_slots_and_keep_theirs() -> None:
    keys = [Calendar(ACCOUNT, f"calendar {number}").key for number in range(6000)]
    spread = Counter(due.minute_slot(key) for key in keys)
    assert set(spread) == set(range(60))
    assert max(spread.values()) < 160
    assert [due.minute_slot(key) for key in keys[:50]] == [
        due.minute_slot(Calendar(ACCOUNT, f"calendar {number}").key) for number in range(50)
    ]


# The rest


def _watch(role: Role) -> Watch:
    return Watch(LocationId("l"), UserId("u"), role)


@pytest.mark.parametrize(
    ("roles", "detail"),
    [
        ([], Detail.TIME),
        ([Role.CONFLICT, Role.CONFLICT], Detail.TIME),
        ([Role.CONFLICT, Role.PRIMARY], Detail.TITLES),
        ([Role.PRIMARY], Detail.TITLES),
    ],
)
def test_titles_are_kept_for_a_primary_calendar_only(roles: list[Role], detail: Detail) -> None:
    assert due.wanted_detail(tuple(_watch(role) for role in roles)) is detail


def test_looking_again_twice_and_no_more() -> None:
    waits = [due.recheck_after(attempt) for attempt in range(4)]
    assert waits == [timedelta(seconds=15), timedelta(seconds=60), None, None]
