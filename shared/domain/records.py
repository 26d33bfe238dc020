"""What is kept, as the store reads and writes it. `version` is the store's guard for a write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from shared.domain.appointments import Appointment
from shared.domain.changes import Change
from shared.domain.links import Link
from shared.domain.mirror import Event, Mirror
from shared.domain.model import (
    Account,
    Calendar,
    CalendarKey,
    CalendarState,
    LocationId,
    Problem,
    ProviderName,
    UserId,
    Watch,
)
from shared.domain.ownership import Owner
from shared.domain.selection import Selection


@dataclass(frozen=True, slots=True)
class CalendarPartition:
    """All that is kept of one calendar, as one query read it. `version` is the store's own.

    Where `mirror` is a portion (see portion.py), `whole` is all of it, and `aside` is how many
    events are not in the portion.
    """

    key: CalendarKey
    state: CalendarState
    watches: tuple[Watch, ...]
    mirror: Mirror
    links: tuple[Link, ...] = ()
    unpublished: bool = False
    """Whether changes of an earlier run wait in the outbox."""
    version: object = None
    whole: Mirror | None = None
    aside: int = 0


@dataclass(frozen=True, slots=True)
class CalendarGlance:
    """The state of a calendar and the events of its mirror around some time."""

    state: CalendarState
    events: tuple[Event, ...]
    progress: int | None = None
    """Events read so far, while a first read is running."""


@dataclass(frozen=True, slots=True)
class SealedTokens:
    """`sealed` is opaque here. `access_expires_at` tells without opening it whether to refresh."""

    sealed: bytes
    access_expires_at: datetime
    version: object = None


AccountKind = Literal["work", "personal"]
"""Whether an organisation has the account, or a person."""


@dataclass(frozen=True, slots=True)
class AccountProfile:
    """What is shown of an account; none of it is a key."""

    email: str
    name: str
    kind: AccountKind


@dataclass(frozen=True, slots=True)
class AccountRecord:
    account: Account
    owner: Owner | None
    profile: AccountProfile | None
    tokens: SealedTokens | None
    problem: Problem | None = None
    paused_until: datetime | None = None
    calendars: frozenset[CalendarKey] = frozenset()
    leases: Mapping[str, datetime] = field(default_factory=dict)
    version: object = None


@dataclass(frozen=True, slots=True)
class Lease:
    account: Account
    name: str
    version: object


@dataclass(frozen=True, slots=True)
class Connection:
    """An account at a location for a user (R3: one for each provider).

    `claimed_at` is when the account was last claimed for it: a reconnect claims anew.
    """

    location: LocationId
    user: UserId
    account: Account
    profile: AccountProfile
    connected_at: datetime
    claimed_at: datetime
    user_name: str = ""
    version: object = None


@dataclass(frozen=True, slots=True)
class WatchedCalendar:
    """A calendar with the facts about it that the provider told when it was chosen.

    `likeness` is what it is known by beside its id (see rebinding.py), None where nothing tells it
    from the others.
    """

    calendar: Calendar
    is_default: bool
    shared: bool
    likeness: str | None = None

    def unread(self, now: datetime) -> CalendarState:
        return CalendarState(
            account=self.calendar.account,
            calendar_id=self.calendar.calendar_id,
            is_default=self.is_default,
            shared=self.shared,
            watched_since=now,
        )


@dataclass(frozen=True, slots=True)
class Watched:
    """`changed`: the watch is new or has another role. `state` is the calendar's now."""

    changed: bool
    state: CalendarState


@dataclass(frozen=True, slots=True)
class Rebound:
    """A calendar whose id has changed: the one that it was is now the other."""

    was: Calendar
    now: Calendar


@dataclass(frozen=True, slots=True)
class KeptSelection:
    """`watched` are the calendars that may carry a watch of this user at this location.

    `rebound` tells of what is kept by an old id of a calendar, which that is now.
    """

    selection: Selection
    number: int = 0
    watched: tuple[WatchedCalendar, ...] = ()
    rebound: tuple[Rebound, ...] = ()
    version: object = None


@dataclass(frozen=True, slots=True)
class Member:
    """What is kept of a user at a location. `erasing`: all of it is about to go.

    While the whole location goes that is said of the location alone.
    """

    location: LocationId
    user: UserId
    connections: Mapping[ProviderName, Connection] = field(default_factory=dict)
    selection: KeptSelection = field(default_factory=lambda: KeptSelection(Selection()))
    erasing: bool = False

    @property
    def known(self) -> bool:
        return bool(self.connections) or self.selection.number > 0


@dataclass(frozen=True, slots=True)
class Erasure:
    """That all of a user at a location is being erased, or of the location where `user` is None.

    `audit` is its audit record. `quiet_since` is when the last trace was found, `next_at` when it
    goes on. `accounts` and `calendars` may still hold something of it.
    """

    location: LocationId
    user: UserId | None
    audit: str
    quiet_since: datetime
    next_at: datetime | None = None
    accounts: tuple[Account, ...] = ()
    calendars: tuple[CalendarKey, ...] = ()
    version: object = None

    def about(self, user: object) -> bool:
        """Whether what is kept of that user at the location goes with it."""
        return self.user is None or self.user == user


@dataclass(frozen=True, slots=True)
class KeptSettings:
    external_changes: str = "apply"
    number: int = 0
    version: object = None


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes the event of an appointment now: one at a time, and until when at most."""

    token: str
    until: datetime


@dataclass(frozen=True, slots=True)
class KeptAppointment:
    """An appointment with what is still to be done for it.

    `unsent` is its outbox. `again_at` is when a blocked write is tried again by itself.
    """

    appointment: Appointment
    unsent: tuple[Change, ...] = ()
    writer: Writer | None = None
    again_at: datetime | None = None
    version: object = None


@dataclass(frozen=True, slots=True)
class IndexedAppointment:
    """What tells, without reading the appointment, whether its event is where it should be.

    `placed` is the calendar of the event, where it is in step and nothing else is left over.
    """

    id: str
    end: datetime
    placed: CalendarKey | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Changes that one commit has left in a calendar's outbox; names sort by time."""

    name: str
    changes: tuple[Change, ...]

    @classmethod
    def of(cls, changes: Sequence[Change]) -> "Outgoing":
        """Of one commit, one change at least."""
        when = changes[0].at.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        return cls(f"{when}|{changes[0].id}", tuple(changes))


@dataclass(frozen=True, slots=True)
class NumberedChange:
    """A change in the feed of its location; numbers grow without gaps."""

    number: int
    change: Change


@dataclass(frozen=True, slots=True)
class PendingDelivery:
    """A change that the CRM has not acknowledged yet. Nobody tries it before `due_at`."""

    numbered: NumberedChange
    attempt: int = 0
    due_at: datetime | None = None
    version: object = None
