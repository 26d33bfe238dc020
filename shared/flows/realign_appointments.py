"""Looking after the appointments of a user whose calendars have changed (R13)."""

from datetime import timedelta

from shared.domain.model import LocationId, UserId
from shared.flows.member_calendars import primary_of
from shared.flows.ports import Ports
from shared.messages import RealignAppointments, WriteAppointment, WriteCause

_LATELY = timedelta(days=30)
"""What is left over of appointments that are past is still removed for so long."""


async def realign_appointments(message: RealignAppointments, ports: Ports) -> int:
    """Queues the appointments whose event is not where it should be, or is not linked there any
    more; returns how many. What is past stays where it is.
    """
    location, user = LocationId(message.location), UserId(message.user)
    primary = primary_of(await ports.locations.member(location, user))
    target = primary.key if primary else None
    links = await ports.calendars.links(target) if target else []
    linked = {link.appointment for link in links if link.location == location}
    now, queued = ports.clock(), 0
    for found in await ports.appointments.of_user(location, user, now - _LATELY):
        in_place = found.placed is not None and found.placed == target
        past = found.placed is not None and found.end <= now
        if past or (in_place and found.id in linked):
            continue
        cause = WriteCause.OUTSIDE if in_place else WriteCause.REALIGNED
        write = WriteAppointment(location=location, appointment=found.id, cause=cause)
        await ports.queues.send(write)
        queued += 1
    return queued
