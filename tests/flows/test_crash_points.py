"""Exactly one correct event or none, wherever the writing is cut short (F15).

Each scenario is run once to count its steps: every storage and every provider call. Then, for an
appointment of its own, it is cut at each of them in each way, and tried again as the queue does.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.stack import Stack
from shared import services
from shared.domain.appointments import SyncState
from shared.domain.model import LocationId
from shared.errors import CalendarSyncError
from shared.flows.write_appointment import write_appointment
from shared.messages import Message, WriteAppointment, WriteCause
from shared.store.queues import StorageQueues
from tests.flows.crashes import Crash, Cut, Journey, tells_apart, travelling, tried, watch_steps
from tests.flows.crm import Shown, body, delete, put, shown, written
from tests.flows.outlook import connected, new_mailbox, span
from tests.people import Person

BORIS = "boris.two@contoso.example"
A_WRITER_AND_A_PLACE_RUN_OUT = timedelta(minutes=11)
SOON, LATER = span(3), span(4, 15)


@dataclass
class Scene:
    """Two agents with empty mailboxes, and the CRM. No queue is worked off but by the test."""

    stack: Stack
    crm: Person
    mailboxes: tuple[Mailbox, Mailbox]
    number: int = 0

    def events(self) -> tuple[list[Shown], list[Shown]]:
        first, second = self.mailboxes
        return written(first), written(second)

    def next_name(self) -> str:
        self.number += 1
        return f"a{self.number}"

    async def write(self, name: str, cause: WriteCause = WriteCause.ASKED) -> None:
        """Works on the appointment as the queue does: again and again until nothing is left."""
        ports = services.ports()
        for _ in range(20):
            with suppress(CalendarSyncError):
                await write_appointment(message_of(name, cause), ports)
                kept = await ports.appointments.load(LocationId("loc1"), name)
                if kept is None or kept.appointment.sync.state is not SyncState.PENDING:
                    return
        raise AssertionError("The writing does not come to an end.")

    def clear(self) -> None:
        for mailbox in self.mailboxes:
            for entry in mailbox.calendars():
                entry.calendar.events.clear()


@dataclass
class Scenario:
    """`before` brings the appointment there in peace; `asked` is the request whose writing is cut.

    `then` is what the CRM asks for after the cut, where it has changed its mind. `expected` are the
    events that there must be in the end, in the two mailboxes.
    """

    before: Callable[[Scene, str], Awaitable[None]]
    asked: Callable[[Scene, str], Awaitable[Any]]
    expected: tuple[list[Shown], list[Shown]]
    cause: WriteCause = WriteCause.ASKED
    then: Callable[[Scene, str], Awaitable[Any]] | None = None


async def nothing(scene: Scene, name: str) -> None:
    """A new appointment."""


def is_written(**given: Any) -> Callable[[Scene, str], Awaitable[None]]:
    async def before(scene: Scene, name: str) -> None:
        await put(scene.crm, name, body(**{"when": SOON, **given}))
        await scene.write(name)
        assert scene.events() != ([], [])

    return before


def ask(**given: Any) -> Callable[[Scene, str], Awaitable[Any]]:
    return lambda scene, name: put(scene.crm, name, body(**{"when": SOON, **given}))


async def is_moved_in_outlook(scene: Scene, name: str) -> None:
    mailbox = scene.mailboxes[0]
    [event] = mailbox.default_calendar.calendar.events.values()
    mailbox.update_event(mailbox.event_id(event), start=LATER[0], end=LATER[1])


async def is_deleted_in_outlook(scene: Scene, name: str) -> None:
    mailbox = scene.mailboxes[0]
    [event] = mailbox.default_calendar.calendar.events.values()
    mailbox.delete_event(mailbox.event_id(event))


ONE, MOVED = shown(body(SOON)), shown(body(LATER))
SCENARIOS = {
    "write": Scenario(nothing, ask(), ([ONE], [])),
    "update": Scenario(is_written(), ask(when=LATER), ([MOVED], [])),
    "delete": Scenario(is_written(), lambda scene, name: delete(scene.crm, name), ([], [])),
    "reassign": Scenario(is_written(), ask(user="agent2"), ([], [ONE])),
    "delete, and want it again": Scenario(
        is_written(), lambda scene, name: delete(scene.crm, name), ([ONE], []), then=ask()
    ),
    "reassign, and back again": Scenario(is_written(), ask(user="agent2"), ([ONE], []), then=ask()),
    "apply a move": Scenario(is_written(), is_moved_in_outlook, ([MOVED], []), WriteCause.OUTSIDE),
    "apply a deletion": Scenario(is_written(), is_deleted_in_outlook, ([], []), WriteCause.OUTSIDE),
}


@pytest.fixture
async def scene(
    stack: Stack, agent: Person, other: Person, crm: Person, monkeypatch: pytest.MonkeyPatch
) -> Scene:
    mailboxes = new_mailbox(stack), new_mailbox(stack, BORIS)
    await connected(agent)
    await connected(other, BORIS)
    for subscription in stack.sandbox.world.subscriptions.live():
        subscription.silent = True

    async def dropped(self: StorageQueues, message: Message, delay_seconds: float = 0) -> None:
        return

    monkeypatch.setattr(StorageQueues, "send", dropped)
    watch_steps(monkeypatch)
    return Scene(stack, crm, mailboxes)


@pytest.mark.parametrize("name", SCENARIOS)
async def test_f15_one_correct_event_wherever_it_is_cut(
    scene: Scene, pass_time: Any, record_property: Any, name: str
) -> None:
    scenario = SCENARIOS[name]
    steps = await counted(scene, scenario)
    points = tried(
        [(at, cut) for cut in Cut for at, step in enumerate(steps) if tells_apart(step, cut)]
    )

    for at, cut in points:
        await cut_at(scene, scenario, at, cut, pass_time)
        assert scene.events() == scenario.expected, f"{cut.value} {steps[at]} ({at})"
        scene.clear()

    record_property("crash_points", len(points))


async def counted(scene: Scene, scenario: Scenario) -> list[str]:
    """The steps of the run, undisturbed."""
    journey = Journey()
    name = await begun(scene, scenario)
    with travelling(journey):
        await write_appointment(message_of(name, scenario.cause), services.ports())
    assert scenario.then or scene.events() == scenario.expected
    scene.clear()
    return journey.steps


async def cut_at(scene: Scene, scenario: Scenario, at: int, cut: Cut, pass_time: Any) -> None:
    """Cuts a run at that step; then it is tried again, later, until nothing is left to do."""
    name = await begun(scene, scenario)
    message = message_of(name, scenario.cause)

    async def second_worker() -> None:
        with suppress(CalendarSyncError):
            await write_appointment(message, services.ports())

    journey = Journey(at, cut, second_worker)
    with suppress(Crash, Exception), travelling(journey):  # whatever a worker dies of
        await write_appointment(message, services.ports())
    pass_time(A_WRITER_AND_A_PLACE_RUN_OUT)
    if scenario.then is not None:
        await scenario.then(scene, name)
    await scene.write(name, scenario.cause)


def message_of(name: str, cause: WriteCause) -> WriteAppointment:
    return WriteAppointment(location="loc1", appointment=name, cause=cause)


async def begun(scene: Scene, scenario: Scenario) -> str:
    """An appointment that is asked for, its writing still to be done."""
    name = scene.next_name()
    await scenario.before(scene, name)
    await scenario.asked(scene, name)
    return name
