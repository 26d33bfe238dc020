"""Answers from the mirror: when a user is busy, and the events of the primary calendar.

No provider is asked. What is not known counts as busy, and says so (R16).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.domain.access import Caller
from shared.domain.availability import (
    Block,
    CalendarTime,
    Freshness,
    Reading,
    busy,
    instants,
    reading,
)
from shared.domain.mirror import Event
from shared.domain.model import Calendar, LocationId, ProviderName, Role, UserId
from shared.domain.records import Member
from shared.domain.selection import Choice
from shared.domain.spans import Interval
from shared.errors import InvalidRequest, NotFound
from shared.flows.ports import Ports

LONGEST = timedelta(days=92)
# Beyond these a day more or less, or another zone, may leave what a date can hold.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BusyTime:
    complete: bool
    blocks: list[Block]
    calendars: list[CalendarTime]


@dataclass(frozen=True, slots=True)
class ShownEvents:
    """`calendar` is None while no primary calendar is chosen."""

    calendar: CalendarTime | None
    events: list[tuple[Event, Interval]]


def asked_range(start: datetime, end: datetime, longest: timedelta = LONGEST) -> Interval:
    """Raises InvalidRequest for a range that ends before it starts, is too long or too far off."""
    if end <= start:
        raise InvalidRequest("end must be after start.", code="range_empty")
    if end - start > longest:
        raise InvalidRequest(
            f"Ask for at most {longest.days} days at a time.", code="range_too_long"
        )
    if start < EARLIEST or end > LATEST:
        raise InvalidRequest("Ask for the years 1900 to 8999.", code="range_out_of_bounds")
    return Interval(start, end)


async def known_member(caller: Caller, location: LocationId, user: UserId, ports: Ports) -> Member:
    """Raises NotFound for a user who has connected nothing here: nobody may take that for free."""
    member = await ports.locations.member(location, user)
    if not member.known and caller.user != user:
        raise NotFound("This user has connected no account at this location.", code="unknown_user")
    return member


async def busy_time(member: Member, asked: Interval, ports: Ports) -> BusyTime:
    chosen = dict(member.selection.selection.roles())
    calendars = await mirrored(member, chosen, asked, ports)
    blocks = busy(calendars, member.selection.selection.policy, asked)
    complete = all(c.reading.freshness is Freshness.CURRENT for c in calendars)
    return BusyTime(complete, blocks, calendars)


async def shown_events(member: Member, asked: Interval, ports: Ports) -> ShownEvents:
    """Events of the primary calendar in order, free ones too, by the setting for series."""
    selection = member.selection.selection
    if selection.primary is None:
        return ShownEvents(None, [])
    [calendar] = await mirrored(member, {selection.primary: Role.PRIMARY}, asked, ports)
    shown = [
        (event, span)
        for event in calendar.events
        if selection.policy.sees(event)
        and (span := instants(event.span, calendar.zone)).start < asked.end
        and (span.end > asked.start or span.start >= asked.start)
    ]
    return ShownEvents(calendar, sorted(shown, key=lambda pair: (pair[1], pair[0].id)))


async def mirrored(
    member: Member, chosen: Mapping[Choice, Role], asked: Interval, ports: Ports
) -> list[CalendarTime]:
    """What the mirrors of these calendars say, in the same order."""
    return list(
        await asyncio.gather(
            *(_time(member, choice, role, asked, ports) for choice, role in chosen.items())
        )
    )


async def _time(
    member: Member, choice: Choice, role: Role, asked: Interval, ports: Ports
) -> CalendarTime:
    connection = member.connections.get(choice.provider)
    if connection is None:
        gone = Reading(Freshness.UNREADABLE, None, "not_connected")
        return CalendarTime(choice.provider, choice.calendar_id, role, gone, None, ())
    key = Calendar(connection.account, choice.calendar_id).key
    glance = await ports.calendars.glance(key, asked)
    state = glance.state if glance else None
    return CalendarTime(
        provider=ProviderName(choice.provider),
        calendar_id=choice.calendar_id,
        role=role,
        reading=reading(state, asked, ports.clock(), ports.policies.stale_after),
        zone=state.zone if state else None,
        events=glance.events if glance else (),
    )
