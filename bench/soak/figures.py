"""The figures of a soak: as text, as JSON, and as a part of a document."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from bench.machine import Machine
from bench.soak.lag import Percentiles


@dataclass(frozen=True)
class Figures:
    """`drift_found` and `drift_left`: calendars not true before the sweep, and after it."""

    calendars: int
    converged: int
    drift_found: int
    drift_left: int
    edits: int
    edits_told: int
    edits_by_kind: Mapping[str, int]
    lag_told: Percentiles | None
    lag_all: Percentiles | None
    lag_unseen: int
    measured_every: int
    requests: int
    requests_per_edit: float
    runs: int
    runs_per_edit: float
    throttles: int
    faults: Mapping[str, int]
    most_in_flight: int
    editing_seconds: float
    seconds: float
    machine: Machine

    @property
    def passed(self) -> bool:
        """Whether every calendar is as the provider holds it."""
        return self.converged == self.calendars and self.drift_left == 0 and self.lag_unseen == 0

    def as_json(self) -> str:
        return json.dumps({"passed": self.passed, **asdict(self)}, indent=2) + "\n"

    def rows(self) -> list[tuple[str, str]]:
        """What is said, in order."""
        faults = ", ".join(f"{name} {count}" for name, count in self.faults.items() if count)
        every = "" if self.measured_every == 1 else f" (one edit in {self.measured_every})"
        return [
            ("convergence", f"{self.converged} of {self.calendars} calendars"),
            ("drift found by the sweep, and left", f"{self.drift_found}, {self.drift_left}"),
            ("edits", f"{self.edits:,}, of {self.edits - self.edits_told:,} nobody was told"),
            (f"lag, told of{every}", _lag(self.lag_told)),
            (f"lag, all{every}", _lag(self.lag_all)),
            ("edits never seen", str(self.lag_unseen)),
            ("provider requests", f"{self.requests:,}, {self.requests_per_edit:.2f} an edit"),
            ("sync runs", f"{self.runs:,}, {self.runs_per_edit:.2f} an edit"),
            ("throttles met", f"{self.throttles:,}"),
            ("faults met", faults or "none"),
            ("most requests in flight at a mailbox", str(self.most_in_flight)),
            ("duration", f"{self.seconds:.0f} s, {self.editing_seconds:.0f} s of it editing"),
            ("machine", str(self.machine)),
        ]

    def text(self) -> str:
        width = max(len(name) for name, _ in self.rows())
        return "\n".join(f"{name:<{width}}  {value}" for name, value in self.rows())

    def markdown(self) -> str:
        lines = ["| `make soak` | |", "|---|---|"]
        return "\n".join([*lines, *(f"| {name} | {value} |" for name, value in self.rows())])


def suites(counted: Mapping[str, int]) -> str:
    """What suites have counted, as a table."""
    rows = (f"| {name.replace('_', ' ')} | {count:,} |" for name, count in counted.items())
    return "\n".join(["| suites | |", "|---|---|", *rows])


def _lag(found: Percentiles | None) -> str:
    if found is None:
        return "none seen"
    return (
        f"p50 {found.p50:.1f} s, p90 {found.p90:.1f} s, p99 {found.p99:.1f} s, "
        f"longest {found.longest:.1f} s ({found.edits:,} edits)"
    )
