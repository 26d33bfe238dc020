"""What the flows ask of the store. Every write is idempotent or guarded by an ETag.

A guarded write that comes too late raises StoreConflict and changes nothing.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.audit import AuditRecord, Outcome
from shared.domain.changes import Change
from shared.domain.drift import Figures, Findings
from shared.domain.links import Link
from shared.domain.model import (
    Account,
    Calendar,
    CalendarKey,
    CalendarState,
    LocationId,
    Problem,
    Roster,
    UserId,
    Watch,
)
from shared.domain.ownership import Owner
from shared.domain.reconcile import Reconciled
from shared.domain.records import (
    AccountProfile,
    AccountRecord,
    CalendarGlance,
    CalendarPartition,
    Connection,
    Erasure,
    IndexedAppointment,
    KeptAppointment,
    KeptSelection,
    KeptSettings,
    Lease,
    Member,
    NumberedChange,
    Outgoing,
    PendingDelivery,
    SealedTokens,
    Watched,
)
from shared.domain.spans import Interval


class CalendarStore(Protocol):
    """One calendar, one partition, one transaction."""

    async def load(self, key: CalendarKey) -> CalendarPartition | None: ...

    async def commit(
        self,
        read: CalendarPartition,
        state: CalendarState,
        reconciled: Reconciled | None = None,
        *,
        changes: Sequence[Change] = (),
        spent: Sequence[Link] = (),
    ) -> CalendarPartition:
        """Keeps the new state and mirror, and `changes` in the outbox, all or nothing.

        Links that are `spent` go with it. Raises StoreConflict.
        """
        ...

    async def erase(self, read: CalendarPartition) -> None:
        """Removes the calendar with all that is kept of it. Raises StoreConflict."""
        ...

    async def watch(self, state: CalendarState, watch: Watch) -> Watched:
        """Adds or changes a watch; where the calendar is new it begins with `state`."""
        ...

    async def unwatch(self, key: CalendarKey, location: LocationId, user: UserId) -> bool:
        """Removes a watch; True if there was one."""
        ...

    async def watchers(self, key: CalendarKey, location: LocationId) -> list[UserId]:
        """Who watches it at that location."""
        ...

    async def glance(self, key: CalendarKey, around: Interval | None) -> CalendarGlance | None:
        """A small read for answers; with `around` None the state alone."""
        ...

    async def link(self, key: CalendarKey, link: Link) -> None:
        """Keeps or replaces a link. Raises StoreConflict where the calendar is not kept."""
        ...

    async def unlink(self, key: CalendarKey, link: Link) -> None:
        """Removes a link; one that is gone is no error."""
        ...

    async def links(self, key: CalendarKey) -> list[Link]:
        """The links as they are now, which may be newer than those that `load` gave."""
        ...

    async def outbox(self, key: CalendarKey) -> list[Outgoing]:
        """What commits have left to be told to the CRM, oldest first."""
        ...

    async def sent(self, key: CalendarKey, outgoing: Outgoing) -> None:
        """Takes it from the outbox; harmless to repeat."""
        ...

    async def report_progress(self, key: CalendarKey, events: int) -> None:
        """Tells how far a first read has come; harmless beside a commit, and gone with it."""
        ...


class AccountStore(Protocol):
    async def load(self, account: Account) -> AccountRecord: ...

    async def claim(
        self, read: AccountRecord, owner: Owner, profile: AccountProfile, tokens: SealedTokens
    ) -> None:
        """Makes `owner` the owner with these tokens, in one transaction. Raises StoreConflict."""
        ...

    async def release(self, read: AccountRecord, owner: Owner) -> None:
        """Keeps who is left as owner. Raises StoreConflict."""
        ...

    async def erase(self, read: AccountRecord) -> None:
        """Removes owner and tokens in one transaction. Raises StoreConflict."""
        ...

    async def save_tokens(self, account: Account, tokens: SealedTokens) -> SealedTokens:
        """Raises StoreConflict if others were saved, or the account erased, in between."""
        ...

    async def report_problem(self, read: AccountRecord, problem: Problem) -> bool:
        """Keeps what is wrong with the account as it was read; True if that is news.

        Does nothing where somebody has signed in, or changed the account, since.
        """
        ...

    async def pause(self, account: Account, until: datetime) -> None:
        """Keeps that nobody may ask this mailbox anything before `until`."""
        ...

    async def remember_calendar(self, calendar: Calendar) -> None: ...

    async def forget_calendar(self, account: Account, key: CalendarKey) -> None: ...

    async def take_lease(
        self, record: AccountRecord, names: Collection[str], now: datetime, until: datetime
    ) -> Lease | None:
        """Takes one of the named leases that is free or has run out; None if none is."""
        ...

    async def give_back(self, lease: Lease) -> None: ...


class LocationStore(Protocol):
    async def member(self, location: LocationId, user: UserId) -> Member: ...

    async def members(self, location: LocationId) -> list[Member]: ...

    async def connect(self, connection: Connection) -> Connection:
        """Keeps the connection unless another account is connected; returns the one that holds.

        For an account that is connected already it renews the claim, and keeps the date.
        """
        ...

    async def disconnect(self, connection: Connection, left: KeptSelection) -> None:
        """Removes the connection and keeps what is left of the selection, in one write.

        Raises StoreConflict if either was changed since it was read.
        """
        ...

    async def choose(
        self, location: LocationId, user: UserId, kept: KeptSelection
    ) -> KeptSelection:
        """Raises StoreConflict if `kept.version` is not the newest."""
        ...

    async def settings(self, location: LocationId) -> KeptSettings: ...

    async def decide(self, location: LocationId, kept: KeptSettings) -> KeptSettings:
        """Raises StoreConflict if `kept.version` is not the newest."""
        ...

    async def erasure(self, location: LocationId, user: UserId | None) -> Erasure | None:
        """The one that is under way, of that user or, with None, of the location itself."""
        ...

    async def keep_erasure(self, erasure: Erasure) -> Erasure:
        """Raises StoreConflict if `erasure.version` is not the newest; None is for a new one."""
        ...

    async def end_erasure(self, erasure: Erasure, left: KeptSelection | None) -> None:
        """Removes what is left of the user, that selection, or of the location, all; the erasure
        itself at last. Raises StoreConflict."""
        ...


class AppointmentStore(Protocol):
    async def load(self, location: LocationId, appointment: str) -> KeptAppointment | None: ...

    async def keep(self, kept: KeptAppointment) -> KeptAppointment:
        """Raises StoreConflict if `kept.version` is not the newest; None is for a new one."""
        ...

    async def of_user(
        self, location: LocationId, user: UserId, since: datetime
    ) -> list[IndexedAppointment]:
        """Those that are wanted or have events, that the user has or had when one was written,
        and that end after `since`, in order of their end."""
        ...

    def all_of(self, location: LocationId) -> AsyncIterator[KeptAppointment]:
        """Every appointment of the location, deleted ones too."""
        ...

    async def erase(self, kept: KeptAppointment) -> None:
        """Removes all that is kept of it. Raises StoreConflict if it is not the newest."""
        ...


class ChangeStore(Protocol):
    """The feed of each location, and what of it has still to be delivered."""

    async def append(
        self, location: LocationId, changes: Sequence[Change], now: datetime, *, deliver: bool
    ) -> None:
        """Adds them in order, each once however often it is told; `deliver` makes them pending.

        Raises StoreConflict when others add at the same moment, again and again.
        """
        ...

    async def read(
        self, location: LocationId, after: int | None, limit: int, now: datetime
    ) -> list[NumberedChange]:
        """The changes after that number, or from the oldest kept. Raises Expired."""
        ...

    async def pending(self, location: LocationId, subject: str) -> list[PendingDelivery]:
        """The oldest changes of that subject that are not delivered, in order."""
        ...

    async def claim(self, pending: PendingDelivery, until: datetime) -> bool:
        """Keeps others from trying it before `until`; False where another was faster."""
        ...

    async def postpone(self, pending: PendingDelivery) -> None:
        """Keeps its `attempt` and `due_at`."""
        ...

    async def delivered(self, pending: PendingDelivery) -> None:
        """It need not be told again; harmless to repeat."""
        ...

    async def blank(self, location: LocationId, user: UserId) -> int:
        """Leaves of the changes that tell of that user only their numbers, and nothing pending.

        Returns how many rows told of the user. Raises StoreConflict.
        """
        ...

    async def erase(self, location: LocationId) -> int:
        """Removes the whole feed; returns how many rows there were."""
        ...

    async def disable(self, endpoint: str, now: datetime) -> None:
        """Keeps that this endpoint wants nothing any more."""
        ...

    async def disabled(self, endpoint: str) -> bool: ...


class SignInStore(Protocol):
    """Sign-ins that have begun; each can be taken once."""

    async def put(self, key: str, sealed: bytes, expires_at: datetime) -> None: ...

    async def take(self, key: str) -> tuple[bytes, datetime] | None:
        """The sign-in and when it expires, removed first; None if there is none."""
        ...

    async def forget_expired(self, now: datetime) -> int: ...


class AuditStore(Protocol):
    """Who did what at each location; see domain/audit.py."""

    async def append(self, record: AuditRecord, now: datetime) -> None:
        """Some of those go that are older than they are kept."""
        ...

    async def close(self, location: LocationId, name: str, outcome: Outcome) -> None:
        """Keeps how it came out; one that is gone is no error."""
        ...

    async def read(
        self, location: LocationId, after: str, limit: int, now: datetime
    ) -> list[AuditRecord]:
        """The records after that id, in the order of time."""
        ...

    async def forget(
        self, location: LocationId, user: UserId | None, keep: str | None = None
    ) -> int:
        """Removes those about that user, and who it was from those that the user has made.

        With None it removes all of the location's but `keep`. Returns how many there were. Raises
        StoreConflict.
        """
        ...


class FiguresStore(Protocol):
    """What runs have found that nobody had told, counted over all calendars."""

    async def add(self, key: CalendarKey, found: Findings, at: datetime) -> bool:
        """Counts it; False where too many count at the same moment, and it is left out."""
        ...

    async def read(self) -> Figures: ...


class RosterStore(Protocol):
    """Every watched calendar's fixed place; see domain/due.py."""

    async def enter(self, roster: Roster, key: CalendarKey) -> None: ...

    async def leave(self, roster: Roster, key: CalendarKey) -> None: ...

    def due(self, roster: Roster, slot: int) -> AsyncIterator[CalendarKey]: ...
