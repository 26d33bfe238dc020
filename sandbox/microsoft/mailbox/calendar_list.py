"""The calendars and calendar groups one mailbox lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import ids
from .calendar import Calendar, CalendarEntry, Role
from .errors import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from .mailbox import Mailbox


@dataclass(frozen=True)
class CalendarGroup:
    """A named group of calendars."""

    id: str
    name: str
    class_id: str
    change_key: str


@dataclass
class CalendarList:
    """What a mailbox shows in its calendar list; the default calendar comes first."""

    viewer: Mailbox
    entries: list[CalendarEntry] = field(default_factory=list)
    groups: list[CalendarGroup] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.add_group("My Calendars", "0006f0b7-0000-0000-c000-000000000046")

    @property
    def default_group(self) -> CalendarGroup:
        """Give the group new calendars go to."""
        return self.groups[0]

    def add_group(self, name: str, class_id: str = "00000000-0000-0000-0000-000000000000") -> str:
        """Add a group and give its id."""
        group = CalendarGroup(
            ids.new_calendar_id(), name, class_id, ids.change_key(ids.new_stamp(), 1)
        )
        self.groups.append(group)
        return group.id

    def add(self, calendar: Calendar, role: Role, group_id: str | None = None) -> CalendarEntry:
        """List a calendar."""
        group = group_id or self.default_group.id
        if group not in {known.id for known in self.groups}:
            raise NotFoundError
        entry = CalendarEntry(calendar, self.viewer, role, group_id=group)
        self.entries.append(entry)
        calendar.listed_in.append(entry)
        return entry

    def find(self, calendar_id: str) -> CalendarEntry | None:
        """Find a calendar by its id; letter case counts."""
        return next((entry for entry in self.entries if entry.id == calendar_id), None)

    def of_group(self, group_id: str) -> list[CalendarEntry]:
        """List the calendars of a group."""
        return [entry for entry in self.entries if entry.group_id == group_id]

    def drop(self, calendar: Calendar) -> None:
        """Take a calendar off the list, if it is there."""
        self.entries = [entry for entry in self.entries if entry.calendar is not calendar]
        calendar.listed_in = [
            entry for entry in calendar.listed_in if entry.viewer is not self.viewer
        ]

    def delete(self, entry: CalendarEntry) -> None:
        """Delete an own calendar for everyone, or leave a shared one. The default one stays."""
        if entry.calendar.is_default and entry.is_own:
            raise ForbiddenError(
                "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted."
            )
        listings = list(entry.calendar.listed_in) if entry.is_own else [entry]
        for listed in listings:
            listed.viewer.listing.drop(entry.calendar)
