"""Nothing is left of whom is erased, wherever that is cut short, and whoever writes meanwhile."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from shared import services
from shared.domain.access import Caller, Membership
from shared.domain.appointments import Asked, Content
from shared.flows.begin_erasure import begin_erasure
from shared.flows.deliver_changes import deliver_changes
from shared.flows.erase_data import erase_data
from shared.flows.keep_appointment import keep_appointment
from shared.flows.sync_calendar import sync_calendar
from shared.flows.write_appointment import write_appointment
from shared.messages import (
    ApplySelection,
    Cause,
    DeliverChanges,
    EraseAccount,
    EraseData,
    SyncCalendar,
    WriteAppointment,
)
from tests.flows.corners import Corner, calendar_of, finish
from tests.flows.crashes import Cut
from tests.flows.cutting import Scenario, Stage, nothing, recorded
from tests.flows.erasing import all_rows, mentioning, waiting
from tests.flows.line import Line
from tests.flows.outlook import span

NOTHING = frozenset[str]()
NEAR = frozenset({"user at near", "Calendar primary of user at near"})
FAR = frozenset({"user at far", "Calendar primary of user at far"})


def service(corner: Corner) -> Caller:
    both = {corner.near: Membership.SERVICE, corner.far: Membership.SERVICE}
    return Caller(corner.rival, "The CRM", both)


async def puts(corner: Corner, title: str = "Viewing") -> None:
    start, end = span(5)
    content = Content(title, start.astimezone(UTC), end.astimezone(UTC), "Europe/Berlin")
    asked = Asked(corner.user, True, "team1", content)
    caller = service(corner)
    await keep_appointment(caller, corner.near, "a1", asked, None, services.ports())


async def chosen(corner: Corner) -> None:
    await corner.connect()
    await corner.choose("Calendar")
    await puts(corner)


async def chosen_twice(corner: Corner) -> None:
    await chosen(corner)
    await corner.connect(at=corner.far)
    await corner.choose("Calendar", at=corner.far)


async def erases(corner: Corner) -> None:
    await begin_erasure(service(corner), corner.near, corner.user, services.ports())


async def erases_location(corner: Corner) -> None:
    await begin_erasure(service(corner), corner.near, None, services.ports())


async def erases_at_once(corner: Corner) -> None:
    """The request and the first round of what follows, with nothing in between."""
    await erases(corner)
    message = EraseData(location=corner.near, user=corner.user)
    await erase_data(message, services.ports())


async def signs_in_again(corner: Corner) -> None:
    corner.sign_ins = [await corner.sign_in()]


async def comes_back(corner: Corner) -> None:
    for sign_in in corner.sign_ins:
        await finish(sign_in)


async def asks_for_more(corner: Corner) -> None:
    await puts(corner, "Second viewing")


async def writes(corner: Corner) -> None:
    await asks_for_more(corner)
    message = WriteAppointment(location=corner.near, appointment="a1")
    await write_appointment(message, services.ports())


async def moved(corner: Corner) -> None:
    corner.moves += 1
    for event in corner.mailbox.default_calendar.calendar.events.values():
        start, end = span(6, 8 + corner.moves % 10)
        corner.mailbox.update_event(corner.mailbox.event_id(event), start=start, end=end)


async def syncs(corner: Corner) -> None:
    ports, key = services.ports(), calendar_of(corner, "Calendar").key
    message = SyncCalendar(calendar=key, cause=Cause.SWEEP, at=ports.clock())
    await sync_calendar(message, ports)


async def chooses_anew(corner: Corner) -> None:
    await corner.choose("Second")


async def delivers(corner: Corner) -> None:
    message = DeliverChanges(location=corner.near, subject=f"busy|{corner.user}")
    await deliver_changes(message, services.ports())


async def left(corner: Corner, line: Line) -> list[str]:
    """What still tells of the user, or of the location but where it has to: in feed and trail."""
    connected = await corner.connections()
    if "user at near" in connected:
        return []
    rows = await all_rows()
    telling = {
        row: said
        for row, said in mentioning(rows, [corner.near]).items()
        if row[:2] not in {("changes", corner.near), ("audit", corner.near)}
    }
    names = [corner.user, corner.address, corner.account.subject]
    here = {row: values for row, values in rows.items() if row[1] == corner.near}
    telling |= mentioning(here, [*names, "a1"])
    telling |= mentioning(rows, names) if not connected else {}
    wrong = [f"{row} says {said}" for row, said in telling.items()]
    return wrong + [f"waits: {text}" for text in waiting(line, [corner.near])]


async def nowhere(corner: Corner, line: Line) -> list[str]:
    """Of an erased location not even the feed is left."""
    wrong = await left(corner, line)
    if "user at near" not in await corner.connections():
        wrong += [f"left: {row}" for row in mentioning(await all_rows(), [corner.near])]
    return wrong


Check = Callable[[Corner, Line], Awaitable[list[str]]]
FOLLOWS = [EraseData, ApplySelection, EraseAccount]
SECOND = (Cut.SECOND_WORKER,)
SCENARIOS: dict[str, tuple[Scenario, Check]] = {
    "a user": (Scenario(chosen, erases, [NOTHING, NEAR], cut_in=FOLLOWS), left),
    "at one of two places": (
        Scenario(chosen_twice, erases, [FAR, NEAR | FAR], cut_in=[EraseData]),
        left,
    ),
    "a location": (
        Scenario(chosen_twice, erases_location, [FAR, NEAR | FAR], cut_in=[EraseData]),
        nowhere,
    ),
}
MEANWHILE: dict[str, tuple[Callable[[Corner], Awaitable[object]], dict[str, Any]]] = {
    "the user connects again": (comes_back, {"ready": signs_in_again}),
    "the user chooses": (chooses_anew, {}),
    "the CRM asks for an appointment": (asks_for_more, {}),
    "an appointment is written": (writes, {"fresh": True}),
    "a calendar is read": (syncs, {"ready": moved, "fresh": True}),
    "a change is delivered": (delivers, {}),
    "somebody else asks for it": (erases_at_once, {}),
}


@pytest.mark.parametrize("name", SCENARIOS)
async def test_nothing_is_left_wherever_an_erasure_is_cut(
    stage: Stage, record_property: Any, name: str
) -> None:
    scenario, check = SCENARIOS[name]

    await stage.cut_everywhere(replace(scenario, check=lambda corner: check(corner, stage.line)))

    recorded(stage, record_property)


@pytest.mark.parametrize("name", MEANWHILE)
async def test_nothing_is_left_of_what_others_do_meanwhile(
    stage: Stage, record_property: Any, name: str
) -> None:
    """At each step of the erasure; then all of what they do is in the middle of it."""
    does, others = MEANWHILE[name]
    scenario = Scenario(
        chosen,
        erases_at_once,
        [NOTHING],
        meanwhile=does,
        cuts=SECOND,
        check=lambda corner: left(corner, stage.line),
        **others,
    )
    await stage.cut_everywhere(scenario)

    recorded(stage, record_property)


async def test_what_was_under_way_does_not_undo_it(stage: Stage, record_property: Any) -> None:
    """The other way round: all of the erasure's first round is at each step of somebody's work."""
    for does in (writes, syncs, chooses_anew, asks_for_more, comes_back):

        async def works(corner: Corner, does: Any = does) -> None:
            with suppress(Exception):  # refused, or too late
                await does(corner)
            await erases(corner)

        scenario = Scenario(
            chosen,
            works,
            [NOTHING],
            ready=signs_in_again if does is comes_back else nothing,
            then={"asked again": erases},
            meanwhile=erases_at_once,
            cuts=SECOND,
            check=lambda corner: left(corner, stage.line),
            fresh=True,
        )
        await stage.cut_everywhere(scenario)

    recorded(stage, record_property)
