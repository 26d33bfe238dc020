"""The calendars on which the event of an appointment may be written, or may have been."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.domain.appointments import Appointment, Placement
from shared.domain.model import Account, Calendar, UserId
from shared.domain.placing import Target, target
from shared.domain.records import Member
from shared.flows.ports import Ports


@dataclass(frozen=True, slots=True)
class MemberCalendars:
    """What the appointment's user has chosen, and the accounts of all who ever had it, with those
    of their calendars that have another id now."""

    primary: Calendar | None
    accounts: Mapping[UserId, frozenset[Account]]
    rebound: Mapping[UserId, Mapping[Calendar, Calendar]]

    @classmethod
    async def of(cls, appointment: Appointment, ports: Ports) -> "MemberCalendars":
        users = {appointment.user, *(one.user for one in appointment.placements)}
        members = {
            user: await ports.locations.member(appointment.location, user) for user in sorted(users)
        }
        own = members[appointment.user]
        return cls(
            primary=primary_of(own),
            accounts={
                user: frozenset(one.account for one in member.connections.values())
                for user, member in members.items()
            },
            rebound={
                user: {one.was: one.now for one in member.selection.rebound}
                for user, member in members.items()
            },
        )

    def target(self, appointment: Appointment, now: datetime) -> Target:
        return target(appointment, self.primary, self.accounts[appointment.user], now)

    def reach(self, placement: Placement) -> bool:
        """Whether the user for whom the event was written still has that account here."""
        return placement.calendar.account in self.accounts.get(placement.user, ())


def primary_of(member: Member) -> Calendar | None:
    """The member's primary calendar, by the accounts that are connected now (R6)."""
    choice = member.selection.selection.primary
    connection = member.connections.get(choice.provider) if choice else None
    if choice is None or connection is None:
        return None
    return Calendar(connection.account, choice.calendar_id)
