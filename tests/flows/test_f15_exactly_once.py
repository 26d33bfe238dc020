"""Exactly one event, and none where none should be, in the corners of disconnects, lost answers and
changes that cross each other (F15, R4, R13, R14)."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox.faults import rule_from_json
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.stack import Stack
from shared import services
from shared.errors import AppointmentBusy, ProviderSilent
from shared.flows.realign_appointments import realign_appointments
from shared.flows.write_appointment import write_appointment
from shared.messages import RealignAppointments, WriteAppointment, WriteCause
from tests.flows.crm import body, delete, get, put, quiet, reaches, shown, synced, told, written
from tests.flows.outlook import OLGA, Requests, connected, new_mailbox, revoke, span, until
from tests.people import Person

BORIS = "boris.two@contoso.example"
NORA = "nora.new@contoso.example"


def event_of(mailbox: Mailbox) -> str:
    [event] = mailbox.default_calendar.calendar.events.values()
    return mailbox.event_id(event)


def fault(stack: Stack, **given: Any) -> None:
    stack.sandbox.world.faults.add(rule_from_json(given))


async def disconnect(person: Person) -> None:
    answer = await person.call("DELETE", person.path("connections/outlook"))
    assert answer.status_code == 204


async def restore(admin: Person) -> None:
    path = "/locations/loc1/settings"
    etag = (await admin.call("GET", path)).headers["etag"]
    asked = {"externalChanges": "restore"}
    answer = await admin.call("PUT", path, json=asked, headers={"If-Match": etag})
    assert answer.status_code == 200


@pytest.fixture
def mailbox(stack: Stack) -> Mailbox:
    return new_mailbox(stack)


@pytest.fixture
async def olga(mailbox: Mailbox, agent: Person) -> Person:
    await connected(agent)
    return agent


async def test_r04_an_account_that_changed_hands_is_not_written_for_its_former_user(
    olga: Person, other: Person, crm: Person, mailbox: Mailbox
) -> None:
    """A past appointment stays where it is; but there its user has no business any more."""
    new_mailbox(olga.stack, NORA)
    asked = body(span(-2))
    await synced(crm, "past", asked)
    await disconnect(olga)

    async def may_connect() -> bool:
        answer = await other.connect(OLGA)
        return "connected=outlook" in answer.headers["location"]

    await until(olga.stack, may_connect)
    await connected(olga, NORA)
    await put(crm, "past", body(span(-2), title="Not for Boris"))
    await reaches(crm, "past", "not_synced", "not_connected")

    assert written(mailbox) == [shown(asked)]


async def test_f15_a_create_that_lands_late_is_waited_for(
    olga: Person, crm: Person, mailbox: Mailbox, pass_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may yet arrive after the appointment is deleted: until then nobody else decides."""
    ports = services.ports()
    provider = ports.providers[next(iter(ports.providers))]
    real = type(provider).create_event
    late: list[Any] = []

    async def slow(self: Any, *args: Any) -> Any:
        late.append(lambda: real(self, *args))
        raise ProviderSilent("no answer")

    monkeypatch.setattr(type(provider), "create_event", slow)
    await put(crm, "a1")
    await until(olga.stack, _any(late))
    monkeypatch.setattr(type(provider), "create_event", real)
    assert (await delete(crm, "a1")).status_code == 204
    with pytest.raises(AppointmentBusy):
        await write_appointment(WriteAppointment(location="loc1", appointment="a1"), ports)
    await late[0]()
    assert len(written(mailbox)) == 1
    pass_time(timedelta(minutes=3))
    await quiet(crm, "write-appointment")

    assert written(mailbox) == []


def _any(found: list[Any]) -> Any:
    async def there() -> bool:
        return bool(found)

    return there


