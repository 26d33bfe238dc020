"""What a run of a calendar comes to, once everything is read. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain import due, lag
from shared.domain.brake import brake
from shared.domain.drift import Findings, counted, findings
from shared.domain.links import Link
from shared.domain.model import CalendarState, Detail, Problem, Roster
from shared.domain.reconcile import Reconciled, Round
from shared.domain.records import CalendarPartition
from shared.domain.watchdog import stuck


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run that began at `started` has read; `reconciled` is what it means for the mirror.

    `told` is what the cursor tells beside a full comparison, where that was asked. `swept`: only
    the sweep has made us look, though the calendar has a channel that tells of every change.
    `told_at` is when a notification came that has made us look.
    """

    started: datetime
    detail: Detail
    read: Round
    reconciled: Reconciled
    told: Round | None
    swept: bool
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What is kept and told. `held` is how many removals are held anew; `stuck` is for an alarm.

    `lag` is how long there was something to be read, where something was.
    """

    state: CalendarState
    reconciled: Reconciled
    findings: Findings
    held: int
    stuck: Problem | None
    lag: timedelta | None = None


def decide(
    partition: CalendarPartition,
    seen: Seen,
    links: Sequence[Link],
    now: datetime,
    periods: Mapping[Roster, timedelta],
) -> Decided:
    """`links` are those of the calendar as they are now, `periods` how often rosters are visited.

    An episode of being stuck that ends with this run is for an alarm too, if none was raised.
    """
    state, read = partition.state, seen.read
    braked = brake(partition.mirror, seen.reconciled, read, state.hold, links, seen.started)
    found = Findings()
    if state.checked_at is not None:  # nobody could have told of what a first read finds
        found = findings(
            partition.mirror,
            braked.reconciled,
            (state.window or read.window, read.window),
            seen.told,
            links,
            swept=seen.swept and (seen.told is not None or not read.full),
        )
    after = replace(
        _read_state(state, seen),
        events=partition.aside + len(braked.reconciled.mirror.events),
        hold=braked.hold,
        drift=counted(state.drift, found, compared=_compared(state, seen)),
    )
    since = _news_since(state, seen, found, braked.reconciled)
    late = now - since if since is not None else None
    if late is not None:
        after = replace(after, lags=lag.counted(state.lags, late, now))
    after = replace(after, roster=due.roster_for(after, now, periods[Roster.PUSH]))
    after = replace(after, stuck=stuck(after, now, periods))
    news = after.stuck or stuck(state, seen.started, periods)
    told_of = news is not None and state.stuck is not None and state.stuck.code == news.code
    stuck_anew = None if told_of else news
    return Decided(after, braked.reconciled, found, braked.held, stuck_anew, late)


def _read_state(state: CalendarState, seen: Seen) -> CalendarState:
    read = seen.read
    # A few changes tell the zone only where nothing better is known, as of a calendar first empty.
    zone = read.zone or state.zone if read.full else state.zone or read.zone
    return replace(
        state,
        detail=seen.detail,
        cursor=read.cursor,
        window=read.window,
        zone=zone,
        checked_at=seen.started,
        full_read_at=seen.started if read.full else state.full_read_at,
        problem=None,
        past_problem=state.problem or state.past_problem,
    )


def _news_since(
    state: CalendarState, seen: Seen, found: Findings, reconciled: Reconciled
) -> datetime | None:
    """Since when there was something to be read, at the earliest; None where nothing was, or none
    that says how long: a first read, and what the days bring into the window."""
    if state.checked_at is None or not (reconciled.upserted or reconciled.dropped):
        return None
    if seen.told_at is not None:
        return seen.told_at
    return None if seen.read.full and not found else state.checked_at


def _compared(state: CalendarState, seen: Seen) -> bool:
    """Whether it was a full comparison of which we know what the cursor would have told."""
    if not seen.read.full or due.telling_cursor(state, seen.detail) is None:
        return False
    return seen.told is not None or not seen.reconciled.changed
