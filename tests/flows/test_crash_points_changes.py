"""R14, F15: each change is told once, each appointment written once, wherever that is cut."""

from datetime import UTC
from typing import Any

import pytest

from shared import services
from shared.domain.appointments import Asked, Content, SyncState
from shared.flows.keep_appointment import delete_appointment, keep_appointment
from shared.flows.location_settings import decide_settings
from shared.messages import (
    ApplySelection,
    Cause,
    DeliverChanges,
    PublishChanges,
    RealignAppointments,
    SyncCalendar,
    TellChange,
    WriteAppointment,
)
from tests.flows.corners import Corner, calendar_of
from tests.flows.crm import written
from tests.flows.cutting import Scenario, Stage, nothing, recorded
from tests.flows.outlook import span

NOTHING = frozenset[str]()
NEAR = frozenset({"user at near", "Calendar primary of user at near"})
MOVED = frozenset({"user at near", "Second primary of user at near"})
TITLE = "Viewing"


async def chosen(corner: Corner) -> None:
    await corner.connect()
    await corner.choose("Calendar")


async def moved(corner: Corner) -> None:
    corner.moves += 1
    [event] = corner.mailbox.default_calendar.calendar.events.values()
    start, end = span(3, 10 + corner.moves % 10)
    corner.mailbox.update_event(corner.mailbox.event_id(event), start=start, end=end)


async def seen(corner: Corner) -> None:
    ports, key = services.ports(), calendar_of(corner, "Calendar").key
    await ports.queues.send(SyncCalendar(calendar=key, cause=Cause.SWEEP, at=ports.clock()))


async def puts(corner: Corner) -> None:
    start, end = span(5)
    content = Content(TITLE, start.astimezone(UTC), end.astimezone(UTC), "Europe/Berlin")
    asked = Asked(corner.user, True, "team1", content)
    await keep_appointment(corner.caller(), corner.near, "a1", asked, None, services.ports())


async def removes(corner: Corner) -> None:
    await delete_appointment(corner.caller(), corner.near, "a1", services.ports())


async def with_appointment(corner: Corner) -> None:
    await chosen(corner)
    await puts(corner)


async def chooses_other(corner: Corner) -> None:
    await corner.choose("Second")


async def gets_another_id(corner: Corner) -> None:
    corner.former.add(calendar_of(corner, "Calendar").key)
    corner.mailbox.rename_calendar_id(calendar_of(corner, "Calendar").calendar_id)


async def finds_it_gone(corner: Corner) -> None:
    ports = services.ports()
    for key in corner.former:
        await ports.queues.send(SyncCalendar(calendar=key, cause=Cause.SWEEP, at=ports.clock()))


async def restores(corner: Corner) -> None:
    ports = services.ports()
    number = (await ports.locations.settings(corner.near)).number
    await decide_settings(corner.caller(), corner.near, "restore", number, ports)


async def as_kept(corner: Corner) -> list[str]:
    """The event of the appointment is there once, on the primary calendar, or not at all."""
    kept = await services.ports().appointments.load(corner.near, "a1")
    wanted = kept is not None and kept.appointment.wanted
    primary = "Second" if await corner.chosen() == MOVED - {"user at near"} else "Calendar"
    there = {
        name: [one for one in written(corner.mailbox, name) if one[0] == TITLE]
        for name in ("Calendar", "Second")
    }
    wrong = [] if len(there.pop(primary)) == wanted else [f"wanted {wanted} on {primary}"]
    wrong += ["left over"] if any(there.values()) else []
    if kept is not None and kept.appointment.sync.state is SyncState.PENDING:
        wrong.append("pending")
    return wrong


async def once_restored(corner: Corner) -> list[str]:
    kept = await services.ports().locations.settings(corner.near)
    return [] if (kept.external_changes == "restore") is (kept.number > 0) else ["in between"]


TELLING = [PublishChanges, TellChange, DeliverChanges]
SCENARIOS = {
    "a change in Outlook": Scenario(
        chosen, seen, [NEAR], ready=moved, cut_in=[SyncCalendar, *TELLING], told_once=True
    ),
    "an appointment": Scenario(chosen, puts, [NEAR], check=as_kept, fresh=True),
    "a deletion": Scenario(with_appointment, removes, [NEAR], check=as_kept, fresh=True),
    "appointments that move": Scenario(
        with_appointment,
        chooses_other,
        [NEAR, MOVED],
        check=as_kept,
        fresh=True,
        cut_in=[RealignAppointments],
    ),
    "a calendar with a new id": Scenario(
        with_appointment,
        finds_it_gone,
        [NEAR],
        ready=gets_another_id,
        check=as_kept,
        fresh=True,
        cut_in=[SyncCalendar, ApplySelection, RealignAppointments, WriteAppointment],
    ),
    "settings": Scenario(nothing, restores, [NOTHING], check=once_restored),
}


@pytest.mark.parametrize("name", SCENARIOS)
async def test_r14_told_and_written_once_wherever_it_is_cut(
    stage: Stage, record_property: Any, name: str
) -> None:
    await stage.cut_everywhere(SCENARIOS[name])

    recorded(stage, record_property)
