"""Everything of Google's in one world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx

from sandbox.google.account import Account
from sandbox.google.calendars.calendar import Calendar
from sandbox.google.channels.service import ChannelService
from sandbox.google.gate.limits import GoogleLimits
from sandbox.google.oauth.scopes import parse
from sandbox.google.oauth.state import OAuthState
from sandbox.google.registration import GoogleRegistration

_DEFAULT_SCOPES = "openid email profile calendar"


class Google:
    """Accounts, their calendars, tokens, channels, quotas."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        client: Callable[[], httpx.AsyncClient],
        registration: GoogleRegistration | None = None,
    ) -> None:
        self.clock = clock
        self.registration = registration or GoogleRegistration()
        self.oauth = OAuthState()
        self.limits = GoogleLimits()
        self.channels = ChannelService(clock, client)
        self._accounts: dict[str, Account] = {}

    @property
    def accounts(self) -> list[Account]:
        """Every account."""
        return list(self._accounts.values())

    def add_account(
        self,
        address: str,
        name: str = "",
        time_zone: str = "UTC",
        *,
        hd: str | None = None,
        sub: str | None = None,
        has_calendar: bool = True,
    ) -> Account:
        """Add an account with an empty primary calendar; `hd` is its Workspace domain."""
        if address.lower() in self._accounts:
            raise ValueError(f"{address} exists already")
        made = Account(
            address,
            name or address,
            time_zone,
            self.clock,
            hd=hd,
            sub=sub,
            has_calendar=has_calendar,
            find_peer=self.find,
        )
        made.on_change = self.channels.on_change
        made.on_list_change = self.channels.on_list_change
        self._accounts[address.lower()] = made
        return made

    def account(self, address: str) -> Account:
        """The account with this address; KeyError if there is none."""
        return self._accounts[address.lower()]

    def find(self, name: str) -> Account | None:
        """The account with this address or `sub`, if there is one."""
        by_sub = (one for one in self.accounts if one.sub == name)
        return self._accounts.get(name.lower()) or next(by_sub, None)

    def find_calendar(self, calendar_id: str) -> Calendar | None:
        """A calendar by its id, whoever owns it."""
        wanted = calendar_id.lower()
        for account in self.accounts:
            for entry in account.entries:
                if entry.calendar.id.lower() == wanted:
                    return entry.calendar
        return None

    def access_token(self, address: str, scopes: str = _DEFAULT_SCOPES) -> str:
        """An access token without any sign-in."""
        account, wanted = self.account(address), parse(scopes)
        self.oauth.grant(account, wanted, wanted)
        return self.oauth.add_access_token(account, wanted, self.clock())

    def revoke(self, account: Account) -> bool:
        """End the grant of the project, as its user or the application can."""
        if self.channels.settings.end_with_grant:
            self.channels.end_of(account)
        return self.oauth.revoke(account)

    def be_gentle(self) -> None:
        """Whole pages, each message once and after the fact."""
        self.channels.settings.hostile = False
        for account in self.accounts:
            account.faults.be_gentle()
