"""One live check of a stretch of time, for who is about to book it."""

import azure.functions as func

from shared.domain.access import Right
from shared.domain.confirming import Checked, Confirmed
from shared.flows.confirm_time import LONGEST, confirm_time
from shared.flows.read_time import asked_range, known_member
from shared.triggers import confirm_contract as c
from shared.triggers import shown
from shared.triggers.endpoint import Answer, Call, Endpoint, register

blueprint = func.Blueprint()


@register(
    blueprint,
    Endpoint(
        name="ConfirmTime",
        method="POST",
        route="locations/{location}/users/{user}/confirm",
        summary="Whether a stretch of time is free, live from the calendars within two seconds.",
        right=Right.OWN_ADMIN_OR_SERVICE,
        body=c.Confirm,
        answers={200: c.Confirmed},
        problems=(404,),
    ),
)
async def confirm(call: Call) -> Answer:
    asked = call.body(c.Confirm)
    interval = asked_range(asked.start, asked.end, LONGEST)
    member = await known_member(call.caller, call.location, call.user, call.ports)
    return Answer(body=_shown(await confirm_time(member, interval, call.ports)))


def _shown(found: Confirmed) -> c.Confirmed:
    return c.Confirmed(
        free=found.free,
        checked_at=found.checked_at,
        live=found.live,
        conflicts=shown.blocks(found.conflicts),
        calendars=[_calendar(one) for one in found.calendars],
    )


def _calendar(found: Checked) -> c.CheckedCalendar:
    reading = found.time.reading
    return c.CheckedCalendar(
        provider=found.time.provider,
        calendar_id=found.time.calendar_id,
        role=found.time.role.value,
        live=found.live,
        as_of=reading.as_of,
        reason=found.reason,
        status=reading.freshness.value,
        mirror_reason=reading.reason,
    )
