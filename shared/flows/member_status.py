"""How a user's connections at a location are doing, for the user and for the team list."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.lag import Lags, last_day
from shared.domain.model import (
    Calendar,
    CalendarState,
    LocationId,
    Problem,
    PushStatus,
    Role,
    UserId,
)
from shared.domain.records import CalendarGlance, Connection, KeptSelection, Member
from shared.flows.apply_selection import selected
from shared.flows.ports import Ports


class Status(StrEnum):
    CONNECTED = "connected"
    SYNCING = "syncing"
    DEGRADED = "degraded"
    RECONNECT_REQUIRED = "reconnect_required"


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the first read: calendars read of those chosen, and events read so far in all."""

    calendars_read: int
    calendars: int
    events: int


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    connection: Connection
    status: Status
    problem: Problem | None
    progress: Progress | None
    last_synced_at: datetime | None
    slower_sync: bool
    """Whether a calendar of it has no push channel, and is asked every few minutes instead."""


@dataclass(frozen=True, slots=True)
class CalendarStatus:
    calendar: Calendar
    role: Role
    glance: CalendarGlance | None


@dataclass(frozen=True, slots=True)
class MemberStatus:
    user: UserId
    name: str
    connections: tuple[ConnectionStatus, ...]
    calendars: tuple[CalendarStatus, ...]
    selection: KeptSelection


async def member_status(location: LocationId, user: UserId, ports: Ports) -> MemberStatus:
    return await _status(await ports.locations.member(location, user), ports)


async def team(location: LocationId, ports: Ports) -> list[MemberStatus]:
    """Everybody at the location who has connected or configured something."""
    members = await ports.locations.members(location)
    return list(await asyncio.gather(*(_status(member, ports) for member in members)))


async def team_lag(location: LocationId, ports: Ports) -> Lags:
    """How long changes in the calendars that are chosen there took to be read; each counts once."""
    members = await ports.locations.members(location)
    keys = {calendar.key for member in members for calendar in selected(member)}
    glances = await asyncio.gather(*(ports.calendars.glance(key, None) for key in sorted(keys)))
    lags = (lag for glance in glances if glance is not None for lag in glance.state.lags)
    return last_day(lags, ports.clock())


async def _status(member: Member, ports: Ports) -> MemberStatus:
    chosen = selected(member)
    glances = await asyncio.gather(*(ports.calendars.glance(c.key, None) for c in chosen))
    calendars = tuple(
        CalendarStatus(calendar, role, glance)
        for (calendar, role), glance in zip(chosen.items(), glances, strict=True)
    )
    connections = tuple(
        [
            await _connection(connection, calendars, ports)
            for _, connection in sorted(member.connections.items())
        ]
    )
    name = next((c.connection.user_name for c in connections if c.connection.user_name), "")
    return MemberStatus(member.user, name, connections, calendars, member.selection)


async def _connection(
    connection: Connection, calendars: Sequence[CalendarStatus], ports: Ports
) -> ConnectionStatus:
    record = await ports.accounts.load(connection.account)
    own = [c.glance for c in calendars if c.calendar.account == connection.account]
    states = [glance.state for glance in own if glance is not None]
    checked = [state.checked_at for state in states if state.checked_at is not None]
    problem = record.problem or _gravest(states)
    status = Status.CONNECTED
    if record.problem is not None:
        status = Status.RECONNECT_REQUIRED
    elif problem is not None or _any_stale(states, ports):
        status = Status.DEGRADED
    elif len(checked) < len(own):
        status = Status.SYNCING
    return ConnectionStatus(
        connection=connection,
        status=status,
        problem=problem,
        progress=_progress(own) if status is Status.SYNCING else None,
        last_synced_at=min(checked) if checked and len(checked) == len(own) else None,
        slower_sync=any(slower_sync(state) for state in states),
    )


def slower_sync(state: CalendarState) -> bool:
    """Whether changes of a calendar that is read are found by asking alone (F09)."""
    return state.checked_at is not None and state.push.status is not PushStatus.ACTIVE


def _gravest(states: Sequence[CalendarState]) -> Problem | None:
    """What a calendar cannot be read for goes before what else is wrong with one."""
    problems = [s.problem for s in states if s.problem is not None]
    return next(iter([*problems, *(s.trouble for s in states if s.trouble is not None)]), None)


def _any_stale(states: Sequence[CalendarState], ports: Ports) -> bool:
    oldest = ports.clock() - ports.policies.stale_after
    return any(s.checked_at is not None and s.checked_at < oldest for s in states)


def _progress(glances: Sequence[CalendarGlance | None]) -> Progress:
    read = [g for g in glances if g is not None and g.state.checked_at is not None]
    running = [g for g in glances if g is not None and g.state.checked_at is None]
    events = sum(g.state.events for g in read) + sum(g.progress or 0 for g in running)
    return Progress(len(read), len(glances), events)
