"""What a run has decided, on its way to the store, to the CRM and to the appointments."""

from collections.abc import Sequence
from dataclasses import replace

from shared.domain.changes import Change, busy_changed, touched
from shared.domain.links import Link, questionable
from shared.domain.model import CalendarState, Roster
from shared.domain.reconcile import Reconciled, Round
from shared.domain.records import CalendarPartition
from shared.flows.ports import Ports
from shared.flows.publish_changes import publish_soon
from shared.messages import WriteAppointment, WriteCause


async def links_now(
    partition: CalendarPartition, read: Round, whole: Reconciled | None, ports: Ports
) -> list[Link]:
    """The links as they are now; `whole` is what a full round has come to.

    Where something may have changed they are read anew: what this round has seen of our own
    writing was linked before it was written.
    """
    if whole.changed if whole is not None else read.told:
        return await ports.calendars.links(partition.key)
    return list(partition.links)


async def look_after(
    partition: CalendarPartition,
    reconciled: Reconciled,
    read: Round,
    links: Sequence[Link],
    ports: Ports,
) -> None:
    """Has the appointments looked after whose event is not as it should be (R14).

    Links that are new since the partition was loaded explain, and miss nothing: their event may
    have been made after the round.
    """
    was = [link for link in links if link in partition.links]
    found = questionable(was, reconciled.mirror, read.window, thorough=read.full)
    for link, missing in found:
        await ports.queues.send(
            WriteAppointment(
                location=link.location,
                appointment=link.appointment,
                cause=WriteCause.OUTSIDE,
                missing=missing,
            )
        )
    for link in links:
        if link.elsewhere and link.event_id in reconciled.mirror.events:
            await ports.calendars.link(partition.key, replace(link, elsewhere=False))


async def keep_reading(
    partition: CalendarPartition,
    after: CalendarState,
    reconciled: Reconciled,
    links: Sequence[Link],
    ports: Ports,
) -> None:
    """Enters the new roster before, leaves the old one after: the calendar is always in one.

    A full read sets both right again, whatever crashes and races have left. Raises StoreConflict.
    """
    moved = after.roster is not partition.state.roster
    settles = moved or after.full_read_at == after.checked_at
    if settles:
        await ports.roster.enter(after.roster, partition.key)
    changes = _changes(partition, after, reconciled, links)
    window = after.window
    spent = [link for link in links if window and link.spent(reconciled.mirror, window)]
    await ports.calendars.commit(partition, after, reconciled, changes=changes, spent=spent)
    if changes:
        await publish_soon(partition, changes, ports)
    if settles:
        other = Roster.POLL if after.roster is Roster.PUSH else Roster.PUSH
        await ports.roster.leave(other, partition.key)


def _changes(
    partition: CalendarPartition,
    after: CalendarState,
    reconciled: Reconciled,
    links: Sequence[Link],
) -> list[Change]:
    """What those who watch the calendar are told: not what their own location has written."""
    window, started = after.window, after.checked_at
    if window is None or started is None:
        return []
    changes = []
    for watch in partition.watches:
        own = [link for link in links if link.location == watch.location]
        span = touched(partition.mirror, reconciled, own, window)
        if span is not None:
            changes.append(busy_changed(watch, after.calendar, span, started))
    return changes
