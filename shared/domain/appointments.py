"""Appointments of the CRM and the events written for them.

Content     what an appointment says, and what its event is to say.
Told        the part of it that a person can change in a calendar, and that then comes back.
Placement   an event that was, or may have been, written for an appointment on a calendar.
Sync        how the writing stands.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import NAMESPACE_URL, uuid5

from shared.domain.model import Calendar, CalendarKey, LocationId, UserId
from shared.domain.spans import Days
from shared.domain.zones import zone_info


class SyncState(StrEnum):
    PENDING = "pending"
    SYNCED = "synced"
    NOT_SYNCED = "not_synced"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Attendee:
    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """`start` and `end` are UTC instants in whole seconds; `zone` is the IANA zone they are in.

    With `invite`, `attendees` are put on the event: providers mail everybody who is on one.
    """

    title: str
    start: datetime
    end: datetime
    zone: str
    description: str = ""
    place: str = ""
    attendees: tuple[Attendee, ...] = ()
    invite: bool = False
    online_meeting: bool = False

    @property
    def told(self) -> "Told":
        return Told(self.title, self.start, self.end)

    @property
    def invited(self) -> tuple[Attendee, ...]:
        return self.attendees if self.invite else ()

    def with_told(self, told: "Told") -> "Content":
        return replace(self, title=told.title, start=told.start, end=told.end)

    def differing(self, other: "Content") -> frozenset[str]:
        """The names of the fields in which the events of the two would differ."""
        names = {
            name
            for name in ("title", "start", "end", "description", "place", "invited")
            if getattr(self, name) != getattr(other, name)
        }
        return frozenset(names | ({"start"} if self.zone != other.zone else set()))


@dataclass(frozen=True, slots=True)
class Told:
    title: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """An event of ours as the provider holds it now.

    `made` says that this very answer made it: then it says all that was sent. `title` is None
    where the owner has made the event private (R15). `online` says that it is an online meeting:
    its text then holds the way in, and must not be written over. An `all_day` event is a pair of
    dates, of which `start` and `end` are the midnights in UTC.
    """

    id: str
    start: datetime
    end: datetime
    title: str | None = None
    entity_tag: str | None = None
    web_link: str | None = None
    meeting_link: str | None = None
    online: bool = False
    cancelled: bool = False
    all_day: bool = False
    made: bool = False

    def told(self, known: Content) -> Told:
        """What it says, where it says nothing of its title as `known`, its days in that zone."""
        title = known.title if self.title is None else self.title
        if not self.all_day:
            return Told(title, self.start, self.end)
        days = Days(self.start.date(), self.end.date()).in_zone(zone_info(known.zone))
        return Told(title, days.start, days.end)


@dataclass(frozen=True, slots=True)
class Placement:
    """An event on a calendar of `user`, who had the appointment when it was written.

    `event_id` is None while it is not known whether the event came to be. `generation` grows with
    each new event for the appointment, so that none is taken for another. `written` is what was
    written last, None where that is not known. `watched` is False once the event is left to its
    owner, or is about to go: what becomes of it then says nothing about the appointment. `marked`
    is the calendar by whose key the event was marked, where that has another id since.
    """

    user: UserId
    calendar: Calendar
    generation: int
    event_id: str | None = None
    entity_tag: str | None = None
    web_link: str | None = None
    meeting_link: str | None = None
    online: bool = False
    written: Content | None = None
    watched: bool = True
    marked: CalendarKey | None = None

    def transaction(self, location: LocationId, appointment: str) -> str:
        """The same for every try to write this event, and for no other event."""
        key = self.marked or self.calendar.key
        name = f"{location}|{appointment}|{key}|{self.generation}"
        return str(uuid5(NAMESPACE_URL, name))

    def holding(self, event: LiveEvent, written: Content) -> "Placement":
        """The placement once `event` is known to say `written`."""
        return replace(
            self,
            event_id=event.id,
            entity_tag=event.entity_tag,
            web_link=event.web_link or self.web_link,
            meeting_link=event.meeting_link or self.meeting_link,
            online=event.online or self.online,
            written=written,
            watched=True,
        )


@dataclass(frozen=True, slots=True)
class Sync:
    """How the writing stands; `code` says why where the event does not say what it should."""

    state: SyncState
    code: str | None = None


PENDING = Sync(SyncState.PENDING)
SYNCED = Sync(SyncState.SYNCED)
UNASSIGNED = Sync(SyncState.NOT_SYNCED, "unassigned_calendar")
CANCELLED = Sync(SyncState.NOT_SYNCED, "cancelled")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the CRM asks for. `team` is False for a calendar that is not a team's (R10)."""

    user: UserId
    team: bool
    team_calendar: str
    content: Content
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Appointment:
    """What the CRM wants, and what was done about it.

    `revision` grows with each change of what is wanted, by the CRM or from outside. `version` is
    the CRM's own number, `asked` what the CRM asked last, whatever came from outside since.
    `placements` are all events that may exist: at most one is to stay. A deleted appointment is
    kept, empty, so that a late repeat does not bring it back.
    """

    location: LocationId
    id: str
    user: UserId
    team: bool
    team_calendar: str
    content: Content
    cancelled: bool = False
    deleted: bool = False
    version: int | None = None
    asked: Asked | None = None
    revision: int = 1
    generation: int = 0
    placements: tuple[Placement, ...] = ()
    restores: int = 0
    sync: Sync = field(default_factory=lambda: PENDING)

    @property
    def wanted(self) -> bool:
        """Whether an event of it is to exist at all (R10)."""
        return self.team and not self.cancelled

    @property
    def placed(self) -> Placement | None:
        """The event, where it is in step with the appointment."""
        if self.sync.state is not SyncState.SYNCED:
            return None
        own = (one for one in self.placements if one.user == self.user and one.event_id)
        return max(own, key=lambda one: one.generation, default=None)
