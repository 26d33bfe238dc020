"""The brake on mass deletions: a reading that would empty a calendar is not believed at once (F16).

Reads that are complete in form have been empty all the same, and have come back whole minutes
later. What one of them misses stays in the mirror, marked as missing, until a second full read
after a while misses it as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.links import Link
from shared.domain.mirror import Event, Mirror
from shared.domain.model import Hold, Window
from shared.domain.reconcile import Reconciled, Round, difference, in_window
from shared.domain.spans import possible_interval

MOST = 20
"""So many single events and series may vanish at once, whatever their share."""

SHARE = 0.3
"""This part of a calendar's future may vanish at once, however much it is."""

CONFIRM_AFTER = timedelta(minutes=10)
"""The second read comes this long after the last one that was held."""


@dataclass(frozen=True, slots=True)
class Braked:
    """`reconciled` with what is held still in its mirror; `held` is how much this run has added."""

    reconciled: Reconciled
    hold: Hold | None
    held: int = 0


def brake(
    before: Mirror,
    reconciled: Reconciled,
    read: Round,
    hold: Hold | None,
    links: Iterable[Link],
    started: datetime,
) -> Braked:
    """What of `reconciled` may be kept of a read that began at `started`.

    Additions and changes always. Singles and series that are wholly gone are counted, those with
    time to come: more than MOST of them and more than SHARE of all are held. Not counted and never
    held are those that have left the window, those that we have removed ourselves (`links`), and
    those whose time a new event takes to the minute: ids do change.
    """
    gone = _gone(before, reconciled, read.window, list(links))
    missed = [event for event in gone if event.missing]
    lost = [event for event in gone if not event.missing]
    if read.full and hold is not None and started >= hold.confirm_at:
        missed, hold = [], None
    ahead = _ahead(lost, started)
    too_many = _too_many(len(ahead), len(_ahead(_seen(before), started)))
    held = [replace(event, missing=True) for event in lost] if too_many else []
    after = _with(reconciled, before, [*missed, *held])
    return Braked(after, _hold(after.mirror, hold, held, started), len(ahead) if held else 0)


def _gone(before: Mirror, reconciled: Reconciled, window: Window, links: list[Link]) -> list[Event]:
    """Events in the window that were dropped and of whose single or series nothing is left.

    What is left of a series by a mark of an earlier run alone is nothing.
    """
    alive = {event.unit for event in _seen(reconciled.mirror)}
    gone = [
        event
        for event in reconciled.dropped
        if event.unit not in alive
        and in_window(event, window)
        and not any(link.explains_loss(event) for link in links)
    ]
    taken = {event.span for event in reconciled.upserted if event.id not in before.events}
    left = {event.unit for event in gone if event.span not in taken}
    return [event for event in gone if event.unit in left]


def _too_many(lost: int, of: int) -> bool:
    return lost > MOST and lost > SHARE * of


def _ahead(events: Iterable[Event], now: datetime) -> set[str]:
    """The singles and series with time to come."""
    return {event.unit for event in events if possible_interval(event.span).end > now}


def _seen(mirror: Mirror) -> list[Event]:
    return [event for event in mirror.events.values() if not event.missing]


def _with(reconciled: Reconciled, before: Mirror, kept: list[Event]) -> Reconciled:
    if not kept:
        return reconciled
    units = {event.unit for event in kept}
    series = {key: one for key, one in before.series.items() if key in units}
    events: Mapping[str, Event] = {event.id: event for event in kept}
    after = Mirror({**reconciled.mirror.events, **events}, {**series, **reconciled.mirror.series})
    return difference(before, after)


def _hold(after: Mirror, hold: Hold | None, held: list[Event], started: datetime) -> Hold | None:
    """None once nothing is held any more; the wait begins anew with each run that holds more."""
    count = len({event.unit for event in after.events.values() if event.missing})
    if not count:
        return None
    if hold is None or held:
        since = hold.since if hold is not None else started
        return Hold(since, count, started + CONFIRM_AFTER)
    return replace(hold, count=count)
