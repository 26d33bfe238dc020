"""A stored event: a single one, a series, or an exception of a series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.google.calendars.recurrence import Rule
from sandbox.google.calendars.times import BEGINNING, EventTime

if TYPE_CHECKING:
    from sandbox.google.calendars.calendar import Calendar

# Size and shape of real etags (developers.google.com/workspace/calendar/api/v3/reference/events).
_ETAG_BASE = 3_520_000_000_000_000


@dataclass(eq=False)
class Event:
    """`fields` are the members of the resource that are not attributes here; in an exception, only
    those that differ from the series. `known_as` is who organises it."""

    id: str
    calendar: Calendar
    ical_uid: str
    start: EventTime
    end: EventTime
    created: datetime
    known_as: dict[str, Any]
    creator: dict[str, Any]
    fields: dict[str, Any] = field(default_factory=dict)
    recurrence: list[str] = field(default_factory=list)
    status: str = "confirmed"
    sequence: int = 0
    version: int = 0
    updated: datetime = BEGINNING
    changed_at: datetime = BEGINNING
    master: Event | None = None
    original: EventTime | None = None
    moved: bool = False
    source: Event | None = None
    exceptions: dict[str, Event] = field(default_factory=dict)
    dropped: dict[str, tuple[EventTime, int]] = field(default_factory=dict)
    spans: set[tuple[datetime, datetime | None]] = field(default_factory=set)
    _rule: tuple[object, Rule] | None = None

    @property
    def etag(self) -> str:
        """The version as an entity tag."""
        return f'"{_ETAG_BASE + 2 * self.version}"'

    @property
    def cancelled(self) -> bool:
        """Whether it is deleted."""
        return self.status == "cancelled"

    @property
    def length(self) -> timedelta:
        """From start to end."""
        return self.start.until(self.end)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of its calendar."""
        return self.calendar.zone

    @property
    def summary(self) -> str:
        """The title; empty where there is none."""
        return str(self.all_fields.get("summary", ""))

    @property
    def all_fields(self) -> Mapping[str, Any]:
        """The members, an exception's with those of its series."""
        return {**self.master.fields, **self.fields} if self.master else self.fields

    @property
    def is_organizer(self) -> bool:
        """Whether this copy is the organizer's."""
        return str(self.known_as.get("email", "")).lower() == self.calendar.id.lower()

    @property
    def rule(self) -> Rule | None:
        """When the instances of a series are planned."""
        if not self.recurrence:
            return None
        key = (tuple(self.recurrence), self.start)
        if self._rule is None or self._rule[0] != key:
            self._rule = (key, Rule(self.recurrence, self.start, self.zone))
        return self._rule[1]

    def instance_id(self, original: EventTime) -> str:
        """The id of the instance first planned for `original`."""
        return f"{self.id}_{original.suffix}"
