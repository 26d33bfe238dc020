"""The calendars of a user's accounts, live from the providers (R5)."""

import asyncio
from dataclasses import dataclass

from shared.domain.model import CalendarInfo, LocationId, ProviderName, Role, UserId
from shared.domain.records import Connection, Member
from shared.domain.selection import Choice
from shared.flows.mailbox import Lane, mailbox
from shared.flows.ports import Ports


@dataclass(frozen=True, slots=True)
class ListedCalendar:
    provider: ProviderName
    info: CalendarInfo
    role: Role | None


async def list_calendars(location: LocationId, user: UserId, ports: Ports) -> list[ListedCalendar]:
    """Raises what the providers raise: a list that lacks an account would look complete."""
    member = await ports.locations.member(location, user)
    roles = dict(member.selection.selection.roles())
    by_provider = await calendars_of(member, set(member.connections), ports)
    return [
        ListedCalendar(provider, info, roles.get(Choice(provider, info.calendar_id)))
        for provider, infos in by_provider.items()
        for info in infos
    ]


async def calendars_of(
    member: Member, providers: set[ProviderName], ports: Ports
) -> dict[ProviderName, list[CalendarInfo]]:
    """What each connected account of `providers` lists now."""
    connections = [member.connections[name] for name in sorted(providers & set(member.connections))]
    found = await asyncio.gather(*(_calendars(connection, ports) for connection in connections))
    return {
        connection.account.provider: infos
        for connection, infos in zip(connections, found, strict=True)
    }


async def _calendars(connection: Connection, ports: Ports) -> list[CalendarInfo]:
    account = connection.account
    async with mailbox(ports, account, Lane.INTERACTIVE) as token:
        return await ports.providers[account.provider].calendars(token)
