"""The soak expects of each event what the sandbox's calendars then hold."""

import random
from datetime import UTC, datetime

import httpx
import pytest

from bench.soak.edits import Editor
from bench.soak.lag import in_seat
from bench.soak.people import account
from bench.soak.seats import Seats, window
from bench.soak.truth import Reader
from sandbox.server import RunningSandbox
from sandbox.tour.google import Google
from sandbox.tour.intervals import merged
from sandbox.tour.outlook import Outlook

_EDITS = 250


@pytest.mark.parametrize("number", range(8))
async def test_every_event_blocks_what_its_edits_say(
    sandbox: RunningSandbox, http: httpx.AsyncClient, number: int
) -> None:
    chance, today = random.Random(number), datetime.now(UTC).date()
    hands = account(sandbox.world, number)
    editor = Editor(hands, Seats(today, chance), chance, lost=0.0)

    events = {editor.edit().event for _ in range(_EDITS)}

    outlook = Outlook(http)
    reader = Reader(outlook, Google(outlook), window(today))
    held = merged([span for one in hands.calendars for span in await reader.of(hands, one)])
    odd = {one.kind: one.spans for one in events if in_seat(held, one.seat) != one.blocks}
    assert len(events) > _EDITS / 5
    assert not odd
