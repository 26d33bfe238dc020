"""Erasing a user at a location, and a location: no row and no message mentions them any more."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from sandbox.stack import Stack
from shared import services
from shared.domain.model import CalendarKey, LocationId
from shared.messages import EraseData
from tests.e2e.refusals import assert_problem, assert_sent_back
from tests.flows.crm import body, path
from tests.flows.cutting import Stage
from tests.flows.erasing import (
    ALL_IS_OVER,
    BORIS,
    Filled,
    Rows,
    all_rows,
    asks_after,
    erase,
    filled,
    mentioning,
    of,
    waiting,
)
from tests.flows.outlook import OLGA, account_of, key_of
from tests.flows.two_providers import PAULA
from tests.people import Person, cookie_of

AGNES = "/locations/loc1/users/agent1"


@pytest.fixture
async def scene(stage: Stage, agent: Person, other: Person, crm: Person) -> Filled:
    return await filled(stage, agent, other, crm)


@pytest.fixture
async def service(stack: Stack) -> AsyncIterator[Person]:
    """The CRM's service everywhere."""
    async with Person(stack, "crm", {"loc1": "service", "*": "service"}, "The CRM") as person:
        yield person


def of_boris(rows: Rows, stack: Stack) -> Rows:
    """What is kept of Boris but how his calendar is doing: that goes on."""
    account, key = str(account_of(stack, BORIS)), key_of(stack, BORIS)
    names = ("b-his", "agent2")
    return of(
        rows,
        lambda row: (
            row[1] == account
            or (row[1] == key and row[2].startswith(("watch|", "busy|", "link|loc1|b-his|")))
            or (
                row[:2] in {("locations", "loc1"), ("appointments", "loc1")}
                and row[2].endswith(names)
            )
            or (row[:2] == ("locations", "loc1") and row[2].startswith("user|agent2|"))
        ),
    )


async def links_at(key: CalendarKey) -> set[tuple[str, str]]:
    links = await services.ports().calendars.links(key)
    return {(link.location, link.appointment) for link in links}


async def test_a_user_is_erased_from_every_table_and_queue(scene: Filled) -> None:
    line, stack, before = scene.stage.line, scene.stack, await all_rows()
    said = mentioning(before, scene.personal)
    assert {row[0] for row in said} >= {
        *("accounts", "appointments", "audit", "calendars", "changes", "locations", "roster")
    }
    kinds = {row[2].partition("|")[0] for row in said if row[0] == "changes"}
    assert kinds == {"change", "pending"}
    state = await services.ports().calendars.glance(scene.keys[2], None)
    assert state is not None
    assert state.state.hold is not None
    assert ("loc1", "a-was-boris") in await links_at(key_of(stack, BORIS))
    kept = await services.ports().appointments.load(LocationId("loc1"), "b-was-hers")
    assert kept is not None
    assert {one.user for one in kept.appointment.placements} == {"agent1", "agent2"}
    feed = await scene.feed()

    await erase(scene.crm, AGNES, line)

    after = await all_rows()
    assert mentioning(after, scene.personal) == {}
    await line.work_off(ALL_IS_OVER)
    assert waiting(line, [*scene.personal, "loc1"]) == []
    assert mentioning(await all_rows(), scene.personal) == {}
    assert of(after, lambda row: row[0] == "signins") == {}
    assert stack.sandbox.world.subscriptions.live()  # Boris's
    assert {one.mailbox for one in stack.sandbox.world.subscriptions.live()} == {BORIS}
    assert stack.sandbox.world.google.channels.live() == []
    assert of_boris(after, stack) == of_boris(before, stack) != {}
    assert await links_at(key_of(stack, BORIS)) == {("loc1", "b-his"), ("loc1", "b-was-hers")}
    await assert_feed_goes_on(scene, feed)


