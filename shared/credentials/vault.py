"""Access tokens for accounts: read from the sealed cache, refreshed by one at a time."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from shared.credentials.sealing import Sealer
from shared.domain.model import Account, ProviderName
from shared.domain.records import AccountRecord, Lease, SealedTokens
from shared.domain.sign_in import Tokens
from shared.errors import MailboxBusy, OperatorFault, ReconnectRequired, StoreConflict

_MARGIN = timedelta(minutes=6)
"""A token is refreshed this long before it ends; MSAL's own margin is five minutes."""

_LEASE = "refresh"
_LEASE_LASTS = timedelta(seconds=60)
_WAITS = (0.1, 0.2, 0.4, 0.8)


class Accounts(Protocol):
    """What the vault asks of the store of accounts."""

    async def load(self, account: Account) -> AccountRecord: ...

    async def save_tokens(self, account: Account, tokens: SealedTokens) -> SealedTokens: ...

    async def take_lease(
        self, record: AccountRecord, names: Collection[str], now: datetime, until: datetime
    ) -> Lease | None: ...

    async def give_back(self, lease: Lease) -> None: ...


class TokenSource(Protocol):
    """What the vault asks of a provider's sign-in; see `providers/base.py`."""

    def read(self, cache: bytes) -> Tokens | None: ...

    async def refresh(self, cache: bytes) -> Tokens: ...

    async def end(self, cache: bytes) -> None: ...


class Vault:
    """Sealed token caches of all accounts."""

    def __init__(
        self,
        accounts: Accounts,
        sealer: Sealer,
        sources: Mapping[ProviderName, TokenSource],
        clock: Callable[[], datetime],
    ) -> None:
        self._accounts = accounts
        self._sealer = sealer
        self._sources = sources
        self._clock = clock

    async def sealed(self, tokens: Tokens, version: object = None) -> SealedTokens:
        sealed = await self._sealer.seal(tokens.cache)
        return SealedTokens(sealed, tokens.access_expires_at, version)

    async def access_token(self, record: AccountRecord, refused: str | None = None) -> str:
        """A token that is good for some minutes; another one than `refused`.

        Raises ReconnectRequired, OperatorFault, ProviderUnavailable, or MailboxBusy while somebody
        else's refresh takes longer than we may wait.
        """
        token = await self._usable(record, refused)
        if token is not None:
            return token
        for wait in _WAITS:
            lease = await self._lease(record)
            if lease is not None:
                return await self._refreshed(lease, refused)
            await asyncio.sleep(wait)
            record = await self._accounts.load(record.account)
            token = await self._usable(record, refused)
            if token is not None:
                return token
        raise MailboxBusy("The sign-in is being refreshed.")

    async def end(self, record: AccountRecord) -> None:
        """Ends the grant at the provider. Raises OperatorFault or ProviderUnavailable."""
        if record.tokens is not None:
            cache = await self._sealer.open(record.tokens.sealed)
            await self._source(record.account).end(cache)

    def _source(self, account: Account) -> TokenSource:
        """Raises OperatorFault."""
        try:
            return self._sources[account.provider]
        except KeyError:
            raise not_configured() from None

    async def _lease(self, record: AccountRecord) -> Lease | None:
        now = self._clock()
        return await self._accounts.take_lease(record, [_LEASE], now, now + _LEASE_LASTS)

    async def _refreshed(self, lease: Lease, refused: str | None) -> str:
        try:
            return await self._refresh(lease.account, refused)
        finally:
            await self._accounts.give_back(lease)

    async def _refresh(self, account: Account, refused: str | None) -> str:
        """Reads anew under the lease: whoever held it before may have refreshed."""
        record = await self._accounts.load(account)
        token = await self._usable(record, refused)
        if token is not None:
            return token
        sealed = _tokens(record)
        try:
            cache = await self._sealer.open(sealed.sealed)
            fresh = await self._source(account).refresh(cache)
        except ReconnectRequired:
            # Old tokens are refused once the user has signed in anew: then the new ones count.
            record = await self._accounts.load(account)
            if record.tokens is None or record.tokens.version == sealed.version:
                raise
            raise MailboxBusy("The account was connected anew meanwhile.") from None
        # Where a reconnect came in between, its tokens stay. Ours work too: no provider revokes a
        # refresh token when it issues the next.
        with suppress(StoreConflict):
            await self._accounts.save_tokens(account, await self.sealed(fresh, sealed.version))
        return fresh.access_token

    async def _usable(self, record: AccountRecord, refused: str | None) -> str | None:
        sealed = _tokens(record)
        if sealed.access_expires_at - self._clock() < _MARGIN:
            return None
        cache = await self._sealer.open(sealed.sealed)
        tokens = self._source(record.account).read(cache)
        if tokens is None or tokens.access_token == refused:
            return None
        return tokens.access_token


def not_configured() -> OperatorFault:
    """An account may outlive the settings of its provider."""
    return OperatorFault("This provider is not set up here.", code="provider_not_configured")


def _tokens(record: AccountRecord) -> SealedTokens:
    if record.tokens is None:
        raise ReconnectRequired("This account is not signed in.")
    return record.tokens
