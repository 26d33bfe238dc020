"""What a mirror holds: events that take time, and the facts of the series that they belong to."""

from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from shared.domain.model import Detail
from shared.domain.spans import Span


class Availability(StrEnum):
    """How an event takes its owner's time, whatever the provider calls it."""

    FREE = "free"
    TENTATIVE = "tentative"
    BUSY = "busy"
    OUT_OF_OFFICE = "outOfOffice"
    ELSEWHERE = "workingElsewhere"


class Kind(StrEnum):
    SINGLE = "single"
    OCCURRENCE = "occurrence"
    EXCEPTION = "exception"
    FIRST = "first"
    """The first event of a series, standing for the series as a whole (R11)."""


@dataclass(frozen=True, slots=True)
class Event:
    """`title` is None for a private event and on calendars that keep only time (R15).

    `missing`: a read that is not believed yet does not list it (see brake.py). It still blocks.
    """

    id: str
    kind: Kind
    span: Span
    availability: Availability
    private: bool = False
    series_id: str | None = None
    title: str | None = None
    missing: bool = False

    @property
    def unit(self) -> str:
        """What its owner takes it for: the series that it is part of, or itself."""
        return self.series_id or self.id

    def at_detail(self, detail: Detail) -> "Event":
        if self.title is None or (detail is Detail.TITLES and not self.private):
            return self
        return replace(self, title=None)


@dataclass(frozen=True, slots=True)
class Series:
    """A series as a whole; `first` is the span of its first event by its rule."""

    id: str
    first: Span
    availability: Availability
    private: bool = False
    title: str | None = None

    def first_event(self) -> Event:
        return Event(
            id=self.id,
            kind=Kind.FIRST,
            span=self.first,
            availability=self.availability,
            private=self.private,
            series_id=self.id,
            title=self.title,
        )

    def at_detail(self, detail: Detail) -> "Series":
        if self.title is None or (detail is Detail.TITLES and not self.private):
            return self
        return replace(self, title=None)


class Portioned(Mapping[str, Event]):
    """Events of which some can be had without looking at all of them."""

    @abstractmethod
    def near(self, ids: Collection[str], months: Collection[str]) -> Mapping[str, Event]:
        """At least: all that lies in `months` (`YYYY-MM`), or in a month in which anything of the
        events and series of those ids lies."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """Events by id (the FIRST event of a series under the id of the series), series by id."""

    events: Mapping[str, Event] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)

    def near(self, ids: Collection[str], months: Collection[str]) -> "Mirror":
        """So much of it as `Portioned` tells; all series."""
        if not isinstance(self.events, Portioned):
            return self
        return Mirror(self.events.near(ids, months), self.series)
