"""Disconnecting an account at a location (R12), and erasing one that is used nowhere any more."""

from dataclasses import replace

from shared.domain.model import Account, LocationId, ProviderName, UserId
from shared.domain.ownership import released
from shared.domain.records import AccountRecord
from shared.errors import StoreConflict
from shared.flows.apply_selection import apply_selection, safely_later
from shared.flows.ports import Ports
from shared.flows.release_calendar import release_calendar
from shared.messages import EraseAccount

_ATTEMPTS = 8


async def disconnect(
    location: LocationId, user: UserId, provider: ProviderName, ports: Ports
) -> None:
    """Harmless to repeat; each step can be taken again until the connection is gone, the last.

    Raises StoreConflict if the selection changes meanwhile.
    """
    member = await ports.locations.member(location, user)
    connection = member.connections.get(provider)
    if connection is None:
        return
    await safely_later(location, user, ports)
    kept = member.selection
    left = kept.selection.without(provider)
    if left != kept.selection:
        changed = replace(kept, selection=left, number=kept.number + 1)
        await ports.locations.choose(location, user, changed)
    await apply_selection(location, user, ports)
    await let_go(connection.account, user, location, ports)
    await ports.locations.disconnect(location, user, provider)


async def let_go(account: Account, user: UserId, location: LocationId, ports: Ports) -> None:
    """The account is no longer used at the location; unused everywhere, it will be erased."""
    for _ in range(_ATTEMPTS):
        record = await ports.accounts.load(account)
        if record.owner is None or record.owner.user != user:
            return
        owner = released(record.owner, location)
        try:
            await ports.accounts.release(record, owner)
        except StoreConflict:
            continue
        if not owner.locations:
            await ports.queues.send(EraseAccount(account=str(account)))
        return
    raise StoreConflict


async def erase_account(message: EraseAccount, ports: Ports) -> bool:
    """Erases tokens and everything mirrored, unless somebody has connected the account again.

    Channels end first, while the tokens still work. Raises StoreConflict to be tried again.
    """
    account = Account.parse(message.account)
    record = await ports.accounts.load(account)
    if record.owner is None or record.owner.locations:
        return False
    for key in sorted(record.calendars):
        partition = await ports.calendars.load(key)
        if partition is None:
            await ports.accounts.forget_calendar(account, key)
        elif partition.watches:
            raise StoreConflict  # a watch is about to be removed
        else:
            await release_calendar(partition, ports)
    await ports.accounts.erase(await _unchanged(account, ports))
    return True


async def _unchanged(account: Account, ports: Ports) -> AccountRecord:
    record = await ports.accounts.load(account)
    if record.owner is None or record.owner.locations:
        raise StoreConflict
    return record
