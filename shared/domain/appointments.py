"""Appointments of the CRM, the events written for them, and what a look at both means.

Content     what an appointment says, and what its event is to say.
Told        the part of it that a person can change in a calendar, and that then comes back.
Placement   an event that was, or may have been, written for an appointment on a calendar.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import NAMESPACE_URL, uuid5

from shared.domain.model import Calendar, LocationId, UserId

MOST_RESTORES = 3
"""A change from outside is undone this often; then the user has won, and it is shown (R14)."""


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

    `attendees` are those to be invited: providers mail everybody who is on an event.
    """

    title: str
    start: datetime
    end: datetime
    zone: str
    description: str = ""
    place: str = ""
    attendees: tuple[Attendee, ...] = ()
    online_meeting: bool = False

    @property
    def told(self) -> "Told":
        return Told(self.title, self.start, self.end)

    def with_told(self, told: "Told") -> "Content":
        return replace(self, title=told.title, start=told.start, end=told.end)

    def differing(self, other: "Content") -> frozenset[str]:
        """The names of the fields in which the two differ."""
        return frozenset(
            name for name in self.__slots__ if getattr(self, name) != getattr(other, name)
        )


@dataclass(frozen=True, slots=True)
class Told:
    title: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Placement:
    """`event_id` is None while it is not known whether the event came to be.

    `generation` grows with each new event for the appointment, so that none is taken for another.
    `written` is what the event is known to say; `entity_tag` its version at the provider.
    """

    calendar: Calendar
    generation: int
    event_id: str | None = None
    entity_tag: str | None = None
    web_link: str | None = None
    written: Content | None = None

    def transaction(self, location: LocationId, appointment: str) -> str:
        """The same for every try to write this event, and for no other event."""
        name = f"{location}|{appointment}|{self.calendar.key}|{self.generation}"
        return str(uuid5(NAMESPACE_URL, name))


@dataclass(frozen=True, slots=True)
class Sync:
    """How the writing stands, in words for people where it does not."""

    state: SyncState
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """What the CRM wants, and what was done about it.

    `revision` grows with each change of what is wanted, by the CRM or from outside. `version` is
    the CRM's own number. `placements` are all events that may exist: at most one is to stay.
    """

    location: LocationId
    id: str
    user: UserId
    team: bool
    team_calendar: str
    content: Content
    cancelled: bool = False
    version: int | None = None
    revision: int = 1
    generation: int = 0
    placements: tuple[Placement, ...] = ()
    restores: int = 0
    sync: Sync = field(default_factory=lambda: Sync(SyncState.PENDING))

    @property
    def wanted(self) -> bool:
        """Whether an event of it is to exist at all (R10)."""
        return self.team and not self.cancelled


class Policy(StrEnum):
    """What becomes of a change that was made in the calendar (R14)."""

    APPLY = "apply"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as the provider holds it now; `None` in its place means that it is gone."""

    told: Told
    entity_tag: str | None
    cancelled: bool = False


class Verdict(StrEnum):
    SAME = "same"
    WRITE = "write"
    APPLY = "apply"
    CANCEL = "cancel"
    CREATE_AGAIN = "create_again"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Judged:
    """`content` is what the appointment says from now on; `restores` how often it was put back."""

    verdict: Verdict
    content: Content
    restores: int


def judge(
    wanted: Content, written: Content, seen: Seen | None, policy: Policy, restores: int
) -> Judged:
    """What to do about an event, from what is wanted, what was written, and what is there.

    A field that only the calendar's owner has changed is theirs by `APPLY`, and is put back by
    `RESTORE`; one that the CRM has changed too is the CRM's. An event that is gone cancels the
    appointment, unless the CRM has changed it since.
    """
    if seen is None or seen.cancelled:
        return _gone(wanted, written, policy, restores)
    theirs = _merged(wanted, written.told, seen.told)
    changed_there = seen.told != written.told
    if not changed_there or theirs == wanted:
        verdict = Verdict.SAME if _says(seen, wanted, written) else Verdict.WRITE
        return Judged(verdict, wanted, restores)
    if policy is Policy.APPLY:
        return Judged(Verdict.APPLY, theirs, restores)
    if restores >= MOST_RESTORES:
        return Judged(Verdict.GIVE_UP, wanted, restores)
    return Judged(Verdict.WRITE, wanted, restores + 1)


def _gone(wanted: Content, written: Content, policy: Policy, restores: int) -> Judged:
    if wanted != written:
        return Judged(Verdict.CREATE_AGAIN, wanted, restores)
    if policy is Policy.APPLY:
        return Judged(Verdict.CANCEL, wanted, restores)
    if restores >= MOST_RESTORES:
        return Judged(Verdict.GIVE_UP, wanted, restores)
    return Judged(Verdict.CREATE_AGAIN, wanted, restores + 1)


def _merged(wanted: Content, base: Told, theirs: Told) -> Content:
    """`wanted` with what only they have changed since `base`; start and end change together."""
    title = theirs.title if wanted.title == base.title else wanted.title
    untouched = (wanted.start, wanted.end) == (base.start, base.end)
    start, end = (theirs.start, theirs.end) if untouched else (wanted.start, wanted.end)
    return replace(wanted, title=title, start=start, end=end)


def _says(seen: Seen, wanted: Content, written: Content) -> bool:
    return seen.told == wanted.told and wanted.with_told(written.told) == written
