"""What waits on the queues. Messages carry keys only: 64 KB is the limit of a message.

No field may be called `id`, `dequeueCount`, `insertionTime` or `popReceipt`: the Functions host
lets a field of a JSON message override the trigger's metadata of the same name.
"""

from enum import StrEnum
from typing import ClassVar, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from shared.errors import MessageInvalid


class Cause(StrEnum):
    """Why a calendar is to be synced."""

    SELECTED = "selected"
    NOTIFIED = "notified"
    RECHECK = "recheck"
    SWEEP = "sweep"
    REAUTHORIZE = "reauthorize"
    PUSH_REMOVED = "push_removed"
    RECONNECTED = "reconnected"


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    queue: ClassVar[str]

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
