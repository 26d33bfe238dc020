"""Appointments as the CRM asks for them: kept first, written from the queue (R6, R10)."""

from dataclasses import replace

from shared.domain.access import Caller, Membership
from shared.domain.appointments import Appointment, Asked, SyncState
from shared.domain.asking import Late, asked_for, deleted
from shared.domain.model import LocationId, UserId
from shared.domain.records import KeptAppointment, Member
from shared.errors import Conflict, NotAllowed, NotFound, StoreConflict
from shared.flows.being_erased import refuse_while_erased
from shared.flows.ports import SAFETY_SECONDS, Ports
from shared.messages import WriteAppointment

_ATTEMPTS = 8
_LATE = {
    Late.OLDER_VERSION: "A newer version of this appointment is kept. Read it, then decide.",
    Late.VERSION_REUSED: (
        "This version is kept with other content. Raise `version` with every change."
    ),
}


async def keep_appointment(
    caller: Caller,
    location: LocationId,
    name: str,
    asked: Asked,
    version: int | None,
    ports: Ports,
) -> Appointment:
    """The appointment as it is kept now; its event is written from the queue.

    Raises NotAllowed, NotFound for a user whom nobody knows, and Conflict for a request that is
    older than what is kept, or for a user who is being erased; then nothing is kept.
    """
    _check_right(caller, location, asked.user)
    for _ in range(_ATTEMPTS):
        kept = await ports.appointments.load(location, name)
        if kept is not None and not kept.appointment.deleted:
            _check_right(caller, location, kept.appointment.user)
        member = await ports.locations.member(location, asked.user)
        await refuse_while_erased(member, ports)
        if asked.team:
            _check_known(member)
        wanted = asked_for(kept.appointment if kept else None, location, name, asked, version)
        if isinstance(wanted, Late):
            raise Conflict(_LATE[wanted], code=wanted.value)
        if await _changed(kept, wanted, ports):
            return wanted
    raise StoreConflict


async def appointment(caller: Caller, location: LocationId, name: str, ports: Ports) -> Appointment:
    """Raises NotFound, also for one that was deleted, and NotAllowed."""
    kept = await ports.appointments.load(location, name)
    if kept is None or kept.appointment.deleted:
        raise NotFound("There is no such appointment.", code="unknown_appointment")
    _check_right(caller, location, kept.appointment.user)
    return kept.appointment


async def delete_appointment(caller: Caller, location: LocationId, name: str, ports: Ports) -> None:
    """Its event goes from the calendar. Harmless to repeat. Raises NotAllowed."""
    for _ in range(_ATTEMPTS):
        kept = await ports.appointments.load(location, name)
        if kept is None:
            return
        if not kept.appointment.deleted:
            _check_right(caller, location, kept.appointment.user)
        if await _changed(kept, deleted(kept.appointment), ports):
            return
    raise StoreConflict


async def _changed(kept: KeptAppointment | None, wanted: Appointment, ports: Ports) -> bool:
    """Keeps it and has its event written; False where another request was faster."""
    message = WriteAppointment(location=wanted.location, appointment=wanted.id)
    if kept is not None and wanted is kept.appointment:
        if wanted.sync.state is SyncState.PENDING:
            await ports.queues.send(message)
        return True
    if wanted.sync.state is SyncState.PENDING:
        await ports.queues.send(message, SAFETY_SECONDS)
    changed = replace(kept, appointment=wanted) if kept else KeptAppointment(wanted)
    try:
        await ports.appointments.keep(changed)
    except StoreConflict:
        return False
    if wanted.sync.state is SyncState.PENDING:
        await ports.queues.send(message)
    return True


def _check_right(caller: Caller, location: LocationId, user: UserId) -> None:
    if caller.user == user or caller.membership(location) is not Membership.AGENT:
        return
    raise NotAllowed("This is somebody else's appointment.", code="not_your_appointment")


def _check_known(member: Member) -> None:
    if not member.known:
        raise NotFound(
            "This user has connected no account at this location. They connect one under My "
            "Profile › Integrations; send the appointment again after that.",
            code="unknown_user",
        )
