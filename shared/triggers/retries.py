"""The one table from an error to what happens to its message: again later, or parked.

Work waits on its queue. What is not in the table, and what failed too often, is raised: the host
tries it some more and then moves it to the poison queue.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from opentelemetry.trace import SpanKind

from shared.errors import (
    AppointmentBusy,
    CalendarSyncError,
    CursorLost,
    MailboxBusy,
    OperatorFault,
    ProviderUnavailable,
    StoreConflict,
    Throttled,
)
from shared.flows.ports import Ports
from shared.messages import Cause, Message, SyncCalendar
from shared.telemetry import alarm, record
from shared.tracing import ended, failed, span

_LONGEST_SECONDS = 15 * 60.0
_ATTEMPTS = 10
# The next sweep comes anyway: trying longer would only add up.
_SWEEP_ATTEMPTS = 2
_AN_HOUR = 3600.0
M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Again:
    """Wait `first` seconds, doubled for each attempt when `grows`, spread a little."""

    first: float
    grows: bool = True
    counts: bool = True

    def delay(self, attempt: int) -> float:
        wait = self.first * 2**attempt if self.grows else self.first
        return min(_LONGEST_SECONDS, wait) * random.uniform(1.0, 1.3)  # noqa: S311  # no secret


# A busy or resting mailbox says nothing against the message: that waits as long as it takes.
RETRIES: dict[type[CalendarSyncError], Again] = {
    StoreConflict: Again(first=1),
    MailboxBusy: Again(first=1, grows=False, counts=False),
    AppointmentBusy: Again(first=2, grows=False, counts=False),
    Throttled: Again(first=10, grows=False, counts=False),
    ProviderUnavailable: Again(first=5),
    CursorLost: Again(first=5),
    OperatorFault: Again(first=60),
}


async def attempted(message: M, flow: Callable[[M, Ports], Awaitable[Any]], ports: Ports) -> None:
    """Runs `flow`; queues the message again when its error says so."""
    with span(message.queue, SpanKind.CONSUMER, message.traceparent):
        await _attempted(message, flow, ports)


async def _attempted(message: M, flow: Callable[[M, Ports], Awaitable[Any]], ports: Ports) -> None:
    try:
        done = await flow(message, ports)
    except CalendarSyncError as error:
        await _again(message, error, ports)
        return
    ended(done if isinstance(done, str) else getattr(done, "outcome", "done"))
    # A change may hold a title: its message is logged without it.
    fields = message.model_dump(mode="json", exclude={"change", "traceparent"})
    record(message.queue, **fields, done=str(done))


async def try_later(message: Message, ports: Ports) -> None:
    """What must be done in the end is never dropped: it alarms, and is tried again in an hour."""
    alarm("poison", queue=message.queue)
    await ports.queues.send(message.model_copy(update={"attempt": 0}), _AN_HOUR)


async def _again(message: Message, error: CalendarSyncError, ports: Ports) -> None:
    failed(error.reason)
    rule = next((RETRIES[k] for k in type(error).__mro__ if k in RETRIES), None)
    attempt: int = getattr(message, "attempt", 0)
    if rule is None:
        alarm(message.queue, error=error.reason, attempt=attempt)
        raise error
    if isinstance(error, OperatorFault):
        alarm(message.queue, error=error.reason, attempt=attempt)
    if rule.counts and attempt >= _most(message):
        if not isinstance(message, SyncCalendar):
            alarm(message.queue, error=error.reason, attempt=attempt)
            raise error
        # An outage meets every sweep: that is told by what grows stale, not by each message.
        tell = record if message.cause is Cause.SWEEP else alarm
        tell(message.queue, calendar=message.calendar, error=error.reason, left_to="sweep")
        return
    delay = rule.delay(attempt)
    if isinstance(error, Throttled):
        delay = max(1.0, error.retry_after) * random.uniform(1.0, 1.2)  # noqa: S311  # no secret
    later = message.model_copy(update={"attempt": attempt + rule.counts})
    await ports.queues.send(later, delay)
    record(message.queue, outcome=error.reason, attempt=attempt, again_in=round(delay, 1))


def _most(message: Message) -> int:
    sweeps = isinstance(message, SyncCalendar) and message.cause is Cause.SWEEP
    return _SWEEP_ATTEMPTS if sweeps else _ATTEMPTS
