"""Who may do what, from the claims of the CRM's token."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.model import LocationId, UserId

ID_PATTERN = r"^[A-Za-z0-9._~:@+=-]{1,128}$"
"""Ids of the CRM: they become parts of keys, so no separator is among these characters."""

ANY_LOCATION = LocationId("*")


class Membership(StrEnum):
    AGENT = "agent"
    ADMIN = "admin"
    SERVICE = "service"


class Right(StrEnum):
    """What a route asks of its caller; see the table of the contract."""

    OWN = "own"
    """The user themselves: nobody connects for somebody else (R1, R9)."""
    OWN_OR_ADMIN = "own_or_admin"
    OWN_ADMIN_OR_SERVICE = "own_admin_or_service"
    ADMIN = "admin"
    ADMIN_OR_SERVICE = "admin_or_service"
    SERVICE = "service"
    """The CRM itself, and no person."""
    MEMBER = "member"
    """Everybody of the location; what is whose is looked at further on."""


_ROLES: Mapping[Right, frozenset[Membership]] = {
    Right.OWN: frozenset(),
    Right.OWN_OR_ADMIN: frozenset({Membership.ADMIN}),
    Right.OWN_ADMIN_OR_SERVICE: frozenset({Membership.ADMIN, Membership.SERVICE}),
    Right.ADMIN: frozenset({Membership.ADMIN}),
    Right.ADMIN_OR_SERVICE: frozenset({Membership.ADMIN, Membership.SERVICE}),
    Right.SERVICE: frozenset({Membership.SERVICE}),
    Right.MEMBER: frozenset(Membership),
}
_OWN = frozenset({Right.OWN, Right.OWN_OR_ADMIN, Right.OWN_ADMIN_OR_SERVICE})


@dataclass(frozen=True, slots=True)
class Caller:
    user: UserId
    name: str
    locations: Mapping[LocationId, Membership]

    def membership(self, location: LocationId) -> Membership | None:
        """Being a service everywhere counts; being an agent or admin is per location."""
        own = self.locations.get(location)
        if own is None and self.locations.get(ANY_LOCATION) is Membership.SERVICE:
            return Membership.SERVICE
        return own

    def may(self, right: Right, location: LocationId, user: UserId | None) -> bool:
        membership = self.membership(location)
        if membership is None:
            return False
        person = membership is not Membership.SERVICE
        if right in _OWN and person and user == self.user:
            return True
        return membership in _ROLES[right]
