"""A reading that would empty a calendar is not believed at once (F16)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from sandbox.stack import Stack
from shared import services
from shared.domain.brake import CONFIRM_AFTER
from shared.domain.model import HELD
from shared.messages import Cause, SyncCalendar
from tests.flows.crm import body, delete, get, put, reaches, told
from tests.flows.mailboxes import OWNERS, owner_of
from tests.flows.outlook import busy_spans, connection, span, until
from tests.flows.trouble import Place, alarms, chosen, empty, hourly, misread, placed
from tests.people import Person
from tests.storage import Storage

PassTime = Callable[[timedelta], None]
LATER = CONFIRM_AFTER + timedelta(seconds=1)
TIMES = hourly(30)
PATIENCE = 300.0  # so many at one mailbox take their time


@pytest.fixture(params=sorted(OWNERS))
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def place(stack: Stack, agent: Person, provider: str) -> Place:
    """A calendar with thirty events, one an hour."""
    owner = owner_of(stack, provider, "trouble")
    for number, when in enumerate(TIMES):
        owner.add(f"Talk {number}", when)
    return await chosen(agent, owner)


def delete_all(place: Place, ids: list[str]) -> None:
    for one in ids:
        place.owner.delete(one)


async def ids_of(place: Place) -> list[str]:
    partition = await services.ports().calendars.load(place.key)
    assert partition is not None
    return sorted(partition.mirror.events)


async def test_f16_a_calendar_that_reads_empty_stays_busy_and_says_so(
    place: Place,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert await busy_spans(place.person) == TIMES
    place.owner.forget_cursors()
    with monkeypatch.context() as untrue:
        misread(untrue, place, full=empty, delta=empty)
        for _ in range(3):
            await place.look()
            assert await busy_spans(place.person) == TIMES

    hold = (await place.state()).hold
    assert hold is not None
    assert hold.count == 30
    since = hold.since.isoformat().replace("+00:00", "Z")
    shown = await connection(place.person)
    assert (shown["status"], shown["problem"]["code"]) == ("degraded", HELD)
    [calendar] = (await place.person.busy())["calendars"]
    assert (calendar["status"], calendar["reason"]) == ("current", HELD)
    health = await place.health()
    assert health["held"] == {"since": since, "count": 30}
    assert health["problem"] == {"code": HELD, "since": since}
    [alarm] = alarms(caplog, HELD)
    assert (alarm["calendar"], alarm["held"]) == (place.key, 30)

    # The second reading finds them all: nothing was ever told of it.
    pass_time(LATER)
    await place.look(Cause.HELD)
    assert await busy_spans(place.person) == TIMES
    assert (await place.state()).hold is None
    shown = await connection(place.person)
    assert (shown["status"], shown.get("problem")) == ("connected", None)
    assert "held" not in await place.health()
    assert len(alarms(caplog, HELD)) == 1


async def test_f16_a_calendar_that_was_really_emptied_converges_by_itself(
    place: Place, pass_time: PassTime, storage: Storage
) -> None:
    delete_all(place, await ids_of(place))
    await place.settled()
    assert await busy_spans(place.person) == TIMES
    assert (await storage.messages())["sync-calendar"] >= 1  # it asks again by itself

    # What comes meanwhile counts at once, and single deletions are believed.
    other = place.owner.add("New", span(9))
    stays = place.owner.add("Stays", span(10))
    await place.settled()
    assert await busy_spans(place.person) == [*TIMES, span(9), span(10)]
    place.owner.delete(other)
    await place.settled()
    assert await busy_spans(place.person) == [*TIMES, span(10)]

    pass_time(LATER)
    await place.look()  # the sweep, should the message be lost
    assert await busy_spans(place.person) == [span(10)]
    state = await place.state()
    assert (state.hold, state.events) == (None, 1)
    assert place.owner.seen(stays).title == "Stays"
    # It was asked for once more and not again.
    await place.look()
    assert (await place.state()).full_read_at == state.full_read_at


async def test_f02_a_long_series_that_is_deleted_is_free_within_one_sync(
    stack: Stack, agent: Person, provider: str
) -> None:
    owner = owner_of(stack, provider, "trouble")
    series = owner.add_weekly("Weekly", span(3), 40)
    owner.add("Talk", span(4))
    place = await chosen(agent, owner, recurringEvents="every")
    assert len(await busy_spans(agent)) > 10

    owner.delete(series)
    await place.settled()

    assert await busy_spans(agent) == [span(4)]
    assert (await place.state()).hold is None


# Appointments


async def appointed(crm: Person, place: Place, count: int) -> list[str]:
    """Appointments whose events the mirror has, each of them: the last reads may have waited for a
    place at the mailbox, beside so much writing."""
    names = [f"a{number}" for number in range(count)]
    for name, when in zip(names, TIMES, strict=False):
        await put(crm, name, body(when))

    async def mirrored() -> bool:
        return len(await ids_of(place)) == count

    await until(crm.stack, mirrored, PATIENCE)
    for name in names:
        await reaches(crm, name, "synced")
    await crm.settled()
    return names


async def written(crm: Person) -> None:
    """Waits until no appointment waits to be written, nor a change of one to be told."""

    async def empty() -> bool:
        queues = services.ports().queues
        lengths = [await queues.length(one) for one in ("write-appointment", "publish-changes")]
        return not any(lengths)

    await until(crm.stack, empty, PATIENCE)


async def test_f16_r14_no_appointment_is_cancelled_on_the_word_of_a_held_read(
    agent: Person,
    crm: Person,
    provider: str,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = await placed(agent, provider)
    names = await appointed(crm, place, 22)
    place.owner.forget_cursors()
    with monkeypatch.context() as untrue:
        misread(untrue, place, full=empty, delta=empty)
        await place.look()
        await written(crm)
    assert (await place.state()).hold is not None
    assert await told(crm, "appointment.cancelled") == []

    pass_time(LATER)
    await place.look(Cause.HELD)
    await place.settled()
    assert {(await get(crm, name))["status"] for name in names} == {"confirmed"}
    assert await told(crm, "appointment.cancelled") == []
    assert len(place.owner.titles(place.owner.default)) == 22


async def test_f16_appointments_that_the_crm_cancels_are_not_held(
    agent: Person, crm: Person, provider: str
) -> None:
    place = await placed(agent, provider)
    names = await appointed(crm, place, 22)
    place.silence()
    for name in names:
        assert (await delete(crm, name)).status_code < 300
    await written(crm)
    assert place.owner.titles(place.owner.default) == []

    await place.look()

    assert (await place.state()).hold is None
    assert await busy_spans(agent) == []


async def test_f16_appointments_that_their_owner_has_deleted_are_cancelled_once_that_is_sure(
    agent: Person, crm: Person, provider: str, pass_time: PassTime
) -> None:
    place = await placed(agent, provider)
    names = await appointed(crm, place, 22)
    delete_all(place, await ids_of(place))
    await place.settled()
    assert {(await get(crm, name))["status"] for name in names} == {"confirmed"}

    pass_time(LATER)
    now = services.now()
    asked = SyncCalendar(calendar=place.key, cause=Cause.HELD, at=now)
    await services.ports().queues.send(asked)

    async def read() -> bool:
        return ((await place.state()).full_read_at or now) > now

    await until(crm.stack, read, PATIENCE)
    await written(crm)

    assert {(await get(crm, name))["status"] for name in names} == {"cancelled"}
    assert len(await told(crm, "appointment.cancelled")) == 22
