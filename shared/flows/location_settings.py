"""The policies of a location."""

from dataclasses import replace

from shared.domain.access import Caller
from shared.domain.audit import Act
from shared.domain.model import LocationId
from shared.domain.records import KeptSettings
from shared.errors import Stale, StoreConflict
from shared.flows.audit import act_of, audited
from shared.flows.being_erased import refuse_while_location_erased
from shared.flows.ports import Ports


async def location_settings(location: LocationId, ports: Ports) -> KeptSettings:
    return await ports.locations.settings(location)


async def decide_settings(
    caller: Caller, location: LocationId, external_changes: str, number: int, ports: Ports
) -> KeptSettings:
    """Raises Stale if `number` is not the newest version, and Conflict while it is erased."""
    await refuse_while_location_erased(location, ports)
    kept = await ports.locations.settings(location)
    try:
        if number != kept.number:
            raise StoreConflict
        changed = replace(kept, external_changes=external_changes, number=number + 1)
        act = act_of(
            caller,
            Act.SETTINGS_CHANGED,
            location,
            ports,
            external_changes=external_changes,
            version=changed.number,
        )
        async with audited(act, ports):
            return await ports.locations.decide(location, changed)
    except StoreConflict:
        raise Stale("The settings were changed meanwhile. Load them again, then save.") from None
