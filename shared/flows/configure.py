"""The calendar configuration of a user at a location (R6–R9, R11)."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from shared.domain.access import Caller
from shared.domain.audit import Act, AuditRecord
from shared.domain.model import Calendar, CalendarInfo, LocationId, ProviderName, UserId
from shared.domain.rebinding import chosen_anew, likeness
from shared.domain.records import KeptSelection, Member, WatchedCalendar
from shared.domain.selection import Refusal, Refused, Selection, check, providers_chosen
from shared.errors import Conflict, InvalidRequest, Stale, StoreConflict
from shared.flows.apply_selection import apply_selection, safely_later
from shared.flows.audit import act_of, audited
from shared.flows.being_erased import refuse_while_erased
from shared.flows.list_calendars import calendars_of
from shared.flows.ports import Ports


async def configuration(location: LocationId, user: UserId, ports: Ports) -> KeptSelection:
    return (await ports.locations.member(location, user)).selection


async def configure(
    caller: Caller,
    location: LocationId,
    user: UserId,
    selection: Selection,
    number: int,
    ports: Ports,
) -> KeptSelection:
    """Keeps `selection` if `number` is still the newest version, then begins to read.

    Raises Stale, Conflict (nobody connected, R9; being erased) or InvalidRequest (a calendar that
    cannot be chosen); then nothing is changed.
    """
    member = await ports.locations.member(location, user)
    await refuse_while_erased(member, ports)
    if caller.user != user and not member.connections:
        raise Conflict(
            "This agent has not connected an account yet. Only the agent can, under My Profile › "
            "Integrations; after that you can choose the calendars here.",
            code="agent_not_connected",
        )
    if number != member.selection.number:
        raise Stale("The configuration was changed meanwhile. Load it again, then save.")
    listed = await calendars_of(member, providers_chosen(selection), ports)
    refused = check(selection, member.connections.keys(), listed)
    if refused is not None:
        raise _refusal(refused)
    await safely_later(location, user, ports)
    kept = replace(
        member.selection,
        selection=selection,
        number=number + 1,
        watched=_watched(member, selection, listed),
        rebound=chosen_anew(member.selection.rebound, _calendars(member, selection)),
    )
    try:
        async with audited(_act(caller, member, kept, ports), ports):
            kept = await ports.locations.choose(location, user, kept)
    except StoreConflict:
        raise Stale("The configuration was changed meanwhile. Load it again, then save.") from None
    with suppress(StoreConflict):  # the message that went ahead goes on
        await apply_selection(location, user, ports)
    return kept


def _act(caller: Caller, member: Member, kept: KeptSelection, ports: Ports) -> AuditRecord:
    selection = kept.selection
    keys = [calendar.key for calendar in _calendars(member, selection)]
    first = len(keys) - len(selection.conflicts)  # roles() has the primary calendar first
    return act_of(
        caller,
        Act.CONFIGURED,
        member.location,
        ports,
        user=member.user,
        primary=keys[0] if first else None,
        conflicts=tuple(keys[first:]),
        policy=selection.policy,
        version=kept.number,
    )


def _watched(
    member: Member,
    selection: Selection,
    listed: Mapping[ProviderName, list[CalendarInfo]],
) -> tuple[WatchedCalendar, ...]:
    """Those that carry a watch and those that will: none is lost should applying be cut short."""
    infos = {(name, info.calendar_id): info for name, found in listed.items() for info in found}
    watched = {found.calendar: found for found in member.selection.watched}
    for calendar in _calendars(member, selection):
        provider = calendar.account.provider
        info = infos[provider, calendar.calendar_id]
        known_by = likeness(info, listed[provider])
        watched[calendar] = WatchedCalendar(calendar, info.is_default, info.shared, known_by)
    return tuple(watched.values())


def _calendars(member: Member, selection: Selection) -> list[Calendar]:
    return [
        Calendar(member.connections[choice.provider].account, choice.calendar_id)
        for choice, _ in selection.roles()
    ]


def _refusal(refused: Refused) -> InvalidRequest | Conflict:
    provider = str(refused.choice.provider).capitalize()
    code = refused.refusal.value
    match refused.refusal:
        case Refusal.PROVIDER_NOT_CONNECTED:
            return Conflict(f"No {provider} account is connected. Connect one first.", code=code)
        case Refusal.CALENDAR_TWICE:
            return InvalidRequest("A calendar can be chosen once only.", code=code)
        case Refusal.UNKNOWN_CALENDAR:
            return InvalidRequest(
                f"The {provider} account has no such calendar (any more). Load the list again.",
                code=code,
            )
        case Refusal.CALENDAR_READ_ONLY:
            return InvalidRequest(
                "The account may not write to this calendar, so it cannot be primary. It can be "
                "checked for conflicts.",
                code=code,
            )
