"""What a provider must do. It speaks domain values only and raises errors of shared/errors.py."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from shared.domain.model import CalendarInfo, CalendarState, Cursor, Push, Window
from shared.domain.reconcile import Round

AccessToken = Callable[[str | None], Awaitable[str]]
"""Gives an access token; another one than the one that is passed, which was refused."""

Progress = Callable[[int], Awaitable[None]]
"""Told how many events have been read so far."""


class CalendarProvider(Protocol):
    """Every call makes its requests one after the other, so that it counts as one in flight."""

    async def check_mailbox(self, token: AccessToken) -> None:
        """Raises MailboxMissing, saying to people why, where the account has none (R2)."""
        ...

    async def calendars(self, token: AccessToken) -> list[CalendarInfo]:
        """All calendars that the account sees now, those shared with it included (R5)."""
        ...

    async def read(
        self,
        token: AccessToken,
        state: CalendarState,
        cursor: Cursor | None,
        window: Window,
        progress: Progress,
    ) -> Round:
        """One complete round: what changed since `cursor`, or with None all of `window`.

        Raises CursorLost, CalendarGone, CalendarForbidden,
        Throttled or ProviderUnavailable; then nothing of the round may be used.
        """
        ...

    async def subscribe(self, token: AccessToken, calendar: CalendarState, proof: str) -> Push:
        """Opens a push channel that sends `proof` back. Raises PushRefused."""
        ...

    async def renew(self, token: AccessToken, channel: Push) -> Push:
        """Raises PushGone."""
        ...

    async def unsubscribe(self, token: AccessToken, channel: Push) -> None:
        """Ends the channel; one that is gone already is no error."""
        ...
