"""What an iCalendar file says of its owner's time, by `recurring-ical-events` alone.

It shares no code with the service. The sandbox repeats series by Graph's own patterns, and takes
only those that Graph has no pattern for from the same library.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import recurring_ical_events
from icalendar import Calendar, Component

from sandbox.tour.intervals import Interval, whole_days

_PRIVATE = {"PRIVATE", "CONFIDENTIAL"}
# How Outlook marks what blocks no time by the policies that every user has at first.
_NOT_BUSY = {"FREE", "WORKINGELSEWHERE"}
# All-day events are compared on their owner's days, which reach beyond those in UTC.
_MARGIN = timedelta(days=2)


@dataclass(frozen=True)
class Occurrence:
    """One event or occurrence that touches the window. `title` is None when it is private."""

    times: Interval
    busy: bool
    title: str | None


@dataclass(frozen=True)
class Almanac:
    """A file that has been read; `entries` are its VEVENTs."""

    document: Calendar
    entries: list[Component]

    @classmethod
    def read(cls, text: str) -> "Almanac":
        """Raises ValueError when it is no iCalendar text."""
        document = Calendar.from_ical(text)
        if document.name != "VCALENDAR":
            raise ValueError("it does not begin with BEGIN:VCALENDAR")
        return cls(document, document.walk("VEVENT"))

    @property
    def zone(self) -> str:
        """The zone of whoever the file belongs to: as it says, or that of most of its events.

        UTC says nothing of where somebody is; who has no other zone is taken to be in Berlin.
        """
        named = str(self.document.get("X-WR-TIMEZONE", ""))
        used = Counter(_zone_name(entry) for entry in self.entries)
        likely = [named, *(name for name, _ in used.most_common())]
        return next((name for name in likely if _is_a_place(name)), "Europe/Berlin")

    @property
    def private_titles(self) -> set[str]:
        """Titles that only private entries have."""
        private = {_title(entry) for entry in self.entries if _is_private(entry)}
        return private - {_title(entry) for entry in self.entries if not _is_private(entry)} - {""}

    def without(self, left_out: Iterable[tuple[str, str]]) -> "Almanac":
        """Without the entries of those UIDs; with a RECURRENCE-ID, that exception alone."""
        refused = {(uid, original) for uid, original in left_out}
        document = self.document.copy()
        for component in self.document.subcomponents:
            uid, original = _label(component), _original(component)
            if (uid, "") not in refused and (not original or (uid, original) not in refused):
                document.add_component(component)
        return Almanac(document, document.walk("VEVENT"))

    def occurrences(self, zone: str, window: Interval) -> list[Occurrence]:
        """All that touches the window, its days being those of `zone`.

        Without X-WR-TIMEZONE, by which the library would move series in UTC to that zone's clocks.
        Outlook does not know it: UTC is UTC (RFC 5545).
        """
        document = self.document.copy(recursive=True)
        document.pop("X-WR-TIMEZONE", None)
        expansion = recurring_ical_events.of(document)
        nearby = expansion.between(window[0] - _MARGIN, window[1] + _MARGIN)
        return [found for one in nearby if _touches((found := _occurrence(one, zone)), window)]


def busy_time(occurrences: Iterable[Occurrence]) -> list[Interval]:
    """The times that block, as they are."""
    return [one.times for one in occurrences if one.busy]


def _occurrence(component: Component, zone: str) -> Occurrence:
    return Occurrence(
        times=_times(component, zone),
        busy=_blocks(component),
        title=None if _is_private(component) else _title(component),
    )


def _times(component: Component, zone: str) -> Interval:
    entry: Any = component
    start: date = entry.start
    end: date = entry.end
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return whole_days(start, max(end, start + timedelta(days=1)), zone)
    return _instant(start, zone), _instant(end, zone)


def _instant(moment: datetime, zone: str) -> datetime:
    """A time without zone means the clocks of whoever looks at it."""
    here = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    return here.astimezone(UTC)


def _blocks(component: Component) -> bool:
    """Outlook's own mark goes before TRANSP. Tentative time blocks; cancelled entries never do."""
    if str(component.get("STATUS", "")).upper() == "CANCELLED":
        return False
    mark = str(component.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper()
    if mark:
        return mark not in _NOT_BUSY
    return str(component.get("TRANSP", "")).upper() != "TRANSPARENT"


def _touches(found: Occurrence, window: Interval) -> bool:
    """Overlaps the window, or lies in it as a point."""
    start, end = found.times
    return start < window[1] and (end > window[0] or window[0] <= start)


def _is_private(component: Component) -> bool:
    return str(component.get("CLASS", "")).upper() in _PRIVATE


def _title(component: Component) -> str:
    return str(component.get("SUMMARY", "")).strip()


def _label(component: Component) -> str:
    """As the sandbox names it in its report."""
    uid = str(component.get("UID", "")).strip()
    return uid or _title(component) or "a VEVENT without UID"


def _original(component: Component) -> str:
    named: Any = component.get("RECURRENCE-ID")
    return "" if named is None else str(named.to_ical().decode())


def _is_a_place(zone: str) -> bool:
    return "/" in zone and not zone.startswith("Etc/") and zone in available_timezones()


def _zone_name(component: Component) -> str:
    begins = component.get("DTSTART")
    return str(getattr(getattr(begins, "dt", None), "tzinfo", None) or "")
