"""R8: Outlook and Google at the same time, in every mix of primary and conflict calendars."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from sandbox.faults import rule_from_json
from sandbox.request_log import LoggedRequest
from sandbox.stack import Stack
from shared.errors import CalendarSyncError
from shared.providers.google import answers
from tests.flows.crashes import Crash, Cut, Journey, tells_apart, travelling, tried, watch_steps
from tests.flows.crm import (
    body,
    changes,
    delete,
    get,
    put,
    quiet,
    reaches,
    shown,
    synced,
    told,
)
from tests.flows.outlook import (
    Requests,
    busy_spans,
    configuration,
    day,
    kept_text,
    look,
    span,
    until,
    weeks,
)
from tests.flows.two_providers import (
    GOOGLE_ALONE,
    GOOGLE_WITH_OUTLOOK,
    MIXES,
    OUTLOOK_WITH_GOOGLE,
    Census,
    GooglePlace,
    Mix,
    Move,
    Place,
    mixed,
)
from tests.people import PATIENCE, Person
from tests.storage import Storage

LATER = span(4, 16)
A_WRITER_AND_A_PLACE_RUN_OUT = timedelta(minutes=11)
SECRET = "Oncologist Dr. Zwetschge"
PRIMARY_ON_GOOGLE = (GOOGLE_WITH_OUTLOOK, GOOGLE_ALONE)


@pytest.fixture
async def mix(agent: Person, request: pytest.FixtureRequest) -> Mix:
    """Both accounts connected, nothing chosen."""
    return await mixed(agent, request.param)


every_mix = pytest.mark.parametrize("mix", MIXES, indirect=True)
both_providers = pytest.mark.parametrize(
    "mix", [OUTLOOK_WITH_GOOGLE, GOOGLE_WITH_OUTLOOK], indirect=True
)
on_google = pytest.mark.parametrize("mix", PRIMARY_ON_GOOGLE, indirect=True)


def fault(stack: Stack, preset: str, count: int | None = None, **given: Any) -> None:
    rule = {"preset": preset, "count": count, **given}
    stack.sandbox.world.faults.add(rule_from_json(rule))


def writes(requests: Requests) -> list[LoggedRequest]:
    return [
        one
        for service in ("graph", "google")
        for method in ("POST", "PUT", "PATCH", "DELETE")
        for one in requests.find(method, "/events", service)
        if not one.path.endswith("/watch")
    ]


async def comes(person: Person, *expected: tuple[Any, Any]) -> None:
    """Waits until the busy time is that."""

    async def there() -> bool:
        found = await person.busy(day(0), 80)
        return bool(found["complete"]) and await busy_spans(person) == sorted(expected)

    await until(person.stack, there)


async def says(crm: Person, name: str, **expected: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}

    async def there() -> bool:
        found.update(await get(crm, name))
        return all(found[key] == value for key, value in expected.items())

    await until(crm.stack, there)
    await crm.settled()
    return found


async def restore(admin: Person) -> None:
    """The location puts back what people change."""
    path = "/locations/loc1/settings"
    etag = (await admin.call("GET", path)).headers["etag"]
    answer = await admin.call(
        "PUT", path, json={"externalChanges": "restore"}, headers={"If-Match": etag}
    )
    assert answer.status_code == 200, answer.text


# Reading.


@every_mix
async def test_r08_busy_time_comes_from_both_at_first_and_by_push(mix: Mix) -> None:
    mix.primary.add(span(3))
    event = mix.conflict.add(span(5))

    await mix.choose()
    assert await busy_spans(mix.person) == [span(3), span(5)]

    other = mix.primary.add(span(7))
    mix.conflict.move(event, span(6))
    await comes(mix.person, span(3), span(6), span(7))
    mix.primary.remove(other)
    mix.conflict.remove(event)
    await comes(mix.person, span(3))


@every_mix
async def test_r08_the_first_message_of_a_google_channel_is_no_change(mix: Mix) -> None:
    stack = mix.person.stack
    await mix.choose()
    channel = stack.sandbox.world.google.channels.live()[0]
    requests = Requests(stack)
    path = f"/sandbox/google/channels/{channel.id}/message"

    await mix.person.sandbox.post(path, json={"state": "sync"})
    await mix.person.settled()
    assert requests.find("GET", "/events", "google") == []

    await mix.person.sandbox.post(path, json={"state": "exists"})
    await mix.person.settled()
    assert requests.find("GET", "/events", "google") != []


@every_mix
@pytest.mark.parametrize("every", [True, False], ids=["every", "first"])
async def test_r11_series_on_both(mix: Mix, every: bool) -> None:
    first, second = span(3), span(4)
    mix.primary.add_series(first, 4)
    mix.conflict.add_series(second, 3)

    await mix.choose(recurringEvents="every" if every else "first")

    expected = [*weeks(first, 4), *weeks(second, 3)] if every else [first, second]
    assert await busy_spans(mix.person) == sorted(expected)


@every_mix
async def test_r15_private_events_give_no_title(mix: Mix, storage: Storage) -> None:
    for place in (mix.primary, mix.conflict):
        place.add_private(span(3), SECRET)
    mix.primary.add(span(5), "Open")
    mix.conflict.add(span(6), "Of the other")

    await mix.choose()

    events = (await mix.person.events(day(0), 80))["events"]
    assert [one["title"] for one in events if one.get("title")] == ["Open"]
    assert await busy_spans(mix.person) == [span(3), span(5), span(6)]
    kept = kept_text(await storage.rows())
    assert "Zwetschge" not in kept
    assert "Of the other" not in kept
    assert "Open" in kept


def google_of(mix: Mix) -> tuple[Place, Place]:
    """The Google calendar that is to fail, and the one that is not to."""
    if mix.conflict.provider == "google":
        return mix.conflict, mix.primary
    return mix.primary, mix.conflict


def fail(mix: Mix, preset: str, count: int | None = None) -> None:
    failing, _ = google_of(mix)
    assert isinstance(failing, GooglePlace)
    name = failing.account.calendar(failing.name).id.replace("@", "(@|%40)")
    fault(mix.person.stack, preset, count, path=f"/calendars/{name}/events$")


@every_mix
async def test_r16_a_google_outage_makes_that_calendar_alone_unreadable(
    mix: Mix, pass_time: Callable[[timedelta], None]
) -> None:
    failing, working = google_of(mix)
    await mix.choose()
    fail(mix, "google-unavailable")
    pass_time(timedelta(minutes=121))
    await look(mix.person.stack, working.key)

    found = await mix.person.busy(day(1), 30)

    assert not found["complete"]
    assert sorted(one["status"] for one in found["calendars"]) == ["current", "stale"]
    [stale] = [one for one in found["calendars"] if one["status"] == "stale"]
    assert (stale["provider"], stale["reason"]) == ("google", "not_read_in_time")
    assert stale["role"] == ("primary" if failing is mix.primary else "conflict")
    mix.person.stack.sandbox.world.faults.clear()
    await look(mix.person.stack, failing.key, working.key)
    assert await busy_spans(mix.person) == []


@every_mix
async def test_r16_a_calendar_that_google_forbids_is_unreadable_alone(mix: Mix) -> None:
    failing, _ = google_of(mix)
    await mix.choose()
    fail(mix, "google-forbidden")

    await look(mix.person.stack, failing.key)

    found = await mix.person.busy(day(1), 30)
    assert not found["complete"]
    reasons = {one.get("reason") for one in found["calendars"]}
    assert reasons == {None, "calendar_forbidden"}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Google does not say how long to wait; here a second is as good as our ten."""
    monkeypatch.setattr(answers, "_DEFAULT_WAIT_SECONDS", 1.0)


