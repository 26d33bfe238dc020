"""What became of an iCalendar file."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class LoadReport:
    """Counts of what was taken over; `skipped` says in words what was not, and why.

    `left_out` names the same: a UID, and the RECURRENCE-ID where it was that exception alone.
    """

    singles: int = 0
    series: int = 0
    exceptions: int = 0
    deleted_occurrences: int = 0
    flattened: int = 0
    skipped: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
