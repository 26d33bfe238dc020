"""Events of appointments at the stand-in: made once, changed in place, found where they went."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from sandbox.faults import FaultRule, rule_from_json
from sandbox.google.account import Account
from sandbox.google.calendars.event import Event
from sandbox.stack import Stack
from shared import services
from shared.domain.appointments import Attendee, Content, LiveEvent
from shared.domain.model import Account as OurAccount
from shared.domain.model import CalendarState, ProviderName, Push
from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    EventChanged,
    EventGone,
    MailboxMissing,
    ProviderUnavailable,
    PushRefused,
    QuotaUsedUp,
    Throttled,
)
from shared.providers.base import CalendarProvider

GOOGLE = ProviderName("google")
PAT = "pat.writing@gmail.example"
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=5)
END = START + timedelta(hours=1)
CONTENT = Content("Talk", START, END, "Europe/Berlin", description="Bring it", place="Room 1")
GUESTS = (Attendee("ann@example.test", "Ann"), Attendee("bob@example.test"))
INVITING = replace(CONTENT, attendees=GUESTS, invite=True)


@dataclass
class Calendar:
    """A calendar as the application writes it, and the account as its owner sees it."""

    stack: Stack
    account: Account
    id: str

    @property
    def provider(self) -> CalendarProvider:
        return services.ports().providers[GOOGLE]

    async def token(self, _: str | None) -> str:
        return self.stack.sandbox.world.google.access_token(self.account.address)

    async def create(self, content: Content = CONTENT, transaction: str = "") -> LiveEvent:
        transaction = transaction or str(uuid4())
        return await self.provider.create_event(self.token, self.id, content, transaction)

    async def find(self, transaction: str) -> LiveEvent | None:
        return await self.provider.find_event(self.token, self.id, transaction)

    async def event(self, event_id: str) -> LiveEvent | None:
        return await self.provider.event(self.token, self.id, event_id)

    async def listed(self, event_id: str) -> bool:
        return await self.provider.is_listed(self.token, self.id, event_id, "t")

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

    async def delete(self, event_id: str) -> None:
        await self.provider.delete_event(self.token, self.id, event_id)

    @property
    def events(self) -> list[Event]:
        found = self.account.primary.events.values()
        return [event for event in found if not event.cancelled]

    @property
    def only(self) -> Event:
        [event] = self.events
        return event

    @property
    def state(self) -> CalendarState:
        return CalendarState(OurAccount(GOOGLE, self.account.sub), self.id, True, False)


@pytest.fixture
def calendar(stack: Stack) -> Calendar:
    account = stack.sandbox.world.google.add_account(PAT, "Pat", "Europe/Berlin")
    return Calendar(stack, account, account.primary.id)


def fault(stack: Stack, **rule: object) -> FaultRule:
    return stack.sandbox.world.faults.add(rule_from_json({"service": "google", **rule}))


def said(event: LiveEvent) -> tuple[Any, ...]:
    return event.title, event.start, event.end


async def test_an_event_is_written_whole(calendar: Calendar) -> None:
    made = await calendar.create()

    event = calendar.only
    assert (event.start.moment, event.end.moment, event.start.zone) == (START, END, "Europe/Berlin")
    assert (event.fields["summary"], event.fields["description"]) == ("Talk", "Bring it")
    assert event.fields["location"] == "Room 1"
    assert "transparency" not in event.fields  # opaque is what is not said
    assert event.fields["reminders"] == {"useDefault": False}
    assert calendar.account.outbox == []
    assert made.made
    assert said(made) == ("Talk", START, END)
    assert made.entity_tag == event.etag
    assert (made.web_link or "").startswith("https://www.google.com/calendar/")


async def test_a_second_try_gives_the_first_event(stack: Stack, calendar: Calendar) -> None:
    lost = fault(stack, preset="commit-then-cut", method="POST", path="/events$")
    with pytest.raises(ProviderUnavailable):
        await calendar.create(transaction="t-1")
    assert lost.fired == 1

    again = await calendar.create(replace(CONTENT, title="Walk"), "t-1")
    assert (again.title, again.made) == ("Talk", False)
    assert await calendar.find("t-1") == again
    assert await calendar.find("t-2") is None
    assert len(calendar.events) == 1


async def test_no_second_event_is_made_for_one_that_was_deleted(calendar: Calendar) -> None:
    made = await calendar.create(transaction="t-1")
    calendar.account.delete_event(made.id)

    with pytest.raises(EventGone):
        await calendar.create(transaction="t-1")
    assert await calendar.find("t-1") is None
    assert await calendar.event(made.id) is None
    assert not await calendar.listed(made.id)
    assert calendar.events == []


async def test_who_is_invited_is_mailed_and_told(calendar: Calendar) -> None:
    made = await calendar.create(INVITING)
    await calendar.delete(made.id)

    everybody = tuple(guest.email for guest in GUESTS)
    mails = [(mail.kind, mail.to) for mail in calendar.account.outbox]
    assert mails == [("invitation", everybody), ("cancellation", everybody)]


async def test_a_meeting_is_made_on_request(calendar: Calendar) -> None:
    made = await calendar.create(replace(CONTENT, online_meeting=True))
    assert (made.meeting_link or "").startswith("https://meet.google.com/")
    assert (await calendar.create()).meeting_link is None


async def test_only_what_differs_is_changed_and_in_place(calendar: Calendar) -> None:
    made = await calendar.create()
    calendar.account.update_event(made.id, color_id="5")
    new = replace(CONTENT, title="Walk", place="", description="Other")

    changed = await calendar.update(made.id, new, "title", "place")

    fields = calendar.only.fields
    assert (changed.id, said(changed)) == (made.id, ("Walk", START, END))
    assert (fields.get("location"), fields["description"]) == (None, "Bring it")
    assert fields["colorId"] == "5"
    assert changed.entity_tag == calendar.only.etag != made.entity_tag


async def test_an_all_day_event_gets_its_time_back(calendar: Calendar) -> None:
    made = await calendar.create()
    day = START.date()
    calendar.account.update_event(made.id, start=day, end=day + timedelta(days=1))
    seen = await calendar.event(made.id)
    assert seen is not None
    assert (seen.all_day, seen.start.date()) == (True, day)

    changed = await calendar.update(made.id, CONTENT, "start", tag=seen.entity_tag)
    assert (changed.all_day, said(changed)) == (False, ("Talk", START, END))


async def test_a_version_that_is_not_the_newest(calendar: Calendar) -> None:
    made = await calendar.create()
    calendar.account.update_event(made.id, summary="Walk")
    with pytest.raises(EventChanged):
        await calendar.update(made.id, CONTENT, "title", tag=made.entity_tag)
    assert calendar.only.fields["summary"] == "Walk"


async def test_answers_of_guests_outlive_a_change_of_the_list(calendar: Calendar) -> None:
    made = await calendar.create(INVITING)
    ann = {"email": "ann@example.test", "responseStatus": "accepted"}
    calendar.account.update_event(made.id, attendees=[ann, {"email": "bob@example.test"}])

    fewer = replace(INVITING, attendees=GUESTS[:1])
    await calendar.update(made.id, fewer, "invited", before=INVITING)

    [left] = calendar.only.fields["attendees"]
    assert (left["email"], left["responseStatus"]) == ("ann@example.test", "accepted")


async def test_an_event_that_was_moved_to_another_calendar(calendar: Calendar) -> None:
    made = await calendar.create()
    team = calendar.account.create_calendar("Team")
    moved = calendar.account.move_event(made.id, "Team")

    seen = await calendar.event(made.id)
    assert seen is not None
    assert (seen.id, seen.entity_tag) == (made.id, moved.etag)
    assert await calendar.listed(made.id)
    assert await calendar.find("t") is None

    new = replace(CONTENT, title="Walk")
    with pytest.raises(EventChanged):
        await calendar.update(made.id, new, "title", tag='"other"')
    changed = await calendar.update(made.id, new, "title", tag=seen.entity_tag)
    assert (changed.title, team.events[made.id].fields["summary"]) == ("Walk", "Walk")
    assert calendar.events == []

    await calendar.delete(made.id)
    assert team.events[made.id].cancelled


async def test_deleted_is_deleted_and_once_more_is_no_error(calendar: Calendar) -> None:
    made = await calendar.create()
    await calendar.delete(made.id)
    await calendar.delete(made.id)
    with pytest.raises(EventGone):
        await calendar.update(made.id, CONTENT, "title", tag=made.entity_tag)
    with pytest.raises(EventGone):
        await calendar.update(made.id, CONTENT, "title")


async def test_calendars_that_cannot_be_written(calendar: Calendar) -> None:
    calendar.account.set_read_only(None)
    with pytest.raises(CalendarForbidden):
        await calendar.create()
    nowhere = replace(calendar, id="nowhere@example.test")
    with pytest.raises(CalendarGone):
        await nowhere.create()


async def test_limits(stack: Stack, calendar: Calendar) -> None:
    fault(stack, code="quotaExceeded")
    with pytest.raises(QuotaUsedUp):
        await calendar.create()
    fault(stack, code="userRateLimitExceeded")
    with pytest.raises(Throttled) as raised:
        await calendar.create()
    assert raised.value.retry_after == 10


# Calendars and channels


async def test_calendars_of_the_account_and_of_others(stack: Stack, calendar: Calendar) -> None:
    google = stack.sandbox.world.google
    other = google.add_account("ann.writing@gmail.example", "Ann")
    other.share(None, calendar.account, "writer")
    calendar.account.create_calendar("Team")
    calendar.account.hide_calendar("Team")

    own, theirs, team = await calendar.provider.calendars(calendar.token)

    assert (own.calendar_id, own.is_default, own.shared, own.can_write) == (PAT, True, False, True)
    assert (theirs.owner_address, theirs.shared, theirs.can_write) == (other.address, True, True)
    assert (team.name, team.shared, team.owner_address) == ("Team", False, PAT)


async def test_an_account_without_a_calendar(stack: Stack) -> None:
    google = stack.sandbox.world.google
    account = google.add_account("none.writing@gmail.example", "N", has_calendar=False)
    calendar = Calendar(stack, account, account.address)
    with pytest.raises(MailboxMissing):
        await calendar.provider.check_mailbox(calendar.token)


async def test_a_channel_is_opened_renewed_and_ended(stack: Stack, calendar: Calendar) -> None:
    channels, provider = stack.sandbox.world.google.channels, calendar.provider

    first = await provider.subscribe(calendar.token, calendar.state, "proof")
    second = await provider.renew(calendar.token, calendar.state, first, "proof")
    assert {one.id for one in channels.live()} == {first.subscription_id, second.subscription_id}
    assert first.complete
    left = (first.expires_at or START) - datetime.now(UTC)
    assert timedelta(days=6) < left <= timedelta(days=7, minutes=1)

    for _ in range(2):
        await provider.unsubscribe(calendar.token, first)
    assert [one.id for one in channels.live()] == [second.subscription_id]
    await provider.unsubscribe(calendar.token, replace(second, resource_id=None))
    await provider.unsubscribe(calendar.token, Push())
    assert len(channels.live()) == 1


async def test_a_calendar_that_cannot_be_watched(calendar: Calendar) -> None:
    calendar.account.primary.push = False
    with pytest.raises(PushRefused):
        await calendar.provider.subscribe(calendar.token, calendar.state, "proof")
