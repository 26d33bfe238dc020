"""When a user is busy: events under the user's policies, fail-closed where nothing is known."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.mirror import Availability, Event, Kind
from shared.domain.model import HELD, CalendarState, ProviderName, Role
from shared.domain.spans import Days, Interval, Span, possible_interval
from shared.domain.zones import zone_info


class RecurringEvents(StrEnum):
    """R11: sync the first event of a series only, or every occurrence in the window."""

    FIRST = "first"
    EVERY = "every"


@dataclass(frozen=True, slots=True)
class Policy:
    recurring_events: RecurringEvents = RecurringEvents.FIRST
    busy_when_tentative: bool = True
    busy_when_elsewhere: bool = False
    ignore_all_day: bool = False

    def sees(self, event: Event) -> bool:
        """Whether the event is one that this user's setting for series lets through (R11)."""
        if event.kind is Kind.SINGLE:
            return True
        return (event.kind is Kind.FIRST) == (self.recurring_events is RecurringEvents.FIRST)

    def blocks(self, event: Event) -> bool:
        if not self.sees(event) or (self.ignore_all_day and isinstance(event.span, Days)):
            return False
        match event.availability:
            case Availability.FREE:
                return False
            case Availability.TENTATIVE:
                return self.busy_when_tentative
            case Availability.ELSEWHERE:
                return self.busy_when_elsewhere
            case _:
                return True


class Freshness(StrEnum):
    CURRENT = "current"
    FIRST_READ = "first_read"
    STALE = "stale"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Reading:
    """How much a calendar's mirror is worth for a stretch of time (R16).

    A current one has a reason where it blocks more than was read last (F16).
    """

    freshness: Freshness
    as_of: datetime | None
    reason: str | None = None


def reading(
    state: CalendarState | None, asked: Interval, now: datetime, stale_after: timedelta
) -> Reading:
    """Whether the mirror answers for `asked`; anything but CURRENT counts as busy (R16)."""
    if state is None or (state.checked_at is None and state.problem is None):
        return Reading(Freshness.FIRST_READ, None, "first_read_running")
    as_of = state.checked_at
    if state.problem is not None:
        return Reading(Freshness.UNREADABLE, as_of, state.problem.code)
    if as_of is None or now - as_of > stale_after:
        return Reading(Freshness.STALE, as_of, "not_read_in_time")
    window = state.window
    if window is None or asked.start < window.start or asked.end > window.end:
        return Reading(Freshness.UNREADABLE, as_of, "outside_synced_window")
    return Reading(Freshness.CURRENT, as_of, HELD if state.hold is not None else None)


@dataclass(frozen=True, slots=True)
class Source:
    """Why a stretch is blocked, and by which calendar."""

    provider: ProviderName
    calendar_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Block:
    interval: Interval
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class CalendarTime:
    """One selected calendar: what is known of it and the events of its mirror around `asked`."""

    provider: ProviderName
    calendar_id: str
    role: Role
    reading: Reading
    zone: str | None
    events: tuple[Event, ...]


def busy(calendars: Iterable[CalendarTime], policy: Policy, asked: Interval) -> list[Block]:
    """Merged blocks within `asked`, in order; a calendar that is not current blocks all of it."""
    found = [block for calendar in calendars for block in _blocks(calendar, policy, asked)]
    return _merged(found)


def instants(span: Span, zone: str | None) -> Interval:
    """The instants of `span`, its days taken in the IANA `zone`.

    Where the zone is not known, all that the days may be anywhere: none of it is known to be free.
    """
    if isinstance(span, Days) and zone is not None:
        return span.in_zone(zone_info(zone))
    return possible_interval(span)


def _blocks(calendar: CalendarTime, policy: Policy, asked: Interval) -> Iterator[Block]:
    if calendar.reading.freshness is not Freshness.CURRENT:
        yield Block(asked, (_source(calendar, calendar.reading.freshness.value),))
        return
    for event in calendar.events:
        interval = instants(event.span, calendar.zone)
        if interval.overlaps(asked) and policy.blocks(event):
            yield Block(interval.clipped(asked), (_source(calendar, event.availability.value),))


def _source(calendar: CalendarTime, reason: str) -> Source:
    return Source(calendar.provider, calendar.calendar_id, reason)


def _merged(blocks: list[Block]) -> list[Block]:
    """Blocks that overlap or touch become one, with the sources of all, each once."""
    found = sorted(blocks, key=lambda block: (block.interval.start, block.interval.end))
    merged: list[Block] = []
    together: list[Block] = []
    end = None
    for block in found:
        if end is not None and block.interval.start > end:
            merged.append(_one(together, end))
            together, end = [], None
        together.append(block)
        end = block.interval.end if end is None else max(end, block.interval.end)
    if end is not None:
        merged.append(_one(together, end))
    return merged


def _one(blocks: list[Block], end: datetime) -> Block:
    """What they make together; the first begins it."""
    if len(blocks) == 1:
        return blocks[0]
    sources = dict.fromkeys(source for block in blocks for source in block.sources)
    return Block(Interval(blocks[0].interval.start, end), tuple(sources))
