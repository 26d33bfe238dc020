"""The CRM's appointments on the primary calendar: written, changed in place, removed (R6)."""

from datetime import timedelta

import pytest

from sandbox.stack import Stack
from tests.flows.crm import body, delete, get, put, quiet, reaches, shown, synced, written
from tests.flows.outlook import (
    OLGA,
    Requests,
    add,
    connected,
    new_mailbox,
    revoke,
    span,
)
from tests.people import Person


@pytest.fixture
async def olga(stack: Stack, agent: Person) -> Person:
    """An agent whose empty default calendar is primary."""
    new_mailbox(stack)
    await connected(agent)
    return agent


def writes(requests: Requests) -> list[str]:
    return [
        f"{one.method} {one.status}"
        for method in ("POST", "PATCH", "DELETE")
        for one in requests.find(method, "/events")
    ]


async def test_r06_an_appointment_is_kept_first_and_written_from_the_queue(
    olga: Person, crm: Person
) -> None:
    mailbox = olga.stack.sandbox.world.mailbox(OLGA)
    asked = body(description="Flat 3, second floor", location="Main Street 1")

    answer = await put(crm, "a1", asked)
    found = await reaches(crm, "a1", "synced")

    assert answer["sync"]["state"] == "pending"
    assert found["sync"]["eventUrl"].startswith("https://")
    assert written(mailbox) == [shown(asked)]
    [event] = mailbox.default_calendar.calendar.events.values()
    assert event.details.is_reminder_on is False
    assert event.details.show_as == "busy"
    assert event.details.location["displayName"] == "Main Street 1"
    assert "Flat 3, second floor" in event.details.body
    assert event.start_zone in {"Europe/Berlin", "W. Europe Standard Time"}
    assert not mailbox.outbox


async def test_r06_a_change_is_written_in_place_and_only_what_differs(
    olga: Person, crm: Person
) -> None:
    mailbox = olga.stack.sandbox.world.mailbox(OLGA)
    await synced(crm, "a1", body(description="Flat 3"))
    event_url = (await get(crm, "a1"))["sync"]["eventUrl"]
    requests = Requests(olga.stack)
    moved = body(span(4, 15), description="Flat 3")

    found = await synced(crm, "a1", moved)

    assert written(mailbox) == [shown(moved)]
    assert found["sync"]["eventUrl"] == event_url
    assert writes(requests) == ["PATCH 200"]


@pytest.mark.parametrize("how", ["delete", "cancel"])
async def test_r06_what_is_cancelled_goes_from_the_calendar(
    olga: Person, crm: Person, how: str
) -> None:
    mailbox = olga.stack.sandbox.world.mailbox(OLGA)
    await synced(crm, "a1")

    for _ in range(2):
        if how == "delete":
            assert (await delete(crm, "a1")).status_code == 204
        else:
            await put(crm, "a1", body(status="cancelled"))
    await crm.settled()

    assert written(mailbox) == []
    answer = await crm.call("GET", "/locations/loc1/appointments/a1")
    if how == "delete":
        assert answer.status_code == 404
    else:
        assert answer.json()["sync"]["code"] == "cancelled"


async def test_r06_repeats_write_nothing(olga: Person, crm: Person) -> None:
    asked = body(version=3)
    await synced(crm, "a1", asked)
    requests = Requests(olga.stack)

    for _ in range(5):
        await put(crm, "a1", asked)
    await quiet(crm, "write-appointment")

    assert writes(requests) == []


async def test_r06_a_conflict_calendar_is_never_written(
    stack: Stack, agent: Person, crm: Person
) -> None:
    mailbox = new_mailbox(stack)
    mailbox.create_calendar("Private")
    await connected(agent, OLGA, "Private")

    await synced(crm, "a1")

    assert len(written(mailbox)) == 1
    assert written(mailbox, "Private") == []


@pytest.mark.parametrize("kind", ["team", "unassigned"])
async def test_r10_only_team_calendars_are_written(olga: Person, crm: Person, kind: str) -> None:
    mailbox = olga.stack.sandbox.world.mailbox(OLGA)
    asked = body() | {"calendar": {"id": "c1", "kind": kind}}

    await put(crm, "a1", asked)
    await crm.settled()

    found = await get(crm, "a1")
    if kind == "team":
        assert found["sync"]["state"] == "synced"
        assert written(mailbox) == [shown(asked)]
        return
    assert (found["sync"]["state"], found["sync"]["code"]) == ("not_synced", "unassigned_calendar")
    assert "team calendars" in found["sync"]["reason"]
    assert found["title"] == asked["title"]
    assert written(mailbox) == []


