"""Work that waits on queues."""

from typing import Any

import azure.functions as func

from shared.domain.model import LocationId, UserId
from shared.flows.apply_selection import apply_selection
from shared.flows.park_calendar import park_calendar
from shared.flows.ports import Ports
from shared.flows.settle_account import erase_account
from shared.flows.sync_calendar import sync_calendar
from shared.messages import ApplySelection, EraseAccount, SyncCalendar
from shared.services import ports
from shared.telemetry import alarm
from shared.triggers.queue_runs import run, set_aside

blueprint = func.Blueprint()

_STORAGE = "CALENDAR_STORAGE"


@blueprint.function_name("SyncCalendar")
@blueprint.queue_trigger("msg", SyncCalendar.queue, _STORAGE)
async def sync(msg: func.QueueMessage) -> None:
    await run(SyncCalendar, msg, sync_calendar, ports())


@blueprint.function_name("ParkCalendar")
@blueprint.queue_trigger("msg", f"{SyncCalendar.queue}-poison", _STORAGE)
async def park(msg: func.QueueMessage) -> None:
    await run(SyncCalendar, msg, _park, ports())


@blueprint.function_name("ApplySelection")
@blueprint.queue_trigger("msg", ApplySelection.queue, _STORAGE)
async def apply(msg: func.QueueMessage) -> None:
    await run(ApplySelection, msg, _apply, ports())


@blueprint.function_name("AlarmApplySelection")
@blueprint.queue_trigger("msg", f"{ApplySelection.queue}-poison", _STORAGE)
async def alarm_apply(msg: func.QueueMessage) -> None:
    await set_aside(ApplySelection, msg, ports())


@blueprint.function_name("AlarmEraseAccount")
@blueprint.queue_trigger("msg", f"{EraseAccount.queue}-poison", _STORAGE)
async def alarm_erase(msg: func.QueueMessage) -> None:
    await set_aside(EraseAccount, msg, ports())


@blueprint.function_name("EraseAccount")
@blueprint.queue_trigger("msg", EraseAccount.queue, _STORAGE)
async def erase(msg: func.QueueMessage) -> None:
    await run(EraseAccount, msg, erase_account, ports())


async def _park(message: SyncCalendar, with_: Ports) -> Any:
    alarm("calendar_parked", calendar=message.calendar)
    return await park_calendar(message, with_)


async def _apply(message: ApplySelection, with_: Ports) -> Any:
    await apply_selection(LocationId(message.location), UserId(message.user), with_)
    return "applied"
