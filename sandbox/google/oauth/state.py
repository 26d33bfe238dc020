"""What the sign-in service remembers: codes, tokens, grants, settings."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from sandbox.google.account import Account
from sandbox.microsoft.entra.keys import SigningKeys


@dataclass
class OAuthSettings:
    """Life times (developers.google.com/identity/protocols/oauth2#expiration) and switches; an
    address (or "*") in `omit_refresh_token` gets none."""

    access_token_seconds: int = 3599
    code_seconds: int = 600
    refresh_inactive_days: int = 183
    testing_refresh_days: int = 7
    refresh_tokens_each: int = 100
    omit_refresh_token: set[str] = field(default_factory=set)


@dataclass
class AuthorizationCode:
    """A code waiting to be redeemed, once."""

    account: Account
    scopes: list[str]
    redirect_uri: str
    nonce: str | None
    challenge: str | None
    challenge_method: str
    issued_at: datetime
    refreshable: bool
    redeemed: bool = False


@dataclass
class RefreshToken:
    """A refresh token; it is not replaced when used."""

    account: Account
    scopes: list[str]
    issued_at: datetime
    last_used: datetime
    expires_at: datetime | None = None


@dataclass
class AccessToken:
    """What an opaque access token stands for."""

    account: Account
    scopes: frozenset[str]
    expires_at: datetime


Token = TypeVar("Token", AuthorizationCode, RefreshToken, AccessToken)


class OAuthState:
    """The whole memory of the sign-in service, for the one project there is."""

    def __init__(self) -> None:
        self.settings = OAuthSettings()
        self.keys = SigningKeys()
        self.codes: dict[str, AuthorizationCode] = {}
        self.refresh_tokens: dict[str, RefreshToken] = {}
        self.access_tokens: dict[str, AccessToken] = {}
        self.grants: dict[str, set[str]] = {}

    def granted(self, account: Account) -> set[str]:
        """The scopes that the project holds for this account."""
        return self.grants.get(account.sub, set())

    def grant(self, account: Account, asked: Iterable[str], given: Iterable[str]) -> None:
        """Note the user's answer: of what was asked, exactly `given` holds from now on."""
        before = self.granted(account)
        self.grants[account.sub] = (before - set(asked)) | set(given)

    def revoke(self, account: Account) -> bool:
        """End the project's grant with all tokens; False if there was none."""
        held = self.grants.pop(account.sub, None)
        self.refresh_tokens = _without(self.refresh_tokens, account)
        self.access_tokens = _without(self.access_tokens, account)
        self.codes = _without(self.codes, account)
        return held is not None

    def account_of(self, token: str) -> Account | None:
        """Whose token it is, if it is one that works."""
        found = self.refresh_tokens.get(token) or self.access_tokens.get(token)
        return found.account if found else None

    def expire_access_tokens(self, account: Account | None, now: datetime) -> int:
        """Let the access tokens of one account, or all, expire at once; returns how many."""
        chosen = [t for t in self.access_tokens.values() if account in (None, t.account)]
        for token in chosen:
            token.expires_at = now
        return len(chosen)

    def add_code(self, code: AuthorizationCode) -> str:
        """Store a code; returns its value."""
        value = f"4/0A{secrets.token_urlsafe(53)}"
        self.codes[value] = code
        return value

    def add_refresh_token(
        self, account: Account, scopes: list[str], now: datetime, life: timedelta | None = None
    ) -> str:
        """Issue a refresh token; the oldest one dies without a word where there are too many."""
        mine = [value for value, held in self.refresh_tokens.items() if held.account is account]
        for value in mine[: max(0, len(mine) + 1 - self.settings.refresh_tokens_each)]:
            del self.refresh_tokens[value]
        value = f"1//0{secrets.token_urlsafe(72)}"
        until = now + life if life else None
        self.refresh_tokens[value] = RefreshToken(account, scopes, now, now, until)
        return value

    def add_access_token(self, account: Account, scopes: Iterable[str], now: datetime) -> str:
        """Issue an access token; returns its value."""
        value = f"ya29.a0{secrets.token_urlsafe(120)}"
        life = timedelta(seconds=self.settings.access_token_seconds)
        self.access_tokens[value] = AccessToken(account, frozenset(scopes), now + life)
        return value


def _without(held: dict[str, Token], account: Account) -> dict[str, Token]:
    return {value: token for value, token in held.items() if token.account is not account}
