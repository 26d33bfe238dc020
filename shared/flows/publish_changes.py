"""From an outbox, of a calendar or of an appointment, to the feed (R14).

What is in an outbox leaves it only when it is in the feed: done half way, it is done again.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace

from shared.domain.changes import Change
from shared.domain.model import CalendarKey, LocationId
from shared.domain.records import CalendarPartition, Outgoing
from shared.errors import MessageInvalid, StoreConflict
from shared.flows.ports import Ports
from shared.flows.tell_change import tell
from shared.messages import PublishChanges

_ATTEMPTS = 8
_AT_ONCE = 4


async def publish_changes(message: PublishChanges, ports: Ports) -> int:
    """How many it has published. Raises StoreConflict to be tried again."""
    if message.calendar is not None:
        return await _of_calendar(CalendarKey(message.calendar), ports)
    if message.location is None or message.appointment is None:
        raise MessageInvalid("names no outbox")
    return await _of_appointment(LocationId(message.location), message.appointment, ports)


async def publish_soon(read: CalendarPartition, changes: Sequence[Change], ports: Ports) -> None:
    """What a commit has left, at once where that is little: a queue between takes its time.

    Not ahead of what an earlier one has left. Should this die half way, the next run finds it.
    """
    if len(changes) <= _AT_ONCE and not read.unpublished:
        with suppress(StoreConflict):
            await _publish(read.key, Outgoing.of(changes), ports)
            return
    await ports.queues.send(PublishChanges(calendar=read.key))


async def _of_calendar(key: CalendarKey, ports: Ports) -> int:
    published = 0
    for outgoing in await ports.calendars.outbox(key):
        await _publish(key, outgoing, ports)
        published += len(outgoing.changes)
    return published


async def _publish(key: CalendarKey, outgoing: Outgoing, ports: Ports) -> None:
    await tell(outgoing.changes, ports)
    await ports.calendars.sent(key, outgoing)


async def _of_appointment(location: LocationId, appointment: str, ports: Ports) -> int:
    kept = await ports.appointments.load(location, appointment)
    if kept is None or not kept.unsent:
        return 0
    await tell(kept.unsent, ports)
    await _forget(location, appointment, {change.id for change in kept.unsent}, ports)
    return len(kept.unsent)


async def _forget(
    location: LocationId, appointment: str, published: Collection[str], ports: Ports
) -> None:
    """Takes those from the appointment's outbox that are published, and no newer ones."""
    for _ in range(_ATTEMPTS):
        kept = await ports.appointments.load(location, appointment)
        if kept is None:
            return
        unsent = tuple(change for change in kept.unsent if change.id not in published)
        if unsent == kept.unsent:
            return
        try:
            await ports.appointments.keep(replace(kept, unsent=unsent))
        except StoreConflict:
            continue
        return
    raise StoreConflict
