"""Who connected, configured and disconnected what: ids and settings, never a name or a title."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.access import Membership
from shared.domain.availability import Policy
from shared.domain.model import CalendarKey, LocationId, ProviderName, UserId


class Act(StrEnum):
    """What somebody has done."""

    CONNECTED = "connected"
    RECONNECTED = "reconnected"
    DISCONNECTED = "disconnected"
    CONFIGURED = "configured"
    SETTINGS_CHANGED = "settings_changed"
    ERASED = "erased"


class Outcome(StrEnum):
    """A record is written before the act, and again after it: one that stays `begun` was cut
    short, and nobody knows whether the act was done."""

    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"
    """It was not done."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """`by` did it, or began to, for `user`. Both are None where that user was erased.

    `id` sorts by time. What was chosen for a user is said by `primary`, `conflicts` and `policy`,
    calendars by their keys: Google's own ids are addresses. `external_changes` is the location's
    policy; `version` is the number that either has from then on.
    """

    id: str
    location: LocationId
    at: datetime
    act: Act
    by: UserId | None
    role: Membership
    user: UserId | None = None
    provider: ProviderName | None = None
    primary: CalendarKey | None = None
    conflicts: tuple[CalendarKey, ...] = ()
    policy: Policy | None = None
    external_changes: str | None = None
    version: int | None = None
    outcome: Outcome = Outcome.BEGUN
