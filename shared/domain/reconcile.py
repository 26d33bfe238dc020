"""What a round of reading means for a mirror. Pure: two states in, one decision out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.domain.mirror import Availability, Event, Kind, Mirror, Series
from shared.domain.model import Cursor, Detail, Window
from shared.domain.spans import possible_interval


@dataclass(frozen=True, slots=True)
class Round:
    """One complete round of reading, in provider-neutral form.

    `full`: `events` and `series` are all that the window holds. Otherwise they are what changed,
    `removed` are ids of events or series that are gone (also ids that we never knew), and
    `relisted` are series whose events inside the window are all in `events`: one that is missing
    there was deleted.
    """

    full: bool
    window: Window
    cursor: Cursor | None
    events: Mapping[str, Event] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    relisted: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    zone: str | None = None
    requests: int = 0

    @property
    def told(self) -> frozenset[str]:
        """The ids of all that it tells of."""
        return self.removed | self.relisted | self.events.keys() | self.series.keys()


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The mirror as it is to be, and what differs from the mirror as it was."""

    mirror: Mirror
    upserted: tuple[Event, ...] = ()
    dropped: tuple[Event, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.upserted or self.dropped)


def reconcile(mirror: Mirror, read: Round, detail: Detail) -> Reconciled:
    """The mirror after `read`, holding no more than `detail` allows (R15).

    A full round replaces the mirror by comparison, never by deleting and making anew. Tombstones
    of unknown ids mean nothing: events outside the window produce them. Etags are not compared:
    all members of a series share one, so only what we keep of an event counts as a change.
    """
    series = {} if read.full else _series_left(mirror, read)
    series |= {key: one.at_detail(detail) for key, one in read.series.items()}
    events = {} if read.full else _events_left(mirror, read)
    alive = (e for e in read.events.values() if e.series_id not in read.removed)
    events |= _kept(alive, detail, read.window)
    firsts = (one.first_event() for key, one in series.items() if read.full or key in read.series)
    events |= _kept(firsts, detail, read.window)
    return difference(mirror, Mirror(events, series))


def difference(before: Mirror, after: Mirror) -> Reconciled:
    """What turns `before` into `after`."""
    upserted = tuple(e for key, e in after.events.items() if before.events.get(key) != e)
    dropped = tuple(e for key, e in before.events.items() if key not in after.events)
    return Reconciled(after, upserted, dropped)


def stripped(mirror: Mirror) -> Mirror:
    """The same time without titles, for a calendar that is nobody's primary any more (R15)."""
    return Mirror(
        {
            key: event.at_detail(Detail.TIME)
            for key, event in mirror.events.items()
            if event.availability is not Availability.FREE
        },
        {key: one.at_detail(Detail.TIME) for key, one in mirror.series.items()},
    )


def _ended(mirror: Mirror, read: Round) -> frozenset[str]:
    """Series that are gone: deleted, or turned into a single event of the same id."""
    return read.removed | (mirror.series.keys() & read.events.keys())


def _series_left(mirror: Mirror, read: Round) -> dict[str, Series]:
    ended = _ended(mirror, read)
    return {key: one for key, one in mirror.series.items() if key not in ended}


def _events_left(mirror: Mirror, read: Round) -> dict[str, Event]:
    """The events that the round says nothing of.

    A series that comes anew replaces its occurrences; its first event goes with its facts.
    """
    ended = _ended(mirror, read)
    told = read.removed | read.events.keys() | read.series.keys()
    relisted = ended | read.relisted
    restated = ended | read.series.keys()
    return {
        key: event
        for key, event in mirror.events.items()
        if key not in told
        and event.series_id not in (restated if event.kind is Kind.FIRST else relisted)
    }


def _kept(events: Iterable[Event], detail: Detail, window: Window) -> dict[str, Event]:
    """Those that the mirror has a use for: in the window, and blocking where only time is kept."""
    return {
        event.id: event.at_detail(detail)
        for event in events
        if in_window(event, window)
        and (detail is Detail.TITLES or event.availability is not Availability.FREE)
    }


def in_window(event: Event, window: Window) -> bool:
    """Also true of an event without length that lies in the window: it is shown, not blocking."""
    span = possible_interval(event.span)
    return span.overlaps(window) or window.start <= span.start < window.end