@every_mix
@pytest.mark.parametrize(
    "preset", ["google-rate-limit", "google-user-rate-limit", "google-rate-limit-429"]
)
@pytest.mark.usefixtures("impatient")
async def test_a_quota_of_google_only_waits_to_read(mix: Mix, preset: str) -> None:
    failing, _ = google_of(mix)
    await mix.choose()
    fail(mix, preset, 1)

    failing.add(span(5))
    await mix.person.settled()

    found = await mix.person.busy(day(1), 30)
    assert {one["status"] for one in found["calendars"]} == {"current"}
    await comes(mix.person, span(5))


@on_google
@pytest.mark.parametrize("preset", ["google-user-rate-limit", "google-rate-limit"])
@pytest.mark.usefixtures("impatient")
async def test_a_quota_of_google_only_waits_to_write(mix: Mix, crm: Person, preset: str) -> None:
    await mix.choose()
    fault(mix.person.stack, preset, 1, method="POST", path="/events$")

    await put(crm, "a1")
    await reaches(crm, "a1", "synced")

    assert mix.primary.written() == [shown(body())]


# Appointments.


@every_mix
async def test_r08_appointments_are_written_to_the_primary_alone(mix: Mix, crm: Person) -> None:
    await mix.choose()
    requests = Requests(mix.person.stack)

    await synced(crm, "a1", body(description="Flat 3"))
    assert mix.primary.written() == [shown(body())]
    moved = body(LATER, title="Second viewing", description="Flat 3")
    await synced(crm, "a1", moved)
    assert mix.primary.written() == [shown(moved)]
    assert await busy_spans(mix.person) == [LATER]
    await delete(crm, "a1")
    await crm.settled()

    assert mix.primary.written() == []
    assert mix.conflict.written() == []
    assert len(writes(requests)) == 3
    service = {"outlook": "graph", "google": "google"}[mix.primary.provider]
    assert {one.service for one in writes(requests)} == {service}


