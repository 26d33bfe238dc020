"""The tie between an appointment and the event written for it, kept with the calendar.

It tells a run of the calendar which of the events that it reads are our own writes coming back,
and which of them somebody has changed. It holds no title: a hash of it is enough (R15).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from shared.domain.appointments import Content, LiveEvent, Told
from shared.domain.mirror import Event, Mirror
from shared.domain.model import LocationId, Window
from shared.domain.spans import Days, Interval, Span


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What an event of ours says, without saying it.

    `all_day` is one that its owner has made of it: `start` and `end` are its midnights in UTC.
    """

    start: datetime
    end: datetime
    title: str
    all_day: bool = False

    @classmethod
    def of(cls, told: Told) -> "Fingerprint":
        return cls(told.start, told.end, _hash(told.title))

    @classmethod
    def seen(cls, event: LiveEvent, known: Content) -> "Fingerprint":
        """Of the event as it is; a title that it does not tell is the one that is known."""
        title = event.told(known).title
        return cls(event.start, event.end, _hash(title), event.all_day)

    def fits(self, span: Span, title: str | None) -> bool:
        """A title that is not known, of a private event or on a calendar kept without, fits."""
        own = Interval(self.start, self.end)
        same_time = span == (Days(own.start.date(), own.end.date()) if self.all_day else own)
        return same_time and (title is None or _hash(title) == self.title)


@dataclass(frozen=True, slots=True)
class Link:
    """`says` are the versions that are no news: while one is replaced, the old and the new; none
    once we have removed the event ourselves.

    `event_id` is None while the event is being made. `elsewhere`: the owner has moved it to
    another calendar, which cancels nothing.
    """

    location: LocationId
    appointment: str
    generation: int
    event_id: str | None
    says: tuple[Fingerprint, ...]
    elsewhere: bool = False

    def spent(self, mirror: Mirror, window: Window) -> bool:
        """Whether it has nothing to explain any more: its event is removed, or long past."""
        if not self.says:
            return self.event_id not in mirror.events
        return all(version.end < window.start for version in self.says)

    def explains(self, event: Event) -> bool:
        """Whether that event, as it is now, is what we have written ourselves."""
        ours = self.event_id == event.id or (self.event_id is None and event.series_id is None)
        return ours and any(version.fits(event.span, event.title) for version in self.says)

    def explains_loss(self, event: Event) -> bool:
        """Whether we have removed that event ourselves."""
        return self.event_id == event.id and not self.says


def questionable(
    links: Iterable[Link], mirror: Mirror, window: Window, *, thorough: bool
) -> list[tuple[Link, bool]]:
    """The links whose event does not say what it should, or is missing: somebody must look.

    With each goes whether its event is missing. One beyond the window is not seen at all.
    `thorough` also asks after events that are known to be elsewhere.
    """
    return [
        (link, link.event_id is not None and _found(link.event_id, mirror) is None)
        for link in links
        if _questionable(link, mirror, window, thorough)
    ]


def _questionable(link: Link, mirror: Mirror, window: Window, thorough: bool) -> bool:
    if link.event_id is None or not link.says:
        return False
    found = _found(link.event_id, mirror)
    if found is None:
        expected = any(_inside(version, window) for version in link.says)
        return expected and (thorough or not link.elsewhere)
    span, title = found
    return not any(version.fits(span, title) for version in link.says)


def _found(event_id: str, mirror: Mirror) -> tuple[Span, str | None] | None:
    """The event, or the series that its owner has made of it."""
    series = mirror.series.get(event_id)
    if series is not None:
        return series.first, series.title
    event = mirror.events.get(event_id)
    return (event.span, event.title) if event is not None else None


def _inside(version: Fingerprint, window: Window) -> bool:
    return window.start <= version.start and version.end <= window.end


def _hash(title: str) -> str:
    return sha256(title.encode()).hexdigest()[:16]
