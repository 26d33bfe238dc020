"""The policies of a location."""

from dataclasses import replace

from shared.domain.model import LocationId
from shared.domain.records import KeptSettings
from shared.errors import Stale, StoreConflict
from shared.flows.ports import Ports


async def location_settings(location: LocationId, ports: Ports) -> KeptSettings:
    return await ports.locations.settings(location)


async def decide_settings(
    location: LocationId, external_changes: str, number: int, ports: Ports
) -> KeptSettings:
    """Raises Stale if `number` is not the newest version."""
    kept = await ports.locations.settings(location)
    try:
        if number != kept.number:
            raise StoreConflict
        changed = replace(kept, external_changes=external_changes, number=number + 1)
        return await ports.locations.decide(location, changed)
    except StoreConflict:
        raise Stale("The settings were changed meanwhile. Load them again, then save.") from None