@every_mix
async def test_r14_what_is_moved_and_renamed_comes_back(mix: Mix, crm: Person) -> None:
    await mix.choose()
    await synced(crm, "a1")
    requests = Requests(mix.person.stack)

    mix.primary.move(mix.primary.only(), LATER)
    await mix.person.stack.sandbox.world.crm.wait_for(
        lambda crm: crm.changes_of("appointment.updated"), within=PATIENCE
    )
    mix.primary.rename(mix.primary.only(), "Second viewing")
    found = await says(crm, "a1", title="Second viewing")

    expected = shown(body(LATER, title="Second viewing"))
    assert shown(found) == expected
    assert found["sync"]["state"] == "synced"
    assert mix.primary.written() == [expected]
    assert writes(requests) == []


@every_mix
async def test_r14_what_is_deleted_is_cancelled(mix: Mix, crm: Person) -> None:
    await mix.choose()
    await synced(crm, "a1")

    mix.primary.remove(mix.primary.only())
    await says(crm, "a1", status="cancelled")

    [data] = await told(crm, "appointment.cancelled")
    assert data["appointmentId"] == "a1"
    assert mix.primary.written() == []
    await comes(mix.person)


@every_mix
async def test_r14_restored_what_was_moved_renamed_or_deleted(
    mix: Mix, crm: Person, admin: Person
) -> None:
    await restore(admin)
    await mix.choose()
    asked = body()
    await synced(crm, "a1", asked)

    async def is_back() -> bool:
        return mix.primary.written() == [shown(asked)]

    for change in (
        lambda event: mix.primary.move(event, LATER),
        lambda event: mix.primary.rename(event, "Mine"),
        mix.primary.remove,
    ):
        change(mix.primary.only())
        await until(crm.stack, is_back)
        await crm.settled()

    assert mix.primary.written() == [shown(asked)]
    assert mix.conflict.written() == []
    assert (await get(crm, "a1"))["sync"]["state"] == "synced"
    assert await told(crm, "appointment.updated") == []
    assert await told(crm, "appointment.cancelled") == []


@every_mix
async def test_f13_our_own_writes_are_no_news(mix: Mix, crm: Person) -> None:
    await mix.choose()
    before = len(await changes(crm))

    await synced(crm, "a1")
    await synced(crm, "a1", body(LATER))
    await delete(crm, "a1")
    await crm.settled()
    requests = Requests(mix.person.stack)
    await look(mix.person.stack, mix.primary.key, mix.conflict.key)
    await crm.settled()

    assert (await changes(crm))[before:] == []
    assert writes(requests) == []
    assert await busy_spans(mix.person) == []


# One of both goes.


async def disconnect(person: Person, provider: str) -> None:
    answer = await person.call("DELETE", person.path(f"connections/{provider}"))
    assert answer.status_code == 204, answer.text
    await person.settled()


@both_providers
async def test_r12_without_the_conflict_calendars_account_the_primary_goes_on(
    mix: Mix, crm: Person
) -> None:
    mix.conflict.add(span(8))
    await mix.choose()
    await synced(crm, "a1")

    await disconnect(mix.person, mix.conflict.provider)

    assert await busy_spans(mix.person) == [span(3)]
    assert mix.primary.written() == [shown(body())]
    event = mix.primary.only()
    await synced(crm, "a1", body(LATER))
    mix.primary.add(span(9))
    await comes(mix.person, LATER, span(9))
    mix.primary.rename(event, "Renamed")
    await says(crm, "a1", title="Renamed")


