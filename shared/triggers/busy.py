"""When a user is busy, and the events of the primary calendar. No provider is asked."""

import azure.functions as func

from shared.domain.access import Right
from shared.flows.read_time import asked_range, busy_time, known_member, shown_events
from shared.triggers import contract, shown
from shared.triggers.endpoint import Answer, Call, Endpoint, register

blueprint = func.Blueprint()

_USER = "locations/{location}/users/{user}"


@register(
    blueprint,
    Endpoint(
        name="GetBusy",
        method="GET",
        route=f"{_USER}/busy",
        summary="Busy time, merged, half-open; what could not be read counts as busy.",
        right=Right.OWN_ADMIN_OR_SERVICE,
        query=contract.Range,
        answers={200: contract.Busy},
        problems=(404,),
    ),
)
async def busy(call: Call) -> Answer:
    asked = call.query(contract.Range)
    interval = asked_range(asked.start, asked.end)
    member = await known_member(call.caller, call.location, call.user, call.ports)
    return Answer(body=shown.busy(await busy_time(member, interval, call.ports)))


@register(
    blueprint,
    Endpoint(
        name="GetEvents",
        method="GET",
        route=f"{_USER}/events",
        summary="Events of the primary calendar; private ones without detail.",
        right=Right.OWN_ADMIN_OR_SERVICE,
        query=contract.Range,
        answers={200: contract.Events},
        problems=(404,),
    ),
)
async def events(call: Call) -> Answer:
    asked = call.query(contract.Range)
    interval = asked_range(asked.start, asked.end)
    member = await known_member(call.caller, call.location, call.user, call.ports)
    return Answer(body=shown.events(await shown_events(member, interval, call.ports)))
