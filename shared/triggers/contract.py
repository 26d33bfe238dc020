"""The JSON of the API. Unknown fields are refused, sizes bounded, times carry an offset."""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic.alias_generators import to_camel

from shared.domain.access import ID_PATTERN

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
CalendarId = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
MOST_CONFLICTS = 50
_DATE_AND_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]")


def _time(value: Any) -> str:
    """A bare number would be read as seconds or milliseconds, a text without offset as nobody's."""
    if not isinstance(value, str) or not _DATE_AND_TIME.match(value):
        raise ValueError("must be a time with an offset, such as 2027-01-31T09:00:00+01:00")
    return value


def _query_time(text: str) -> str:
    """In a query an offset's plus sign arrives as a space unless the caller escaped it."""
    return _time(text).replace(" ", "+")


BodyTime = Annotated[AwareDatetime, BeforeValidator(_time)]
QueryTime = Annotated[AwareDatetime, BeforeValidator(_query_time)]


def _is_none(value: object) -> bool:
    return value is None


ABSENT: Any = Field(default=None, exclude_if=_is_none)
"""The default of a field that is left out where there is nothing to say."""


class Contract(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        serialize_by_alias=True,
        # Built when first used: a worker starts in half the time.
        defer_build=True,
    )


class FieldError(Contract):
    field: str
    message: str


class Problem(Contract):
    """RFC 9457; `code` is stable, `detail` says what to do."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] | None = ABSENT


class BeginConnect(Contract):
    return_url: Annotated[str, StringConstraints(max_length=2048)] | None = ABSENT


class ConnectBegun(Contract):
    authorization_url: str
    expires_at: AwareDatetime


class ProgressShown(Contract):
    calendars_read: int
    calendars: int
    events_read: int


class ProblemShown(Contract):
    code: str
    since: AwareDatetime


class ConnectionShown(Contract):
    provider: str
    email: str
    account_type: Literal["work", "personal"]
    status: Literal["connected", "syncing", "reconnect_required", "degraded"]
    problem: ProblemShown | None = ABSENT
    progress: ProgressShown | None = ABSENT
    connected_at: AwareDatetime
    last_synced_at: AwareDatetime | None = ABSENT
    slower_sync: Literal[True] | None = ABSENT


class Connections(Contract):
    connections: list[ConnectionShown]


class Owner(Contract):
    name: str | None = ABSENT
    address: str | None = ABSENT


class CalendarShown(Contract):
    provider: str
    calendar_id: str
    name: str
    color: str | None = ABSENT
    owner: Owner | None = ABSENT
    is_default: bool
    can_write: bool
    role: Literal["primary", "conflict"] | None = ABSENT


class Unlisted(Contract):
    """An account whose calendars are not known now; `detail` says what to do."""

    provider: str
    code: str
    detail: str


class Calendars(Contract):
    calendars: list[CalendarShown]
    unlisted: list[Unlisted] | None = ABSENT


class CalendarChoice(Contract):
    provider: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    calendar_id: CalendarId


class Configuration(Contract):
    primary: CalendarChoice | None = None
    conflicts: Annotated[list[CalendarChoice], Field(max_length=MOST_CONFLICTS)] = []
    recurring_events: Literal["first", "every"] = "first"
    busy_when_tentative: bool = True
    busy_when_elsewhere: bool = False
    ignore_all_day: bool = False


class LocationSettings(Contract):
    external_changes: Literal["apply", "restore"] = "apply"


class Range(Contract):
    start: QueryTime
    end: QueryTime


class SourceShown(Contract):
    provider: str
    calendar_id: str
    reason: str


class BusyBlock(Contract):
    start: AwareDatetime
    end: AwareDatetime
    sources: list[SourceShown]


class CalendarReading(Contract):
    provider: str
    calendar_id: str
    role: Literal["primary", "conflict"]
    as_of: AwareDatetime | None = ABSENT
    status: Literal["current", "first_read", "stale", "unreadable"]
    reason: str | None = ABSENT


class Busy(Contract):
    complete: bool
    busy: list[BusyBlock]
    calendars: list[CalendarReading]


class EventShown(Contract):
    start: AwareDatetime
    end: AwareDatetime
    all_day: bool
    availability: Literal["free", "tentative", "busy", "outOfOffice", "workingElsewhere"]
    private: bool
    title: str | None = ABSENT


class Events(Contract):
    calendar: CalendarReading | None = ABSENT
    events: list[EventShown]


class ChangesAsked(Contract):
    after: Annotated[str, StringConstraints(pattern=r"^[0-9]{0,12}$")] = ""
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class ChangeShown(Contract):
    id: str
    type: str
    timestamp: AwareDatetime
    data: dict[str, str | int | bool]


class Changes(Contract):
    """`next` is to be given as `after`, now or later."""

    changes: list[ChangeShown]
    next: str


class Dependency(Contract):
    name: str
    ok: bool


class DriftRepaired(Contract):
    """Over all calendars, in single events and series: what full comparisons found that nobody had
    told of, and what the sweep found that a notification should have told of."""

    by_comparison: int
    by_sweep: int
    last_at: AwareDatetime | None = ABSENT


class Health(Contract):
    status: Literal["ok", "failing"]
    dependencies: list[Dependency]
    drift_repaired: DriftRepaired | None = ABSENT
