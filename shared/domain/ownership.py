"""Who owns an account (R4) and who may connect a second one (R3)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.model import LocationId, UserId

# A claim is made before the connection that it is for. Where that never came, the claim is void
# after this long.
UNUSED_CLAIM_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Owner:
    """The one user of an account, and since when the user has it at which locations."""

    user: UserId
    user_name: str
    locations: Mapping[LocationId, datetime] = field(default_factory=dict)


def may_claim(
    owner: Owner | None, user: UserId, connected: Collection[LocationId], now: datetime
) -> bool:
    """Whether `user` may take an account that `owner` has.

    `connected` are those of the owner's locations where a connection to the account exists.
    """
    if owner is None or owner.user == user:
        return True
    return unused(owner, connected, now)


def claimed(
    owner: Owner | None, user: UserId, name: str, location: LocationId, now: datetime
) -> Owner:
    """The ownership once `user` uses the account at `location` too."""
    held = dict(owner.locations) if owner is not None and owner.user == user else {}
    return Owner(user, name, {**held, location: now})


def unused(owner: Owner, connected: Collection[LocationId], now: datetime) -> bool:
    """Whether no location uses the account, and none is about to."""
    return not still_used(owner, connected, now).locations


def still_used(owner: Owner, connected: Collection[LocationId], now: datetime) -> Owner:
    """The ownership with only the locations that use the account, or are about to."""
    left = {
        place: since
        for place, since in owner.locations.items()
        if place in connected or now - since <= UNUSED_CLAIM_LASTS
    }
    return Owner(owner.user, owner.user_name, left)


def released(owner: Owner, location: LocationId) -> Owner:
    """The ownership once the account is no longer used at `location`."""
    left = {place: since for place, since in owner.locations.items() if place != location}
    return Owner(owner.user, owner.user_name, left)


def names_owner_to(owner: Owner, locations: Collection[LocationId]) -> bool:
    """The owner is named only to members of a location that both share (R4)."""
    return any(place in owner.locations for place in locations)
