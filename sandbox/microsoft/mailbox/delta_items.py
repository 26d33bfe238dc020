"""How one event shows in a delta round."""

from __future__ import annotations

from dataclasses import dataclass

from .calendar import CalendarEntry
from .delta_state import Round, Unit
from .event import Event, Instance
from .expansion import instance_at, instances_in


@dataclass(frozen=True)
class Tombstone:
    """An item that left the view, or was never in it. `is_back` when the event is here again."""

    key: bytes
    moves: int
    is_back: bool = False


DeltaItem = Instance | Tombstone


def render(entry: CalendarEntry, round_: Round, unit: Unit) -> list[DeltaItem]:
    """List what a round says about one event, as it is now.

    A change outside the window and a deletion look the same: one @removed (Graph docs: event
    delta; Graph issues #6599, #10687). A full round says nothing about what is not there.
    """
    event = entry.calendar.events.get(unit.key)
    if event is None or event.moves != unit.moves:
        return [] if round_.is_full else [Tombstone(unit.key, unit.moves, event is not None)]
    inside = instances_in(event, round_.window)
    if not inside:
        return [] if round_.is_full else [Tombstone(unit.key, unit.moves)]
    if event.recurrence is None:
        return list(inside)
    return _series(entry, event, unit, inside)


def _series(
    entry: CalendarEntry, event: Event, unit: Unit, inside: list[Instance]
) -> list[DeltaItem]:
    """List a series whole: the master and all its instances of the window.

    A deleted occurrence is simply missing (Graph docs PR #4501).
    """
    faults = entry.viewer.faults
    if faults.exception_listed_alone:
        alone = _changed_exceptions(event, unit, inside)
        if alone:
            return list(alone)
    return list(inside) if faults.master_omitted else [event.own(), *inside]


def _changed_exceptions(event: Event, unit: Unit, inside: list[Instance]) -> list[Instance]:
    """Give the changed occurrences, if nothing else changed and all of them are exceptions."""
    changed = [instance_at(event, line.part) for line in unit.parts or () if line.part]
    alone = [item for item in changed if item is not None and item.type == "exception"]
    return [item for item in alone if item in inside] if len(alone) == len(changed) else []
