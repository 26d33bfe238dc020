"""The JSON of the team list: who has connected what, and how each of their calendars is doing."""

from typing import Literal

from pydantic import AwareDatetime

from shared.triggers.contract import (
    ABSENT,
    Configuration,
    ConnectionShown,
    Contract,
    ProblemShown,
)


class Drift(Contract):
    """What was found late, in single events and series: by the last full comparison, by all of
    them, and by the sweep where a notification should have come."""

    last_comparison: int
    comparisons: int
    sweep: int


class HeldRemoval(Contract):
    """So many events and series are missing from the calendar all at once; until a second reading
    says the same, they still take time."""

    since: AwareDatetime
    count: int


class CalendarHealth(Contract):
    provider: str
    calendar_id: str
    role: Literal["primary", "conflict"]
    as_of: AwareDatetime | None = ABSENT
    push: Literal["none", "active", "refused"] = "none"
    push_renews_at: AwareDatetime | None = ABSENT
    push_ends_at: AwareDatetime | None = ABSENT
    slower_sync: Literal[True] | None = ABSENT
    problem: ProblemShown | None = ABSENT
    past_problem: ProblemShown | None = ABSENT
    held: HeldRemoval | None = ABSENT
    compared_at: AwareDatetime | None = ABSENT
    drift: Drift | None = ABSENT


class TeamMember(Contract):
    user_id: str
    name: str
    connections: list[ConnectionShown]
    configuration: Configuration
    health: list[CalendarHealth]


class Team(Contract):
    users: list[TeamMember]


class LagHour(Contract):
    """`counts` has one for each of the bounds, and one for what took longer."""

    hour: AwareDatetime
    counts: list[int]
    longest_seconds: int


class Lag(Contract):
    """Bounds are in seconds."""

    bounds: list[int]
    hours: list[LagHour]