async def assert_feed_goes_on(scene: Filled, before: list[dict[str, Any]]) -> None:
    """Numbers as they were; of Agnes's changes nothing but the number, of Boris's all."""
    after = await scene.feed()
    assert len(after) >= len(before)
    for was, now in zip(before, after, strict=False):
        if was["data"]["userId"] == "agent2":
            assert now == was
            continue
        assert (now["type"], now["data"]) == ("change.erased", {"locationId": "loc1"})
        assert now["id"] != was["id"]
    assert {one["data"].get("userId") for one in after} == {None, "agent2"}
    for number in range(len(after)):
        rest = await scene.crm.call("GET", f"/locations/loc1/changes?after={number}")
        assert rest.json()["changes"] == after[number:]


async def test_afterwards_a_request_is_answered_as_for_an_unknown_user(scene: Filled) -> None:
    agnes = scene.agnes
    await erase(scene.crm, AGNES, scene.stage.line)

    answers = await asks_after(scene.crm, "agent1")
    assert answers == await asks_after(scene.crm, "nobody")
    assert {status for status, _ in answers.values()} == {404, 200}
    assert (await agnes.call("GET", agnes.path("connections"))).json() == {"connections": []}
    kept = await agnes.call("GET", agnes.path("configuration"))
    assert (kept.headers["etag"], kept.json()["recurringEvents"]) == ('"v0"', "first")
    # And may begin anew.
    assert "connected=" in (await agnes.connect(OLGA)).headers["location"]


async def test_events_stay_in_the_users_calendars(scene: Filled) -> None:
    titles = {
        event.details.subject for event in scene.outlook.default_calendar.calendar.events.values()
    }
    await erase(scene.crm, AGNES, scene.stage.line)

    events = scene.outlook.default_calendar.calendar.events.values()
    assert {event.details.subject for event in events} == titles >= {"Handover", "Kickoff"}


async def test_erasing_twice_or_nobody_is_no_error(
    scene: Filled, admin: Person, stage: Stage
) -> None:
    for user in ("agent1", "agent1", "nobody"):
        answer = await admin.call("DELETE", f"/locations/loc1/users/{user}")
        assert answer.status_code == 202
    await stage.line.work_off(ALL_IS_OVER)
    await erase(admin, AGNES, stage.line)

    after = await all_rows()
    assert mentioning(after, [*scene.personal, "nobody"]) == {}


async def test_the_same_user_keeps_all_at_another_location(
    scene: Filled, elsewhere: Person, stage: Stage
) -> None:
    assert "connected=" in (await elsewhere.connect(OLGA)).headers["location"]
    await elsewhere.choose("Calendar")
    await scene.work()
    before = await all_rows()

    await erase(scene.crm, AGNES, stage.line)

    after = await all_rows()
    there = of(after, lambda row: row[1] == "loc2" and row[0] == "locations")
    assert there == of(before, lambda row: row[1] == "loc2" and row[0] == "locations") != {}
    # The events of the appointments are hers, and seen from there as all others.
    assert mentioning(after, [PAULA, "a-hers", "a-was-boris"]) == {}
    hers = mentioning(after, ["agent1", OLGA, account_of(scene.stack, OLGA).subject])
    assert "loc1" not in {row[1] for row in hers}
    assert mentioning({row: after[row] for row in hers}, ["loc1"]) == {}
    await scene.look()
    assert (await elsewhere.busy())["complete"]


