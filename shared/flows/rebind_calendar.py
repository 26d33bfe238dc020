"""A calendar that is gone is chosen again under the id that it has now (guarantees.md, rule 29)."""

from contextlib import suppress

from shared.domain.model import CalendarInfo
from shared.domain.rebinding import found_again, with_rebound
from shared.domain.records import CalendarPartition, Member
from shared.errors import StoreConflict
from shared.flows.apply_selection import apply_selection, safely_later
from shared.flows.mailbox import Lane, mailbox
from shared.flows.ports import Ports


async def rebind_calendar(partition: CalendarPartition, ports: Ports) -> bool:
    """Looks for it in what its account lists now, for each of those who have chosen it; True if
    somebody's selection has it under another id.

    Raises what the provider raises, and StoreConflict, to be tried again.
    """
    account, found = partition.state.account, False
    async with mailbox(ports, account, Lane.BACKGROUND) as token:
        listed = await ports.provider(account.provider).calendars(token)
    for watch in partition.watches:
        member = await ports.locations.member(watch.location, watch.user)
        found |= await _rebound(member, partition, listed, ports)
    return found


async def _rebound(
    member: Member, partition: CalendarPartition, listed: list[CalendarInfo], ports: Ports
) -> bool:
    calendar, kept = partition.state.calendar, member.selection
    watched = next((one for one in kept.watched if one.calendar == calendar), None)
    if watched is None or (info := found_again(watched, listed)) is None:
        return False
    after = with_rebound(kept, watched, info)
    if after is None:
        return False
    await safely_later(member.location, member.user, ports)
    await ports.locations.choose(member.location, member.user, after)
    with suppress(StoreConflict):  # the message that went ahead goes on
        await apply_selection(member.location, member.user, ports)
    return True
