"""Erasing appointments with their links; the events that were written for them stay (decision 27).

An appointment that is somebody else's now stays, without the events that the user had of it.
"""

from dataclasses import replace

from shared.domain.appointments import Placement
from shared.domain.links import Link
from shared.domain.model import CalendarKey
from shared.domain.records import Erasure, KeptAppointment
from shared.errors import StoreConflict
from shared.flows.ports import Ports


async def kept_for(erasure: Erasure, most: int, ports: Ports) -> list[KeptAppointment]:
    """The appointments that hold something of it. No index finds them all: cancelled and deleted
    ones are in none."""
    found: list[KeptAppointment] = []
    async for kept in ports.appointments.all_of(erasure.location):
        if _holds(kept, erasure):
            found.append(kept)
            if len(found) == most:
                break
    return found


async def erase_appointment(kept: KeptAppointment, erasure: Erasure, ports: Ports) -> bool:
    """False where somebody writes it now, or has changed it: it must be tried again."""
    if kept.writer is not None and kept.writer.until > ports.clock():
        return False
    appointment = kept.appointment
    whole = erasure.about(appointment.user)
    gone = [one for one in appointment.placements if whole or erasure.about(one.user)]
    # Links first. A writer that begins now changes the appointment, and the last step fails.
    for placement in gone:
        link = Link(erasure.location, appointment.id, placement.generation, None, ())
        await ports.calendars.unlink(placement.calendar.key, link)
    try:
        if whole:
            await ports.appointments.erase(kept)
        else:
            await ports.appointments.keep(_without(kept, gone, erasure))
    except StoreConflict:
        return False
    return True


async def erase_links(key: CalendarKey, erasure: Erasure, ports: Ports) -> int:
    """Removes the links that belong to no appointment any more; returns how many there were."""
    found = 0
    for link in await ports.calendars.links(key):
        if link.location == erasure.location and not await _belongs(link, key, ports):
            await ports.calendars.unlink(key, link)
            found += 1
    return found


def _holds(kept: KeptAppointment, erasure: Erasure) -> bool:
    appointment = kept.appointment
    users: set[object] = {appointment.user, *(one.user for one in appointment.placements)}
    users |= {change.data.get("userId") for change in kept.unsent}
    return any(erasure.about(user) for user in users)


def _without(kept: KeptAppointment, gone: list[Placement], erasure: Erasure) -> KeptAppointment:
    appointment = kept.appointment
    left = tuple(one for one in appointment.placements if one not in gone)
    unsent = tuple(one for one in kept.unsent if not erasure.about(one.data.get("userId")))
    return replace(kept, appointment=replace(appointment, placements=left), unsent=unsent)


async def _belongs(link: Link, key: CalendarKey, ports: Ports) -> bool:
    """A placement is kept before its link, and with its generation. Once its event is removed the
    link alone is left, without versions, to explain that."""
    kept = await ports.appointments.load(link.location, link.appointment)
    return kept is not None and (
        not link.says
        or any(
            one.calendar.key == key and one.generation == link.generation
            for one in kept.appointment.placements
        )
    )
