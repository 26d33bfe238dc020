"""What people do in Outlook to events that came from the CRM (R14), and our own echoes (F13)."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.stack import Stack
from shared import services
from shared.messages import WriteAppointment, WriteCause
from tests.flows.crm import body, changes, get, put, quiet, reaches, shown, synced, told, written
from tests.flows.outlook import (
    OLGA,
    Requests,
    add,
    busy_spans,
    connected,
    key_of,
    look,
    new_mailbox,
    span,
    until,
)
from tests.people import PATIENCE, Person

LATER = span(4, 16)


@pytest.fixture
def mailbox(stack: Stack) -> Mailbox:
    return new_mailbox(stack)


@pytest.fixture
async def olga(mailbox: Mailbox, agent: Person) -> Person:
    await connected(agent)
    return agent


@pytest.fixture
async def restoring(olga: Person, admin: Person) -> Person:
    """The location puts back what people change."""
    path = "/locations/loc1/settings"
    etag = (await admin.call("GET", path)).headers["etag"]
    body = {"externalChanges": "restore"}
    answer = await admin.call("PUT", path, json=body, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text
    return olga


def event_of(mailbox: Mailbox, calendar: str = "Calendar") -> str:
    """The id of the only event on that calendar."""
    [entry] = [entry for entry in mailbox.calendars() if entry.calendar.name == calendar]
    [event] = entry.calendar.events.values()
    return mailbox.event_id(event)


def move(mailbox: Mailbox, event_id: str) -> None:
    mailbox.update_event(event_id, start=LATER[0], end=LATER[1])


async def say(crm: Person, name: str, **expected: Any) -> dict[str, Any]:
    """Waits until the appointment says that."""
    found: dict[str, Any] = {}

    async def there() -> bool:
        found.update(await get(crm, name))
        return all(found[key] == value for key, value in expected.items())

    await until(crm.stack, there)
    await crm.settled()
    return found


async def updated(person: Person) -> None:
    """Waits until the CRM has been told of a change to an appointment."""
    told = person.stack.sandbox.world.crm
    await told.wait_for(lambda crm: crm.changes_of("appointment.updated"), PATIENCE)


def writes(requests: Requests) -> list[str]:
    return [m for m in ("POST", "PATCH", "DELETE") for _ in requests.find(m, "/events")]


async def test_r14_a_move_in_outlook_comes_back(
    olga: Person, crm: Person, mailbox: Mailbox
) -> None:
    await synced(crm, "a1", body(version=4))
    requests = Requests(olga.stack)

    move(mailbox, event_of(mailbox))
    moved = shown(body(LATER))
    await updated(olga)
    found = await get(crm, "a1")

    assert shown(found) == moved
    assert found["sync"]["state"] == "synced"
    [data] = await told(crm, "appointment.updated")
    assert (data["appointmentId"], data["userId"], data["version"]) == ("a1", "agent1", 4)
    assert shown({**data}) == moved
    assert writes(requests) == []
    assert written(mailbox) == [moved]


async def test_r14_a_new_title_comes_back(olga: Person, crm: Person, mailbox: Mailbox) -> None:
    await synced(crm, "a1")

    mailbox.update_event(event_of(mailbox), subject="Second viewing")

    found = await say(crm, "a1", title="Second viewing")
    assert found["sync"]["state"] == "synced"


@pytest.mark.parametrize("how", ["delete", "cancel"])
async def test_r14_what_is_deleted_in_outlook_is_cancelled(
    olga: Person, crm: Person, mailbox: Mailbox, how: str
) -> None:
    await synced(crm, "a1")

    if how == "delete":
        mailbox.delete_event(event_of(mailbox))
    else:
        mailbox.cancel_event(event_of(mailbox))
    await say(crm, "a1", status="cancelled")

    [data] = await told(crm, "appointment.cancelled")
    assert (data["appointmentId"], data["status"]) == ("a1", "cancelled")
    assert written(mailbox) == []
    assert await busy_spans(olga) == []


async def test_r14_restored_what_was_moved_or_deleted(
    restoring: Person, crm: Person, mailbox: Mailbox
) -> None:
    asked = body()
    await synced(crm, "a1", asked)

    move(mailbox, event_of(mailbox))
    await until(crm.stack, _is(mailbox, asked))
    await crm.settled()
    mailbox.delete_event(event_of(mailbox))
    await until(crm.stack, _is(mailbox, asked))
    await crm.settled()

    assert written(mailbox) == [shown(asked)]
    assert (await get(crm, "a1"))["sync"]["state"] == "synced"
    assert await told(crm, "appointment.updated") == []
    assert await told(crm, "appointment.cancelled") == []


def _is(mailbox: Mailbox, *asked: dict[str, Any]) -> Any:
    async def there() -> bool:
        return written(mailbox) == [shown(one) for one in asked]

    return there


async def test_r14_restoring_ends_visibly(restoring: Person, crm: Person, mailbox: Mailbox) -> None:
    asked = body()
    await synced(crm, "a1", asked)

    for _ in range(3):
        move(mailbox, event_of(mailbox))
        await until(crm.stack, _is(mailbox, asked))
        await crm.settled()
    move(mailbox, event_of(mailbox))
    found = await reaches(crm, "a1", "failed", "changed_in_calendar")
    await crm.settled()

    assert written(mailbox) == [shown(body(LATER))]
    assert "again and again" in found["sync"]["reason"]
    [data] = await told(crm, "appointment.updated")
    assert (data["syncState"], data["syncCode"]) == ("failed", "changed_in_calendar")
    newer = body(span(6))
    await synced(crm, "a1", newer)
    assert written(mailbox) == [shown(newer)]


async def test_r14_who_changed_what_is_merged(olga: Person, crm: Person, mailbox: Mailbox) -> None:
    """The owner renames it while the CRM moves it: both are kept."""
    await synced(crm, "a1")

    mailbox.update_event(event_of(mailbox), subject="Second viewing")
    await put(crm, "a1", body(LATER))
    await quiet(crm, "write-appointment")
    await crm.settled()

    assert [(start, end) for _, start, end in written(mailbox)] == [LATER]
    found = await get(crm, "a1")
    assert shown(found) == written(mailbox)[0]


async def test_f24_moved_to_another_calendar_it_is_still_linked(
    olga: Person, crm: Person, mailbox: Mailbox
) -> None:
    calendar = mailbox.create_calendar("Private")
    await synced(crm, "a1")
    mailbox.move_event(event_of(mailbox), calendar.id)
    await crm.settled()
    await quiet(crm, "write-appointment")

    assert (await get(crm, "a1"))["status"] == "confirmed"
    assert await told(crm, "appointment.cancelled") == []
    later = body(span(5))
    await synced(crm, "a1", later)
    assert (written(mailbox), written(mailbox, "Private")) == ([], [shown(later)])
    await look(olga.stack, key_of(olga.stack, OLGA))
    await quiet(crm, "write-appointment")
    requests = Requests(olga.stack)
    await look(olga.stack, key_of(olga.stack, OLGA))
    assert requests.find("GET", "/me/events/") == []


async def test_r15_made_private_it_keeps_the_crms_own_title(
    olga: Person, crm: Person, mailbox: Mailbox
) -> None:
    await synced(crm, "a1")

    mailbox.update_event(event_of(mailbox), subject="My doctor")
    await say(crm, "a1", title="My doctor")
    event_id = event_of(mailbox)
    mailbox.set_private(event_id)
    mailbox.update_event(event_id, subject="Something secret")
    move(mailbox, event_id)

    async def moved() -> bool:
        return shown(await get(crm, "a1"))[1:] == LATER

    await until(crm.stack, moved)
    await crm.settled()

    assert (await get(crm, "a1"))["title"] == "My doctor"
    assert "secret" not in str(await changes(crm))


async def test_f13_our_own_writes_are_no_news(olga: Person, crm: Person, mailbox: Mailbox) -> None:
    """The notifications of our writes: no provider write, no change to the CRM."""
    seen = olga.stack.sandbox.world.crm
    before = len(await changes(crm))

    await synced(crm, "a1")
    await synced(crm, "a1", body(LATER))
    await put(crm, "a1", body(LATER, status="cancelled"))
    await reaches(crm, "a1", "not_synced", "cancelled")
    await crm.settled()
    await look(olga.stack, key_of(olga.stack, OLGA))

    assert (await changes(crm))[before:] == []
    assert seen.changes_of("appointment.updated") == []


async def test_f13_ten_thousand_echoes_cause_no_write(
    olga: Person, crm: Person, mailbox: Mailbox, record_property: Any
) -> None:
    await synced(crm, "a1")
    before, requests = len(await changes(crm)), Requests(olga.stack)
    [subscription] = olga.stack.sandbox.world.subscriptions.live()
    note = {
        "subscriptionId": subscription.id,
        "clientState": subscription.client_state,
        "changeType": "updated",
        "resource": "me/events",
    }
    for _ in range(100):
        answer = await olga.http.post("/notifications/outlook", json={"value": [note] * 100})
        assert answer.status_code == 202
    await olga.settled()

    record_property("echoes", 10_000)
    assert writes(requests) == []
    assert (await changes(crm))[before:] == []


async def test_f13_another_location_sees_the_appointment_as_busy_once(
    stack: Stack, agent: Person, elsewhere: Person, crm: Person, mailbox: Mailbox
) -> None:
    """The same account at two locations: B sees A's appointment as busy, and never writes it."""
    await connected(agent)
    answer = await elsewhere.connect(OLGA, location="loc2")
    assert "connected=outlook" in answer.headers["location"]
    await elsewhere.choose("Calendar")
    asked = body()

    await synced(crm, "a1", asked)

    assert await busy_spans(elsewhere) == [shown(asked)[1:]]
    assert written(mailbox) == [shown(asked)]
    feed = await elsewhere_changes(stack, "loc2")
    assert any(
        one["type"] == "calendar.busy_changed" and one["data"]["start"] == _z(asked["start"])
        for one in feed
    )
    assert not any(one["type"].startswith("appointment") for one in feed)


