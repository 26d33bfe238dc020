"""Google's events as events of the mirror. Pure.

https://developers.google.com/workspace/calendar/api/v3/reference/events
"""

from datetime import UTC, date, datetime, time, timedelta

from shared.domain.appointments import LiveEvent
from shared.domain.mirror import Availability, Event, Kind, Series
from shared.domain.spans import Days, Interval, Span
from shared.domain.zones import iana_zone, zone_info
from shared.providers.google.wire import WireEvent, WireLiveEvent, WireTime

# Where somebody works, and whose birthday it is, keeps nobody from an appointment:
# https://developers.google.com/workspace/calendar/api/guides/calendar-status
_NEVER_BUSY = frozenset({"workingLocation", "birthday"})
_UNDECIDED = frozenset({"needsAction", "tentative"})
_PRIVATE = frozenset({"private", "confidential"})


def is_gone(item: WireEvent) -> bool:
    """Cancelled is what Google calls deleted."""
    return item.status == "cancelled"


def is_master(item: WireEvent) -> bool:
    return bool(item.recurrence) and item.series_id is None


def event(item: WireEvent, *, in_series: bool = False) -> Event | None:
    """An event; None for one without times that can be read: there is nothing to block.

    `in_series`: the series that it is an instance of is on the calendar. To who is invited to one
    instance alone that is an event of its own.
    """
    span = _span(item)
    if span is None:
        return None
    private = _private(item)
    return Event(
        id=item.id,
        kind=_kind(item) if in_series else Kind.SINGLE,
        span=span,
        availability=availability(item),
        private=private,
        series_id=item.series_id if in_series else None,
        title=None if private else item.summary or "",
    )


def series(item: WireEvent) -> Series | None:
    """A series, whose own start and end are those of its first event by the rule."""
    span = _span(item)
    if span is None:
        return None
    private = _private(item)
    title = None if private else item.summary or ""
    return Series(item.id, span, availability(item), private, title)


def live(item: WireLiveEvent) -> LiveEvent | None:
    """An event of ours as it is now; None for one without times.

    Its text never holds the way into a meeting, which is a field of its own: it may be written
    over. An all-day event is a pair of dates: its `start` and `end` are those midnights in UTC.
    """
    span = _span(item)
    if span is None:
        return None
    start, end = _instants(span)
    return LiveEvent(
        id=item.id,
        start=start,
        end=end,
        title=None if _private(item) else item.summary or "",
        entity_tag=item.etag,
        web_link=item.web_link,
        meeting_link=item.meeting_link,
        cancelled=is_gone(item),
        all_day=isinstance(span, Days),
    )


def availability(item: WireEvent) -> Availability:
    """An invitation that was declined stays on the calendar, and is free; one that is not answered
    is tentative. A type that is new counts by its transparency."""
    answer = _answer(item)
    shown_as_free = item.transparency == "transparent" or item.type in _NEVER_BUSY
    if is_gone(item) or shown_as_free or answer == "declined":
        return Availability.FREE
    if item.type == "outOfOffice":
        return Availability.OUT_OF_OFFICE
    if item.status == "tentative" or answer in _UNDECIDED:
        return Availability.TENTATIVE
    return Availability.BUSY


def _answer(item: WireEvent) -> str | None:
    """Whether the calendar's owner comes; nobody has to answer an invitation of their own."""
    own = next((one for one in item.attendees or () if one.is_self), None)
    if own is None or (own.is_organizer and own.response == "needsAction"):
        return None
    return own.response


def instant(moment: WireTime, *, ceiling: bool = False) -> datetime:
    """A UTC instant in whole seconds, fractions cut off, or rounded up with `ceiling`.

    Without an offset it is in the zone that is named; years at the ends must not overflow.
    """
    found = datetime.fromisoformat(moment.date_time or "")
    whole = found.replace(microsecond=0)
    if whole.tzinfo is None:
        whole = whole.replace(tzinfo=zone_info(iana_zone(moment.time_zone)))
    try:
        return whole.astimezone(UTC) + timedelta(seconds=ceiling and found.microsecond > 0)
    except OverflowError:
        return whole.replace(tzinfo=UTC)


def _kind(item: WireEvent) -> Kind:
    if item.series_id is None:
        return Kind.SINGLE
    return Kind.OCCURRENCE if item.start == item.original_start else Kind.EXCEPTION


def _span(item: WireEvent) -> Span | None:
    """Also one whose end was left open has an end, which counts (`endTimeUnspecified`)."""
    if item.start is None or item.end is None:
        return None
    try:
        return _read_span(item.start, item.end)
    except ValueError:
        return None


def _read_span(begin: WireTime, finish: WireTime) -> Span:
    if begin.date is not None:
        first, end = date.fromisoformat(begin.date), date.fromisoformat(finish.date or "")
        return Days(first, max(end, first + timedelta(days=first < date.max)))
    start, last = instant(begin), instant(finish, ceiling=True)
    return Interval(start, max(start, last))


def _instants(span: Span) -> tuple[datetime, datetime]:
    if isinstance(span, Interval):
        return span.start, span.end
    midnight = time(tzinfo=UTC)
    return datetime.combine(span.first, midnight), datetime.combine(span.end, midnight)


def _private(item: WireEvent) -> bool:
    return item.visibility in _PRIVATE
