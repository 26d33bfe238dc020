"""What a provider must do. It speaks domain values only and raises errors of shared/errors.py."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from shared.domain.appointments import Content, LiveEvent
from shared.domain.confirming import Stretch
from shared.domain.model import CalendarInfo, CalendarState, Cursor, Push, Window
from shared.domain.reconcile import Round
from shared.domain.sign_in import Begun, SignedIn, Tokens

AccessToken = Callable[[str | None], Awaitable[str]]
"""Gives an access token; another one than the one that is passed, which was refused."""

Progress = Callable[[int], Awaitable[None]]
"""Told how many events have been read so far."""


class SignIn(Protocol):
    """An account of the provider, from the browser's consent to the end of the grant."""

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

    async def stretch(
        self, token: AccessToken, calendar_id: str, time: Window, series: frozenset[str] | None
    ) -> Stretch:
        """All events that may lie in `time`, whatever zone all-day ones mean, without any cursor.

        With the series that they belong to, and those of `series` that are still there; with None
        no series is asked for. Titles may be missing. Raises what `read` raises.
        """
        ...

    async def subscribe(self, token: AccessToken, calendar: CalendarState, proof: str) -> Push:
        """Opens a push channel that sends `proof` back. Raises PushRefused."""
        ...

    async def renew(
        self, token: AccessToken, calendar: CalendarState, channel: Push, proof: str
    ) -> Push:
        """Lengthens its life, or opens another beside it; the caller ends the old one then.

        Raises PushGone.
        """
        ...

    async def unsubscribe(self, token: AccessToken, channel: Push) -> None:
        """Ends the channel; one that is gone already is no error."""
        ...

    async def create_event(
        self, token: AccessToken, calendar_id: str, content: Content, transaction: str
    ) -> LiveEvent:
        """Writes the event of an appointment, marked with `transaction` as ours.

        Where one was made under that transaction before it is returned as it is now, and no
        second is made; EventGone is raised where it is not there any more. Also raises
        CalendarGone or CalendarForbidden.
        """
        ...

    async def find_event(
        self, token: AccessToken, calendar_id: str, transaction: str
    ) -> LiveEvent | None:
        """The event that was made under that transaction, if it is on the calendar.

        A provider that can also finds it where its owner has moved it to another calendar.
        Raises CalendarGone where the calendar itself is not there any more.
        """
        ...

    async def event(self, token: AccessToken, calendar_id: str, event_id: str) -> LiveEvent | None:
        """The event as it is now, also where its owner has moved it to another calendar."""
        ...

    async def is_listed(
        self, token: AccessToken, calendar_id: str, event_id: str, transaction: str
    ) -> bool:
        """Whether the event is on that calendar, or on another of the account.

        A provider may go on answering for an event that its owner has thrown away.
        """
        ...

    async def update_event(
        self,
        token: AccessToken,
        calendar_id: str,
        event_id: str,
        content: Content,
        fields: frozenset[str],
        entity_tag: str | None,
        before: Content | None = None,
    ) -> LiveEvent:
        """Changes these fields of the event (names of `Content.differing`), in place.

        `before` is what was written last: of the guests who are on the event only those whom it
        invited are ours to take off; those whom the calendar's owner has added stay.
        Raises EventChanged where `entity_tag` is not its version any more, and EventGone.
        """
        ...

    async def delete_event(self, token: AccessToken, calendar_id: str, event_id: str) -> bool:
        """Deletes the event; False where none is there under that id, which is no error."""
        ...
