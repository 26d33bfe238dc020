"""What a run has found that nobody had told: the measure of notifications and of delta (F03, F07).

Counted in singles and series, not in occurrences. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.links import Link
from shared.domain.mirror import Event, Mirror
from shared.domain.model import Drift, Window
from shared.domain.reconcile import Reconciled, Round, in_window


@dataclass(frozen=True, slots=True)
class Findings:
    """`missed`: a full comparison found it, and the provider's list of changes would not have told.
    `by_sweep`: that list told of it, but no notification had made us look."""

    missed: int = 0
    by_sweep: int = 0

    def __bool__(self) -> bool:
        return bool(self.missed or self.by_sweep)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was found in all calendars together, and when something was last."""

    missed: int = 0
    by_sweep: int = 0
    last_at: datetime | None = None

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.missed + other.missed,
            self.by_sweep + other.by_sweep,
            max((at for at in (self.last_at, other.last_at) if at is not None), default=None),
        )


def findings(
    before: Mirror,
    after: Reconciled,
    windows: tuple[Window, Window],
    told: Round | None,
    links: Iterable[Link],
    *,
    swept: bool,
) -> Findings:
    """What the change from `before` to `after` says of those who should have told it.

    `windows` are the former and the new one: what has crossed an edge of them is no news. `told` is
    what the cursor tells beside a full comparison, None where the read itself was by the cursor.
    `swept`: only the sweep has made us look, at a calendar whose channel tells of every change.
    Our own writes coming back (`links`) are not counted as found by the sweep.
    """
    gone = [event for event in after.dropped if _news(event, None) and _in_all(event, windows)]
    new = [
        event
        for event in after.upserted
        if _news(event, before.events.get(event.id)) and _in_all(event, windows)
    ]
    missed = _untold([*gone, *new], told) if told is not None else set()
    own = list(links)
    theirs = {event.unit for event in new if not any(link.explains(event) for link in own)}
    theirs |= {event.unit for event in gone if not any(link.explains_loss(event) for link in own)}
    return Findings(len(missed), len(theirs - missed) if swept else 0)


def counted(drift: Drift, found: Findings, *, compared: bool) -> Drift:
    """`compared`: the run was a full comparison with what the cursor had told."""
    return Drift(
        found=found.missed if compared else drift.found,
        total=drift.total + found.missed,
        by_sweep=drift.by_sweep + found.by_sweep,
    )


def _news(event: Event, former: Event | None) -> bool:
    """What is held, or is back from being held as it was, has not changed."""
    back = former is not None and replace(former, missing=False) == event
    return not event.missing and not back


def _in_all(event: Event, windows: tuple[Window, Window]) -> bool:
    return all(in_window(event, window) for window in windows)


def _untold(changed: Iterable[Event], told: Round) -> set[str]:
    named = told.told | {event.unit for event in told.events.values()}
    return {event.unit for event in changed if named.isdisjoint({event.id, event.unit})}
