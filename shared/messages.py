"""What waits on the queues. Messages carry keys only: 64 KB is the limit of a message.

A field that is not known is left out: a newer version, since rolled back, may have sent it. No
field may be called `id`, `dequeueCount`, `insertionTime` or `popReceipt`: the Functions host lets
a field of a JSON message override the trigger's metadata of the same name.
"""

from enum import StrEnum
from typing import ClassVar, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from shared.domain.changes import Change
from shared.errors import MessageInvalid


class Cause(StrEnum):
    """Why a calendar is to be synced."""

    SELECTED = "selected"
    NOTIFIED = "notified"
    RECHECK = "recheck"
    SWEEP = "sweep"
    REAUTHORIZE = "reauthorize"
    PUSH_REMOVED = "push_removed"
    MISSED = "missed"
    HELD = "held"
    RECONNECTED = "reconnected"


class WriteCause(StrEnum):
    """Why the event of an appointment is to be looked after."""

    ASKED = "asked"
    OUTSIDE = "outside"
    REALIGNED = "realigned"
    AGAIN = "again"


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)
    queue: ClassVar[str]

    traceparent: str | None = None
    """Of the step that has sent it (see tracing.py)."""

    def encode(self) -> str:
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def decode(cls, body: bytes | str) -> Self:
        """Raises MessageInvalid."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            raise MessageInvalid(
                f"not a message of {cls.queue}: {error.error_count()} errors"
            ) from None


class SyncCalendar(Message):
    """`at` is when the cause arose: a read begun later has seen it."""

    queue: ClassVar[str] = "sync-calendar"

    calendar: str
    cause: Cause
    at: AwareDatetime
    attempt: int = 0
    recheck: int = 0
    subscription: str | None = None


class ApplySelection(Message):
    """Makes the watches of a user at a location follow the selection that is kept."""

    queue: ClassVar[str] = "apply-selection"

    location: str
    user: str
    attempt: int = 0


class EraseAccount(Message):
    """Erases what is kept of an account that no location uses any more (R12)."""

    queue: ClassVar[str] = "erase-account"

    account: str
    attempt: int = 0


class EraseData(Message):
    """Erases what is kept of a location, or of one user at it."""

    queue: ClassVar[str] = "erase-data"

    location: str
    user: str | None = None
    attempt: int = 0


class WriteAppointment(Message):
    """Brings the event of an appointment in step with it, or it with its event.

    `missing` says that its calendar does not list the event any more.
    """

    queue: ClassVar[str] = "write-appointment"

    location: str
    appointment: str
    cause: WriteCause = WriteCause.ASKED
    missing: bool = False
    attempt: int = 0


class RealignAppointments(Message):
    """Looks after those appointments of a user whose event is not on the calendar it should be."""

    queue: ClassVar[str] = "realign-appointments"

    location: str
    user: str
    attempt: int = 0


class PublishChanges(Message):
    """Moves what waits in an outbox, of a calendar or of an appointment, to the feed."""

    queue: ClassVar[str] = "publish-changes"

    calendar: str | None = None
    location: str | None = None
    appointment: str | None = None
    attempt: int = 0


class TellChange(Message):
    """Adds a change to the feed of its location, once however often the message comes."""

    queue: ClassVar[str] = "tell-change"

    change: Change
    attempt: int = 0


class TellConnection(Message):
    """Tells the CRM that an account must be connected again, or is; `code` and `since` say why.

    Sent before it is kept, so that it cannot be lost: told only if it came to be.
    """

    queue: ClassVar[str] = "tell-connection"

    account: str
    code: str
    since: AwareDatetime
    restored: bool = False
    attempt: int = 0


class DeliverChanges(Message):
    """Delivers what waits for one subject at a location to the CRM's webhook, in order."""

    queue: ClassVar[str] = "deliver-change"

    location: str
    subject: str
    attempt: int = 0
