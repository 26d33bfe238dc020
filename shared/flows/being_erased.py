"""Refusing what would be erased a moment later."""

from shared.domain.model import LocationId
from shared.domain.records import Member
from shared.errors import Conflict
from shared.flows.ports import Ports

BEING_ERASED = "All that is kept here of this user is being erased. Try again in half an hour."


async def is_being_erased(member: Member, ports: Ports) -> bool:
    """Whether the user at the location is, or all of the location."""
    return member.erasing or await _location_is(member.location, ports)


async def refuse_while_erased(member: Member, ports: Ports) -> None:
    """Raises Conflict."""
    if await is_being_erased(member, ports):
        raise Conflict(BEING_ERASED, code="being_erased")


async def refuse_while_location_erased(location: LocationId, ports: Ports) -> None:
    """Raises Conflict."""
    if await _location_is(location, ports):
        raise Conflict(
            "All that is kept of this location is being erased. Try again in half an hour.",
            code="being_erased",
        )


async def _location_is(location: LocationId, ports: Ports) -> bool:
    return await ports.locations.erasure(location, None) is not None
