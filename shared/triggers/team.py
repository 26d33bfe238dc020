"""Team Management: everybody at a location, and how their calendars are doing."""

from collections.abc import Iterable

import azure.functions as func

from shared.domain.access import Right
from shared.domain.due import push_renews_at
from shared.domain.lag import BOUNDS, LagHour
from shared.domain.model import CalendarState
from shared.flows.member_status import CalendarStatus, MemberStatus, slower_sync, team, team_lag
from shared.triggers import shown
from shared.triggers import team_contract as c
from shared.triggers.endpoint import Answer, Call, Endpoint, register

blueprint = func.Blueprint()


@register(
    blueprint,
    Endpoint(
        name="ListTeam",
        method="GET",
        route="locations/{location}/users",
        summary="Everybody at the location who has connected or configured something.",
        right=Right.ADMIN,
        answers={200: c.Team},
    ),
)
async def list_team(call: Call) -> Answer:
    found = await team(call.location, call.ports)
    return Answer(body=c.Team(users=[_member(one) for one in found]))


@register(
    blueprint,
    Endpoint(
        name="GetLag",
        method="GET",
        route="locations/{location}/lag",
        summary="How long changes in the chosen calendars took to be read, by the hour.",
        right=Right.ADMIN,
        answers={200: c.Lag},
    ),
)
async def get_lag(call: Call) -> Answer:
    return Answer(body=_lag(await team_lag(call.location, call.ports)))


def _member(found: MemberStatus) -> c.TeamMember:
    return c.TeamMember(
        user_id=found.user,
        name=found.name,
        connections=[shown.connection(one) for one in found.connections],
        configuration=shown.configuration(found.selection.selection),
        health=[_calendar_health(one) for one in found.calendars],
    )


def _lag(hours: Iterable[LagHour]) -> c.Lag:
    return c.Lag(
        bounds=list(BOUNDS),
        hours=[
            c.LagHour(hour=one.hour, counts=list(one.counts), longest_seconds=one.longest)
            for one in hours
        ],
    )


def _calendar_health(found: CalendarStatus) -> c.CalendarHealth:
    state = found.glance.state if found.glance else None
    calendar = found.calendar
    health = c.CalendarHealth(
        provider=calendar.account.provider, calendar_id=calendar.calendar_id, role=found.role.value
    )
    return health.model_copy(update=_health(state)) if state else health


def _health(state: CalendarState) -> dict[str, object]:
    hold, drift = state.hold, state.drift
    return {
        "as_of": state.checked_at,
        "push": state.push.status.value,
        "push_renews_at": push_renews_at(state.push),
        "push_ends_at": state.push.expires_at,
        "slower_sync": slower_sync(state) or None,
        "problem": shown.trouble(state.trouble),
        "past_problem": shown.trouble(state.past_problem),
        "held": c.HeldRemoval(since=hold.since, count=hold.count) if hold else None,
        "compared_at": state.full_read_at,
        "drift": c.Drift(
            last_comparison=drift.found, comparisons=drift.total, sweep=drift.by_sweep
        ),
    }
