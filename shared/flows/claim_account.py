"""Claiming an account for the user who has signed in to it (R4)."""

from datetime import datetime, timedelta

from shared.domain.model import Account
from shared.domain.ownership import (
    UNUSED_CLAIM_LASTS,
    Owner,
    claimed,
    may_claim,
    names_owner_to,
)
from shared.domain.records import AccountRecord
from shared.domain.sign_in import PendingSignIn, SignedIn
from shared.errors import SignInFailed, StoreConflict
from shared.flows.ports import SAFETY_SECONDS, Ports
from shared.flows.settle_account import in_use_at, settle_later
from shared.messages import TellConnection

_ATTEMPTS = 8
_AFTER_A_CLAIM = UNUSED_CLAIM_LASTS + timedelta(minutes=1)


async def claimable(pending: PendingSignIn, account: Account, ports: Ports) -> AccountRecord:
    """The account as it is kept now. Raises SignInFailed where another user has it (R4)."""
    record = await ports.accounts.load(account)
    if record.owner is not None:
        in_use = await in_use_at(record, ports)
        if not may_claim(record.owner, pending.user, in_use, ports.clock()):
            raise _taken_by(record.owner, pending)
    return record


async def claim(
    record: AccountRecord, pending: PendingSignIn, signed_in: SignedIn, ports: Ports
) -> datetime:
    """R4: of many who claim an account at once exactly one gets it. Returns when that was."""
    tokens = await ports.vault.sealed(signed_in.tokens)
    for _ in range(_ATTEMPTS):
        now = ports.clock()
        owner = claimed(record.owner, pending.user, pending.user_name, pending.location, now)
        # Should this die before there is a connection, the message looks after the claim.
        await settle_later(signed_in.account, ports, _AFTER_A_CLAIM)
        await _tell_restored(record, ports, SAFETY_SECONDS)
        try:
            await ports.accounts.claim(record, owner, signed_in.profile, tokens)
        except StoreConflict:
            record = await claimable(pending, signed_in.account, ports)
            continue
        await _tell_restored(record, ports)
        return now
    raise SignInFailed("This account is being connected elsewhere. Try again.", code="try_again")


async def _tell_restored(record: AccountRecord, ports: Ports, wait: float = 0) -> None:
    if record.problem is not None:
        message = TellConnection(
            account=str(record.account),
            code=record.problem.code,
            since=record.problem.since,
            restored=True,
        )
        await ports.queues.send(message, wait)


def _taken_by(owner: Owner, pending: PendingSignIn) -> SignInFailed:
    """R4: the owner is named only to members of a location that both share."""
    known = names_owner_to(owner, pending.locations)
    who = owner.user_name or "another user" if known else "another user"
    return SignInFailed(
        f"This account is already connected by {who}, and an account belongs to one user. To use "
        "its calendar, connect another account for yourself and, from the account that is already "
        "connected, share the calendar with it: it then appears in your list of calendars.",
        code="account_taken",
    )
