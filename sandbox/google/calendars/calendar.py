"""A calendar, who may do what with it, and the entry under which an account lists it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from sandbox.google.calendars.event import Event
from sandbox.google.calendars.times import zone_of

if TYPE_CHECKING:
    from sandbox.google.account import Account

Role = Literal["freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner"]
# In ascending order (developers.google.com/workspace/calendar/api/v3/reference/calendarList).
ROLES: tuple[Role, ...] = (
    "freeBusyReader",
    "reader",
    "writerWithoutPrivateAccess",
    "writer",
    "owner",
)
_MEET = {"allowedConferenceSolutionTypes": ["hangoutsMeet"]}


def at_least(role: str | None, least: Role) -> bool:
    """Whether a role gives at least the rights of another."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(least)


@dataclass(eq=False)
class Calendar:
    """A calendar with its events, deleted ones included: their ids stay taken."""

    id: str
    summary: str
    time_zone: str
    owner: Account
    primary: bool = False
    description: str = ""
    push: bool = True
    roles: dict[str, Role] = field(default_factory=dict)
    public_role: Role | None = None
    events: dict[str, Event] = field(default_factory=dict)
    version: int = 0
    updated: datetime | None = None
    deleted: bool = False
    generations: dict[str, int] = field(default_factory=dict)
    on_change: Callable[[Calendar], None] = lambda _calendar: None
    last_list: tuple[str, Any] | None = None

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return zone_of(self.time_zone)

    @property
    def etag(self) -> str:
        """The version of the calendar as an entity tag."""
        return f'"{1_700_000_000_000_000 + self.version}"'

    @property
    def organizer(self) -> dict[str, Any]:
        """Who organises events made in it (secondary calendars organise themselves)."""
        if self.primary:
            return {"email": self.id}
        return {"email": self.id, "displayName": self.summary}

    def role_of(self, account: Account) -> Role | None:
        """What an account may do; None if it may not even know of the calendar."""
        if self.deleted:
            return None
        if account is self.owner and self.owner_role is not None:
            return self.owner_role
        return self.roles.get(account.address.lower(), self.public_role)

    @property
    def owner_role(self) -> Role | None:
        """The owner's own role; less than owner where the calendar was turned read-only."""
        return self.roles.get(self.owner.address.lower(), "owner")

    def reset_tokens(self, account: Account) -> None:
        """Make an account's sync tokens invalid, as a change of its rights does
        (developers.google.com/workspace/calendar/api/guides/sync)."""
        key = account.address.lower()
        self.generations[key] = self.generations.get(key, 0) + 1

    def changed(self, event: Event, now: datetime, *, update: bool = True) -> None:
        """Note a change of an event. Reminders do not count as an update of the event."""
        self.version += 1
        event.version, event.changed_at = self.version, now
        if update:
            event.updated = now
        self.updated = now
        event.spans.add(_span(event))
        self.on_change(self)

    def as_json(self) -> dict[str, Any]:
        """The Calendar resource."""
        shown: dict[str, Any] = {
            "kind": "calendar#calendar",
            "etag": self.etag,
            "id": self.id,
            "summary": self.summary,
            "timeZone": self.time_zone,
            "conferenceProperties": _MEET,
        }
        if not self.primary:
            shown["dataOwner"] = self.owner.address
        return shown | ({"description": self.description} if self.description else {})


@dataclass(eq=False)
class CalendarEntry:
    """A calendar in an account's calendar list."""

    calendar: Calendar
    viewer: Account
    version: int
    color_id: str = "14"
    hidden: bool = False
    selected: bool = True
    deleted: bool = False
    summary_override: str = ""
    default_reminders: list[dict[str, Any]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The calendar's id, the same for everybody."""
        return self.calendar.id

    @property
    def role(self) -> Role | None:
        """What the account may do."""
        return self.calendar.role_of(self.viewer)

    @property
    def gone(self) -> bool:
        """Whether it has left the list, or its calendar is out of reach."""
        return self.deleted or self.role is None

    @property
    def etag(self) -> str:
        """The version of the entry as an entity tag."""
        return f'"{1_700_000_000_000_000 + self.version}"'

    def as_json(self) -> dict[str, Any]:
        """The CalendarListEntry resource."""
        calendar = self.calendar
        if self.gone:
            return {
                "kind": "calendar#calendarListEntry",
                "etag": self.etag,
                "id": self.id,
                "deleted": True,
            }
        shown: dict[str, Any] = {
            "kind": "calendar#calendarListEntry",
            "etag": self.etag,
            "id": self.id,
            "summary": calendar.summary,
            "timeZone": calendar.time_zone,
            "colorId": self.color_id,
            "backgroundColor": "#9fe1e7",
            "foregroundColor": "#000000",
            "accessRole": self.role,
            "defaultReminders": self.default_reminders,
            "conferenceProperties": _MEET,
        }
        return shown | self._only_where_so()

    def _only_where_so(self) -> dict[str, Any]:
        calendar = self.calendar
        told: dict[str, Any] = {
            "description": calendar.description,
            "summaryOverride": self.summary_override,
            "selected": self.selected,
            "hidden": self.hidden,
            "primary": calendar.primary and calendar.owner is self.viewer,
            "dataOwner": "" if calendar.primary else calendar.owner.address,
        }
        return {name: value for name, value in told.items() if value}


def _span(event: Event) -> tuple[datetime, datetime | None]:
    zone = event.calendar.zone
    return event.start.instant(zone), None if event.recurrence else event.end.instant(zone)
