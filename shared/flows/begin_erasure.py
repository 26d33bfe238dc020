"""Asking for all that is kept of a user at a location, or of the location, to be erased."""

from shared.domain.access import Caller
from shared.domain.audit import Act, Outcome
from shared.domain.model import LocationId, UserId
from shared.domain.records import Erasure
from shared.errors import StoreConflict
from shared.flows.audit import act_of, begin, close
from shared.flows.ports import SAFETY_SECONDS, Ports
from shared.messages import EraseData


async def begin_erasure(
    caller: Caller, location: LocationId, user: UserId | None, ports: Ports
) -> None:
    """From here on new requests for it are refused until all is gone. Harmless to repeat."""
    message = EraseData(location=location, user=user)
    if await ports.locations.erasure(location, user) is None:
        await ports.queues.send(message, SAFETY_SECONDS)
        await _begin(caller, location, user, ports)
    await ports.queues.send(message)


async def _begin(caller: Caller, location: LocationId, user: UserId | None, ports: Ports) -> None:
    # Not whom it is about: the record stays.
    act = act_of(caller, Act.ERASED, location, ports)
    await begin(act, ports)
    try:
        await ports.locations.keep_erasure(Erasure(location, user, act.id, act.at))
    except StoreConflict:  # somebody else asks at the same moment
        await close(act, Outcome.FAILED, ports)
