"""Letting go of an account, and erasing one that no location uses any more (R12)."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from shared.domain.model import Account, CalendarKey, LocationId
from shared.domain.ownership import released, still_used, unused
from shared.domain.records import AccountRecord, Connection
from shared.errors import OperatorFault, ProviderError, ProviderUnavailable, StoreConflict
from shared.flows.ports import Ports
from shared.flows.release_calendar import release_calendar
from shared.messages import EraseAccount
from shared.telemetry import alarm

SOON = timedelta(seconds=10)
_ATTEMPTS = 8
_ATTEMPTS_TO_END = 5
"""So often, over some minutes, ending a channel or a grant is tried again."""


async def settle_later(account: Account, ports: Ports, wait: timedelta = SOON) -> None:
    """Sent ahead of a change: should that die half way, this looks after what is left."""
    await ports.queues.send(EraseAccount(account=str(account)), wait.total_seconds())


async def let_go(connection: Connection, ports: Ports) -> None:
    """The account is no longer used for that connection; unused everywhere, it will be erased.

    A claim that is newer than the connection is somebody's who connects anew: it stays.
    """
    for _ in range(_ATTEMPTS):
        record = await ports.accounts.load(connection.account)
        owner = record.owner
        if owner is None or owner.user != connection.user:
            return
        since = owner.locations.get(connection.location)
        if since is not None and since > connection.claimed_at:
            return
        try:
            await ports.accounts.release(record, released(owner, connection.location))
        except StoreConflict:
            continue
        await ports.queues.send(EraseAccount(account=str(connection.account)))
        return
    raise StoreConflict


async def erase_account(message: EraseAccount, ports: Ports) -> bool:
    """Erases tokens and everything mirrored, unless somebody uses the account.

    Channels and the grant end first, while the tokens still work. Raises StoreConflict,
    ProviderUnavailable, OperatorFault or Throttled to be tried again.
    """
    account = Account.parse(message.account)
    record = await ports.accounts.load(account)
    if record.owner is None:
        await tidy(record, ports)
        return False
    used_at, now = await in_use_at(record, ports), ports.clock()
    if not unused(record.owner, used_at, now):
        # A disconnect that died half way may have left a location where it is not used any more.
        in_use = still_used(record.owner, used_at, now)
        if in_use != record.owner:
            await ports.accounts.release(record, in_use)
        return False
    # From here on nobody has it: who connects it now makes our last step fail.
    await ports.accounts.release(record, replace(record.owner, locations={}))
    for key in sorted(record.calendars):
        await _release(account, key, message.attempt, ports)
    record = await _still_unused(account, ports)
    await _end_grant(record, message.attempt, ports)
    await ports.accounts.erase(record)
    return True


async def tidy(record: AccountRecord, ports: Ports) -> None:
    """Of an account that nobody has: the places that were taken by somebody who died."""
    if all(until <= ports.clock() for until in record.leases.values()):
        await ports.accounts.erase(record)


async def _end_grant(record: AccountRecord, attempt: int, ports: Ports) -> None:
    """The tokens go in any case: a provider may not keep us from erasing them.

    Only here, where nobody uses the account any more: it may end more than our own tokens.
    """
    try:
        await ports.vault.end(record)
    except (ProviderUnavailable, OperatorFault) as error:
        if attempt < _ATTEMPTS_TO_END:
            raise
        # Only the account's owner can end it now, at the provider.
        alarm("grant_left", account=str(record.account), error=error.reason)
    except ProviderError:
        return


async def _release(account: Account, key: CalendarKey, attempt: int, ports: Ports) -> None:
    """Watches that are still there belong to nobody: no location uses the account."""
    partition = await ports.calendars.load(key)
    if partition is not None and partition.watches:
        for watch in partition.watches:
            await ports.calendars.unwatch(key, watch.location, watch.user)
        partition = await ports.calendars.load(key)
    if partition is None:
        await ports.accounts.forget_calendar(account, key)
    else:
        await release_calendar(partition, ports, insist=attempt < _ATTEMPTS_TO_END)


async def in_use_at(record: AccountRecord, ports: Ports) -> Collection[LocationId]:
    """The owner's locations where the account is really connected."""
    owner = record.owner
    if owner is None:
        return set()
    members = [await ports.locations.member(place, owner.user) for place in owner.locations]
    provider = record.account.provider
    return {
        member.location
        for member in members
        if (found := member.connections.get(provider)) and found.account == record.account
    }


async def _still_unused(account: Account, ports: Ports) -> AccountRecord:
    record = await ports.accounts.load(account)
    if record.owner is None or record.owner.locations:
        raise StoreConflict
    return record
