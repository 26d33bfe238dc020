"""What the sign-in service remembers: codes, tokens, consents, settings."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.microsoft.directory import User
from sandbox.microsoft.entra import scopes as scope_names
from sandbox.microsoft.entra.keys import SigningKeys


@dataclass
class EntraSettings:
    """Life times and switches; an address (or "*") in `omit_refresh_token` gets none."""

    access_token_seconds: int = 3599
    code_seconds: int = 600
    refresh_inactive_days: int = 90
    qualified_scopes: bool = False
    omit_refresh_token: set[str] = field(default_factory=set)


@dataclass
class AuthorizationCode:
    """A code waiting to be redeemed, once."""

    user: User
    scopes: list[str]
    redirect_uri: str
    tenant_name: str
    nonce: str | None
    challenge: str | None
    challenge_method: str
    issued_at: datetime
    redeemed: bool = False


@dataclass
class RefreshToken:
    """A refresh token; using it leaves it valid
    (learn.microsoft.com/entra/identity-platform/refresh-tokens)."""

    user: User
    scopes: list[str]
    issued_at: datetime
    last_used: datetime


@dataclass
class AccessToken:
    """What an opaque access token stands for."""

    user: User
    scopes: frozenset[str]
    expires_at: datetime


class EntraState:
    """The whole memory of the sign-in service."""

    def __init__(self) -> None:
        self.settings = EntraSettings()
        self.keys = SigningKeys()
        self.codes: dict[str, AuthorizationCode] = {}
        self.refresh_tokens: dict[str, RefreshToken] = {}
        self.access_tokens: dict[str, AccessToken] = {}
        self.consents: dict[str, set[str]] = {}
        self.valid_from: dict[str, datetime] = {}

    def consented(self, user: User) -> set[str]:
        """The Graph permissions the application holds for this account."""
        return self.consents.get(user.object_id, set()) | user.tenant.admin_consented

    def consent(self, user: User, asked: Iterable[str], granted: Iterable[str]) -> None:
        """Note the user's answer: of what was asked, exactly `granted` holds from now on."""
        before = self.consents.get(user.object_id, set())
        self.consents[user.object_id] = (
            before - scope_names.for_graph(asked)
        ) | scope_names.for_graph(granted)

    def revoke_consent(self, user: User) -> None:
        """The user removes the application; refresh tokens stop working."""
        self.consents.pop(user.object_id, None)

    def revoke_sessions(self, user: User, now: datetime) -> None:
        """All refresh tokens issued so far stop working."""
        self.valid_from[user.object_id] = now

    def expire_access_tokens(self, user: User | None, now: datetime) -> int:
        """Let the access tokens of one account, or all, expire at once; returns how many."""
        chosen = [t for t in self.access_tokens.values() if user is None or t.user is user]
        for token in chosen:
            token.expires_at = now
        return len(chosen)

    def add_code(self, code: AuthorizationCode) -> str:
        """Store a code; returns its value."""
        value = f"M.C5_SBX.{secrets.token_urlsafe(48)}"
        self.codes[value] = code
        return value

    def add_refresh_token(self, user: User, scopes: list[str], now: datetime) -> str:
        """Issue a refresh token; returns its value."""
        value = f"0.AX0A{secrets.token_urlsafe(64)}"
        self.refresh_tokens[value] = RefreshToken(user, scopes, now, now)
        return value

    def add_access_token(self, user: User, scopes: Iterable[str], now: datetime) -> str:
        """Issue an opaque access token; returns its value."""
        value = f"EwB{secrets.token_urlsafe(96)}"
        life = timedelta(seconds=self.settings.access_token_seconds)
        self.access_tokens[value] = AccessToken(user, frozenset(scopes), now + life)
        return value
