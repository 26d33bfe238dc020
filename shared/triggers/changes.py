"""What the CRM is told: the feed over HTTP, and what waits on queues to be told."""

import azure.functions as func

from shared.domain.access import Right
from shared.flows.deliver_changes import deliver_changes
from shared.flows.publish_changes import publish_changes
from shared.flows.tell_change import tell_change, tell_connection
from shared.messages import DeliverChanges, PublishChanges, TellChange, TellConnection
from shared.services import ports
from shared.triggers import contract
from shared.triggers.endpoint import Answer, Call, Endpoint, register
from shared.triggers.queue_runs import run, set_aside
from shared.webhooks.body import told

blueprint = func.Blueprint()

_STORAGE = "CALENDAR_STORAGE"


@register(
    blueprint,
    Endpoint(
        name="ListChanges",
        method="GET",
        route="locations/{location}/changes",
        summary="What has changed at the location, in order; go on from `next`. Kept for a week.",
        right=Right.ADMIN_OR_SERVICE,
        query=contract.ChangesAsked,
        answers={200: contract.Changes},
        problems=(410,),
    ),
)
async def list_changes(call: Call) -> Answer:
    asked = call.query(contract.ChangesAsked)
    after = int(asked.after) if asked.after else None
    found = await call.ports.changes.read(call.location, after, asked.limit, call.ports.clock())
    newest = found[-1].number if found else after or 0
    shown = [contract.ChangeShown(id=one.change.id, **told(one.change)) for one in found]
    return Answer(body=contract.Changes(changes=shown, next=str(newest)))


@blueprint.function_name("PublishChanges")
@blueprint.queue_trigger("msg", PublishChanges.queue, _STORAGE)
async def publish(msg: func.QueueMessage) -> None:
    await run(PublishChanges, msg, publish_changes, ports())


@blueprint.function_name("AlarmPublishChanges")
@blueprint.queue_trigger("msg", f"{PublishChanges.queue}-poison", _STORAGE)
async def alarm_publish(msg: func.QueueMessage) -> None:
    await set_aside(PublishChanges, msg, ports())


@blueprint.function_name("TellChange")
@blueprint.queue_trigger("msg", TellChange.queue, _STORAGE)
async def tell(msg: func.QueueMessage) -> None:
    await run(TellChange, msg, tell_change, ports())


@blueprint.function_name("AlarmTellChange")
@blueprint.queue_trigger("msg", f"{TellChange.queue}-poison", _STORAGE)
async def alarm_tell(msg: func.QueueMessage) -> None:
    await set_aside(TellChange, msg, ports())


@blueprint.function_name("TellConnection")
@blueprint.queue_trigger("msg", TellConnection.queue, _STORAGE)
async def connection(msg: func.QueueMessage) -> None:
    await run(TellConnection, msg, tell_connection, ports())


@blueprint.function_name("AlarmTellConnection")
@blueprint.queue_trigger("msg", f"{TellConnection.queue}-poison", _STORAGE)
async def alarm_connection(msg: func.QueueMessage) -> None:
    await set_aside(TellConnection, msg, ports())


@blueprint.function_name("DeliverChanges")
@blueprint.queue_trigger("msg", DeliverChanges.queue, _STORAGE)
async def deliver(msg: func.QueueMessage) -> None:
    await run(DeliverChanges, msg, deliver_changes, ports())


@blueprint.function_name("AlarmDeliverChanges")
@blueprint.queue_trigger("msg", f"{DeliverChanges.queue}-poison", _STORAGE)
async def alarm_deliver(msg: func.QueueMessage) -> None:
    await set_aside(DeliverChanges, msg, ports())
