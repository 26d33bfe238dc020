"""The JSON of the audit trail."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from shared.triggers.contract import ABSENT, Contract


class AuditAsked(Contract):
    after: Annotated[str, StringConstraints(pattern=r"^([0-9]{8}T[0-9]{12}Z-[0-9a-f]{8})?$")] = ""
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class ConfiguredShown(Contract):
    """Calendars by the hashes that name them in keys and logs."""

    primary: str | None = ABSENT
    conflicts: list[str]
    recurring_events: Literal["first", "every"]
    busy_when_tentative: bool
    busy_when_elsewhere: bool
    ignore_all_day: bool


class AuditRecordShown(Contract):
    """`outcome` stays `begun` where nobody knows whether it was done. `by` is the id of who did it,
    missing where that user was erased; `userId` is whom it concerns, never told of an erasure."""

    id: str
    timestamp: AwareDatetime
    act: Literal[
        "connected", "reconnected", "disconnected", "configured", "settings_changed", "erased"
    ]
    outcome: Literal["begun", "done", "failed"]
    by: str | None = ABSENT
    role: Literal["agent", "admin", "service"]
    user_id: str | None = ABSENT
    provider: str | None = ABSENT
    configuration: ConfiguredShown | None = ABSENT
    external_changes: Literal["apply", "restore"] | None = ABSENT
    version: int | None = ABSENT


class AuditTrail(Contract):
    """`next` is to be given as `after`, now or later."""

    records: list[AuditRecordShown]
    next: str
