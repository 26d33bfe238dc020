"""What shared/providers/base.py promises, of every provider alike.

The tests know no provider: what a person does, and what a provider does wrong, is asked of an
`Owner` (mailboxes.py). What is particular to one is tested beside, in its own files.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.stack import Stack
from shared import services
from shared.domain.appointments import Attendee, Content, LiveEvent
from shared.domain.confirming import Stretch
from shared.domain.due import Horizon
from shared.domain.mirror import Availability, Event, Kind, Mirror
from shared.domain.model import CalendarInfo, CalendarState, Cursor, Detail, Push, Window
from shared.domain.reconcile import Round, reconcile
from shared.domain.spans import Days, Interval
from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    CursorLost,
    EventChanged,
    EventGone,
    ProviderError,
    ProviderSilent,
    ProviderUnavailable,
    PushRefused,
    Throttled,
)
from shared.providers.base import CalendarProvider
from tests.flows.mailboxes import OWNERS, Owner, Seen, Span, day, owner_of, span
from tests.flows.outlook import Requests

START, END = span(5)
CONTENT = Content("Talk", START, END, "Europe/Berlin", description="Bring it", place="Room 1")
WALK = replace(CONTENT, title="Walk")
LATER = span(6)
PROOF = "a proof that nobody else knows"


@dataclass
class Calendar:
    """A calendar as the application asks for it, and the mirror of what it has read."""

    owner: Owner
    id: str
    shared: bool = False
    window: Window = field(default_factory=lambda: Horizon(30, 90).window(datetime.now(UTC)))
    mirror: Mirror = field(default_factory=Mirror)
    cursor: Cursor | None = None
    refused: list[str | None] = field(default_factory=list)
    told: list[int] = field(default_factory=list)

    @property
    def provider(self) -> CalendarProvider:
        return services.ports().providers[self.owner.provider]

    @property
    def state(self) -> CalendarState:
        is_default = self.id == self.owner.default
        return CalendarState(self.owner.account, self.id, is_default, self.shared)

    async def token(self, refused: str | None) -> str:
        self.refused.append(refused)
        return await self.owner.token(refused)

    async def listed(self) -> dict[str, CalendarInfo]:
        found = await self.provider.calendars(self.token)
        assert len({one.calendar_id for one in found}) == len(found)
        return {one.calendar_id: one for one in found}

    async def read(self, cursor: Cursor | None = None) -> Round:
        async def progress(count: int) -> None:
            self.told.append(count)

        return await self.provider.read(self.token, self.state, cursor, self.window, progress)

    async def look(self) -> Round:
        """Reads on from where the last reading ended, into the mirror."""
        found = await self.read(self.cursor)
        self.mirror = reconcile(self.mirror, found, Detail.TITLES).mirror
        self.cursor = found.cursor
        return found

    async def anew(self) -> Mirror:
        return reconcile(Mirror(), await self.read(), Detail.TITLES).mirror

    async def stretch(self, when: Span, *series: str, every: bool = False) -> Stretch:
        """With the series that lie there, and those; without any where every event counts."""
        wanted = None if every else frozenset(series)
        return await self.provider.stretch(self.token, self.id, Window(*when), wanted)

    async def subscribe(self) -> Push:
        return await self.provider.subscribe(self.token, self.state, PROOF)

    async def renew(self, channel: Push) -> Push:
        return await self.provider.renew(self.token, self.state, channel, PROOF)

    async def unsubscribe(self, channel: Push) -> None:
        await self.provider.unsubscribe(self.token, channel)

    async def create(self, content: Content = CONTENT, transaction: str = "t-1") -> LiveEvent:
        return await self.provider.create_event(self.token, self.id, content, transaction)

    async def find(self, transaction: str = "t-1") -> LiveEvent | None:
        return await self.provider.find_event(self.token, self.id, transaction)

    async def event(self, event_id: str) -> LiveEvent | None:
        return await self.provider.event(self.token, self.id, event_id)

    async def lists(self, event_id: str, transaction: str = "t-1") -> bool:
        return await self.provider.is_listed(self.token, self.id, event_id, transaction)

    async def update(
        self,
        event_id: str,
        content: Content,
        *fields: str,
        tag: str | None = None,
        before: Content | None = None,
    ) -> LiveEvent:
        return await self.provider.update_event(
            self.token, self.id, event_id, content, frozenset(fields), tag, before
        )

    async def delete(self, event_id: str) -> bool:
        """Whether it was there."""
        return await self.provider.delete_event(self.token, self.id, event_id)

    @property
    def titles(self) -> list[str]:
        """What stands in the calendar."""
        return self.owner.titles(self.id)


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


def said(event: LiveEvent | None) -> tuple[Any, ...]:
    assert event is not None
    return event.title, event.start, event.end


# Calendars


async def test_all_calendars_are_listed(calendar: Calendar, owner: Owner, friend: Owner) -> None:
    team = owner.add_calendar("Team")
    fixed = owner.add_calendar("Fixed")
    owner.make_read_only(fixed)

    found = await calendar.listed()

    assert found.keys() == {owner.default, team, fixed}
    assert [key for key, one in found.items() if one.is_default] == [owner.default]
    assert found[owner.default].can_write
    assert (found[team].name, found[team].can_write, found[team].shared) == ("Team", True, False)
    assert not found[fixed].can_write
    assert (found[team].owner_address or "").casefold() == owner.address


async def test_calendars_of_others_are_listed_with_their_owner(
    calendar: Calendar, owner: Owner, friend: Owner
) -> None:
    rota = friend.share(friend.add_calendar("Rota"), owner, write=True)
    trips = friend.share(friend.add_calendar("Trips"), owner, write=False)

    found = await calendar.listed()

    assert found.keys() == {owner.default, rota, trips}
    assert [found[key].shared for key in (owner.default, rota, trips)] == [False, True, True]
    assert [found[key].can_write for key in (rota, trips)] == [True, False]
    assert not found[rota].is_default
    assert (found[rota].name, found[rota].owner_address) == ("Rota", friend.address)


async def test_r05_a_calendar_of_another_is_shared_also_where_everything_may_be_done_with_it(
    calendar: Calendar, owner: Owner, friend: Owner
) -> None:
    theirs = friend.share(friend.default, owner, write=True, manage=True)
    rota = friend.share(friend.add_calendar("Rota"), owner, write=True, manage=True)

    found = await calendar.listed()

    for one in (found[theirs], found[rota]):
        assert (one.shared, one.can_write, one.is_default) == (True, True, False)
        assert one.owner_address == friend.address
    assert not found[owner.default].shared


async def test_a_mailbox_that_is_there(calendar: Calendar) -> None:
    await calendar.provider.check_mailbox(calendar.token)


# A full reading


def by_title(mirror: Mirror) -> dict[str | None, list[Event]]:
    found: dict[str | None, list[Event]] = {}
    for event in mirror.events.values():
        found.setdefault(event.title, []).append(event)
    return found


async def test_single_events_are_read(calendar: Calendar, owner: Owner) -> None:
    ids = {
        "busy": owner.add("busy", span(3)),
        "free": owner.add("free", span(4), free=True),
        "asked": owner.add_invitation("asked", span(5)),
        "declined": owner.add_invitation("declined", span(6)),
        "secret": owner.add("secret", span(7)),
    }
    owner.add("over", span(-60))
    owner.add("far", span(200))
    owner.decline(ids["declined"])
    owner.make_private(ids["secret"])

    found = await calendar.look()

    assert found.full
    assert found.cursor is not None
    assert found.cursor.window == calendar.window
    events = calendar.mirror.events
    assert events.keys() == set(ids.values())
    assert {one.kind for one in events.values()} == {Kind.SINGLE}
    assert events[ids["busy"]].span == Interval(*span(3))
    assert {name: events[key].availability for name, key in ids.items()} == {
        "busy": Availability.BUSY,
        "free": Availability.FREE,
        "asked": Availability.TENTATIVE,
        "declined": Availability.FREE,
        "secret": Availability.BUSY,
    }
    titles = {name: (events[key].title, events[key].private) for name, key in ids.items()}
    assert titles == {name: (name, False) for name in ids} | {"secret": (None, True)}


async def test_whole_days_are_dates(calendar: Calendar, owner: Owner) -> None:
    first = day(4).date()
    trip = owner.add_days("Trip", first, 3)
    talk = owner.add("Talk", span(9))
    owner.make_all_day(talk)

    await calendar.look()

    there = day(9).date()
    assert {key: one.span for key, one in calendar.mirror.events.items()} == {
        trip: Days(first, first + timedelta(days=3)),
        talk: Days(there, there + timedelta(days=1)),
    }


async def test_a_series_is_its_first_event_and_its_occurrences(
    calendar: Calendar, owner: Owner
) -> None:
    series = owner.add_weekly("Weekly", span(1), 4)
    owner.move_occurrence(series, span(8)[0], span(9))
    owner.delete_occurrence(series, span(15)[0])

    await calendar.look()

    assert calendar.mirror.series.keys() == {series}
    assert calendar.mirror.series[series].first == Interval(*span(1))
    found = sorted((one.kind, one.span) for one in calendar.mirror.events.values())
    assert found == sorted(
        [
            (Kind.FIRST, Interval(*span(1))),
            (Kind.OCCURRENCE, Interval(*span(1))),
            (Kind.EXCEPTION, Interval(*span(9))),
            (Kind.OCCURRENCE, Interval(*span(22))),
        ]
    )
    events = calendar.mirror.events
    assert events[series].kind is Kind.FIRST
    assert {(one.series_id, one.title) for one in events.values()} == {(series, "Weekly")}


async def test_a_calendar_of_another_is_read(owner: Owner, friend: Owner) -> None:
    rota = friend.add_calendar("Rota")
    friend.add("Shift", span(3), calendar=rota)
    theirs = Calendar(owner, friend.share(rota, owner, write=False), shared=True)

    await theirs.look()
    assert by_title(theirs.mirror).keys() == {"Shift"}

    friend.add("Other", span(4), calendar=rota)
    await theirs.look()
    assert by_title(theirs.mirror).keys() == {"Shift", "Other"}
    assert theirs.mirror == await theirs.anew()


async def test_progress_is_told(calendar: Calendar, owner: Owner) -> None:
    for number in range(3):
        owner.add("Talk", span(3 + number))
    await calendar.read()
    assert calendar.told
    assert max(calendar.told) >= 3


# What changed


@dataclass
class Day:
    """What stands in the calendar before an edit."""

    owner: Owner
    single: str
    trip: str
    asked: str
    series: str
    team: str


def _add_much(day: Day) -> None:
    for number in range(30):
        day.owner.add(f"Talk {number}", span(10 + number))


EDITS: dict[str, Callable[[Day], object]] = {
    "make": lambda day: day.owner.add("New", span(20)),
    "make all-day": lambda day: day.owner.add_days("New", LATER[0].date(), 2),
    "make a series": lambda day: day.owner.add_weekly("New", span(2, 15), 5),
    "make many": _add_much,
    "move": lambda day: day.owner.move(day.single, LATER),
    "rename": lambda day: day.owner.rename(day.single, "Other"),
    "private": lambda day: day.owner.make_private(day.single),
    "single to all-day": lambda day: day.owner.make_all_day(day.single),
    "delete": lambda day: day.owner.delete(day.single),
    "delete all-day": lambda day: day.owner.delete(day.trip),
    "decline": lambda day: day.owner.decline(day.asked),
    "out of the window": lambda day: day.owner.move(day.single, span(200)),
    "rename the series": lambda day: day.owner.rename(day.series, "Other"),
    "private series": lambda day: day.owner.make_private(day.series),
    "move an occurrence": lambda day: day.owner.move_occurrence(day.series, span(8)[0], span(9)),
    "move the first occurrence": lambda day: day.owner.move_occurrence(
        day.series, span(1)[0], span(2)
    ),
    "delete an occurrence": lambda day: day.owner.delete_occurrence(day.series, span(8)[0]),
    "delete the first occurrence": lambda day: day.owner.delete_occurrence(day.series, span(1)[0]),
    "move the series": lambda day: day.owner.move(day.series, span(1, 13)),
    "delete the series": lambda day: day.owner.delete(day.series),
    "to another calendar": lambda day: day.owner.put_on(day.single, day.team),
    "series to another calendar": lambda day: day.owner.put_on(day.series, day.team),
}


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


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
async def test_reading_on_gives_what_a_full_reading_gives(
    calendar: Calendar, filled: Day, edit: Callable[[Day], object]
) -> None:
    before = calendar.mirror
    edit(filled)

    found = await calendar.look()

    assert not found.full
    assert calendar.mirror != before
    assert calendar.mirror == await calendar.anew()


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "one by one"])
async def test_many_edits_add_up(calendar: Calendar, filled: Day, at_once: bool) -> None:
    steps = [
        "make",
        "make a series",
        "move",
        "move an occurrence",
        "delete the first occurrence",
        "rename the series",
        "private",
        "decline",
        "delete all-day",
    ]
    for step in steps:
        EDITS[step](filled)
        if not at_once:
            await calendar.look()
    await calendar.look()
    assert calendar.mirror == await calendar.anew()


async def test_nothing_new_is_an_empty_round(calendar: Calendar, filled: Day) -> None:
    found = await calendar.look()
    assert (found.full, found.events, found.series, found.removed) == (False, {}, {}, frozenset())
    assert found.cursor is not None


async def test_what_is_gone_is_told(calendar: Calendar, filled: Day) -> None:
    filled.owner.delete(filled.single)
    filled.owner.delete(filled.series)

    found = await calendar.look()

    assert not found.full
    assert {filled.single, filled.series} <= found.removed
    assert by_title(calendar.mirror).keys() == {"Trip", "Asked"}
    assert not calendar.mirror.series


async def test_a_cursor_that_the_provider_has_forgotten(calendar: Calendar, filled: Day) -> None:
    filled.owner.forget_cursors()
    with pytest.raises(CursorLost):
        await calendar.look()
    assert calendar.mirror == await calendar.anew()


# What goes wrong

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


# Push


async def test_a_channel_sends_the_proof_back(
    stack: Stack, calendar: Calendar, owner: Owner
) -> None:
    channel = await calendar.subscribe()
    assert channel.complete
    assert channel.expires_at is not None
    assert channel.expires_at > datetime.now(UTC) + timedelta(days=1)
    assert owner.channels() == {channel.subscription_id}

    owner.add("Talk", span(3))
    await stack.sandbox.world.deliveries_idle()
    assert set(owner.proofs()) == {(channel.subscription_id, PROOF)}


async def test_a_renewed_channel_leaves_no_gap(
    stack: Stack, calendar: Calendar, owner: Owner
) -> None:
    first = await calendar.subscribe()
    second = await calendar.renew(first)
    assert owner.channels() == {first.subscription_id, second.subscription_id}
    assert first.expires_at is not None
    assert second.expires_at is not None
    assert second.expires_at >= first.expires_at

    if second.subscription_id != first.subscription_id:
        await calendar.unsubscribe(first)
    assert owner.channels() == {second.subscription_id}
    owner.add("Talk", span(3))
    await stack.sandbox.world.deliveries_idle()
    assert (second.subscription_id, PROOF) in owner.proofs()


async def test_a_channel_is_ended_once_and_again(calendar: Calendar, owner: Owner) -> None:
    channel = await calendar.subscribe()
    for _ in range(2):
        await calendar.unsubscribe(channel)
    assert owner.channels() == set()


async def test_a_calendar_that_cannot_be_watched(calendar: Calendar, owner: Owner) -> None:
    owner.refuse_push()
    with pytest.raises(PushRefused):
        await calendar.subscribe()
    assert owner.channels() == set()


# Events of appointments: made once


async def test_an_event_says_all_that_was_sent(calendar: Calendar, owner: Owner) -> None:
    made = await calendar.create()

    assert made.made
    assert said(made) == ("Talk", START, END)
    assert (made.all_day, made.cancelled, made.meeting_link) == (False, False, None)
    assert made.entity_tag
    assert (made.web_link or "").startswith("https://")
    seen = owner.seen(made.id)
    assert "Bring it" in seen.text
    assert replace(seen, text="") == Seen(
        "Talk", START, END, text="", place="Room 1", reminded=False, busy=True
    )


async def test_an_event_is_found_by_its_transaction_and_by_its_id(calendar: Calendar) -> None:
    made = replace(await calendar.create(), made=False)
    await calendar.create(WALK, "t-2")

    assert await calendar.find() == made
    assert await calendar.event(made.id) == made
    assert await calendar.lists(made.id)
    assert await calendar.find("t-3") is None
    assert calendar.titles == ["Talk", "Walk"]


async def test_the_same_transaction_makes_one_event(calendar: Calendar) -> None:
    """A provider that answers a repeat as it did the first time may say that this one made it, if
    the event still says what was sent."""
    made = await calendar.create()
    again = await calendar.create()
    assert again == replace(made, made=again.made)
    assert calendar.titles == ["Talk"]


async def test_other_content_under_the_same_transaction_makes_no_second(
    calendar: Calendar,
) -> None:
    made = await calendar.create()
    assert await calendar.create(WALK) == replace(made, made=False)
    assert calendar.titles == ["Talk"]


async def test_what_the_owner_did_before_a_repeat_is_seen(
    calendar: Calendar, owner: Owner, pass_time: Callable[[timedelta], None]
) -> None:
    made = await calendar.create()
    pass_time(timedelta(minutes=1))
    owner.move(made.id, LATER)

    again = await calendar.create()

    assert (again.id, again.made, said(again)) == (made.id, False, ("Talk", *LATER))
    assert calendar.titles == ["Talk"]


async def test_no_second_event_is_made_for_one_that_is_gone(
    calendar: Calendar, owner: Owner
) -> None:
    """EventGone, or the event that was thrown away, where the provider goes on answering for it."""
    owner.keep_deleted()
    made = await calendar.create()
    owner.delete(made.id)
    assert await calendar.find() is None

    try:
        again = await calendar.create()
    except EventGone:
        pass
    else:
        assert not again.made
    assert calendar.titles == []


async def test_an_event_whose_answer_was_lost_is_found(calendar: Calendar, owner: Owner) -> None:
    lost = owner.fails("lost")
    with pytest.raises(ProviderSilent):
        await calendar.create()
    assert lost.fired == 1

    found = await calendar.find()
    again = await calendar.create()

    assert found is not None
    assert said(found) == ("Talk", START, END)
    assert again == replace(found, made=again.made)
    assert calendar.titles == ["Talk"]


# Events of appointments: changed in place


async def test_only_the_given_fields_change(calendar: Calendar, owner: Owner) -> None:
    made = await calendar.create()
    other = Content("Walk", *LATER, "Europe/Berlin", description="Other", place="Room 2")

    changed = await calendar.update(made.id, other, "title", tag=made.entity_tag)
    assert (changed.id, said(changed)) == (made.id, ("Walk", START, END))
    assert changed.entity_tag not in {None, made.entity_tag}
    seen = owner.seen(made.id)
    assert (seen.title, seen.place, seen.start) == ("Walk", "Room 1", START)
    assert "Bring it" in seen.text

    await calendar.update(made.id, other, "start", "end", tag=changed.entity_tag)
    seen = owner.seen(made.id)
    assert (seen.start, seen.end, seen.place, seen.reminded) == (*LATER, "Room 1", False)

    await calendar.update(made.id, replace(other, place=""), "place", "description")
    seen = owner.seen(made.id)
    assert (seen.title, seen.place) == ("Walk", "")
    assert "Other" in seen.text
    assert "Bring it" not in seen.text


async def test_a_version_that_is_not_the_newest(calendar: Calendar, owner: Owner) -> None:
    made = await calendar.create()
    owner.rename(made.id, "Theirs")

    with pytest.raises(EventChanged):
        await calendar.update(made.id, WALK, "title", tag=made.entity_tag)

    assert calendar.titles == ["Theirs"]
    seen = await calendar.event(made.id)
    assert seen is not None
    assert said(seen)[0] == "Theirs"
    await calendar.update(made.id, WALK, "title", tag=seen.entity_tag)
    assert calendar.titles == ["Walk"]


@pytest.mark.parametrize("by_owner", [True, False], ids=["by its owner", "by us"])
async def test_an_event_that_is_gone(calendar: Calendar, owner: Owner, by_owner: bool) -> None:
    made = await calendar.create()
    if by_owner:
        owner.delete(made.id)
    else:
        assert await calendar.delete(made.id) is True

    assert await calendar.event(made.id) is None
    assert await calendar.find() is None
    for tag in (None, made.entity_tag):
        with pytest.raises(EventGone):
            await calendar.update(made.id, WALK, "title", "start", "end", tag=tag)
    assert await calendar.delete(made.id) is False
    assert calendar.titles == []


async def test_an_event_that_is_deleted_is_listed_nowhere(calendar: Calendar, owner: Owner) -> None:
    owner.keep_deleted()
    owner.add_calendar("Team")
    made = await calendar.create()
    assert await calendar.lists(made.id)

    owner.delete(made.id)

    assert not await calendar.lists(made.id)
    assert await calendar.find() is None
    await calendar.delete(made.id)


async def test_an_event_that_was_moved_to_another_calendar(
    calendar: Calendar, owner: Owner
) -> None:
    made = await calendar.create()
    team = owner.add_calendar("Team")
    owner.put_on(made.id, team)

    assert await calendar.lists(made.id)
    seen = await calendar.event(made.id)
    assert seen is not None
    assert (seen.id, said(seen)) == (made.id, said(made))

    await calendar.update(made.id, WALK, "title", tag=seen.entity_tag)
    assert (calendar.titles, owner.titles(team)) == ([], ["Walk"])
    await calendar.delete(made.id)
    assert owner.titles(team) == []
    assert not await calendar.lists(made.id)


async def test_f15_an_event_that_was_moved_before_its_answer_is_made_once(
    calendar: Calendar, owner: Owner
) -> None:
    """A provider that only finds it on its first calendar still makes no second one."""
    owner.fails("lost")
    with pytest.raises(ProviderSilent):
        await calendar.create()
    found = await calendar.find()
    assert found is not None
    team = owner.add_calendar("Team")
    owner.put_on(found.id, team)

    again = await calendar.create()
    sought = await calendar.find()

    assert (again.id, said(again)) == (found.id, said(found))
    assert sought is None or sought.id == found.id
    assert (calendar.titles, owner.titles(team)) == ([], ["Talk"])
    await calendar.update(again.id, WALK, "title")
    assert (calendar.titles, owner.titles(team)) == ([], ["Walk"])


async def test_a_description_is_shown_as_it_was_written(calendar: Calendar, owner: Owner) -> None:
    text = 'if a<b & b>c: <b>"bold"</b> &amp; O\'Neill'
    made = await calendar.create(replace(CONTENT, description=text))
    assert text in owner.seen(made.id).text

    other = f"<i>Other</i>: {text}"
    await calendar.update(made.id, replace(CONTENT, description=other), "description")
    assert other in owner.seen(made.id).text


async def test_guests_whom_the_owner_has_added_stay(calendar: Calendar, owner: Owner) -> None:
    ann, bob, cat = (Attendee(f"{name}@example.test") for name in ("ann", "bob", "cat"))
    before = replace(CONTENT, attendees=(ann, bob), invite=True)
    made = await calendar.create(before)
    owner.add_guest(made.id, "theirs@example.test")
    mails = owner.mails

    wanted = replace(before, attendees=(ann, cat))
    await calendar.update(made.id, wanted, "invited", before=before)

    assert owner.guests(made.id) == [
        "ann@example.test",
        "cat@example.test",
        "theirs@example.test",
    ]
    assert owner.mails > mails
    await calendar.update(made.id, CONTENT, "invited", before=wanted)
    assert owner.guests(made.id) == ["theirs@example.test"]


async def test_nobody_is_mailed_without_an_invitation(calendar: Calendar, owner: Owner) -> None:
    guests = (Attendee("ann@example.test", "Ann"), Attendee("bob@example.test"))
    silent = replace(CONTENT, attendees=guests)
    made = await calendar.create(silent)
    await calendar.update(made.id, replace(silent, title="Walk"), "title", "start", "end")
    await calendar.delete(made.id)
    assert owner.mails == 0

    made = await calendar.create(replace(silent, invite=True), "t-2")
    assert owner.mails == 1
    await calendar.delete(made.id)
    assert owner.mails == 2


async def test_what_the_owner_made_of_the_event_is_seen(calendar: Calendar, owner: Owner) -> None:
    made = await calendar.create()

    owner.make_all_day(made.id)
    seen = await calendar.event(made.id)
    assert seen is not None
    midnight = START.replace(hour=0)
    assert seen.all_day
    assert said(seen) == ("Talk", midnight, midnight + timedelta(days=1))

    changed = await calendar.update(made.id, CONTENT, "start", "end", tag=seen.entity_tag)
    assert (changed.all_day, said(changed)) == (False, ("Talk", START, END))

    owner.make_private(made.id)
    seen = await calendar.event(made.id)
    assert said(seen) == (None, START, END)


async def test_events_on_a_calendar_that_another_shares(owner: Owner, friend: Owner) -> None:
    mine = friend.add_calendar("Rota")
    rota = Calendar(owner, friend.share(mine, owner, write=True), shared=True)

    made = await rota.create()
    assert await rota.find() == await rota.event(made.id) == replace(made, made=False)
    assert await rota.create(WALK) == replace(made, made=False)
    assert await rota.lists(made.id)
    await rota.update(made.id, WALK, "title", tag=made.entity_tag)
    with pytest.raises(EventChanged):
        await rota.update(made.id, CONTENT, "title", tag=made.entity_tag)
    assert friend.titles(mine) == ["Walk"]
    for _ in range(2):
        await rota.delete(made.id)
    assert friend.titles(mine) == []
    assert await rota.event(made.id) is None
    assert (friend.mails, owner.mails) == (0, 0)


# What lies in a stretch of time


def timely(stretch: Stretch) -> dict[str, tuple[Any, ...]]:
    """All that is read of an event but its title."""
    return {
        key: (one.kind, one.span, one.availability, one.private, one.series_id)
        for key, one in stretch.events.items()
    }


async def test_a_stretch_of_time_says_what_a_full_reading_says(
    calendar: Calendar, filled: Day, owner: Owner
) -> None:
    owner.decline(filled.asked)
    owner.make_private(filled.single)
    owner.move_occurrence(filled.series, span(8)[0], span(9))
    owner.delete_occurrence(filled.series, span(15)[0])
    read = await calendar.read()

    found = await calendar.stretch((day(0), day(60)))

    held = Stretch(read.events, read.series)
    assert timely(found) == timely(held)
    assert {key: one.first for key, one in found.series.items()} == {
        key: one.first for key, one in held.series.items()
    }


async def test_a_stretch_of_time_holds_what_lies_there_and_the_series_of_it(
    calendar: Calendar, filled: Day
) -> None:
    assert filled.single in (await calendar.stretch(span(3))).events
    second = await calendar.stretch(span(8))
    assert [(one.kind, one.span) for one in second.events.values()] == [
        (Kind.OCCURRENCE, Interval(*span(8)))
    ]
    assert second.series[filled.series].first == Interval(*span(1))
    assert not (await calendar.stretch(span(20))).events
    assert not (await calendar.stretch(span(20))).series


@pytest.mark.parametrize("hour", [0, 11, 23])
async def test_whole_days_are_found_by_any_hour_that_they_may_take(
    calendar: Calendar, filled: Day, hour: int
) -> None:
    for number in (4, 5):
        assert filled.trip in (await calendar.stretch(span(number, hour))).events
    for when in ((day(3, 12), day(3, 13)), (day(6, 11), day(6, 12))):
        assert filled.trip in (await calendar.stretch(when)).events


async def test_a_series_that_is_asked_for_is_told_though_nothing_of_it_lies_there(
    calendar: Calendar, filled: Day, owner: Owner
) -> None:
    owner.delete_occurrence(filled.series, span(1)[0])
    found = await calendar.stretch(span(1), filled.series, "gone")
    assert not found.events
    assert found.series[filled.series].first == Interval(*span(1))

    owner.delete(filled.series)
    assert not (await calendar.stretch(span(1), filled.series)).series


async def test_where_every_event_counts_no_series_is_asked_for(
    stack: Stack, calendar: Calendar, filled: Day
) -> None:
    asked = Requests(stack)
    found = await calendar.stretch(span(8), every=True)

    assert [(one.kind, one.series_id) for one in found.events.values()] == [
        (Kind.OCCURRENCE, filled.series)
    ]
    assert not found.series
    requests = asked.find() + asked.find(service="google")
    assert requests
    assert {one.path.rpartition("/")[2] for one in requests} <= {"calendarView", "events"}
    assert not [one for one in requests if "singleEvents=false" in one.query]


async def test_a_stretch_of_a_calendar_of_another(owner: Owner, friend: Owner) -> None:
    rota = friend.add_calendar("Rota")
    shift = friend.add("Shift", span(3), calendar=rota)
    theirs = Calendar(owner, friend.share(rota, owner, write=False), shared=True)

    [found] = (await theirs.stretch(span(3))).events.values()

    assert found.span == Interval(*span(3))
    assert owner.provider != "google" or found.id == shift
