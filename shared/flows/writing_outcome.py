"""What came of a writer's work: the facts, what came from outside, and what hinders."""

from dataclasses import dataclass, field, replace

from shared.domain.appointments import (
    PENDING,
    SYNCED,
    Appointment,
    Sync,
    SyncState,
)
from shared.domain.asking import resting
from shared.domain.placing import REJECTED
from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    CalendarSyncError,
    MailboxMissing,
    ProviderRejected,
    ReconnectRequired,
)

READ_ONLY = "calendar_read_only"

# They heal without anybody telling us: tried again every hour.
_WAITS = CalendarGone | CalendarForbidden | MailboxMissing


@dataclass(slots=True)
class Outcome:
    """`appointment` is as it is to be kept; `facts` the same without what came from outside.

    `error` is to be raised once all is kept: it may heal by waiting.
    """

    appointment: Appointment
    facts: Appointment = field(init=False)
    error: CalendarSyncError | None = None
    blocked: str | None = None
    failed: str | None = None
    again: bool = False
    restart: bool = False

    def __post_init__(self) -> None:
        self.facts = self.appointment

    @property
    def done(self) -> bool:
        """Whether the event at the target is as it should be."""
        hindered = self.error is not None or self.blocked is not None or self.failed == REJECTED
        return not hindered and not self.restart

    def effect(self, appointment: Appointment) -> None:
        """Something was done or learnt about the events, whoever asks for what meanwhile."""
        self.appointment = appointment
        self.facts = replace(
            self.facts, placements=appointment.placements, generation=appointment.generation
        )

    def from_outside(self, appointment: Appointment) -> None:
        """The appointment takes over a change; not kept where the CRM asks anew meanwhile."""
        self.appointment = replace(appointment, revision=appointment.revision + 1)

    def start_again(self, appointment: Appointment) -> None:
        """Its event is gone, and is to be made anew, by a writer that keeps that first."""
        self.effect(appointment)
        self.restart = True

    def note(self, error: CalendarSyncError) -> None:
        """The event at the target could not be written."""
        match error:
            case ReconnectRequired():
                self.blocked = error.code
            case CalendarForbidden():
                self.blocked, self.again = READ_ONLY, True
            case CalendarGone() | MailboxMissing():
                self.blocked, self.again = error.code, True
            case ProviderRejected():
                self.failed = REJECTED
            case _:
                self.error = self.error or error

    def note_left_over(self, error: CalendarSyncError) -> None:
        """An event that should go could not be removed."""
        if isinstance(error, ReconnectRequired | ProviderRejected | _WAITS):
            self.again = True
            self.out_of_reach()
        else:
            self.error = self.error or error

    def out_of_reach(self) -> None:
        """An event that should go is on an account that we may not use (any more)."""
        if not self.appointment.wanted:
            self.blocked = ReconnectRequired.code

    def sync(self) -> Sync:
        if self.failed is not None:
            return Sync(SyncState.FAILED, self.failed)
        if self.blocked is not None:
            return Sync(SyncState.NOT_SYNCED, self.blocked)
        if self.restart:
            return PENDING
        if self.error is not None:
            return self.facts.sync
        return SYNCED if self.appointment.wanted else resting(self.appointment)
