"""Whether a stretch of time is free, from what calendars hold now, or else from their mirrors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.domain.availability import (
    Block,
    CalendarTime,
    Freshness,
    Policy,
    Reading,
    RecurringEvents,
    busy,
)
from shared.domain.mirror import Event, Kind, Series
from shared.domain.model import Window
from shared.domain.spans import FURTHEST_ZONE, Interval, Span, possible_interval


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a calendar holds in some time, read plainly: all events that may lie there.

    `zone` is the calendar's own, where the provider tells it: a few events do not.
    """

    events: Mapping[str, Event] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One selected calendar: what its mirror says, and what was read live, or why nothing was."""

    mirrored: CalendarTime
    live: Stretch | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """`time` is what counts of the calendar. `reason` says why it was not asked live."""

    time: CalendarTime
    live: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """`checked_at` is an instant before any calendar was asked."""

    checked_at: datetime
    conflicts: list[Block]
    calendars: tuple[Checked, ...]

    @property
    def free(self) -> bool:
        """A calendar of which nothing is known blocks all of the time (R16)."""
        return not self.conflicts

    @property
    def live(self) -> bool:
        return all(one.live for one in self.calendars)


def confirmed(asked: Iterable[Asked], policy: Policy, time: Interval, now: datetime) -> Confirmed:
    """What was read live counts by itself; where nothing was, what the mirror is worth now."""
    calendars = tuple(_checked(one, now) for one in asked)
    return Confirmed(now, busy([one.time for one in calendars], policy, time), calendars)


def series_wanted(mirrored: CalendarTime, policy: Policy, time: Interval) -> frozenset[str] | None:
    """The series to look at besides those that have an event in `time`; None: none at all.

    Where only the first event of a series counts, it stays although it alone was deleted or moved
    (R11): no list of that time names its series then, but the mirror does.
    """
    if policy.recurring_events is RecurringEvents.EVERY:
        return None
    return frozenset(
        event.id
        for event in mirrored.events
        if event.kind is Kind.FIRST and may_touch(event.span, time)
    )


def reach(time: Window) -> Window:
    """What to ask a provider for, so that no all-day event is missed, whatever zone it means."""
    return Window(time.start - FURTHEST_ZONE, time.end + FURTHEST_ZONE)


def may_touch(span: Span, time: Interval | Window) -> bool:
    """Whether `span` takes any of `time`, in whatever zone."""
    return possible_interval(span).overlaps(time)


def _checked(asked: Asked, now: datetime) -> Checked:
    if asked.live is None:
        return Checked(asked.mirrored, live=False, reason=asked.reason)
    firsts = {key: one.first_event() for key, one in asked.live.series.items()}
    time = replace(
        asked.mirrored,
        reading=Reading(Freshness.CURRENT, now),
        zone=asked.mirrored.zone or asked.live.zone,
        events=tuple({**asked.live.events, **firsts}.values()),
    )
    return Checked(time, live=True)