async def test_r13_a_primary_calendar_that_is_deleted_cancels_nothing(
    stack: Stack, agent: Person, crm: Person, mailbox: Mailbox
) -> None:
    calendar = mailbox.create_calendar("Work")
    await agent.connect(OLGA)
    await agent.choose("Work")
    await synced(crm, "a1")

    mailbox.delete_calendar(calendar.id)
    await put(crm, "a1", body() | {"calendar": {"id": "other", "kind": "team"}})
    await reaches(crm, "a1", "not_synced", "calendar_gone")

    assert (await get(crm, "a1"))["status"] == "confirmed"
    await agent.choose("Calendar")
    await reaches(crm, "a1", "synced")
    assert written(mailbox) == [shown(body())]


def rename_the_id(mailbox: Mailbox) -> None:
    """As when a mailbox is moved: the one event has another id, and the same mark."""
    calendar = mailbox.default_calendar.calendar
    [(key, event)] = calendar.events.items()
    mailbox.delete_event(mailbox.event_id(event))
    event.key = bytes(reversed(key))
    calendar.events[event.key] = event


async def test_f24_an_event_with_a_new_id_is_recognised_by_its_mark(
    olga: Person, crm: Person, mailbox: Mailbox
) -> None:
    await synced(crm, "a1")
    rename_the_id(mailbox)
    mailbox.update_event(event_of(mailbox), categories=("Moved",))
    await crm.settled()
    await quiet(crm, "write-appointment")

    assert (await get(crm, "a1"))["status"] == "confirmed"
    moved = body(span(5))
    await synced(crm, "a1", moved)
    assert written(mailbox) == [shown(moved)]


async def test_f24_an_event_with_a_new_id_is_found_when_the_crm_changes_it_first(
    olga: Person, crm: Person, mailbox: Mailbox
) -> None:
    for subscription in olga.stack.sandbox.world.subscriptions.live():
        subscription.silent = True
    await synced(crm, "a1")
    rename_the_id(mailbox)

    moved = body(span(5))
    await synced(crm, "a1", moved)
    assert written(mailbox) == [shown(moved)]

    rename_the_id(mailbox)
    assert (await delete(crm, "a1")).status_code == 204
    await quiet(crm, "write-appointment")
    assert written(mailbox) == []


@pytest.mark.parametrize("how", ["moved", "deleted"])
async def test_r14_what_was_given_up_stays_given_up(
    olga: Person, admin: Person, crm: Person, mailbox: Mailbox, how: str
) -> None:
    await restore(admin)
    asked = body()
    await synced(crm, "a1", asked)

    async def restored() -> bool:
        return written(mailbox) == [shown(asked)]

    for count in range(4):
        if how == "moved":
            start, end = span(7 + count)
            mailbox.update_event(event_of(mailbox), start=start, end=end)
        else:
            mailbox.delete_event(event_of(mailbox))
        if count < 3:
            await until(olga.stack, restored)
            await crm.settled()
    await reaches(crm, "a1", "failed", "changed_in_calendar")
    given_up = written(mailbox)

    for cause in (WriteCause.OUTSIDE, WriteCause.REALIGNED, WriteCause.OUTSIDE):
        message = WriteAppointment(location="loc1", appointment="a1", cause=cause, missing=True)
        await services.ports().queues.send(message)
        await quiet(crm, "write-appointment")
    assert written(mailbox) == given_up
    newer = body(span(20))
    await synced(crm, "a1", newer)
    assert written(mailbox) == [shown(newer)]
    states = [data["syncState"] for data in await told(crm, "appointment.updated")]
    assert states == ["failed"]


async def test_f15_a_former_users_event_goes_when_they_connect_again(
    olga: Person, other: Person, crm: Person, mailbox: Mailbox
) -> None:
    second = new_mailbox(olga.stack, BORIS)
    await connected(other, BORIS)
    await synced(crm, "a1")
    await disconnect(olga)
    await reaches(crm, "a1", "not_synced", "not_connected")

    found = await synced(crm, "a1", body(user="agent2"))
    assert found["sync"]["eventUrl"]
    assert (len(written(mailbox)), written(second)) == (1, [shown(body())])
    await connected(olga)

    async def gone() -> bool:
        return written(mailbox) == []

    await until(olga.stack, gone)
    assert written(second) == [shown(body())]


