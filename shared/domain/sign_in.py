"""What passes between a sign-in and those who ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.domain.access import Membership
from shared.domain.model import Account, LocationId, ProviderName, UserId
from shared.domain.records import AccountProfile


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and what must be remembered (a secret) to finish."""

    authorization_url: str
    state: str
    flow: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Tokens:
    """`cache` is the provider's own, a secret; `access_token` a token out of it."""

    cache: bytes
    access_token: str
    access_expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    account: Account
    profile: AccountProfile
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """What is remembered, sealed, between the two halves of a sign-in."""

    provider: ProviderName
    location: LocationId
    user: UserId
    user_name: str
    locations: tuple[LocationId, ...]
    return_url: str | None
    browser: str
    flow: Mapping[str, object]
    role: str = Membership.AGENT
