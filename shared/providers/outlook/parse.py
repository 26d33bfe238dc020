"""Graph's events as events of the mirror. Pure."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from shared.domain.appointments import LiveEvent
from shared.domain.mirror import Availability, Event, Kind, Series
from shared.domain.spans import Days, Interval, Span
from shared.domain.zones import iana_zone, zone_info
from shared.providers.outlook.wire import WireEvent, WireLiveEvent, WireTime

_AVAILABILITY = {
    "free": Availability.FREE,
    "tentative": Availability.TENTATIVE,
    "busy": Availability.BUSY,
    "oof": Availability.OUT_OF_OFFICE,
    "workingElsewhere": Availability.ELSEWHERE,
}
_UNDECIDED = frozenset({"tentativelyAccepted", "notResponded"})
_PRIVATE = frozenset({"private", "personal", "confidential"})
_MAKING = timedelta(seconds=10)
_SECOND = timedelta(seconds=1)
_TO_THE_SECOND = len("2026-03-10T10:00:00")
_KINDS = {"occurrence": Kind.OCCURRENCE, "exception": Kind.EXCEPTION}


def is_master(item: WireEvent) -> bool:
    return item.type == "seriesMaster"


def event(item: WireEvent, master: Series | None = None) -> Event | None:
    """An event, a bare occurrence taking from its master all that delta leaves out.

    None for an item without times: there is nothing to block. An occurrence whose master is not
    known counts as busy and private: nothing may be reported free, or told, by mistake.
    """
    bare = item.type == "occurrence" and item.show_as is None
    all_day = isinstance(master.first, Days) if bare and master else bool(item.is_all_day)
    span = _span(item, all_day)
    if span is None:
        return None
    kind = _KINDS.get(item.type or "", Kind.SINGLE)
    if bare:
        return Event(
            id=item.id,
            kind=kind,
            span=span,
            availability=master.availability if master else Availability.BUSY,
            private=master.private if master else True,
            series_id=item.series_master_id,
            title=master.title if master else None,
        )
    private = _private(item)
    return Event(
        id=item.id,
        kind=kind,
        span=span,
        availability=availability(item),
        private=private,
        series_id=item.series_master_id,
        title=None if private else item.subject or "",
    )


def series(item: WireEvent) -> Series | None:
    """A series from its master, whose start and end are those of the first event by the rule."""
    span = _span(item, bool(item.is_all_day))
    if span is None:
        return None
    private = _private(item)
    title = None if private else item.subject or ""
    return Series(item.id, span, availability(item), private, title)


def live(item: WireLiveEvent) -> LiveEvent | None:
    """An event of ours as it is now; None for one without times.

    An all-day event is a pair of dates: its `start` and `end` are those midnights in UTC.
    """
    span = _span(item, bool(item.is_all_day))
    if span is None:
        return None
    start, end = _instants(span)
    return LiveEvent(
        id=item.id,
        start=start,
        end=end,
        title=None if _private(item) else item.subject or "",
        entity_tag=item.etag,
        web_link=item.web_link,
        meeting_link=item.meeting.join_url if item.meeting else None,
        online=bool(item.is_online),
        cancelled=bool(item.is_cancelled),
        all_day=bool(item.is_all_day),
    )


def untouched(item: WireLiveEvent) -> bool:
    """Whether nobody has changed the event since it was made.

    Making one takes Graph up to two seconds in its own examples, and some more with a meeting.
    """
    try:
        made, changed = (_utc(moment) for moment in (item.created, item.modified))
    except ValueError:
        return False
    return changed - made < _MAKING


def _utc(moment: str | None) -> datetime:
    return instant({"dateTime": moment or "", "timeZone": "UTC"})


def _instants(span: Span) -> tuple[datetime, datetime]:
    if isinstance(span, Interval):
        return span.start, span.end
    midnight = time(tzinfo=UTC)
    return datetime.combine(span.first, midnight), datetime.combine(span.end, midnight)


def availability(item: WireEvent) -> Availability:
    """Cancelled and declined meetings stay in the calendar, and are free.

    `unknown`, and anything new, counts as busy. An invitation not answered is tentative.
    """
    response = item.response_status.get("response") if item.response_status else None
    if item.is_cancelled or response == "declined":
        return Availability.FREE
    shown = _AVAILABILITY.get(item.show_as or "", Availability.BUSY)
    if shown is Availability.BUSY and response in _UNDECIDED:
        return Availability.TENTATIVE
    return shown


def calendar_zone(items: Iterable[WireEvent]) -> str | None:
    """The zone in which most events of a calendar were made, the owner's own events first.

    All-day events carry dates alone: they lie in the zone of the calendar's owner, which Graph
    tells only to apps that may read mailbox settings.
    """
    named = Counter((item.original_zone, bool(item.is_organizer)) for item in items)
    own: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for (name, organizer), count in named.items():
        zone = iana_zone(name)
        if zone and zone != "UTC" and not zone.startswith("Etc/"):
            (own if organizer else others)[zone] += count
    most = (own or others).most_common(1)
    return most[0][0] if most else None


def instant(time: WireTime, *, ceiling: bool = False) -> datetime:
    """A UTC instant in whole seconds, fractions cut off, or rounded up with `ceiling`.

    We ask for UTC, so a name that is no zone (`tzone://Microsoft/Custom`) still means UTC. The
    years 1 and 9999 occur and must not overflow.
    """
    whole, _, fraction = time["dateTime"].rstrip("Z").partition(".")
    moment = _utc_time(whole)
    try:
        name = time.get("timeZone")
        if name != "UTC":  # as nearly all are
            zone = zone_info(iana_zone(name))
            moment = moment.replace(tzinfo=zone).astimezone(UTC)
        return moment + _SECOND if ceiling and fraction.strip("0") else moment
    except OverflowError:
        return moment.replace(tzinfo=UTC)


def _utc_time(text: str) -> datetime:
    # To read the offset with the text takes a sixth of the time of setting it afterwards.
    if len(text) == _TO_THE_SECOND:
        return datetime.fromisoformat(f"{text}+00:00")
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _span(item: WireEvent, all_day: bool) -> Span | None:
    if item.start is None or item.end is None:
        return None
    try:
        return _read_span(item.start, item.end, all_day)
    except ValueError:
        return None  # no time that could be blocked


def _read_span(begin: WireTime, finish: WireTime, all_day: bool) -> Span:
    if all_day:
        first, end = _day(begin), _day(finish)
        return Days(first, max(end, first + timedelta(days=first < date.max)))
    start, end = instant(begin), instant(finish, ceiling=True)
    return Interval(start, max(start, end))


def _day(time: WireTime) -> date:
    """All-day times are midnights that Graph does not convert: only their date means anything."""
    return date.fromisoformat(time["dateTime"][:10])


def _private(item: WireEvent) -> bool:
    return item.sensitivity in _PRIVATE
