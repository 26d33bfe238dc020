"""Finding events by the ids a mailbox hands out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import ids
from .calendar import CalendarEntry
from .event import Event, Instance
from .expansion import instance_at


@dataclass(frozen=True)
class Located:
    """An instance together with the calendar listing it was found in."""

    entry: CalendarEntry
    instance: Instance

    @property
    def event(self) -> Event:
        """Give the stored event the instance belongs to."""
        return self.instance.event


def instance_id(entry: CalendarEntry, instance: Instance, *, immutable: bool = False) -> str:
    """Give the id of an instance in one listing; an occurrence's id follows from its series'."""
    event = instance.event
    stamp = entry.viewer.stamp if immutable else entry.stamp
    return ids.encode(ids.ItemRef(stamp, event.key, event.moves, instance.original, immutable))


def locate(entries: Iterable[CalendarEntry], event_id: str) -> Located | None:
    """Find an event, master, occurrence or exception in some listings."""
    ref = ids.decode(event_id)
    if ref is None:
        return None
    for entry in entries:
        event = entry.calendar.events.get(ref.key)
        if event is None or not _fits(ref, entry, event):
            continue
        instance = event.own() if ref.original is None else instance_at(event, ref.original)
        return None if instance is None else Located(entry, instance)
    return None


def deleted_item(
    entry: CalendarEntry, deleted: Mapping[bytes, Event], event_id: str
) -> Located | None:
    """Find a deleted event by its immutable id; `entry` is any of the mailbox's own listings."""
    ref = ids.decode(event_id)
    if ref is None or not ref.immutable or ref.stamp != entry.viewer.stamp:
        return None
    event = deleted.get(ref.key)
    return Located(entry, event.own()) if event else None


def _fits(ref: ids.ItemRef, entry: CalendarEntry, event: Event) -> bool:
    """Tell whether an id is the event's present one; ids of before a move are not."""
    if ref.immutable:
        return ref.stamp == entry.viewer.stamp
    return ref.stamp == entry.stamp and ref.moves == event.moves