async def test_r10_an_appointment_that_leaves_the_team_calendars_goes_from_outlook(
    olga: Person, crm: Person
) -> None:
    mailbox = olga.stack.sandbox.world.mailbox(OLGA)
    await synced(crm, "a1")

    await put(crm, "a1", body() | {"calendar": {"id": "c9", "kind": "unassigned"}})
    await reaches(crm, "a1", "not_synced", "unassigned_calendar")

    assert written(mailbox) == []


async def test_without_a_primary_calendar_it_waits_visibly_and_is_written_then(
    stack: Stack, agent: Person, crm: Person
) -> None:
    mailbox = new_mailbox(stack)
    await agent.connect(OLGA)

    await put(crm, "a1")
    waiting = await reaches(crm, "a1", "not_synced", "no_primary_calendar")
    await agent.choose("Calendar")
    await reaches(crm, "a1", "synced")

    assert "no primary calendar" in waiting["sync"]["reason"]
    assert written(mailbox) == [shown(body())]


async def test_f19_it_waits_for_the_sign_in_and_is_written_after_it(
    olga: Person, crm: Person
) -> None:
    stack = olga.stack
    mailbox = stack.sandbox.world.mailbox(OLGA)
    revoke(stack)

    await put(crm, "a1")
    await reaches(crm, "a1", "not_synced", "reconnect_required")
    assert written(mailbox) == []
    await olga.connect(OLGA)
    await reaches(crm, "a1", "synced")

    assert written(mailbox) == [shown(body())]


async def test_a_read_only_calendar_is_shown_and_written_when_it_heals(
    stack: Stack, agent: Person, crm: Person, pass_time
) -> None:
    mailbox = new_mailbox(stack)
    calendar = mailbox.create_calendar("Work")
    await agent.connect(OLGA)
    await agent.choose("Work")
    mailbox.set_read_only(calendar.id)

    await put(crm, "a1")
    found = await reaches(crm, "a1", "not_synced", "calendar_read_only")
    mailbox.set_read_only(calendar.id, read_only=False)

    assert "may not write" in found["sync"]["reason"]
    from shared import services
    from shared.messages import WriteAppointment, WriteCause

    pass_time(timedelta(hours=1))
    message = WriteAppointment(location="loc1", appointment="a1", cause=WriteCause.AGAIN)
    await services.ports().queues.send(message)
    await reaches(crm, "a1", "synced")
    assert written(mailbox, "Work") == [shown(body())]


async def test_r13_future_appointments_move_with_the_primary_past_ones_stay(
    stack: Stack, agent: Person, crm: Person
) -> None:
    mailbox = new_mailbox(stack)
    mailbox.create_calendar("Work")
    await connected(agent)
    past, future = body(span(-2)), body(span(2))
    await synced(crm, "past", past)
    await synced(crm, "future", future)

    await agent.choose("Work")
    await quiet(crm, "write-appointment")
    await reaches(crm, "future", "synced")
    await agent.settled()

    assert written(mailbox) == [shown(past)]
    assert written(mailbox, "Work") == [shown(future)]


async def test_r13_there_and_back_again_leaves_one_event(
    stack: Stack, agent: Person, crm: Person
) -> None:
    mailbox = new_mailbox(stack)
    mailbox.create_calendar("Work")
    await connected(agent)
    await synced(crm, "a1")

    for primary in ("Work", "Calendar", "Work", "Calendar"):
        await agent.choose(primary)
        await quiet(crm, "write-appointment")
        await reaches(crm, "a1", "synced")
        await agent.settled()

    assert written(mailbox) == [shown(body())]
    assert written(mailbox, "Work") == []


