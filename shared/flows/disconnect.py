"""Disconnecting an account at a location (R12)."""

from contextlib import suppress
from dataclasses import replace

from shared.domain.access import Caller
from shared.domain.audit import Act
from shared.domain.model import LocationId, ProviderName, UserId
from shared.domain.records import Connection, Member
from shared.errors import StoreConflict
from shared.flows.apply_selection import apply_selection, safely_later
from shared.flows.audit import act_of, audited
from shared.flows.ports import Ports
from shared.flows.settle_account import let_go, settle_later


async def disconnect(
    caller: Caller, location: LocationId, user: UserId, provider: ProviderName, ports: Ports
) -> None:
    """Harmless to repeat; what is not finished here the messages that go ahead will finish.

    Raises StoreConflict if the selection is changed, or the account connected anew, meanwhile.
    """
    member = await ports.locations.member(location, user)
    connection = member.connections.get(provider)
    if connection is None:
        return
    act = act_of(caller, Act.DISCONNECTED, location, ports, user=user, provider=provider)
    await _safely_later(connection, ports)
    async with audited(act, ports):
        await _end(member, connection, ports)
    await _follow(connection, ports)


async def end_connection(member: Member, connection: Connection, ports: Ports) -> None:
    """The same where nobody has disconnected it. Raises StoreConflict to be tried again."""
    await _safely_later(connection, ports)
    await _end(member, connection, ports)
    await _follow(connection, ports)


async def _safely_later(connection: Connection, ports: Ports) -> None:
    await safely_later(connection.location, connection.user, ports)
    await settle_later(connection.account, ports)


async def _end(member: Member, connection: Connection, ports: Ports) -> None:
    # Written even where nothing in it changes: a configuration that is being saved then loses.
    kept, provider = member.selection, connection.account.provider
    left = replace(kept, selection=kept.selection.without(provider), number=kept.number + 1)
    await ports.locations.disconnect(connection, left)


async def _follow(connection: Connection, ports: Ports) -> None:
    with suppress(StoreConflict):
        await apply_selection(connection.location, connection.user, ports)
    await let_go(connection, ports)
