"""Events of appointments at the stand-in: made once, changed in place, deleted (F14, F15, F24)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from sandbox.faults import FaultRule, rule_from_json
from sandbox.microsoft.mailbox.event import Event
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.stack import Stack
from shared import services
from shared.domain.appointments import Attendee, Content, LiveEvent
from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    EventChanged,
    EventGone,
    ProviderRejected,
    ProviderUnavailable,
    Throttled,
)
from shared.flows.mailbox import Lane, mailbox
from tests.flows.outlook import OLGA, OUTLOOK, Requests, account_of, calendar_id, new_mailbox, span
from tests.people import ADELE, ALEX, PAT, Person

START, END = span(5)
CONTENT = Content("Talk", START, END, "Europe/Berlin", description="Bring it", place="Room 1")
GUESTS = (Attendee("ann@example.test", "Ann"), Attendee("bob@example.test"))
ONLINE = replace(CONTENT, online_meeting=True)


@dataclass
class Calendar:
    """A calendar as the application writes it, and the mailbox as its owner sees it."""

    stack: Stack
    box: Mailbox
    id: str

    async def create(self, content: Content = CONTENT, transaction: str = "") -> LiveEvent:
        transaction = transaction or str(uuid4())
        async with self._asking() as (provider, token):
            return await provider.create_event(token, self.id, content, transaction)

    async def find(self, transaction: str) -> LiveEvent | None:
        async with self._asking() as (provider, token):
            return await provider.find_event(token, self.id, transaction)

    async def event(self, event_id: str) -> LiveEvent | None:
        async with self._asking() as (provider, token):
            return await provider.event(token, self.id, event_id)

    async def update(
        self,
        event_id: str,
        content: Content,
        *fields: str,
        tag: str | None = None,
        before: Content | None = None,
    ) -> LiveEvent:
        async with self._asking() as (provider, token):
            return await provider.update_event(
                token, self.id, event_id, content, frozenset(fields), tag, before
            )

    async def delete(self, event_id: str) -> None:
        async with self._asking() as (provider, token):
            await provider.delete_event(token, self.id, event_id)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[tuple[Any, Any]]:
        ports = services.ports()
        async with mailbox(ports, account_of(self.stack, self.box.address), Lane.BACKGROUND) as t:
            yield ports.providers[OUTLOOK], t

    @property
    def events(self) -> list[Event]:
        return list(self.box.calendar(self.id).calendar.events.values())

    @property
    def only(self) -> Event:
        [event] = self.events
        return event


@pytest.fixture
async def calendar(stack: Stack, agent: Person) -> Calendar:
    """The default calendar of a mailbox in Berlin, connected."""
    box = new_mailbox(stack)
    await agent.connect(OLGA)
    return Calendar(stack, box, box.default_calendar.id)


def fault(stack: Stack, **rule: object) -> FaultRule:
    return stack.sandbox.world.faults.add(rule_from_json(rule))


def said(event: LiveEvent) -> tuple[Any, ...]:
    return event.title, event.start, event.end


async def test_an_event_is_written_whole(calendar: Calendar) -> None:
    made = await calendar.create(transaction="t-1")

    event = calendar.only
    assert (event.start, event.end, event.details.subject) == (START, END, "Talk")
    assert "Bring it" in event.details.body
    assert event.details.location["displayName"] == "Room 1"
    assert (event.details.show_as, event.details.is_reminder_on) == ("busy", False)
    assert (event.start_zone, event.transaction_id) == ("W. Europe Standard Time", "t-1")
    assert calendar.box.outbox == []
    assert made.made
    assert (made.online, made.meeting_link, made.cancelled) == (False, None, False)
    assert (made.web_link or "").startswith("https://outlook.office365.com/")
    assert made.entity_tag == event.etag
    assert said(made) == ("Talk", START, END)


async def test_an_event_is_found_by_its_mark_and_by_its_id(calendar: Calendar) -> None:
    made = await calendar.create(transaction="T-1")
    await calendar.create(replace(CONTENT, title="Other"), "t-2")

    assert await calendar.find("t-1") == replace(made, made=False)
    assert await calendar.event(made.id) == replace(made, made=False)
    assert await calendar.find("t-3") is None
    assert await calendar.find("d'Artagnan") is None


async def test_only_what_differs_is_changed_and_in_place(calendar: Calendar) -> None:
    made = await calendar.create()
    calendar.box.update_event(made.id, categories=("Red",), is_reminder_on=True)
    new = replace(CONTENT, title="Walk", place="", description="Other")

    changed = await calendar.update(made.id, new, "title", "place")

    details = calendar.only.details
    assert (changed.id, said(changed)) == (made.id, ("Walk", START, END))
    assert (details.location["displayName"], details.categories) == ("", ("Red",))
    assert details.is_reminder_on
    assert "Bring it" in details.body
    assert changed.entity_tag == calendar.only.etag != made.entity_tag


async def test_deleted_is_deleted_and_once_more_is_no_error(calendar: Calendar) -> None:
    made = await calendar.create()
    await calendar.delete(made.id)
    await calendar.delete(made.id)

    assert calendar.events == []
    assert await calendar.event(made.id) is None
    with pytest.raises(EventGone):
        await calendar.update(made.id, CONTENT, "title")


# The same event is never made twice


@pytest.mark.parametrize("status", [400, 409])
async def test_a_transaction_used_for_other_content_gives_the_first_event(
    calendar: Calendar, status: Literal[400, 409]
) -> None:
    calendar.box.faults.duplicate_transaction_as = status
    made = await calendar.create(transaction="t-1")

    again = await calendar.create(replace(CONTENT, title="Walk"), "t-1")

    assert again == replace(made, made=False)
    assert len(calendar.events) == 1


async def test_a_lost_answer_makes_no_second_event(stack: Stack, calendar: Calendar) -> None:
    lost = fault(stack, preset="commit-then-cut", path="/events$")
    with pytest.raises(ProviderUnavailable):
        await calendar.create(transaction="t-1")
    assert lost.fired == 1

    found = await calendar.find("t-1")
    again = await calendar.create(transaction="t-1")

    assert found is not None
    assert said(found) == ("Talk", START, END)
    assert again == replace(found, made=True)
    assert len(calendar.events) == 1


async def test_a_lost_meeting_is_not_made_twice_either(stack: Stack, calendar: Calendar) -> None:
    fault(stack, preset="commit-then-cut", path="/events$")
    with pytest.raises(ProviderUnavailable):
        await calendar.create(ONLINE, "t-1")

    assert (await calendar.create(ONLINE, "t-1")).meeting_link == calendar.only.details.join_url


async def test_what_the_owner_did_since_the_lost_answer_is_seen(
    calendar: Calendar, pass_time: Callable[[timedelta], None]
) -> None:
    made = await calendar.create(transaction="t-1")
    pass_time(timedelta(minutes=1))
    later = START + timedelta(hours=2), END + timedelta(hours=2)
    calendar.box.update_event(made.id, start=later[0], end=later[1])

    again = await calendar.create(transaction="t-1")

    assert (again.made, again.start, again.end) == (False, *later)
    assert (calendar.only.start, calendar.only.end) == later


async def test_a_transaction_whose_event_is_gone_makes_no_second(calendar: Calendar) -> None:
    calendar.box.faults.remember_deleted = True
    made = await calendar.create(transaction="t-1")
    calendar.box.delete_event(made.id)

    with pytest.raises(EventGone):
        await calendar.create(transaction="t-1")


# Versions


async def test_a_change_of_the_known_version(calendar: Calendar) -> None:
    made = await calendar.create()
    new = replace(CONTENT, title="Walk")

    changed = await calendar.update(made.id, new, "title", tag=made.entity_tag)
    with pytest.raises(EventChanged):
        await calendar.update(made.id, CONTENT, "title", tag=made.entity_tag)

    assert calendar.only.details.subject == "Walk"
    assert said(await calendar.update(made.id, CONTENT, "title", tag=changed.entity_tag))


async def test_a_412_that_nobody_asked_for_passes(stack: Stack, calendar: Calendar) -> None:
    made = await calendar.create()
    fault(stack, preset="conflict-412", method="PATCH")
    with pytest.raises(ProviderUnavailable):
        await calendar.update(made.id, replace(CONTENT, title="Walk"), "title")

    assert (
        said(await calendar.update(made.id, replace(CONTENT, title="Walk"), "title"))[0] == "Walk"
    )


# What the owner does


async def test_an_event_that_was_moved_is_found_changed_and_deleted(calendar: Calendar) -> None:
    made = await calendar.create(transaction="t-1")
    other = calendar.box.create_calendar("Other")
    calendar.box.move_event(made.id, other.id)
    assert calendar.events == []

    found = await calendar.event(made.id)
    changed = await calendar.update(made.id, replace(CONTENT, title="Walk"), "title")

    assert found is not None
    assert found.id == changed.id == made.id
    assert await calendar.find("t-1") is None
    [event] = other.calendar.events.values()
    assert event.details.subject == "Walk"
    await calendar.delete(made.id)
    assert not other.calendar.events


async def test_what_the_owner_changes_is_read(calendar: Calendar) -> None:
    made = await calendar.create()
    later = START + timedelta(days=1), END + timedelta(days=1)
    calendar.box.update_event(made.id, start=later[0], end=later[1], subject="Walk")
    found = await calendar.event(made.id)
    assert found is not None
    assert said(found) == ("Walk", *later)

    calendar.box.set_private(made.id)
    found = await calendar.event(made.id)
    assert found is not None
    assert said(found) == (None, *later)

    calendar.box.receive_cancellation(made.id)
    found = await calendar.event(made.id)
    assert found is not None
    assert found.cancelled


async def test_an_event_made_to_last_all_day_is_read_and_put_back(calendar: Calendar) -> None:
    made = await calendar.create()
    calendar.box.make_all_day(made.id)
    midnight = START.replace(hour=0, minute=0, second=0)

    found = await calendar.event(made.id)
    assert found is not None
    assert said(found) == ("Talk", midnight, midnight + timedelta(days=1))

    assert said(await calendar.update(made.id, CONTENT, "start", "end")) == ("Talk", START, END)
    assert not calendar.only.is_all_day


@pytest.mark.parametrize("how", ["delete", "cancel"])
async def test_an_event_that_the_owner_took_away_is_gone(calendar: Calendar, how: str) -> None:
    made = await calendar.create()
    if how == "delete":
        calendar.box.delete_event(made.id)
    else:
        calendar.box.cancel_event(made.id)
    assert await calendar.event(made.id) is None


# Zones


@pytest.mark.parametrize(
    ("zone", "kept"),
    [
        ("Europe/Berlin", "W. Europe Standard Time"),
        ("Asia/Kolkata", "India Standard Time"),
        ("Antarctica/Troll", "Antarctica/Troll"),
        ("UTC", "UTC"),
    ],
)
async def test_times_are_kept_in_the_zone_of_the_appointment(
    calendar: Calendar, zone: str, kept: str
) -> None:
    made = await calendar.create(replace(CONTENT, zone=zone))

    assert said(made) == ("Talk", START, END)
    assert calendar.only.start_zone == kept
    assert calendar.only.start.astimezone(ZoneInfo(zone)) == START


async def test_a_windows_zone_with_other_rules_moves_nothing(
    stack: Stack, calendar: Calendar
) -> None:
    """Scoresbysund has kept another time than the Azores since 2024; Windows has one for both."""
    asked = Requests(stack)
    content = replace(CONTENT, zone="America/Scoresbysund")

    made = await calendar.create(content)
    assert (said(made), made.made) == (("Talk", START, END), True)
    later = replace(content, start=START + timedelta(days=200), end=END + timedelta(days=200))
    changed = await calendar.update(made.id, later, "start", "end", tag=made.entity_tag)

    assert said(changed) == ("Talk", later.start, later.end)
    assert (calendar.only.start, calendar.only.end) == (later.start, later.end)
    assert len(asked.find("PATCH")) == 3


async def test_a_zone_that_is_refused_is_left_for_utc(stack: Stack, calendar: Calendar) -> None:
    fault(stack, method="POST", status=400, code="TimeZoneNotSupportedException")

    assert said(await calendar.create(replace(CONTENT, zone="Antarctica/Troll"))) == said(
        LiveEvent("", START, END, "Talk")
    )
    assert calendar.only.start_zone == "UTC"


# Meetings


async def test_an_online_meeting_where_the_calendar_has_them(calendar: Calendar) -> None:
    made = await calendar.create(ONLINE)

    assert made.online
    assert made.meeting_link == calendar.only.details.join_url is not None
    assert calendar.only.details.online_meeting_provider == "teamsForBusiness"
    assert calendar.box.outbox == []

    moved = replace(ONLINE, start=START + timedelta(hours=1), end=END + timedelta(hours=1))
    changed = await calendar.update(made.id, moved, "start", "end")
    assert (changed.online, changed.meeting_link) == (True, made.meeting_link)


async def test_where_there_are_no_meetings_the_event_is_made_without(
    stack: Stack, agent: Person
) -> None:
    await agent.connect(PAT)
    box = stack.sandbox.world.mailbox(PAT)
    home = Calendar(stack, box, box.create_calendar("Home").id)

    made = await home.create(ONLINE)

    assert (made.online, made.meeting_link) == (False, None)
    assert (made.web_link or "").startswith("https://outlook.live.com/")
    assert len(home.events) == 1


async def test_who_is_invited_is_told_and_nobody_else(calendar: Calendar) -> None:
    silent = replace(CONTENT, attendees=GUESTS)
    made = await calendar.create(silent)
    await calendar.update(made.id, replace(silent, title="Walk"), "title", "start", "end")
    await calendar.delete(made.id)
    assert calendar.box.outbox == []

    asked = replace(silent, invite=True)
    made = await calendar.create(asked)
    fewer = replace(asked, attendees=GUESTS[:1])
    await calendar.update(made.id, fewer, *fewer.differing(asked), before=asked)
    await calendar.delete(made.id)

    ann, bob = (guest.email for guest in GUESTS)
    assert [(mail.kind, mail.to) for mail in calendar.box.outbox] == [
        ("invitation", (ann, bob)),
        ("cancellation", (bob,)),
        ("cancellation", (ann,)),
    ]


# Calendars of others, and calendars that are not there


async def test_a_calendar_that_another_shares(stack: Stack, agent: Person) -> None:
    await agent.connect(ADELE)
    adele = stack.sandbox.world.mailbox(ADELE)
    rota = Calendar(stack, adele, calendar_id(adele, "Team rota"))
    before = len(rota.events)

    made = await rota.create(transaction="t-1")
    new = replace(CONTENT, title="Walk")

    assert await rota.find("t-1") == await rota.event(made.id) == replace(made, made=False)
    again = await rota.create(new, "t-1")
    assert again.id == made.id
    changed = await rota.update(made.id, new, "title", "start", tag=made.entity_tag)
    assert said(changed) == ("Walk", START, END)
    with pytest.raises(EventChanged):
        await rota.update(made.id, CONTENT, "title", tag=made.entity_tag)
    await rota.delete(made.id)
    await rota.delete(made.id)
    assert await rota.event(made.id) is None
    assert len(rota.events) == before
    assert stack.sandbox.world.mailbox(ALEX).outbox == []


async def test_a_calendar_that_may_only_be_read(stack: Stack, agent: Person) -> None:
    await agent.connect(ADELE)
    adele = stack.sandbox.world.mailbox(ADELE)
    travel = Calendar(stack, adele, calendar_id(adele, "Travel"))
    with pytest.raises(CalendarForbidden):
        await travel.create()


async def test_a_calendar_that_is_not_there(calendar: Calendar) -> None:
    other = calendar.box.create_calendar("Other")
    gone = replace(calendar, id=other.id)
    made = await gone.create()
    calendar.box.delete_calendar(other.id)

    for content in (CONTENT, ONLINE):
        with pytest.raises(CalendarGone):
            await gone.create(content)
    assert await gone.event(made.id) is None
    await gone.delete(made.id)


Writing = Callable[[Calendar, str], Awaitable[object]]


@pytest.mark.parametrize(
    "write",
    [
        lambda calendar, _: calendar.create(),
        lambda calendar, event: calendar.update(event, CONTENT, "title"),
        lambda calendar, event: calendar.delete(event),
        lambda calendar, event: calendar.event(event),
        lambda calendar, _: calendar.find("t-1"),
    ],
    ids=["create", "update", "delete", "event", "find"],
)
@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ({"preset": "throttled"}, Throttled),
        ({"preset": "unavailable-no-header"}, ProviderUnavailable),
        ({"preset": "cut"}, ProviderUnavailable),
        ({"preset": "save-conflict", "method": None}, ProviderUnavailable),
        ({"preset": "access-denied"}, CalendarForbidden),
        ({"status": 400, "code": "ErrorInvalidRequest"}, ProviderRejected),
    ],
    ids=lambda rule: rule.get("preset", "rejected") if isinstance(rule, dict) else "",
)
async def test_what_graph_refuses(
    stack: Stack,
    calendar: Calendar,
    write: Writing,
    preset: dict[str, object],
    expected: type[Exception],
) -> None:
    made = await calendar.create()
    thrown = fault(stack, **preset)
    with pytest.raises(expected):
        await write(calendar, made.id)
    assert thrown.fired == 1
    assert len(calendar.events) == 1


async def test_requests_of_a_call_come_one_after_the_other(
    stack: Stack, calendar: Calendar
) -> None:
    limits = stack.sandbox.world.limits
    limits.clear_maxima()
    made = await calendar.create(replace(ONLINE, zone="America/Scoresbysund"))
    await calendar.update(made.id, CONTENT, "start", "end", "title")
    await calendar.delete(made.id)

    assert limits.maximum[OLGA] == 1
