"""What the benchmarks have found: rows of a table, as text, as JSON and in a document."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.measuring import Spread


@dataclass(frozen=True)
class Finding:
    """One comparison: ours against something else, or a count.

    `aim` is what it should be, `met` whether it is; None where there is nothing to meet. `remark`
    says what stands in the way, or what else was seen.
    """

    work: str
    what: str
    ours: Spread
    unit: str
    against: str = ""
    theirs: Spread | None = None
    aim: str = ""
    met: bool | None = None
    remark: str = ""

    @property
    def ratio(self) -> float | None:
        """Of the medians, ours to theirs."""
        if self.theirs is None or not self.theirs.median:
            return None
        return self.ours.median / self.theirs.median

    def cells(self) -> tuple[str, ...]:
        theirs = f"{self.against}: {_shown(self.theirs, self.unit)}" if self.theirs else ""
        ratio = f"{self.ratio:.2f}" if self.ratio is not None else ""
        met = {True: "yes", False: "no", None: ""}[self.met]
        ours = _shown(self.ours, self.unit)
        return (self.work, self.what, ours, theirs, ratio, self.aim, met, self.remark)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Finding":
        known = {name: value for name, value in given.items() if name != "ratio"}
        theirs = Spread(**given["theirs"]) if given["theirs"] else None
        return cls(**{**known, "ours": Spread(**given["ours"]), "theirs": theirs})


def exactly(value: float) -> Spread:
    """A count, which does not spread."""
    return Spread(value, value, value, 1)


_HEADS = ("work", "what", "ours", "against", "ratio", "aim", "met", "remark")


def text(findings: Sequence[Finding]) -> str:
    """A table for a terminal, without the remarks."""
    rows = [_HEADS[:-1], *(one.cells()[:-1] for one in findings)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def markdown(findings: Iterable[Finding]) -> str:
    lines = [f"| {' | '.join(_HEADS)} |", "|" + "---|" * len(_HEADS)]
    return "\n".join([*lines, *(f"| {' | '.join(one.cells())} |" for one in findings)])


def whole(findings: Iterable[Finding], machine: Mapping[str, object]) -> str:
    """Everything, as JSON."""
    kept = {"machine": machine, "findings": [one.as_json() for one in findings]}
    return json.dumps(kept, indent=2) + "\n"


def _shown(found: Spread, unit: str) -> str:
    if found.count == 1:
        return f"{_number(found.median)} {unit}".strip()
    spread = f"{_number(found.low)}–{_number(found.high)}"
    return f"{_number(found.median)} {unit} ({spread})".replace("  ", " ")


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
