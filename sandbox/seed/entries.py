"""One entry of the almanac and how it is written as iCalendar."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from icalendar import Event, Timezone, TimezoneDaylight, TimezoneStandard, vRecur

from sandbox.seed.rules import nth_weekday

_STAMP = datetime(2026, 11, 1, tzinfo=UTC)
_DOMAIN = "almanac.example"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A single event, a series, or with `replaces` one changed occurrence of a series."""

    key: str
    name: str
    start: date
    category: str
    source: str
    end: date | None = None
    place: str = ""
    busy: str = "BUSY"
    status: str = "CONFIRMED"
    private: bool = False
    rrule: str | None = None
    except_days: tuple[date, ...] = ()
    extra_days: tuple[date, ...] = ()
    replaces: date | None = None

    def changed(self, day: date, **changes: Any) -> "Entry":
        """The occurrence of a day, as an entry of its own that differs in `changes`."""
        start = on(day, self.start)
        end = start + (self.end - self.start) if self.end else None
        base = replace(
            self, start=start, end=end, replaces=start, rrule=None, except_days=(), extra_days=()
        )
        return replace(base, **changes)

    def component(self) -> Event:
        """The VEVENT."""
        event = Event()
        event.add("UID", f"{self.key}@{_DOMAIN}")
        event.add("DTSTAMP", _STAMP)
        event.add("SUMMARY", self.name)
        event.add("DTSTART", self.start)
        event.add("CATEGORIES", [self.category])
        event.add("DESCRIPTION", f"Source: {self.source}.")
        event.add("TRANSP", "TRANSPARENT" if self.busy == "FREE" else "OPAQUE")
        event.add("STATUS", self.status)
        self._add_optional(event)
        self._add_recurrence(event)
        return event

    def _add_optional(self, event: Event) -> None:
        if self.end:
            event.add("DTEND", self.end)
        if self.place:
            event.add("LOCATION", self.place)
        if self.private:
            event.add("CLASS", "PRIVATE")
        if self.busy not in ("BUSY", "FREE"):
            event.add("X-MICROSOFT-CDO-BUSYSTATUS", self.busy)

    def _add_recurrence(self, event: Event) -> None:
        if self.rrule:
            event.add("RRULE", vRecur.from_ical(self.rrule))
        if self.except_days:
            event.add("EXDATE", [on(day, self.start) for day in self.except_days])
        if self.extra_days:
            event.add("RDATE", [on(day, self.start) for day in self.extra_days])
        if self.replaces:
            event.add("RECURRENCE-ID", self.replaces)


def all_day(day: date, days: int = 1) -> dict[str, Any]:
    """Start and exclusive end of an entry of whole days."""
    return {"start": day, "end": day + timedelta(days=days)}


def timed(start: datetime, minutes: int) -> dict[str, Any]:
    """Start and end by the clock on the wall; an instant has no end."""
    if minutes == 0:
        return {"start": start}
    return {"start": start, "end": start + timedelta(minutes=minutes)}


def on(day: date, like: date) -> date:
    """That day, at the hour of `like` where it has one."""
    if isinstance(like, datetime):
        return datetime.combine(day, like.timetz())
    return day


def slug(*words: object) -> str:
    """A stable name out of letters and digits."""
    text = " ".join(str(word) for word in words)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def timezone(name: str, rules: dict[str, list[str]]) -> Timezone:
    """The VTIMEZONE of a zone, from the rules that are in force in these years."""
    zone = Timezone()
    zone.add("TZID", name)
    for kind, component in (("standard", TimezoneStandard()), ("daylight", TimezoneDaylight())):
        if kind in rules:
            before = rules.get("daylight" if kind == "standard" else "standard", rules[kind])
            zone.add_component(_observance(component, rules[kind], before[1]))
    return zone


def _observance(
    component: TimezoneStandard | TimezoneDaylight, rule: list[str], offset_before: str
) -> TimezoneStandard | TimezoneDaylight:
    label, offset, *change = rule
    component.add("TZNAME", label)
    component.add("TZOFFSETFROM", _offset(offset_before))
    component.add("TZOFFSETTO", _offset(offset))
    if not change:
        component.add("DTSTART", datetime(1970, 1, 1))  # noqa: DTZ001 - local by definition
        return component
    nth, weekday, month = int(change[0][:-5]), change[0][-5:-3], int(change[0][-2:])
    hour = datetime.strptime(change[1], "%H:%M").time()  # noqa: DTZ007 - a time of day
    component.add("DTSTART", datetime.combine(nth_weekday(1970, month, weekday, nth), hour))
    component.add("RRULE", {"FREQ": "YEARLY", "BYMONTH": month, "BYDAY": f"{nth}{weekday}"})
    return component


def _offset(text: str) -> timedelta:
    minutes = int(text[1:3]) * 60 + int(text[3:5])
    return timedelta(minutes=-minutes if text[0] == "-" else minutes)
