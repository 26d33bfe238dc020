"""A few changes concern a few months: the rest of a large mirror need not be looked at. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from shared.domain.brake import MOST
from shared.domain.links import Link
from shared.domain.mirror import Event, Mirror
from shared.domain.reconcile import Round
from shared.domain.records import CalendarPartition
from shared.domain.spans import months


def portion(partition: CalendarPartition, read: Round, links: Iterable[Link]) -> CalendarPartition:
    """The partition with so much of its mirror as `read` and the links can concern.

    Of a month that it touches it has all. What does not tell of few changes, among which the brake
    has nothing to hold, takes all of the mirror.
    """
    state = partition.state
    few = not read.full and len(read.told) <= MOST
    if not few or read.window != state.window or state.hold is not None:
        return partition
    ids = {link.event_id for link in (*partition.links, *links) if link.event_id is not None}
    spans = [
        *(event.span for event in read.events.values()),
        *(series.first for series in read.series.values()),
    ]
    touched = {month for span in spans for month in months(span, read.window)}
    part = partition.mirror.near(ids | read.told, touched)
    aside = state.events - len(part.events)
    return replace(partition, mirror=part, whole=partition.mirror, aside=aside)


def completed(read: CalendarPartition, after: Mirror) -> Mirror:
    """The whole mirror once `after` is in the place of what was read of it."""
    if read.whole is None:
        return after
    return Mirror(_Replaced(read.whole.events, read.mirror.events, after.events), after.series)


class _Replaced(Mapping[str, Event]):
    """`whole` with `after` in the place of `part`, put together when it is first asked."""

    def __init__(
        self, whole: Mapping[str, Event], part: Mapping[str, Event], after: Mapping[str, Event]
    ) -> None:
        self._whole, self._part, self._after = whole, part, after

    @cached_property
    def _all(self) -> dict[str, Event]:
        kept = {key: event for key, event in self._whole.items() if key not in self._part}
        return {**kept, **self._after}

    def __getitem__(self, key: str) -> Event:
        return self._all[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)
