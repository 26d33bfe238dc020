"""Collecting the pages of a list of events, safe against lists that never end."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from shared.errors import RoundEndless
from shared.providers.google.wire import EventPage, WireEvent

PAGE_SIZE = 2500
"""The most that Google gives."""

_MOST_PAGES = 400
_STALE_PAGES = 2


@dataclass(slots=True)
class Collected:
    """Items by id, the last appearance winning."""

    items: dict[str, WireEvent] = field(default_factory=dict)
    sync_token: str | None = None
    zone: str | None = None
    _seen: set[tuple[str, str | None]] = field(default_factory=set)
    _pages: int = 0
    _stale: int = 0

    def add(self, page: EventPage) -> None:
        """Raises RoundEndless when pages bring nothing new, or come without end."""
        known = len(self._seen)
        for item in page.items:
            self._seen.add((item.id, item.etag))
            self.items.pop(item.id, None)
            self.items[item.id] = item
        self._pages += 1
        self.sync_token = page.next_sync_token
        self.zone = page.time_zone or self.zone
        # Pages may be empty and yet go on; a page full of repetitions is not right.
        if page.items:
            self._stale = self._stale + 1 if len(self._seen) == known else 0
        goes_on = bool(page.next_page_token)
        if goes_on and (self._stale >= _STALE_PAGES or self._pages >= _MOST_PAGES):
            raise RoundEndless(f"Given up after {self._pages} pages.")


async def collect(pages: AsyncIterator[EventPage]) -> Collected:
    collected = Collected()
    async for page in pages:
        collected.add(page)
    return collected