@both_providers
async def test_r12_without_the_primarys_account_the_other_stays_complete(
    mix: Mix, crm: Person
) -> None:
    mix.conflict.add(span(8))
    await mix.choose()
    await synced(crm, "a1")

    await disconnect(mix.person, mix.primary.provider)
    await reaches(crm, "a1", "not_synced", "no_primary_calendar")

    assert mix.primary.written() == [shown(body())]
    assert mix.conflict.written() == [("Talk", *span(8))]
    assert await busy_spans(mix.person) == [span(8)]
    mix.conflict.add(span(9))
    await comes(mix.person, span(8), span(9))


# The primary moves from one provider to the other.


@both_providers
async def test_r13_appointments_move_between_providers_and_are_never_missing(
    mix: Mix, crm: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = (mix.primary, mix.conflict)
    await mix.choose()
    asked = [body(span(3 + number), title=f"Viewing {number}") for number in range(3)]
    past = body(span(-2), title="Past")
    await synced(crm, "past", past)
    for number, one in enumerate(asked):
        await synced(crm, f"a{number}", one)
    census = Census(places)
    census.watch(monkeypatch)
    expected = sorted(map(shown, asked))

    for _ in range(2):
        census.begin("Past", *(one["title"] for one in asked))
        await mix.switch()

        async def moved() -> bool:
            there = [one for one in mix.primary.written() if one != shown(past)] == expected
            return there and max(census.now().values()) == 1

        await until(crm.stack, moved)
        await quiet(crm, "write-appointment")
        for number in range(3):
            await reaches(crm, f"a{number}", "synced")
        await mix.person.settled()

        assert census.found == {1, 2}
        assert census.requests >= 6
        assert census.now() == dict.fromkeys(census.titles, 1)
        assert shown(past) in places[0].written()
    assert places[0].written() == sorted([shown(past), *expected])
    assert places[1].written() == []


@pytest.fixture
async def move(mix: Mix, crm: Person, monkeypatch: pytest.MonkeyPatch) -> Move:
    """A written appointment, and two calendars that tell nobody what changes."""
    await mix.choose()
    await synced(crm, "a1")
    await quiet(crm, "write-appointment")
    world = mix.person.stack.sandbox.world
    for channel in (*world.subscriptions.live(), *world.google.channels.live()):
        channel.silent = True
    names = (mix.primary.name, mix.conflict.name)
    selections = {
        primary: await configuration(mix.person, primary, conflict)
        for primary, conflict in (names, names[::-1])
    }
    census = Census((mix.primary, mix.conflict))
    moving = Move(mix, census, selections=selections)
    moving.keep_messages(monkeypatch)
    census.watch(monkeypatch)
    watch_steps(monkeypatch)
    return moving


@both_providers
@pytest.mark.parametrize("cut", Cut, ids=lambda cut: cut.value)
async def test_r13_a_move_between_providers_that_is_cut_short_is_never_without_its_event(
    move: Move, pass_time: Callable[[timedelta], None], record_property: Any, cut: Cut
) -> None:
    counted = Journey()
    await move.switch()
    with travelling(counted):
        await move.finish()
    await move.switch()
    await move.finish()
    assert {"GraphClient._sent", "GoogleClient._sent"} <= set(counted.steps)
    steps = [at for at, step in enumerate(counted.steps) if tells_apart(step, cut)]
    points = tried(steps, first=list(Cut).index(cut))

    for at in points:
        await cut_short(move, Journey(at, cut), pass_time)

    record_property("crash_points", len(points))


async def cut_short(move: Move, journey: Journey, pass_time: Callable[[timedelta], None]) -> None:
    """Moves there, cut short at that step and then gone on with; and back in peace."""
    title = body()["title"]
    what = f"{journey.cut.value} at {journey.at}"
    await move.switch()
    move.census.begin(title)

    async def second_worker() -> None:
        with suppress(CalendarSyncError):
            await move.step()

    journey.meanwhile = second_worker
    with suppress(Crash, Exception), travelling(journey):  # whatever a worker dies of
        while move.waiting:
            await move.step()
    pass_time(A_WRITER_AND_A_PLACE_RUN_OUT)
    await move.finish()
    assert move.census.found == {1, 2}, what
    assert move.mix.primary.written() == [shown(body())], what
    assert move.mix.conflict.written() == [], what

    await move.switch()
    await move.finish()
    assert move.census.found == {1, 2}, what
    assert move.mix.primary.written() == [shown(body())], what
    assert move.mix.conflict.written() == [], what
