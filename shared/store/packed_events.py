"""The events of a mirror as its rows hold them: unpacked when they are asked for, by the month."""

from collections.abc import Collection, ItemsView, Iterator, Mapping, ValuesView
from functools import cached_property

from shared.domain.mirror import Event, Portioned
from shared.store import packing

_MOST_IDS = 50
"""More would take longer to look for than to unpack all."""


class PackedEvents(Portioned):
    """`packs` by month; an event that touches several months is in each."""

    def __init__(self, packs: Mapping[str, bytes]) -> None:
        self._packs = packs

    @cached_property
    def _all(self) -> dict[str, Event]:
        return {e.id: e for data in self._packs.values() for e in packing.unpack_events(data)}

    def near(self, ids: Collection[str], months: Collection[str]) -> Mapping[str, Event]:
        if len(ids) > _MOST_IDS:
            return self._all
        found: dict[str, Event] = {}
        for month, data in self._packs.items():
            if month in months or packing.mentions(data, ids):
                found |= {event.id: event for event in packing.unpack_events(data)}
        return found

    def __getitem__(self, key: str) -> Event:
        return self._all[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    # As those of Mapping, without a call for each event.

    def __contains__(self, key: object) -> bool:
        return key in self._all

    def items(self) -> ItemsView[str, Event]:
        return self._all.items()

    def values(self) -> ValuesView[Event]:
        return self._all.values()
