"""The calendars of a user's accounts, live from the providers (R5)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.model import CalendarInfo, LocationId, ProviderName, Role, UserId
from shared.domain.records import Connection, Member
from shared.domain.selection import Choice
from shared.errors import CalendarSyncError, MailboxBusy, ProviderError
from shared.flows.mailbox import Lane, mailbox
from shared.flows.ports import Ports

_Answers = dict[ProviderName, list[CalendarInfo] | CalendarSyncError]


@dataclass(frozen=True, slots=True)
class ListedCalendar:
    provider: ProviderName
    info: CalendarInfo
    role: Role | None


@dataclass(frozen=True, slots=True)
class ListedCalendars:
    """`unlisted` says of which accounts the calendars are not known now, and why."""

    calendars: list[ListedCalendar]
    unlisted: Mapping[ProviderName, CalendarSyncError]


async def list_calendars(location: LocationId, user: UserId, ports: Ports) -> ListedCalendars:
    """One account that does not answer hides no other (R8). Raises where none answers."""
    member = await ports.locations.member(location, user)
    roles = dict(member.selection.selection.roles())
    answers = await _answers(member, set(member.connections), ports)
    listed, unlisted = _parted(answers)
    if unlisted and not listed:
        raise next(iter(unlisted.values()))
    calendars = [
        ListedCalendar(provider, info, roles.get(Choice(provider, info.calendar_id)))
        for provider, infos in listed.items()
        for info in infos
    ]
    return ListedCalendars(calendars, unlisted)


async def calendars_of(
    member: Member, providers: set[ProviderName], ports: Ports
) -> dict[ProviderName, list[CalendarInfo]]:
    """What each connected account of `providers` lists now. Raises what the providers raise."""
    listed, unlisted = _parted(await _answers(member, providers, ports))
    for error in unlisted.values():
        raise error
    return listed


async def _answers(member: Member, providers: set[ProviderName], ports: Ports) -> _Answers:
    """All are asked at once, and all have answered or failed in the end."""
    names = sorted(providers & set(member.connections))
    found = await asyncio.gather(*(_calendars(member.connections[name], ports) for name in names))
    return dict(zip(names, found, strict=True))


async def _calendars(
    connection: Connection, ports: Ports
) -> list[CalendarInfo] | CalendarSyncError:
    account = connection.account
    try:
        async with mailbox(ports, account, Lane.INTERACTIVE) as token:
            return await ports.provider(account.provider).calendars(token)
    except (ProviderError, MailboxBusy) as error:
        return error


def _parted(
    answers: _Answers,
) -> tuple[dict[ProviderName, list[CalendarInfo]], dict[ProviderName, CalendarSyncError]]:
    listed, unlisted = {}, {}
    for name, answer in answers.items():
        if isinstance(answer, CalendarSyncError):
            unlisted[name] = answer
        else:
            listed[name] = answer
    return listed, unlisted
