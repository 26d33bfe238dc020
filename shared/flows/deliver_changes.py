"""Delivering to the CRM's webhook what waits for one subject, in order (R14).

The head of the line is settled before the next is tried: taken, given up, or refused for good.
All of it stays in the feed. There is a message on its way for every head that waits. One worker
at a time tries it: a second one's copy could arrive after what comes next.
"""

import random
from dataclasses import replace
from datetime import timedelta

from shared.domain.delivery import AT_ONCE, wait_after
from shared.domain.model import LocationId
from shared.domain.records import PendingDelivery
from shared.flows.ports import Ports
from shared.messages import DeliverChanges
from shared.telemetry import alarm
from shared.webhooks.base import Answered, Delivery, Webhook

# Clocks differ: a message may be a little early for what it was sent for.
_EARLY_SECONDS = 2.0
_SOON_SECONDS = 60.0
# Longer than a try may take (webhooks/sending.py), should whoever makes it die.
_A_TRY_LASTS = timedelta(seconds=30)


async def deliver_changes(message: DeliverChanges, ports: Ports) -> str:
    if ports.webhook is None:
        return "no_webhook"
    if await ports.changes.disabled(ports.webhook.endpoint):
        return await _drop(message, ports)
    for _ in range(AT_ONCE):
        pending = await ports.changes.pending(LocationId(message.location), message.subject)
        if not pending:
            return "delivered"
        outcome = await _settled(pending[0], message, ports.webhook, ports)
        if outcome is not None:
            return outcome
    await ports.queues.send(message.model_copy(update={"attempt": 0}))
    return "more"


async def _settled(
    head: PendingDelivery, message: DeliverChanges, webhook: Webhook, ports: Ports
) -> str | None:
    """None once the head of the line is out of the way; else why it is not."""
    early = (head.due_at - ports.clock()).total_seconds() if head.due_at else 0.0
    if early > _EARLY_SECONDS:
        return await _not_due(early, message, ports)
    if not await ports.changes.claim(head, ports.clock() + _A_TRY_LASTS):
        # Who has it looks for more before it goes.
        return "taken_by_another"
    delivery = await webhook.deliver(head.numbered.change)
    if delivery.answered is Answered.ENDED:
        await ports.changes.disable(webhook.endpoint, ports.clock())
        alarm("webhook_disabled", location=message.location, reason=delivery.reason)
        return await _drop(message, ports)
    if delivery.answered is Answered.AGAIN and await _postponed(head, delivery, message, ports):
        return delivery.reason
    await ports.changes.delivered(head)
    return None


async def _not_due(early: float, message: DeliverChanges, ports: Ports) -> str:
    """A message comes when it is due. Nearly due, this may be the one, by a slow clock of ours."""
    if early < _SOON_SECONDS:
        await ports.queues.send(message, early + 1)
    return "not_due"


async def _postponed(
    head: PendingDelivery, delivery: Delivery, message: DeliverChanges, ports: Ports
) -> bool:
    """Whether it will be tried again; if not, that is told."""
    tries = head.attempt + 1
    chance = random.random()  # noqa: S311  # no secret
    wait = wait_after(tries, delivery.retry_after, chance)
    about = {"location": message.location, "change": head.numbered.change.id}
    if wait is None:
        alarm("webhook_given_up", **about, reason=delivery.reason)
        return False
    due_at = ports.clock() + timedelta(seconds=wait)
    # In this order: should this die in between, the change is tried once more, and never forgotten.
    await ports.queues.send(message.model_copy(update={"attempt": 0}), wait)
    await ports.changes.postpone(replace(head, attempt=tries, due_at=due_at))
    return True


async def _drop(message: DeliverChanges, ports: Ports) -> str:
    """The webhook wants nothing any more; the feed still has it."""
    while pending := await ports.changes.pending(LocationId(message.location), message.subject):
        for one in pending:
            await ports.changes.delivered(one)
    return "disabled"
