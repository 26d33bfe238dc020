"""What delta and skip tokens stand for. A token never changes, so a page can be read again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from . import ids
from .calendar import Calendar
from .changes import LogEntry
from .times import Window


@dataclass(frozen=True)
class DeltaState:
    """A finished round: changes after `version` belong to the next one."""

    calendar: Calendar
    window: Window
    version: int
    generation: int


@dataclass(frozen=True)
class Unit:
    """One thing a round lists as a whole: a single event, a series, or the trace of a removal.

    `parts` names the changed occurrences when nothing else of the series changed.
    """

    key: bytes
    moves: int
    parts: frozenset[LogEntry] | None = None


@dataclass(frozen=True)
class Round:
    """A round under way: its units were fixed when it began, their content is read page by page."""

    calendar: Calendar
    window: Window
    units: tuple[Unit, ...]
    is_full: bool
    version: int
    generation: int


@dataclass(frozen=True)
class Cursor:
    """A place in a round."""

    round: Round
    position: int = 0
    empty_pages_left: int = 0
    looping: bool = False

    def at(self, position: int) -> Cursor:
        """Give the same round at another place."""
        return replace(self, position=position)


@dataclass
class DeltaTokens:
    """Tokens handed out by one mailbox."""

    known: dict[str, DeltaState | Cursor] = field(default_factory=dict)

    def issue(self, state: DeltaState | Cursor) -> str:
        """Make a fresh token."""
        token = ids.new_token()
        self.known[token] = state
        return token
