"""Disconnecting an account at a location (R12)."""

from contextlib import suppress
from dataclasses import replace

from shared.domain.model import LocationId, ProviderName, UserId
from shared.errors import StoreConflict
from shared.flows.apply_selection import apply_selection, safely_later
from shared.flows.ports import Ports
from shared.flows.settle_account import let_go, settle_later


async def disconnect(
    location: LocationId, user: UserId, provider: ProviderName, ports: Ports
) -> None:
    """Harmless to repeat; what is not finished here the messages that go ahead will finish.

    Raises StoreConflict if the selection is changed, or the account connected anew, meanwhile.
    """
    member = await ports.locations.member(location, user)
    connection = member.connections.get(provider)
    if connection is None:
        return
    await safely_later(location, user, ports)
    await settle_later(connection.account, ports)
    # Written even where nothing in it changes: a configuration that is being saved then loses.
    kept = member.selection
    left = replace(kept, selection=kept.selection.without(provider), number=kept.number + 1)
    await ports.locations.disconnect(connection, left)
    with suppress(StoreConflict):
        await apply_selection(location, user, ports)
    await let_go(connection, ports)
