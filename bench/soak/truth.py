"""Each calendar's busy time twice: as the stand-ins hold it, and as the service tells it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.soak.hands import Hands
from bench.soak.people import Owner
from sandbox.tour.client import blocks_of
from sandbox.tour.google import Google
from sandbox.tour.intervals import Interval, differences, merged
from sandbox.tour.outlook import Outlook
from sandbox.tour.truth import Truth


@dataclass(frozen=True)
class Comparison:
    """How many calendars were compared, and what differs: a sentence each."""

    calendars: int
    differing: int
    blocks: int
    odd: tuple[str, ...]


class Reader:
    """Reads the stand-ins by their control API, which is neither limited nor faulted."""

    def __init__(self, outlook: Outlook, google: Google, window: Interval) -> None:
        self._outlook, self._google, self._window = outlook, google, window

    async def compare(self, owners: Sequence[Owner]) -> Comparison:
        """All calendars, one after the other."""
        calendars = differing = blocks = 0
        odd: list[str] = []
        for owner in owners:
            answer = await owner.person.busy(self._window)
            for calendar in owner.hands.calendars:
                held = await self.of(owner.hands, calendar)
                told = merged(_of(answer["busy"], calendar))
                found = differences(held, told)
                if not answer["complete"]:
                    found.append("is not read completely")
                calendars, blocks = calendars + 1, blocks + len(found)
                differing += bool(found)
                odd += [f"{owner.hands.address}: {one}" for one in found]
        return Comparison(calendars, differing, blocks, tuple(odd))

    async def of(self, hands: Hands, calendar: str) -> list[Interval]:
        """What the calendar blocks, straight from the stand-in."""
        address = hands.address
        if hands.provider == "google":
            return await self._google.blocks(address, [calendar], self._window)
        truth = Truth(self._outlook, address, [calendar])
        truth.window = self._window
        return await truth.blocks()


def _of(busy: Iterable[dict[str, object]], calendar: str) -> list[Interval]:
    """The blocks of one calendar: no two events of an account touch."""
    return blocks_of({"busy": [one for one in busy if calendar in _sources(one)]})


def _sources(block: dict[str, object]) -> set[str]:
    listed = block["sources"]
    return {str(one["calendarId"]) for one in listed} if isinstance(listed, list) else set()
