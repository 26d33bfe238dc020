"""Erasing what is kept of a user or a location, and the trail of who did what."""

import azure.functions as func

from shared.domain.access import Right
from shared.domain.audit import AuditRecord
from shared.flows.begin_erasure import begin_erasure
from shared.flows.erase_data import erase_data
from shared.messages import EraseData
from shared.services import ports
from shared.triggers import audit_contract as c
from shared.triggers.endpoint import Answer, Call, Endpoint, register
from shared.triggers.queue_runs import run, set_aside

blueprint = func.Blueprint()

_STORAGE = "CALENDAR_STORAGE"


@register(
    blueprint,
    Endpoint(
        name="EraseUser",
        method="DELETE",
        route="locations/{location}/users/{user}",
        summary="Erase all that is kept of a user at the location; also when repeated.",
        right=Right.ADMIN_OR_SERVICE,
        answers={202: None},
    ),
)
async def erase_user(call: Call) -> Answer:
    await begin_erasure(call.caller, call.location, call.user, call.ports)
    return Answer(202)


@register(
    blueprint,
    Endpoint(
        name="EraseLocation",
        method="DELETE",
        route="locations/{location}",
        summary="Erase all that is kept of the location; also when repeated.",
        right=Right.SERVICE,
        answers={202: None},
    ),
)
async def erase_location(call: Call) -> Answer:
    await begin_erasure(call.caller, call.location, None, call.ports)
    return Answer(202)


@register(
    blueprint,
    Endpoint(
        name="ListAudit",
        method="GET",
        route="locations/{location}/audit",
        summary="Who connected, configured and disconnected what, in order; go on from `next`. "
        "Kept for 400 days.",
        right=Right.ADMIN_OR_SERVICE,
        query=c.AuditAsked,
        answers={200: c.AuditTrail},
    ),
)
async def list_audit(call: Call) -> Answer:
    asked = call.query(c.AuditAsked)
    now = call.ports.clock()
    found = await call.ports.audit.read(call.location, asked.after, asked.limit, now)
    newest = found[-1].id if found else asked.after
    return Answer(body=c.AuditTrail(records=[_shown(one) for one in found], next=newest))


@blueprint.function_name("EraseData")
@blueprint.queue_trigger("msg", EraseData.queue, _STORAGE)
async def erase(msg: func.QueueMessage) -> None:
    await run(EraseData, msg, erase_data, ports())


@blueprint.function_name("AlarmEraseData")
@blueprint.queue_trigger("msg", f"{EraseData.queue}-poison", _STORAGE)
async def alarm_erase(msg: func.QueueMessage) -> None:
    await set_aside(EraseData, msg, ports())


def _shown(kept: AuditRecord) -> c.AuditRecordShown:
    return c.AuditRecordShown.model_validate(
        {
            "id": kept.id,
            "timestamp": kept.at,
            "act": kept.act.value,
            "outcome": kept.outcome.value,
            "by": kept.by,
            "role": kept.role.value,
            "user_id": kept.user,
            "provider": kept.provider,
            "configuration": _configured(kept),
            "external_changes": kept.external_changes,
            "version": kept.version,
        }
    )


def _configured(kept: AuditRecord) -> c.ConfiguredShown | None:
    policy = kept.policy
    if policy is None:
        return None
    return c.ConfiguredShown(
        primary=kept.primary,
        conflicts=list(kept.conflicts),
        recurring_events=policy.recurring_events.value,
        busy_when_tentative=policy.busy_when_tentative,
        busy_when_elsewhere=policy.busy_when_elsewhere,
        ignore_all_day=policy.ignore_all_day,
    )
