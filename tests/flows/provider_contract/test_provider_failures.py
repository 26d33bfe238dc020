"""What goes wrong is told alike by every provider."""

from collections.abc import Awaitable, Callable

import pytest

from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    EventGone,
    ProviderError,
    ProviderSilent,
    ProviderUnavailable,
    PushRefused,
    Throttled,
)
from tests.flows.mailboxes import Owner, span
from tests.flows.provider_contract.asked_calendar import WALK, Calendar, said

Call = Callable[[Calendar], Awaitable[object]]

CALLS: dict[str, Call] = {
    "check_mailbox": lambda calendar: calendar.provider.check_mailbox(calendar.token),
    "calendars": lambda calendar: calendar.listed(),
    "read": lambda calendar: calendar.read(),
    "read on": lambda calendar: calendar.look(),
    "stretch": lambda calendar: calendar.stretch(span(5)),
    "subscribe": lambda calendar: calendar.subscribe(),
    "create": lambda calendar: calendar.create(transaction="t-2"),
    "find": lambda calendar: calendar.find(),
    "event": lambda calendar: _known(calendar, calendar.event),
    "is_listed": lambda calendar: _known(calendar, calendar.lists),
    "update": lambda calendar: _known(
        calendar, lambda event: calendar.update(event, WALK, "title")
    ),
    "delete": lambda calendar: _known(calendar, calendar.delete),
}


async def _known(calendar: Calendar, ask: Callable[[str], Awaitable[object]]) -> object:
    """Asks about the event that was read."""
    [event] = calendar.mirror.events
    return await ask(event)


@pytest.fixture
async def written(calendar: Calendar) -> Calendar:
    """A calendar with one event of ours, which has been read."""
    await calendar.create()
    await calendar.look()
    return calendar


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("throttled", Throttled),
        ("unavailable", ProviderUnavailable),
        ("cut", ProviderSilent),
    ],
)
async def test_what_goes_wrong_is_told(
    written: Calendar, owner: Owner, fault: str, expected: type[ProviderError]
) -> None:
    """Of every call, which then works at the next try."""
    raised: dict[str, ProviderError | None] = {}
    for name, call in CALLS.items():
        rule = owner.fails(fault)
        raised[name] = await _raised_by(call(written))
        assert rule.fired == 1, name
        await call(written)

    assert {name: type(error) for name, error in raised.items()} == dict.fromkeys(CALLS, expected)
    waits = {error.retry_after for error in raised.values() if isinstance(error, Throttled)}
    assert waits == ({7} if expected is Throttled else set())


async def _raised_by(answer: Awaitable[object]) -> ProviderError | None:
    try:
        await answer
    except ProviderError as error:
        return error
    return None


async def test_a_token_that_is_refused_is_left_for_another(written: Calendar, owner: Owner) -> None:
    for name, call in CALLS.items():
        rule = owner.fails("unauthorized")
        written.refused.clear()
        await call(written)
        assert rule.fired == 1, name
        assert len([one for one in written.refused if one is not None]) == 1, name


async def test_two_tokens_that_are_refused(written: Calendar, owner: Owner) -> None:
    """Only the place that gives tokens can say that the user must sign in again."""
    owner.fails("unauthorized", count=2)
    with pytest.raises(ProviderUnavailable):
        await written.look()


async def test_a_calendar_that_is_not_there(calendar: Calendar, owner: Owner) -> None:
    gone = Calendar(owner, owner.add_calendar("Team"))
    made = await gone.create()
    await gone.look()
    owner.delete_calendar(gone.id)

    # Nothing is said of an event by its whole calendar being gone.
    for ask in (
        gone.read(),
        gone.look(),
        gone.stretch(span(5)),
        gone.create(transaction="t-2"),
        gone.find("t-1"),
    ):
        with pytest.raises(CalendarGone):
            await ask
    assert await gone.event(made.id) is None
    assert not await gone.lists(made.id)
    with pytest.raises(EventGone):
        await gone.update(made.id, WALK, "title")
    await gone.delete(made.id)
    with pytest.raises(PushRefused):
        await gone.subscribe()


async def test_a_calendar_that_may_only_be_read(owner: Owner) -> None:
    fixed = Calendar(owner, owner.add_calendar("Fixed"))
    made = await fixed.create()
    owner.make_read_only(fixed.id)

    writes = (
        fixed.create(transaction="t-2"),
        fixed.update(made.id, WALK, "title"),
        fixed.delete(made.id),
    )
    for write in writes:
        with pytest.raises(CalendarForbidden):
            await write
    assert fixed.titles == ["Talk"]
    assert said(await fixed.event(made.id)) == said(made)


async def test_a_calendar_that_another_shares_for_reading(owner: Owner, friend: Owner) -> None:
    trips = friend.share(friend.add_calendar("Trips"), owner, write=False)
    with pytest.raises(CalendarForbidden):
        await Calendar(owner, trips, shared=True).create()