async def test_f15_disconnect_and_reconnect_makes_no_second_copy(olga: Person, crm: Person) -> None:
    mailbox = olga.stack.sandbox.world.mailbox(OLGA)
    await synced(crm, "a1")

    await olga.call("DELETE", olga.path("connections/outlook"))
    await reaches(crm, "a1", "not_synced", "not_connected")
    assert written(mailbox) == [shown(body())]
    await connected(olga)
    await reaches(crm, "a1", "synced")
    await olga.settled()

    assert written(mailbox) == [shown(body())]


async def test_f15_a_reassignment_there_and_back_leaves_one_event_with_the_last(
    stack: Stack, agent: Person, other: Person, crm: Person
) -> None:
    first, second = new_mailbox(stack), new_mailbox(stack, "boris.two@contoso.example")
    await connected(agent)
    await connected(other, "boris.two@contoso.example")

    for user in ("agent1", "agent2", "agent1"):
        await put(crm, "a1", body(user=user))
    await reaches(crm, "a1", "synced")
    await quiet(crm, "write-appointment")
    assert (written(first), written(second)) == ([shown(body())], [])

    await synced(crm, "a1", body(user="agent2"))
    await quiet(crm, "write-appointment")
    assert (written(first), written(second)) == ([], [shown(body())])


async def test_f14_attendees_are_invited_only_when_asked(olga: Person, crm: Person) -> None:
    mailbox = olga.stack.sandbox.world.mailbox(OLGA)
    people = [{"email": "client@fabrikam.example", "name": "Carl"}]

    await synced(crm, "quiet", body(attendees=people))
    assert not mailbox.outbox
    await synced(crm, "loud", body(span(5), attendees=people, inviteAttendees=True))

    assert [mail.kind for mail in mailbox.outbox] == ["invitation"]


async def test_an_appointment_on_a_shared_calendar_is_written_there(
    stack: Stack, agent: Person, crm: Person
) -> None:
    """R5: a calendar that others shared can be primary where the account may write."""
    owner, mailbox = new_mailbox(stack, "owner@contoso.example"), new_mailbox(stack)
    team = owner.create_calendar("Team")
    owner.share(team.id, mailbox, "write")
    await agent.connect(OLGA)
    await agent.choose("Team")

    await synced(crm, "a1")
    moved = body(span(6))
    await synced(crm, "a1", moved)
    assert written(owner, "Team") == [shown(moved)]

    await delete(crm, "a1")
    await crm.settled()
    assert written(owner, "Team") == []


async def test_a_version_that_is_older_than_kept_is_refused(olga: Person, crm: Person) -> None:
    mailbox = olga.stack.sandbox.world.mailbox(OLGA)
    newest = body(span(4), version=7)
    await synced(crm, "a1", newest)

    answer = await crm.call("PUT", "/locations/loc1/appointments/a1", json=body(version=6))
    await crm.settled()

    assert (answer.status_code, answer.json()["code"]) == (409, "older_version")
    assert written(mailbox) == [shown(newest)]


async def test_who_may_do_what_with_an_appointment(
    olga: Person, other: Person, admin: Person, crm: Person
) -> None:
    await put(crm, "a1")

    assert (await olga.call("GET", "/locations/loc1/appointments/a1")).status_code == 200
    assert (await admin.call("GET", "/locations/loc1/appointments/a1")).status_code == 200
    for method in ("GET", "DELETE"):
        refused = await other.call(method, "/locations/loc1/appointments/a1")
        assert (refused.status_code, refused.json()["code"]) == (403, "not_your_appointment")
    refused = await other.call("PUT", "/locations/loc1/appointments/a1", json=body(user="agent2"))
    assert refused.status_code == 403


async def test_a_burst_of_requests_ends_with_the_last(olga: Person, crm: Person) -> None:
    mailbox = olga.stack.sandbox.world.mailbox(OLGA)

    for version in range(1, 9):
        await put(crm, "a1", body(span(2 + version), version=version))
    await reaches(crm, "a1", "synced")
    await quiet(crm, "write-appointment")

    assert written(mailbox) == [shown(body(span(10)))]


async def test_the_owners_own_events_stay_untouched(olga: Person, crm: Person) -> None:
    mailbox = olga.stack.sandbox.world.mailbox(OLGA)
    add(mailbox, span(3), "Viewing")  # the same title and time as the appointment

    await synced(crm, "a1")
    await delete(crm, "a1")
    await crm.settled()

    assert written(mailbox) == [shown(body())]
