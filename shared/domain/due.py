"""What a calendar is due for, and when: pure functions of its state and the time."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from shared.domain.model import (
    CalendarKey,
    CalendarState,
    Cursor,
    Detail,
    Push,
    PushStatus,
    Role,
    Roster,
    Watch,
    Window,
)

CURSOR_VERSION = 1
"""Raise this when what we keep of an event changes: every mirror is then read in full again."""

MINUTES = 60
"""Slots of a roster. The periods of the sweep must divide it."""

_MINUTE = timedelta(minutes=1)
_FULL_READ_EVERY = timedelta(hours=24)
_PROBE_REFUSED_PUSH_EVERY = timedelta(hours=24)
_REAUTHORIZE_NOT_BEFORE = timedelta(minutes=10)
_RECHECKS = (timedelta(seconds=15), timedelta(seconds=60))


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far the mirrors reach, in days before and after today."""

    past_days: int
    future_days: int

    def window(self, now: datetime) -> Window:
        """Whole UTC days around today."""
        today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
        return Window(
            today - timedelta(days=self.past_days), today + timedelta(days=self.future_days + 1)
        )


def minute_slot(key: CalendarKey) -> int:
    """The minute of the hour that is this calendar's place in the rosters."""
    return int(key[:8], 16) % MINUTES


def slots_due(last: datetime | None, now: datetime, period_minutes: int) -> list[int]:
    """The slots that a sweep with that period visits in the minutes after `last` up to `now`.

    Without `last`, or where it is not before this minute, those of this minute alone.
    """
    this = now.replace(second=0, microsecond=0)
    passed = 1 if last is None else (this - last.replace(second=0, microsecond=0)) // _MINUTE
    minutes = range(now.minute - min(max(passed, 1), MINUTES) + 1, now.minute + 1)
    due = {slot for m in minutes for slot in range(m % period_minutes, MINUTES, period_minutes)}
    return sorted(due)


def wanted_detail(watches: tuple[Watch, ...]) -> Detail:
    """Titles are kept only for a calendar that is somebody's primary (R15)."""
    primary = any(watch.role is Role.PRIMARY for watch in watches)
    return Detail.TITLES if primary else Detail.TIME


def usable_cursor(
    state: CalendarState, detail: Detail, horizon: Horizon, now: datetime
) -> Cursor | None:
    """The cursor to go on from; None when a full read is due.

    That is daily, since providers lose deletions and the window of a cursor is fixed; sooner when
    the cursor has an older format or its window ends early, when more detail is wanted, or when
    what is held is to be confirmed (F16).
    """
    cursor, read_at = telling_cursor(state, detail), state.full_read_at
    if cursor is None or read_at is None:
        return None
    if state.hold is not None and now >= state.hold.confirm_at:
        return None
    # A window that lost more than a day of future no longer answers for what users may ask.
    if cursor.window.end < horizon.window(now).end - timedelta(days=1):
        return None
    return cursor if now - read_at < _FULL_READ_EVERY else None


def telling_cursor(state: CalendarState, detail: Detail) -> Cursor | None:
    """The cursor, where what it tells is what a mirror of that detail would have missed."""
    cursor = state.cursor
    if cursor is None or cursor.version != CURSOR_VERSION:
        return None
    return None if detail is Detail.TITLES and state.detail is Detail.TIME else cursor


def push_lives(push: Push, until: datetime) -> bool:
    """Whether the channel is open until then, as far as is known."""
    active = push.status is PushStatus.ACTIVE
    return active and push.expires_at is not None and push.expires_at > until


def needs_new_push(state: CalendarState, now: datetime) -> bool:
    push = state.push
    if push.status is PushStatus.REFUSED:
        return push.changed_at is None or now - push.changed_at >= _PROBE_REFUSED_PUSH_EVERY
    return not push_lives(push, now)


def needs_renewal(push: Push, now: datetime, asked_for: bool = False) -> bool:
    """With less than a third of its life left, or when the provider asks to authorise it anew.

    That not twice within ten minutes:
    https://learn.microsoft.com/graph/change-notifications-lifecycle-events
    """
    if push.status is not PushStatus.ACTIVE or push.expires_at is None or push.changed_at is None:
        return False
    if asked_for:
        return now - push.changed_at >= _REAUTHORIZE_NOT_BEFORE
    renews_at = push_renews_at(push)
    return renews_at is not None and now > renews_at


def push_renews_at(push: Push) -> datetime | None:
    """From when on the next visit renews the channel; None without one."""
    if push.status is not PushStatus.ACTIVE or push.expires_at is None or push.changed_at is None:
        return None
    return push.expires_at - (push.expires_at - push.changed_at) / 3


def roster_for(state: CalendarState, now: datetime, period: timedelta) -> Roster:
    """The sparse roster only with a channel that tells of every change and lives until the next
    visit there, `period` from now: one that ends between two visits would be missed by nobody."""
    pushed = state.push.complete and push_lives(state.push, now + period)
    return Roster.PUSH if pushed else Roster.POLL


def recheck_after(attempt: int) -> timedelta | None:
    """The wait before looking again when a notification came and nothing was found.

    Providers notify before their own copies agree: 15 s and 60 s later are tried, then no more.
    """
    return _RECHECKS[attempt] if attempt < len(_RECHECKS) else None
