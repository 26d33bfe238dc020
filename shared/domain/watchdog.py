"""Whether a calendar is stuck without anybody having been told (F06). Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.domain.due import push_lives
from shared.domain.model import CalendarState, Problem, PushStatus, Roster

NOT_READ = "not_read_in_time"
NO_PUSH = "no_push_channel"

_WITHOUT_PUSH = timedelta(minutes=15)


def stuck(
    state: CalendarState, now: datetime, periods: Mapping[Roster, timedelta]
) -> Problem | None:
    """What is wrong and since when: not read for two periods of its roster, or without a channel
    that it should have for 15 minutes. A problem that is kept already is told by itself.
    """
    if state.problem is not None:
        return None
    read = state.checked_at or state.watched_since
    if read is not None and now - read > 2 * periods[state.roster]:
        return Problem(NOT_READ, read)
    lost = _without_push_since(state, now)
    return Problem(NO_PUSH, lost) if lost is not None and now - lost > _WITHOUT_PUSH else None


def _without_push_since(state: CalendarState, now: datetime) -> datetime | None:
    """None while there is a channel, and where the provider gives none."""
    push = state.push
    if push_lives(push, now) or push.status is PushStatus.REFUSED:
        return None
    return push.expires_at if push.status is PushStatus.ACTIVE else push.changed_at
