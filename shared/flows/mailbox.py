"""Asking a mailbox: at most four requests in flight over all instances, and none while it rests.

https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from enum import Enum

from shared.domain.model import Account, Problem
from shared.domain.records import AccountRecord
from shared.errors import MailboxBusy, ReconnectRequired, Throttled
from shared.flows.ports import SAFETY_SECONDS, Ports
from shared.messages import TellConnection
from shared.providers.base import AccessToken

_LEASE_LASTS = timedelta(minutes=10)
_ATTEMPTS = 3


class Lane(Enum):
    """Three requests in the background; the fourth place is kept for people who wait."""

    BACKGROUND = ("1", "2", "3")
    INTERACTIVE = ("4", "1", "2", "3")


@asynccontextmanager
async def mailbox(ports: Ports, account: Account, lane: Lane) -> AsyncIterator[AccessToken]:
    """One place in flight at the account's mailbox, and its access tokens.

    Raises what `place` raises, and ReconnectRequired without asking anybody when that is known
    already. What is raised inside and concerns the account is kept: a rest for everybody, or that
    the user must sign in again.
    """
    record = await ports.accounts.load(account)
    if record.problem is not None:
        raise ReconnectRequired("This account must be connected again.", code=record.problem.code)

    async def token(refused: str | None) -> str:
        current = record if refused is None else await ports.accounts.load(account)
        return await ports.vault.access_token(current, refused)

    async with place(ports, record, lane):
        try:
            yield token
        except Throttled as error:
            until = ports.clock() + timedelta(seconds=error.retry_after)
            await ports.accounts.pause(account, until)
            raise
        except ReconnectRequired as error:
            await _report(record, Problem(error.reason, ports.clock()), ports)
            raise


async def _report(record: AccountRecord, problem: Problem, ports: Ports) -> None:
    """Keeps that the user must sign in again, and has the CRM told."""
    message = TellConnection(account=str(record.account), code=problem.code, since=problem.since)
    await ports.queues.send(message, SAFETY_SECONDS)
    if await ports.accounts.report_problem(record, problem):
        await ports.queues.send(message)


@asynccontextmanager
async def place(ports: Ports, record: AccountRecord, lane: Lane) -> AsyncIterator[None]:
    """One place in flight at the account's mailbox.

    Raises Throttled while the mailbox rests, and MailboxBusy while all places are taken.
    """
    account, now = record.account, ports.clock()
    if record.paused_until is not None and record.paused_until > now:
        wait = (record.paused_until - now).total_seconds()
        raise Throttled("The mailbox rests.", retry_after=wait)
    lease = None
    for _ in range(_ATTEMPTS):
        lease = await ports.accounts.take_lease(record, lane.value, now, now + _LEASE_LASTS)
        if lease is not None:
            break
        record = await ports.accounts.load(account)
    if lease is None:
        raise MailboxBusy("All places of the mailbox are taken.")
    try:
        yield
    finally:
        await ports.accounts.give_back(lease)