async def elsewhere_changes(stack: Stack, location: str) -> list[dict[str, Any]]:
    async with Person(stack, "crm2", {location: "service"}) as service:
        answer = await service.call("GET", f"/locations/{location}/changes")
        return list(answer.json()["changes"])


def _z(moment: str) -> str:
    return moment.replace("+00:00", "Z")


async def test_what_left_the_window_is_not_cancelled(
    olga: Person, crm: Person, mailbox: Mailbox, pass_time: Any
) -> None:
    asked = body(span(1))
    await synced(crm, "a1", asked)

    pass_time(timedelta(days=45))
    await look(olga.stack, key_of(olga.stack, OLGA))
    await crm.settled()

    assert (await get(crm, "a1"))["status"] == "confirmed"
    assert written(mailbox) == [shown(asked)]


async def test_a_deletion_whose_notification_was_lost_is_found_by_the_sweep(
    olga: Person, crm: Person, mailbox: Mailbox
) -> None:
    await synced(crm, "a1")
    for subscription in olga.stack.sandbox.world.subscriptions.live():
        subscription.silent = True

    mailbox.delete_event(event_of(mailbox))
    await look(olga.stack, key_of(olga.stack, OLGA))

    await say(crm, "a1", status="cancelled")


async def test_the_owners_own_busy_time_is_told(
    olga: Person, crm: Person, mailbox: Mailbox
) -> None:
    seen = olga.stack.sandbox.world.crm
    when = span(8)

    add(mailbox, when, "Dentist")
    await seen.wait_for(
        lambda crm: [
            one
            for one in crm.changes_of("calendar.busy_changed")
            if one.data["start"] == _z(when[0].isoformat())
        ],
        PATIENCE,
    )

    assert "Dentist" not in str([one.data for one in seen.received])
    assert seen.refused == []


