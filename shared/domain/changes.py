"""What the CRM is told, and what it is told of: never a title that is not its own (R15)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain
from uuid import NAMESPACE_URL, uuid4, uuid5

from shared.domain.appointments import Appointment
from shared.domain.links import Link
from shared.domain.mirror import Availability, Event, Mirror
from shared.domain.model import Calendar, LocationId, Problem, UserId, Watch, Window
from shared.domain.reconcile import Reconciled
from shared.domain.spans import Interval, possible_interval

Value = str | int | bool | None
"""What the data of a change is made of, in the JSON of the contract."""


class ChangeType(StrEnum):
    BUSY_CHANGED = "calendar.busy_changed"
    APPOINTMENT_UPDATED = "appointment.updated"
    APPOINTMENT_CANCELLED = "appointment.cancelled"
    RECONNECT_REQUIRED = "connection.reconnect_required"
    CONNECTION_RESTORED = "connection.restored"
    CALENDAR_PARKED = "calendar.parked"
    ERASED = "change.erased"


@dataclass(frozen=True, slots=True)
class Change:
    """`id` is the same however often the change is told. Changes of one `subject` keep order."""

    id: str
    type: ChangeType
    location: LocationId
    subject: str
    at: datetime
    data: Mapping[str, Value] = field(default_factory=dict)


def appointment_changed(appointment: Appointment, at: datetime) -> Change:
    """The appointment as it is since somebody has changed or removed its event (R14), or since its
    writing fails or works again. It is made once, and kept with the appointment until told."""
    kind = ChangeType.APPOINTMENT_UPDATED
    if appointment.cancelled:
        kind = ChangeType.APPOINTMENT_CANCELLED
    content = appointment.content
    return _change(
        kind,
        appointment.location,
        f"appointment|{appointment.id}",
        at,
        f"{appointment.id}|{appointment.revision}|{at.isoformat()}",
        {
            "appointmentId": appointment.id,
            "userId": appointment.user,
            "status": "cancelled" if appointment.cancelled else "confirmed",
            "title": content.title,
            "start": _text(content.start),
            "end": _text(content.end),
            "timeZone": content.zone,
            "version": appointment.version,
            "syncState": appointment.sync.state.value,
            "syncCode": appointment.sync.code,
        },
    )


def selection_applied(
    location: LocationId, user: UserId, number: int, at: datetime, window: Window
) -> Change:
    """Busy time of that user may differ anywhere: other calendars count since that selection."""
    return _change(
        ChangeType.BUSY_CHANGED,
        location,
        f"busy|{user}",
        at,
        f"{user}|selection|{number}",
        {"userId": user, "start": _text(window.start), "end": _text(window.end)},
    )


def busy_changed(watch: Watch, calendar: Calendar, changed: Interval, started: datetime) -> Change:
    """Busy time of that user may differ within `changed`; `started` names the run that saw it.

    It does not say by which calendar: the feed outlives a disconnect (R12).
    """
    return _change(
        ChangeType.BUSY_CHANGED,
        watch.location,
        f"busy|{watch.user}",
        started,
        f"{calendar.key}|{watch.user}|{started.isoformat()}",
        {
            "userId": watch.user,
            "start": _text(changed.start),
            "end": _text(changed.end),
        },
    )


def calendar_parked(watch: Watch, calendar: Calendar, problem: Problem) -> Change:
    return _change(
        ChangeType.CALENDAR_PARKED,
        watch.location,
        f"busy|{watch.user}",
        problem.since,
        f"{calendar.key}|{watch.user}|{problem.since.isoformat()}",
        {
            "userId": watch.user,
            "provider": calendar.account.provider,
            "reason": problem.code,
        },
    )


def connection_changed(
    location: LocationId, user: UserId, provider: str, problem: Problem, *, restored: bool
) -> Change:
    """`problem` is the one that requires a new sign-in, or that one has ended."""
    kind = ChangeType.CONNECTION_RESTORED if restored else ChangeType.RECONNECT_REQUIRED
    data: dict[str, Value] = {"userId": user, "provider": provider}
    if not restored:
        data["reason"] = problem.code
    return _change(
        kind,
        location,
        f"connection|{user}|{provider}",
        problem.since,
        f"{user}|{provider}|{problem.since.isoformat()}",
        data,
    )


def erased(location: LocationId, at: datetime) -> Change:
    """What stands in the feed for a change that told of somebody who was erased: `at` is when that
    was told. Nothing in it follows from what it said, its id neither."""
    data = {"locationId": location}
    return Change(f"chg_{uuid4().hex}", ChangeType.ERASED, location, "erased", at, data)


def touched(
    before: Mirror, after: Reconciled, links: Iterable[Link], window: Window
) -> Interval | None:
    """Around all time whose blocking has changed, but by our own writes; None if none has.

    `links` are those of one location: what others write is news to it.
    """
    own = list(links)
    events = chain(
        _blocking_anew(before, (e for e in after.upserted if not any(o.explains(e) for o in own))),
        (e for e in after.dropped if not any(o.explains_loss(e) for o in own)),
    )
    start, end = window.end, window.start
    for event in events:
        if _blocks(event):
            span = possible_interval(event.span)
            first, last = max(span.start, window.start), min(span.end, window.end)
            if first < last:
                start, end = min(start, first), max(end, last)
    return Interval(start, end) if start < end else None


def _blocking_anew(before: Mirror, upserted: Iterable[Event]) -> Iterable[Event]:
    """Each event that blocks otherwise than before, as it was and as it is."""
    for event in upserted:
        former = before.events.get(event.id)
        if former is None:
            yield event
        elif (former.span, former.availability) != (event.span, event.availability):
            yield from (former, event)


def _blocks(event: Event) -> bool:
    return event.availability is not Availability.FREE


def _change(
    kind: ChangeType,
    location: LocationId,
    subject: str,
    at: datetime,
    what: str,
    data: Mapping[str, Value],
) -> Change:
    name = f"{location}|{kind.value}|{what}"
    kept = {"locationId": location} | {k: v for k, v in data.items() if v is not None}
    return Change(f"chg_{uuid5(NAMESPACE_URL, name).hex}", kind, location, subject, at, kept)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
