"""The soak counts an edit as seen once its event blocks what it should, or was overtaken."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bench.soak.edits import Edit, Living
from bench.soak.lag import Lags
from bench.soak.people import Owner
from sandbox.tour.intervals import Interval

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WINDOW = (NOON - timedelta(days=1), NOON + timedelta(days=1))
SEAT = (NOON, NOON + timedelta(hours=4))


def hour(number: int) -> list[Interval]:
    start = NOON + timedelta(hours=number)
    return [(start, start + timedelta(hours=1))]


class Crm:
    """Answers with the busy time that it is given."""

    user = "ann"

    def __init__(self) -> None:
        self.shown: list[Interval] = []
        self.complete = True

    async def busy(self, _window: Interval) -> dict[str, Any]:
        blocks = [{"start": a.isoformat(), "end": b.isoformat()} for a, b in self.shown]
        return {"busy": blocks, "complete": self.complete}


@pytest.fixture
def crm() -> Crm:
    return Crm()


@pytest.fixture
def lags() -> Lags:
    return Lags(WINDOW)


def noted(lags: Lags, crm: Crm, event: Living, spans: list[Interval]) -> None:
    event.spans = spans
    owner = cast(Owner, SimpleNamespace(person=crm))
    lags.note(owner, Edit(event, "move", shows=True, told=True))


def living() -> Living:
    return Living("calendar", "1", "single", [SEAT], [])


async def test_an_edit_is_unseen_until_its_event_blocks_what_it_should(
    lags: Lags, crm: Crm
) -> None:
    noted(lags, crm, living(), hour(1))

    crm.shown = hour(0)
    await lags.look_at_all()
    assert lags.unseen == 1

    crm.shown = hour(1)
    await lags.look_at_all()
    assert lags.unseen == 0


async def test_an_edit_is_seen_with_the_later_one_that_has_overtaken_it(
    lags: Lags, crm: Crm
) -> None:
    event = living()
    noted(lags, crm, event, hour(0))
    noted(lags, crm, event, hour(1))
    noted(lags, crm, event, hour(2))

    crm.shown = hour(1)
    await lags.look_at_all()

    assert lags.unseen == 1


async def test_an_edit_is_seen_with_a_later_one_that_nobody_noted(lags: Lags, crm: Crm) -> None:
    event = living()
    noted(lags, crm, event, hour(0))
    event.spans = hour(2)

    crm.shown = hour(1)
    await lags.look_at_all()
    assert lags.unseen == 1

    crm.shown = hour(2)
    await lags.look_at_all()
    assert lags.unseen == 0


async def test_an_incomplete_answer_shows_nothing(lags: Lags, crm: Crm) -> None:
    noted(lags, crm, living(), hour(0))
    crm.shown, crm.complete = hour(0), False

    await lags.look_at_all()

    assert lags.unseen == 1
