"""The record of what changed: notices for listeners, and the log delta reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .mailbox import Mailbox

ChangeType = Literal["created", "updated", "deleted"]
MailKind = Literal["invitation", "update", "cancellation", "response"]


@dataclass(frozen=True)
class Change:
    """One change, as notifications need it. Ids are those of the calendar's owner.

    For a change to any part of a series the event is the series master.
    """

    mailbox: Mailbox
    calendar_id: str
    event_id: str
    immutable_event_id: str
    change_type: ChangeType
    at: datetime
    etag: str


@dataclass(frozen=True)
class LogEntry:
    """One line of a calendar's log. `part` is the changed occurrence of a series, if only one."""

    version: int
    at: datetime
    key: bytes
    moves: int
    type: ChangeType
    part: datetime | None = None


@dataclass(frozen=True)
class SentMail:
    """A mail that Exchange would have sent to attendees or to the organizer."""

    kind: MailKind
    subject: str
    to: tuple[str, ...]
    at: datetime
