"""Keeping who did what (domain/audit.py): a record goes ahead of an act, and is closed after it."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from shared.domain.access import Caller
from shared.domain.audit import Act, AuditRecord, Outcome
from shared.domain.model import LocationId
from shared.errors import CalendarSyncError
from shared.flows.ports import Ports
from shared.telemetry import alarm, record


def act_of(
    caller: Caller, act: Act, location: LocationId, ports: Ports, **about: Any
) -> AuditRecord:
    """The record of what `caller`, a member of the location, is about to do."""
    membership = caller.membership(location)
    if membership is None:
        raise ValueError("not a member")
    at = ports.clock()
    return AuditRecord(_id(at), location, at, act, caller.user, membership, **about)


@asynccontextmanager
async def audited(act: AuditRecord, ports: Ports) -> AsyncIterator[None]:
    """Around the one write that makes or breaks the act.

    Refused, it was not done. What else goes wrong leaves that open, and the record too.
    """
    await begin(act, ports)
    try:
        yield
    except CalendarSyncError:
        await close(act, Outcome.FAILED, ports)
        raise
    await close(act, Outcome.DONE, ports)


async def begin(act: AuditRecord, ports: Ports) -> None:
    await ports.audit.append(act, ports.clock())
    _log(act, Outcome.BEGUN)


async def close(act: AuditRecord, outcome: Outcome, ports: Ports) -> None:
    """What was done is done, whether or not its record can be closed."""
    try:
        await ports.audit.close(act.location, act.id, outcome)
    except Exception as error:
        alarm("audit_left_open", audit=act.id, location=act.location, error=type(error).__name__)
    _log(act, outcome)


def _log(act: AuditRecord, outcome: Outcome) -> None:
    """Without whom an erasure is about, as the record is."""
    record(
        "audit",
        audit=act.id,
        location=act.location,
        act=act.act,
        outcome=outcome,
        by=act.by,
        role=act.role,
        user=act.user,
        provider=act.provider,
        version=act.version,
    )


def _id(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}-{secrets.token_hex(4)}"
