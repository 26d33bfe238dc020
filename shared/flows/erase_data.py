"""Erasing all that is kept of a user at a location, or of a location, until nothing comes anew.

New requests are refused from the beginning (being_erased.py). What had begun before may still
write: the erasure ends when a round finds nothing, so long after the last trace that nothing of
that kind can still be under way.
"""

from dataclasses import replace
from datetime import timedelta

from shared.domain.audit import Act, Outcome
from shared.domain.model import LocationId, UserId
from shared.domain.records import Erasure
from shared.errors import StoreConflict
from shared.flows.connect import SIGN_IN_LASTS
from shared.flows.erase_traces import Erased, accounts_left, erase_traces
from shared.flows.ports import Ports
from shared.messages import EraseData
from shared.telemetry import record

_LONGEST_RUN = timedelta(minutes=10)
"""`functionTimeout` in host.json: no request, no worker and no retry in place lives longer."""

QUIET = _LONGEST_RUN + SIGN_IN_LASTS + timedelta(minutes=1)
_BUSY = timedelta(minutes=1)
_ACCOUNTS = timedelta(minutes=5)
_SLACK = timedelta(seconds=5)


async def erase_data(message: EraseData, ports: Ports) -> str:
    """One round. Harmless to repeat and to run beside itself. Raises StoreConflict."""
    user = UserId(message.user) if message.user is not None else None
    erasure = await ports.locations.erasure(LocationId(message.location), user)
    if erasure is None:
        return "nothing_to_erase"
    if erasure.next_at is not None and erasure.next_at > ports.clock() + _SLACK:
        return "not_due"  # another message comes then
    erasure, erased = await erase_traces(erasure, ports)
    if erased.found:
        erasure = replace(erasure, quiet_since=ports.clock())
    wait = await _wait(erasure, erased, ports)
    if wait is None:
        await _end(erasure, ports)
        return "erased"
    await _go_on(erasure, wait, ports)
    return f"found {erased.found}"


async def _wait(erasure: Erasure, erased: Erased, ports: Ports) -> timedelta | None:
    """Until the next round; None where nothing is left."""
    if erased.more:
        return timedelta()
    if erased.busy:
        return _BUSY
    quiet = ports.clock() - erasure.quiet_since
    if quiet < QUIET:
        return QUIET - quiet
    return _ACCOUNTS if await accounts_left(erasure, ports) else None


async def _go_on(erasure: Erasure, wait: timedelta, ports: Ports) -> None:
    message = EraseData(location=erasure.location, user=erasure.user)
    # In this order: should this die in between, there is one round too many, and never none.
    await ports.queues.send(message, wait.total_seconds())
    await ports.locations.keep_erasure(replace(erasure, next_at=ports.clock() + wait))


async def _end(erasure: Erasure, ports: Ports) -> None:
    location, user, left = erasure.location, erasure.user, None
    if user is not None:
        member = await ports.locations.member(location, user)
        left = member.selection
        if member.connections or left.watched:
            raise StoreConflict
    await ports.sign_ins.forget_expired(ports.clock())
    await ports.audit.close(location, erasure.audit, Outcome.DONE)
    if user is None:
        await ports.audit.forget(location, None)
    await ports.locations.end_erasure(erasure, left)
    record("audit", audit=erasure.audit, location=location, act=Act.ERASED, outcome=Outcome.DONE)
