"""Collecting the pages of a round, safe against rounds that never end."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from shared.errors import RoundEndless
from shared.providers.outlook.wire import Page, WireEvent

PAGE_SIZE = 800
"""Above the expansion of a daily series in the longest usual window: Graph has been seen to repeat
a series for ever when it is larger than the page (msgraph-sdk-dotnet issue 3070)."""

_MOST_PAGES = 400
_STALE_PAGES = 2


@dataclass(slots=True)
class Collected:
    """Items by id, the last appearance winning; replays and any order are allowed by Graph."""

    items: dict[str, WireEvent] = field(default_factory=dict)
    delta_link: str | None = None
    _seen: set[tuple[str, str | None]] = field(default_factory=set)
    _pages: int = 0
    _stale: int = 0

    def add(self, page: Page) -> None:
        """Raises RoundEndless when pages bring nothing new, or come without end."""
        known = len(self._seen)
        for item in page.value:
            self._seen.add((item.id, item.etag))
            self.items.pop(item.id, None)
            self.items[item.id] = item
        self._pages += 1
        self.delta_link = page.delta_link
        # Empty pages in mid-round are normal; a page full of repetitions is not.
        if page.value:
            self._stale = self._stale + 1 if len(self._seen) == known else 0
        goes_on = page.next_link is not None
        if goes_on and (self._stale >= _STALE_PAGES or self._pages >= _MOST_PAGES):
            raise RoundEndless(f"Given up after {self._pages} pages.")


async def collect(pages: AsyncIterator[Page]) -> Collected:
    collected = Collected()
    async for page in pages:
        collected.add(page)
    return collected