async def test_f19_one_sign_in_heals_every_location(
    olga: Person, elsewhere: Person, crm: Person, mailbox: Mailbox
) -> None:
    assert "connected=" in (await elsewhere.connect(OLGA, location="loc2")).headers["location"]
    revoke(olga.stack)
    await put(crm, "a1")
    await reaches(crm, "a1", "not_synced", "reconnect_required")

    assert "connected=" in (await elsewhere.connect(OLGA, location="loc2")).headers["location"]
    await reaches(crm, "a1", "synced")
    await crm.settled()

    assert len(await told(crm, "connection.reconnect_required")) == 1
    assert len(await told(crm, "connection.restored")) == 1
    assert written(mailbox) == [shown(body())]


async def test_r15_a_private_event_can_be_renamed_by_the_crm(
    olga: Person, crm: Person, mailbox: Mailbox
) -> None:
    await synced(crm, "a1")
    mailbox.set_private(event_of(mailbox))
    await crm.settled()

    renamed = body(title="Third viewing")
    await synced(crm, "a1", renamed)

    assert written(mailbox) == [shown(renamed)]


async def test_r13_taken_off_and_put_back_at_once_the_event_is_watched_again(
    olga: Person, crm: Person, mailbox: Mailbox
) -> None:
    """Before the appointments have heard of it: they are where they should be, without a link."""
    await synced(crm, "a1")
    ports, [calendar] = services.ports(), await _watched(olga)
    for link in await ports.calendars.links(calendar):
        await ports.calendars.unlink(calendar, link)

    await realign_appointments(RealignAppointments(location="loc1", user="agent1"), ports)
    await quiet(crm, "write-appointment")
    assert len(await ports.calendars.links(calendar)) == 1
    mailbox.delete_event(event_of(mailbox))

    async def cancelled() -> bool:
        return (await get(crm, "a1"))["status"] == "cancelled"

    await until(olga.stack, cancelled)


async def _watched(person: Person) -> list[Any]:
    from tests.flows.outlook import key_of

    return [key_of(person.stack, OLGA)]


async def test_f14_choosing_the_calendar_again_mails_nobody(
    olga: Person, crm: Person, mailbox: Mailbox
) -> None:
    people = [{"email": "client@fabrikam.example"}]
    await synced(crm, "a1", body(attendees=people, inviteAttendees=True))
    mails = len(mailbox.outbox)

    await olga.choose(None)
    await reaches(crm, "a1", "not_synced", "no_primary_calendar")
    await olga.choose("Calendar")
    await reaches(crm, "a1", "synced")
    await disconnect(olga)
    await reaches(crm, "a1", "not_synced", "not_connected")
    await connected(olga)
    await reaches(crm, "a1", "synced")

    assert len(mailbox.outbox) == mails


async def test_r13_what_one_calendar_refuses_another_may_take(
    olga: Person, crm: Person, mailbox: Mailbox
) -> None:
    mailbox.create_calendar("Work")
    fault(olga.stack, method="POST", path="/events$", status=400, code="ErrorInvalidRequest")
    await put(crm, "a1")
    await reaches(crm, "a1", "failed", "rejected")

    await olga.choose("Work")
    await reaches(crm, "a1", "synced")
    await crm.settled()

    assert (written(mailbox), written(mailbox, "Work")) == ([], [shown(body())])
    states = [data["syncState"] for data in await told(crm, "appointment.updated")]
    assert states == ["failed", "synced"]


async def test_f12_throttled_it_is_written_after_the_wait(
    olga: Person, crm: Person, mailbox: Mailbox
) -> None:
    fault(olga.stack, preset="throttled", method="POST", path="/events$", retryAfter="1.5")
    asked = Requests(olga.stack)

    assert (await put(crm, "a1"))["sync"]["state"] == "pending"
    await reaches(crm, "a1", "synced")

    refused, taken = asked.find("POST", "/events$")
    assert (refused.status, taken.status) == (429, 201)
    assert taken.at - refused.at >= timedelta(seconds=1.5)
    assert written(mailbox) == [shown(body())]
