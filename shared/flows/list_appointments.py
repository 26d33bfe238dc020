"""The appointments of one user in a stretch of time."""

import asyncio
from datetime import timedelta

from shared.domain.appointments import Appointment
from shared.domain.model import LocationId, UserId
from shared.domain.spans import Interval
from shared.flows.ports import Ports

_LONGEST = timedelta(hours=24)  # what an appointment may last at most


async def list_appointments(
    location: LocationId, user: UserId, asked: Interval, ports: Ports
) -> list[Appointment]:
    """Those that are the user's now and overlap `asked`, in order.

    Left out is what has no event and needs none: cancelled, or of a calendar of no team.
    """
    indexed = await ports.appointments.of_user(location, user, asked.start)
    near = [one.id for one in indexed if one.end - _LONGEST < asked.end]
    kept = await asyncio.gather(*(ports.appointments.load(location, name) for name in near))
    found = [one.appointment for one in kept if one is not None]
    return sorted(
        (one for one in found if one.user == user and one.wanted and _overlaps(one, asked)),
        key=lambda one: (one.content.start, one.id),
    )


def _overlaps(appointment: Appointment, asked: Interval) -> bool:
    return Interval(appointment.content.start, appointment.content.end).overlaps(asked)
