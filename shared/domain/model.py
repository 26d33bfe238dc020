"""The words of the product, as types.

Account     somebody's account at a provider, keyed by provider and the provider's stable id.
Connection  an account at a location for a user.
Selection   which calendars a user has chosen at a location, and how they block time.
Calendar    one calendar of an account; its key names its partition in the store.
Watch       the interest of one user at one location in a calendar, as primary or conflict.
Mirror      our copy of the time that a calendar blocks (see mirror.py).
Cursor      how far a mirror has read.
Push        the provider's push channel for a calendar.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import NewType

from shared.domain.lag import Lags

ProviderName = NewType("ProviderName", str)
LocationId = NewType("LocationId", str)
UserId = NewType("UserId", str)
CalendarKey = NewType("CalendarKey", str)


@dataclass(frozen=True, slots=True)
class Account:
    """`subject` is the provider's stable id; addresses and names change."""

    provider: ProviderName
    subject: str

    def __str__(self) -> str:
        return f"{self.provider}|{self.subject}"

    @classmethod
    def parse(cls, text: str) -> "Account":
        provider, _, subject = text.partition("|")
        return cls(ProviderName(provider), subject)


@dataclass(frozen=True, slots=True)
class Calendar:
    """One calendar of an account. `calendar_id` is the provider's, case-sensitive and opaque."""

    account: Account
    calendar_id: str

    @property
    def key(self) -> CalendarKey:
        """128 bits that name this calendar in keys, queues and logs without giving it away."""
        return CalendarKey(sha256(f"{self.account}|{self.calendar_id}".encode()).hexdigest()[:32])


class Role(StrEnum):
    """What a calendar is to a user at a location."""

    PRIMARY = "primary"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Watch:
    location: LocationId
    user: UserId
    role: Role


class Detail(StrEnum):
    """How much of each event the mirror keeps (R15)."""

    TIME = "time"
    TITLES = "titles"


@dataclass(frozen=True, slots=True)
class CalendarInfo:
    """A calendar as the provider lists it now."""

    calendar_id: str
    name: str
    color: str | None
    owner_name: str | None
    owner_address: str | None
    is_default: bool
    can_write: bool
    shared: bool


@dataclass(frozen=True, slots=True)
class Window:
    """The time that a mirror covers: half-open, aware UTC instants."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Cursor:
    """`token` is the provider's own, opaque; `version` is our format of what was read with it."""

    token: str
    version: int
    window: Window


class PushStatus(StrEnum):
    NONE = "none"
    ACTIVE = "active"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Push:
    """`resource_id` is what some providers ask for to end a channel. `complete` says that the
    channel tells of every change; a calendar with another one is polled besides."""

    status: PushStatus = PushStatus.NONE
    subscription_id: str | None = None
    resource_id: str | None = None
    complete: bool = False
    expires_at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a calendar or an account from being read, as a stable code."""

    code: str
    since: datetime


HELD = "mass_deletion_held"


@dataclass(frozen=True, slots=True)
class Hold:
    """A removal that is not believed yet (see brake.py): `count` singles and series since `since`.

    A full read that begins at `confirm_at` or later decides.
    """

    since: datetime
    count: int
    confirm_at: datetime


@dataclass(frozen=True, slots=True)
class Drift:
    """What the mirror had missed until a run found it (see drift.py), in singles and series.

    `found` by the last full comparison, `total` by all of them: nobody had told of it.
    `by_sweep`: what the provider would have told when asked, but sent no notification of.
    """

    found: int = 0
    total: int = 0
    by_sweep: int = 0


class Roster(StrEnum):
    PUSH = "push"
    POLL = "poll"


@dataclass(frozen=True, slots=True)
class CalendarState:
    """What is known of a calendar as a whole; one row, whose ETag guards the partition.

    `checked_at` is an instant before the last complete read began: everything that the provider
    held then is in the mirror. `zone` is the IANA zone in which the calendar's all-day events lie.
    `unfound`: what was notified before the look at `recheck_at` was not all found.
    `watched_since` is when somebody first chose it. `stuck` is what an alarm was raised of.
    `past_problem` is the last that has healed.
    """

    account: Account
    calendar_id: str
    is_default: bool
    shared: bool
    detail: Detail = Detail.TIME
    roster: Roster = Roster.POLL
    cursor: Cursor | None = None
    window: Window | None = None
    zone: str | None = None
    checked_at: datetime | None = None
    full_read_at: datetime | None = None
    recheck_at: datetime | None = None
    unfound: bool = False
    push: Push = field(default_factory=Push)
    problem: Problem | None = None
    events: int = 0
    watch_version: int = 0
    watched_since: datetime | None = None
    hold: Hold | None = None
    drift: Drift = field(default_factory=Drift)
    stuck: Problem | None = None
    past_problem: Problem | None = None
    lags: Lags = ()

    @property
    def trouble(self) -> Problem | None:
        """What people are shown: the gravest of what is wrong with it."""
        held = Problem(HELD, self.hold.since) if self.hold is not None else None
        return self.problem or held or self.stuck

    @property
    def calendar(self) -> Calendar:
        return Calendar(self.account, self.calendar_id)
