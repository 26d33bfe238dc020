"""What a provider's sign-in must do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.model import Account
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


class SignIn(Protocol):
    async def begin(self, redirect_uri: str) -> Begun: ...

    async def finish(self, flow: Mapping[str, object], answer: Mapping[str, str]) -> SignedIn:
        """`answer` is the query of the callback. Raises SignInFailed or a ProviderError."""
        ...

    def read(self, cache: bytes) -> Tokens | None:
        """The newest access token in `cache`, expired or not, without any request."""
        ...

    async def refresh(self, cache: bytes) -> Tokens:
        """Raises ReconnectRequired, OperatorFault or ProviderUnavailable."""
        ...

    async def end(self, cache: bytes) -> None:
        """Ends the grant where the provider can; one that is over already is no error.

        Raises OperatorFault, ReconnectRequired or ProviderUnavailable.
        """
        ...
