"""One live check of a stretch of time on the calendars that a user has chosen.

What cannot be asked in time is answered by the mirror, with the reason (R16). Nothing read here is
kept, nothing is tried again, and nobody waits longer than the budget.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from shared.domain.availability import CalendarTime, Policy
from shared.domain.confirming import Asked, Confirmed, Stretch, confirmed, series_wanted
from shared.domain.model import Account, ProviderName, Window
from shared.domain.records import Member
from shared.domain.spans import Interval
from shared.errors import (
    MailboxBusy,
    OperatorFault,
    ProviderError,
    ProviderUnavailable,
    ReconnectRequired,
    Throttled,
)
from shared.flows.mailbox import Lane, mailbox
from shared.flows.ports import Ports
from shared.flows.read_time import mirrored
from shared.providers.base import AccessToken
from shared.telemetry import fault

LONGEST = timedelta(days=7)
"""A live check has to read all of it at once: it is for a slot that is about to be booked."""

BUDGET_SECONDS = 1.9
"""For the calendars; what is left of two seconds is for the answer."""

UNFINISHED: set[asyncio.Task[None]] = set()
"""Checks that run, also those whose answer came too late: see `_Check`."""

# A mailbox may have four in flight; one is left to those who wait for something else.
_PLACES = 3
_TIMED_OUT = "timed_out"
_STOPS = (Throttled, ReconnectRequired, OperatorFault)


async def confirm_time(member: Member, time: Interval, ports: Ports) -> Confirmed:
    """Asks all accounts at once. A calendar that nobody could read makes the time not free."""
    now, ends_at = ports.clock(), _seconds() + BUDGET_SECONDS
    selection = member.selection.selection
    calendars = await mirrored(member, dict(selection.roles()), time, ports)
    checks = {
        connection.account.provider: _Check(
            connection.account,
            [one for one in calendars if one.provider == connection.account.provider],
            selection.policy,
            time,
            ends_at,
            ports,
        )
        for connection in member.connections.values()
    }
    await _in_time([work for check in checks.values() for work in check.workers()], ends_at)
    found = [_asked(one, checks) for one in calendars]
    return confirmed(found, selection.policy, time, now)


class _Check:
    """The selected calendars of one account: each is asked once, by whoever has a place free.

    A request that is on its way when time is up is let run to its end, holding its place: the
    mailbox counts it as well. Nothing new is asked then.
    """

    def __init__(
        self,
        account: Account,
        calendars: Sequence[CalendarTime],
        policy: Policy,
        time: Interval,
        ends_at: float,
        ports: Ports,
    ) -> None:
        self._account = account
        self._to_ask = deque(calendars)
        self._policy = policy
        self._time = time
        self._ends_at = ends_at
        self._ports = ports
        self._workers = 0
        self._stopped: str | None = None
        self._found: dict[str, Stretch] = {}
        self._failed: dict[str, str] = {}

    def workers(self) -> Iterator[asyncio.Task[None]]:
        if self._account.provider not in self._ports.providers:
            self._stopped = "provider_not_configured"
            return
        self._workers = min(_PLACES, len(self._to_ask))
        for _ in range(self._workers):
            yield asyncio.create_task(self._work())

    def result(self, calendar: CalendarTime) -> Asked:
        """What is known by now."""
        key = calendar.calendar_id
        if key in self._found:
            return Asked(calendar, live=self._found[key])
        return Asked(calendar, reason=self._failed.get(key) or self._stopped or _TIMED_OUT)

    async def _work(self) -> None:
        """Those who find no place leave the calendars to the others, if there are any."""
        try:
            async with mailbox(self._ports, self._account, Lane.INTERACTIVE) as token:
                while self._to_ask and self._stopped is None:
                    await self._ask(self._to_ask.popleft(), self._while_it_counts(token))
        except MailboxBusy as error:
            self._workers -= 1
            if not self._workers:
                self._stop(error.reason)
        except ProviderError as error:
            self._stop(error.reason)

    async def _ask(self, calendar: CalendarTime, token: AccessToken) -> None:
        """Raises what concerns all of the account."""
        provider = self._ports.providers[self._account.provider]
        window = Window(self._time.start, self._time.end)
        series = series_wanted(calendar, self._policy, self._time)
        try:
            self._found[calendar.calendar_id] = await provider.stretch(
                token, calendar.calendar_id, window, series
            )
        except (ProviderError, MailboxBusy) as error:
            self._failed[calendar.calendar_id] = error.reason
            if isinstance(error, (*_STOPS, MailboxBusy)):
                raise

    def _while_it_counts(self, token: AccessToken) -> AccessToken:
        """Each request asks for its token first."""

        async def given(refused: str | None) -> str:
            self._go_on()
            found = await token(refused)
            self._go_on()
            return found

        return given

    def _go_on(self) -> None:
        """Raises ProviderUnavailable once the account has refused, or time is up."""
        if _seconds() >= self._ends_at:
            self._stop(_TIMED_OUT)
        if self._stopped is not None:
            raise ProviderUnavailable("Not asked any more.", code=self._stopped)

    def _stop(self, reason: str) -> None:
        self._stopped = self._stopped or reason


def _asked(calendar: CalendarTime, checks: Mapping[ProviderName, _Check]) -> Asked:
    check = checks.get(calendar.provider)
    return check.result(calendar) if check else Asked(calendar, reason="not_connected")


async def _in_time(tasks: Sequence[asyncio.Task[None]], ends_at: float) -> None:
    """Waits for the tasks until then; those that are left go on by themselves."""
    if not tasks:
        return
    UNFINISHED.update(tasks)
    for task in tasks:
        task.add_done_callback(UNFINISHED.discard)
    done, left = await asyncio.wait(tasks, timeout=max(0.0, ends_at - _seconds()))
    for task in left:
        task.add_done_callback(_ended)
    for task in done:
        task.result()


def _ended(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        fault("confirm_time", error)


def _seconds() -> float:
    return asyncio.get_running_loop().time()
