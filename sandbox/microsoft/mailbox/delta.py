"""calendarView/delta: rounds of pages, full or since an earlier round."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .calendar import CalendarEntry
from .changes import LogEntry
from .delta_items import DeltaItem, Tombstone, render
from .delta_state import Cursor, DeltaState, Round, Unit
from .errors import SyncStateError
from .faults import MailboxFaults
from .times import Window

__all__ = ["DeltaItem", "DeltaPage", "Tombstone", "delta_page", "start_delta"]


@dataclass(frozen=True)
class DeltaPage:
    """A page: its items, the window of the round, and either a next or a delta token."""

    items: list[DeltaItem]
    window: Window
    next_token: str | None = None
    delta_token: str | None = None


def start_delta(entry: CalendarEntry, window: Window, page_size: int) -> DeltaPage:
    """Begin a full round and give its first page."""
    faults = entry.viewer.faults
    visible = _visible(entry, faults)
    hidden = _created_later(entry, visible)
    units = tuple(
        Unit(event.key, event.moves)
        for event in entry.calendar.events.values()
        if event.key not in hidden
    )
    round_ = Round(entry.calendar, window, units, True, visible, faults.generation)
    return _page(entry, Cursor(round_, empty_pages_left=_empties(faults, units)), page_size)


def delta_page(entry: CalendarEntry, token: str, page_size: int) -> DeltaPage:
    """Give the page a token stands for; a delta token begins a round of changes."""
    faults = entry.viewer.faults
    state = entry.viewer.delta_tokens.known.get(token)
    origin = state.round if isinstance(state, Cursor) else state
    if (
        state is None
        or origin is None
        or origin.calendar is not entry.calendar
        or origin.generation != faults.generation
    ):
        raise SyncStateError(
            faults.expired_status,
            faults.expired_code,
            faults.generation,
            state is not None and faults.expired_with_location,
        )
    if isinstance(state, DeltaState):
        state = _changes_since(entry, state)
    return _page(entry, state, page_size)


def window_of(entry: CalendarEntry, token: str) -> Window | None:
    """Give the window a token was made for, known or expired."""
    state = entry.viewer.delta_tokens.known.get(token)
    if isinstance(state, Cursor):
        return state.round.window
    return None if state is None else state.window


def _changes_since(entry: CalendarEntry, state: DeltaState) -> Cursor:
    """Begin a round of the changes after an earlier round."""
    faults = entry.viewer.faults
    version = max(_visible(entry, faults), state.version)
    latest: dict[tuple[bytes, int], list[LogEntry]] = {}
    for line in _lines_after(entry, state.version):
        latest.setdefault((line.key, line.moves), []).append(line)
    ready = [lines for lines in latest.values() if lines[-1].version <= version]
    ready.sort(key=lambda lines: lines[-1].version)
    units = tuple(_unit(lines) for lines in ready)
    round_ = Round(state.calendar, state.window, units, False, version, state.generation)
    return Cursor(round_, empty_pages_left=_empties(faults, units))


def _lines_after(entry: CalendarEntry, version: int) -> list[LogEntry]:
    lines: list[LogEntry] = []
    for line in reversed(entry.calendar.log):
        if line.version <= version:
            break
        lines.append(line)
    return lines[::-1]


def _unit(lines: list[LogEntry]) -> Unit:
    only_parts = all(line.part is not None for line in lines)
    return Unit(lines[-1].key, lines[-1].moves, frozenset(lines) if only_parts else None)


def _empties(faults: MailboxFaults, units: tuple[Unit, ...]) -> int:
    return faults.empty_pages if units else 0


def _visible(entry: CalendarEntry, faults: MailboxFaults) -> int:
    """Give the last log version that shows already (delta_lag_seconds hides the newest)."""
    if faults.delta_lag_seconds <= 0:
        return entry.calendar.version
    shown_until: datetime = entry.viewer.clock() - timedelta(seconds=faults.delta_lag_seconds)
    for line in reversed(entry.calendar.log):
        if line.at <= shown_until:
            return line.version
    return 0


def _created_later(entry: CalendarEntry, version: int) -> set[bytes]:
    return {line.key for line in _lines_after(entry, version) if line.type == "created"}


def _page(entry: CalendarEntry, cursor: Cursor, page_size: int) -> DeltaPage:
    """Fill a page. Units stay whole, so a page may be far larger than asked for."""
    round_ = cursor.round
    items: list[DeltaItem] = []
    position = cursor.position
    while position < len(round_.units) and len(items) < page_size:
        items += render(entry, round_, round_.units[position])
        position += 1
    if position < len(round_.units):
        return _with_next(entry, items, cursor.at(position))
    if cursor.empty_pages_left > 0:
        left = cursor.empty_pages_left - 1
        return _with_next(entry, [], replace(cursor, empty_pages_left=left))
    if cursor.position > 0 and not cursor.looping:
        items = _repeated(entry, cursor) + items
    if entry.viewer.faults.endless_delta and round_.is_full and round_.units:
        return _with_next(entry, items, replace(cursor, looping=True))
    state = DeltaState(round_.calendar, round_.window, round_.version, round_.generation)
    token = entry.viewer.delta_tokens.issue(state)
    return DeltaPage(items, round_.window, delta_token=token)


def _with_next(entry: CalendarEntry, items: list[DeltaItem], cursor: Cursor) -> DeltaPage:
    token = entry.viewer.delta_tokens.issue(cursor)
    return DeltaPage(items, cursor.round.window, next_token=token)


def _repeated(entry: CalendarEntry, cursor: Cursor) -> list[DeltaItem]:
    """Give the item before this page once more (delta overview: items may come twice)."""
    if entry.viewer.faults.repeated_items < 1:
        return []
    before = render(entry, cursor.round, cursor.round.units[cursor.position - 1])
    return before if len(before) == 1 else []
