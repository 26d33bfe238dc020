"""Domain values in the words of the contract."""

from collections.abc import Iterable

from shared.domain.availability import Block, CalendarTime, Policy, RecurringEvents
from shared.domain.drift import Figures
from shared.domain.mirror import Event
from shared.domain.model import Problem, ProviderName
from shared.domain.selection import Choice, Selection
from shared.domain.spans import Days, Interval
from shared.flows.list_calendars import ListedCalendar, ListedCalendars
from shared.flows.member_status import (
    ConnectionStatus,
)
from shared.flows.read_time import BusyTime, ShownEvents
from shared.triggers import contract as c
from shared.triggers.problems import problem


def connection(found: ConnectionStatus) -> c.ConnectionShown:
    profile, progress = found.connection.profile, found.progress
    return c.ConnectionShown(
        provider=found.connection.account.provider,
        email=profile.email,
        account_type=profile.kind,
        status=found.status.value,
        problem=trouble(found.problem),
        progress=progress
        and c.ProgressShown(
            calendars_read=progress.calendars_read,
            calendars=progress.calendars,
            events_read=progress.events,
        ),
        connected_at=found.connection.connected_at,
        last_synced_at=found.last_synced_at,
        slower_sync=found.slower_sync or None,
    )


def calendars(found: ListedCalendars) -> c.Calendars:
    problems = [(name, problem(error)[0]) for name, error in found.unlisted.items()]
    unlisted = [c.Unlisted(provider=name, code=p.code, detail=p.detail) for name, p in problems]
    return c.Calendars(
        calendars=[_calendar(one) for one in found.calendars], unlisted=unlisted or None
    )


def _calendar(listed: ListedCalendar) -> c.CalendarShown:
    info = listed.info
    owner = c.Owner(name=info.owner_name, address=info.owner_address)
    return c.CalendarShown(
        provider=listed.provider,
        calendar_id=info.calendar_id,
        name=info.name,
        color=info.color,
        owner=owner,
        is_default=info.is_default,
        can_write=info.can_write,
        role=listed.role.value if listed.role else None,
    )


def configuration(selection: Selection) -> c.Configuration:
    policy = selection.policy
    return c.Configuration(
        primary=_choice(selection.primary) if selection.primary else None,
        conflicts=[_choice(choice) for choice in selection.conflicts],
        recurring_events=policy.recurring_events.value,
        busy_when_tentative=policy.busy_when_tentative,
        busy_when_elsewhere=policy.busy_when_elsewhere,
        ignore_all_day=policy.ignore_all_day,
    )


def selection(body: c.Configuration) -> Selection:
    return Selection(
        primary=_chosen(body.primary) if body.primary else None,
        conflicts=tuple(_chosen(choice) for choice in body.conflicts),
        policy=Policy(
            recurring_events=RecurringEvents(body.recurring_events),
            busy_when_tentative=body.busy_when_tentative,
            busy_when_elsewhere=body.busy_when_elsewhere,
            ignore_all_day=body.ignore_all_day,
        ),
    )


def busy(found: BusyTime) -> c.Busy:
    return c.Busy(
        complete=found.complete,
        busy=blocks(found.blocks),
        calendars=[_reading(one) for one in found.calendars],
    )


def blocks(found: Iterable[Block]) -> list[c.BusyBlock]:
    return [
        c.BusyBlock(
            start=block.interval.start,
            end=block.interval.end,
            sources=[
                c.SourceShown(provider=s.provider, calendar_id=s.calendar_id, reason=s.reason)
                for s in block.sources
            ],
        )
        for block in found
    ]


def events(found: ShownEvents) -> c.Events:
    return c.Events(
        calendar=_reading(found.calendar) if found.calendar else None,
        events=[_event(event, interval) for event, interval in found.events],
    )


def _event(event: Event, interval: Interval) -> c.EventShown:
    return c.EventShown(
        start=interval.start,
        end=interval.end,
        all_day=isinstance(event.span, Days),
        availability=event.availability.value,
        private=event.private,
        title=event.title,
    )


def _reading(found: CalendarTime) -> c.CalendarReading:
    return c.CalendarReading(
        provider=found.provider,
        calendar_id=found.calendar_id,
        role=found.role.value,
        as_of=found.reading.as_of,
        status=found.reading.freshness.value,
        reason=found.reading.reason,
    )


def drift_repaired(figures: Figures) -> c.DriftRepaired:
    return c.DriftRepaired(
        by_comparison=figures.missed, by_sweep=figures.by_sweep, last_at=figures.last_at
    )


def trouble(problem: Problem | None) -> c.ProblemShown | None:
    return c.ProblemShown(code=problem.code, since=problem.since) if problem else None


def _choice(choice: Choice) -> c.CalendarChoice:
    return c.CalendarChoice(provider=choice.provider, calendar_id=choice.calendar_id)


def _chosen(body: c.CalendarChoice) -> Choice:
    return Choice(ProviderName(body.provider), body.calendar_id)
