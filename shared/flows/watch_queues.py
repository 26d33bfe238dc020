"""How long the next message of each queue has been there: a queue whose function stands still."""

import asyncio

from shared.flows.ports import Ports
from shared.messages import Message


async def queue_heads(ports: Ports) -> dict[str, int]:
    """Whole seconds by the name of the queue, 0 for one that is empty.

    A message that was put for later has waited since it was put, as its queue tells it.
    """
    names = sorted(kind.queue for kind in Message.__subclasses__())
    heads = await asyncio.gather(*(ports.queues.head_since(name) for name in names))
    now = ports.clock()
    return {
        name: max(0, int((now - since).total_seconds())) if since is not None else 0
        for name, since in zip(names, heads, strict=True)
    }
