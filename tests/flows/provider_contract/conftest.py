"""Every test runs at every provider, on a calendar of Olga's."""

import pytest

from sandbox.stack import Stack
from tests.flows.mailboxes import OWNERS, Owner, day, owner_of, span
from tests.flows.provider_contract.asked_calendar import Calendar, Day


@pytest.fixture(params=sorted(OWNERS))
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def owner(stack: Stack, provider: str) -> Owner:
    return owner_of(stack, provider, "olga")


@pytest.fixture
def friend(stack: Stack, provider: str) -> Owner:
    """Somebody else at the same provider."""
    return owner_of(stack, provider, "fred")


@pytest.fixture
def calendar(owner: Owner) -> Calendar:
    return Calendar(owner, owner.default)


@pytest.fixture
async def filled(calendar: Calendar, owner: Owner) -> Day:
    """A calendar with a little of everything, which has been read."""
    filled = Day(
        owner=owner,
        single=owner.add("Single", span(3)),
        trip=owner.add_days("Trip", day(4).date(), 2),
        asked=owner.add_invitation("Asked", span(5)),
        series=owner.add_weekly("Weekly", span(1), 6),
        team=owner.add_calendar("Team"),
    )
    await calendar.look()
    return filled
