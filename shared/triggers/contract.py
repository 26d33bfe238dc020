"""The JSON of the API. Unknown fields are refused, sizes bounded, times carry an offset."""

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

ID_PATTERN = r"^[A-Za-z0-9._~:@+=-]{1,128}$"
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
CalendarId = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
MOST_CONFLICTS = 50


def _plus(value: Any) -> Any:
    """In a query an offset's plus sign arrives as a space unless the caller escaped it."""
    return value.replace(" ", "+") if isinstance(value, str) else value


QueryTime = Annotated[AwareDatetime, BeforeValidator(_plus)]


class Contract(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        serialize_by_alias=True,
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
    errors: list[FieldError] | None = None


class BeginConnect(Contract):
    return_url: Annotated[str, StringConstraints(max_length=2048)] | None = None


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
    account_type: str
    status: Literal["connected", "syncing", "reconnect_required", "degraded"]
    problem: ProblemShown | None = None
    progress: ProgressShown | None = None
    connected_at: AwareDatetime
    last_synced_at: AwareDatetime | None = None


class Connections(Contract):
    connections: list[ConnectionShown]


class Owner(Contract):
    name: str | None = None
    address: str | None = None


class CalendarShown(Contract):
    provider: str
    calendar_id: str
    name: str
    color: str | None = None
    owner: Owner | None = None
    is_default: bool
    can_write: bool
    role: Literal["primary", "conflict"] | None = None


class Calendars(Contract):
    calendars: list[CalendarShown]


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


class CalendarHealth(Contract):
    provider: str
    calendar_id: str
    role: Literal["primary", "conflict"]
    as_of: AwareDatetime | None = None
    push: Literal["none", "active", "refused"] = "none"
    problem: ProblemShown | None = None


class TeamMember(Contract):
    user_id: str
    name: str
    connections: list[ConnectionShown]
    configuration: Configuration
    health: list[CalendarHealth]


class Team(Contract):
    users: list[TeamMember]


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
    as_of: AwareDatetime | None = None
    status: Literal["current", "first_read", "stale", "unreadable"]
    reason: str | None = None


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
    title: str | None = None


class Events(Contract):
    calendar: CalendarReading | None = None
    events: list[EventShown]


class Dependency(Contract):
    name: str
    ok: bool


class Health(Contract):
    status: Literal["ok", "failing"]
    dependencies: list[Dependency]
