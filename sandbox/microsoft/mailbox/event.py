"""A stored event (single or series) and what readers see of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from . import ids
from .details import Details, Person
from .recurrence import Recurrence
from .times import Window

if TYPE_CHECKING:
    from .calendar import Calendar

Kind = Literal["singleInstance", "seriesMaster", "occurrence", "exception"]


@dataclass(frozen=True)
class Override:
    """How an exception differs from its series; None and missing names follow the master."""

    start: datetime | None = None
    end: datetime | None = None
    is_all_day: bool | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Instance:
    """One item as a reader gets it. `original` is the first scheduled start, as the series' key."""

    event: Event
    type: Kind
    start: datetime
    end: datetime
    is_all_day: bool
    details: Details
    original: datetime | None = None


@dataclass(eq=False)
class Event:
    """A single event or a whole series with its exceptions and deleted occurrences."""

    key: bytes
    calendar: Calendar
    details: Details
    start: datetime
    end: datetime
    is_all_day: bool
    start_zone: str
    end_zone: str
    organizer: Person
    created: datetime
    ical_uid: str | None = None
    is_organizer: bool = True
    custom_zone: bool = False
    transaction_id: str | None = None
    recurrence: Recurrence | None = None
    moves: int = 0
    version: int = 0
    modified: datetime = datetime(1601, 1, 1, tzinfo=UTC)
    exceptions: dict[datetime, Override] = field(default_factory=dict)
    deleted: set[datetime] = field(default_factory=set)
    extended_properties: dict[str, str] = field(default_factory=dict)
    extensions: dict[str, dict[str, Any]] = field(default_factory=dict)
    expansions: dict[Window, list[Instance]] = field(default_factory=dict)

    @property
    def change_key(self) -> str:
        """Give the version of the event; a series and all its parts share it."""
        return ids.change_key(self.key[:8], self.version)

    @property
    def etag(self) -> str:
        """Give the change key as a weak entity tag."""
        return f'W/"{self.change_key}"'

    @property
    def duration(self) -> timedelta:
        """Give the length on the wall clock."""
        return self.end - self.start

    def own(self) -> Instance:
        """Give the single event, or the series master with its first occurrence's times."""
        kind: Kind = "seriesMaster" if self.recurrence else "singleInstance"
        return Instance(self, kind, self.start, self.end, self.is_all_day, self.details)

    def exception(self, original: datetime, start: datetime, override: Override) -> Instance:
        """Give the exception of the occurrence first planned for `original`."""
        begins = override.start or start
        ends = override.end or begins + self.duration
        is_all_day = self.is_all_day if override.is_all_day is None else override.is_all_day
        details = replace(self.details, **override.details)
        return Instance(self, "exception", begins, ends, is_all_day, details, original)

    def occurrence(self, original: datetime, start: datetime) -> Instance:
        """Give an unchanged occurrence."""
        end = start + self.duration
        return Instance(self, "occurrence", start, end, self.is_all_day, self.details, original)