async def test_a_look_that_finds_all_as_it_was_writes_nothing(olga: Person, crm: Person) -> None:
    await synced(crm, "a1")
    requests = Requests(olga.stack)
    message = WriteAppointment(location="loc1", appointment="a1", cause=WriteCause.OUTSIDE)

    for _ in range(3):
        await services.ports().queues.send(message)
    await quiet(crm, "write-appointment")

    assert writes(requests) == []


@pytest.mark.parametrize("readable", [False, True])
async def test_r14_what_lies_in_deleted_items_is_deleted(
    olga: Person, crm: Person, mailbox: Mailbox, readable: bool
) -> None:
    """Graph may go on answering for the id of an event that its owner has thrown away."""
    mailbox.faults.deleted_readable = readable
    await synced(crm, "a1")

    mailbox.delete_event(event_of(mailbox))

    await say(crm, "a1", status="cancelled")


async def test_r14_made_an_all_day_event_it_comes_back_once(
    olga: Person, crm: Person, mailbox: Mailbox
) -> None:
    await synced(crm, "a1")

    mailbox.make_all_day(event_of(mailbox))
    await updated(olga)
    await crm.settled()
    await quiet(crm, "write-appointment")
    requests = Requests(olga.stack)
    await look(olga.stack, key_of(olga.stack, OLGA))

    found = await get(crm, "a1")
    assert found["start"].endswith("T00:00:00+01:00") or found["start"].endswith("T00:00:00+02:00")
    assert requests.find("GET", "/me/events/") == []
    assert writes(requests) == []
    newer = body(span(6))
    await synced(crm, "a1", newer)
    assert written(mailbox) == [shown(newer)]
