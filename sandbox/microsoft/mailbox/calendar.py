"""A calendar, and the entry under which a mailbox lists it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from . import ids
from .changes import LogEntry
from .errors import AccessDeniedError
from .event import Event, Instance
from .times import Window

if TYPE_CHECKING:
    from .mailbox import Mailbox

Role = Literal[
    "owner",
    "freeBusyRead",
    "limitedRead",
    "read",
    "write",
    "delegateWithoutPrivateEventAccess",
    "delegateWithPrivateEventAccess",
]
SHARE_ROLES: tuple[Role, ...] = (
    "freeBusyRead",
    "limitedRead",
    "read",
    "write",
    "delegateWithoutPrivateEventAccess",
    "delegateWithPrivateEventAccess",
)
_WRITERS = {
    "owner",
    "write",
    "delegateWithoutPrivateEventAccess",
    "delegateWithPrivateEventAccess",
}


@dataclass(eq=False)
class Calendar:
    """A calendar with its events and the log of their changes."""

    owner: Mailbox
    name: str
    color: str = "auto"
    hex_color: str = ""
    is_default: bool = False
    read_only: bool = False
    revision: int = 1
    stamp: bytes = field(default_factory=ids.new_stamp)
    events: dict[bytes, Event] = field(default_factory=dict)
    log: list[LogEntry] = field(default_factory=list)
    listed_in: list[CalendarEntry] = field(default_factory=list)
    last_view: tuple[int, Window, list[Instance]] | None = None

    @property
    def change_key(self) -> str:
        """Give the version of the calendar object; events do not count."""
        return ids.change_key(self.stamp, self.revision)

    @property
    def version(self) -> int:
        """Give the number of the latest log line."""
        return self.log[-1].version if self.log else 0


@dataclass(eq=False)
class CalendarEntry:
    """A calendar as one mailbox lists it, with that mailbox's own id and rights."""

    calendar: Calendar
    viewer: Mailbox
    role: Role
    id: str = field(default_factory=ids.new_calendar_id)
    stamp: bytes = field(default_factory=ids.new_stamp)
    group_id: str = ""

    @property
    def is_own(self) -> bool:
        """Tell whether the listing mailbox owns the calendar."""
        return self.role == "owner"

    @property
    def can_edit(self) -> bool:
        """Tell whether events may be written."""
        return self.role in _WRITERS and not self.calendar.read_only

    @property
    def can_view_private(self) -> bool:
        """Tell whether private events carry details."""
        return self.role in {"owner", "delegateWithPrivateEventAccess"}

    @property
    def times_only(self) -> bool:
        """Tell whether only busy times are shown."""
        return self.role == "freeBusyRead"

    def require_edit(self) -> None:
        """Refuse when events may not be written."""
        if not self.can_edit:
            raise AccessDeniedError

    def event_id(self, key: bytes, moves: int, *, immutable: bool = False) -> str:
        """Give the id of an event in this listing."""
        stamp = self.viewer.stamp if immutable else self.stamp
        return ids.encode(ids.ItemRef(stamp, key, moves, None, immutable))