async def test_a_location_is_erased_from_every_table_and_queue(
    scene: Filled, admin: Person, elsewhere: Person, service: Person, stage: Stage
) -> None:
    assert "connected=" in (await elsewhere.connect(OLGA)).headers["location"]
    await elsewhere.choose("Calendar")
    settings = "/locations/loc1/settings"
    changed = await admin.call(
        "PUT", settings, json={"externalChanges": "restore"}, headers={"If-Match": '"v0"'}
    )
    assert changed.status_code == 200
    await scene.work()
    before = await all_rows()
    assert {row[0] for row in mentioning(before, ["loc1"])} == {
        *("accounts", "appointments", "audit", "calendars", "changes", "locations")
    }

    await erase(service, "/locations/loc1", stage.line)

    after = await all_rows()
    names = [BORIS, PAULA, "agent2", "admin1", "loc1", "a-hers", "Breakfast again"]
    assert mentioning(after, names) == {}
    await stage.line.work_off(ALL_IS_OVER)
    assert waiting(stage.line, names) == []
    assert mentioning(await all_rows(), names) == {}

    def there(row: tuple[str, str, str]) -> bool:
        return row[:2] == ("locations", "loc2")

    assert of(after, there) == of(before, there) != {}
    assert {one.mailbox for one in scene.stack.sandbox.world.subscriptions.live()} == {OLGA}
    assert await scene.feed() == []
    kept = await admin.call("GET", settings)
    assert (kept.headers["etag"], kept.json()) == ('"v0"', {"externalChanges": "apply"})
    await scene.look()
    assert (await elsewhere.busy())["complete"]


async def test_a_location_of_more_members_than_go_at_once(
    scene: Filled, service: Person, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.flows.erase_traces._MEMBERS_AT_ONCE", 1)
    monkeypatch.setattr("shared.flows.erase_traces._APPOINTMENTS_AT_ONCE", 2)

    await erase(service, "/locations/loc1", stage.line)

    assert mentioning(await all_rows(), ["loc1", "agent1", "agent2", *scene.personal]) == {}


# Meanwhile.


async def test_while_it_is_erased_nothing_new_is_taken(
    scene: Filled, admin: Person, service: Person, stage: Stage
) -> None:
    agnes, crm = scene.agnes, scene.crm
    begun = await agnes.begin()
    redirect = await agnes.sign_in(begun.json()["authorizationUrl"], OLGA)
    assert (await service.call("DELETE", "/locations/loc1")).status_code == 202

    back = await agnes.back(redirect, cookie_of(begun))
    assert "half an hour" in assert_sent_back(back, "being_erased")
    v0 = {"If-Match": '"v0"'}
    refused = [
        await agnes.begin(),
        await agnes.call("PUT", agnes.path("configuration"), json={}, headers=v0),
        await crm.call("PUT", path("new"), json=body()),
        await admin.call("PUT", "/locations/loc1/settings", json={}, headers=v0),
    ]
    for answer in refused:
        assert_problem(answer, 409, "being_erased")
    await stage.line.work_off(ALL_IS_OVER)
    assert mentioning(await all_rows(), ["loc1", *scene.personal]) == {}


async def test_it_ends_only_after_all_that_had_begun_before_must_have_ended(
    scene: Filled, stage: Stage
) -> None:
    """What was under way when it began may write until then: it is found and goes too."""
    ports = services.ports()
    member = await ports.locations.member(LocationId("loc1"), scene.agnes.user)  # type: ignore[arg-type]
    late = next(iter(member.connections.values()))
    assert (await scene.crm.call("DELETE", AGNES)).status_code == 202
    await stage.line.work_off(timedelta(minutes=20))
    await ports.locations.connect(late)
    await stage.line.work_off(timedelta(minutes=2))
    still = await ports.locations.erasure(LocationId("loc1"), scene.agnes.user)  # type: ignore[arg-type]
    assert still is not None

    await stage.line.work_off(ALL_IS_OVER)
    assert mentioning(await all_rows(), scene.personal) == {}


async def test_a_message_for_what_is_not_being_erased_does_nothing(
    scene: Filled, stage: Stage
) -> None:
    before = await all_rows()
    for user in ("agent1", None):
        await services.ports().queues.send(EraseData(location="loc1", user=user))
    await scene.work(timedelta(seconds=1))
    locations = of(before, lambda row: row[0] == "locations")
    assert of(await all_rows(), lambda row: row[0] == "locations") == locations
