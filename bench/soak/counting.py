"""What the providers were asked, by the sandbox's own log."""

from collections import Counter

from sandbox.request_log import LogFilter, LoggedRequest
from sandbox.world import World

_APIS = ("/v1.0/", "/calendar/v3/")


class Asked:
    """Counts requests to Graph and to the Calendar API since it was made.

    The log keeps the last 50,000 only, so `count` is to be called now and then.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._after = self._last()
        self.requests: Counter[str] = Counter()
        self.throttles = 0
        self.most_in_flight = 0

    def count(self) -> None:
        """Counts what is over by now."""
        for entry in self._world.log.find(LogFilter(after=self._after)):
            if entry.outcome == "running":
                return
            self._after = entry.number
            if entry.path.startswith(_APIS):
                self._add(entry)

    def _add(self, entry: LoggedRequest) -> None:
        self.requests[entry.service] += 1
        self.most_in_flight = max(self.most_in_flight, entry.in_flight)
        refused = entry.outcome in ("throttled", "fault")
        self.throttles += refused and entry.status in (403, 429)

    def _last(self) -> int:
        found = self._world.log.find()
        return found[-1].number if found else 0
