"""From an iCalendar VEVENT to the fields of an event."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Component

from .details import EventFields
from .zones import UnknownZoneError, zone_of

_SENSITIVITY = {"PUBLIC": "normal", "PRIVATE": "private", "CONFIDENTIAL": "confidential"}
_BUSY = {
    "FREE": "free",
    "TENTATIVE": "tentative",
    "BUSY": "busy",
    "OOF": "oof",
    "WORKINGELSEWHERE": "workingElsewhere",
}


class BadComponentError(ValueError):
    """The component cannot become an event."""


def text_of(component: Component, name: str) -> str:
    """Give a property as text; empty when missing."""
    return str(component.get(name, "")).strip()


def dates_of(component: Component, name: str) -> list[date]:
    """List the dates of EXDATE or RDATE, which may come several times and hold several each."""
    raw: Any = component.get(name, [])
    lines: Iterable[Any] = raw if isinstance(raw, list) else [raw]
    return [entry.dt for line in lines for entry in line.dts]


def date_of(component: Component, name: str) -> date:
    """Give a property that holds one date or time."""
    raw: Any = component.get(name)
    if not isinstance(getattr(raw, "dt", None), date):
        raise BadComponentError(f"{name} is no date")
    moment: date = raw.dt
    return moment


def times_of(component: Component, zone: ZoneInfo) -> EventFields:
    """Give start, end, all-day flag and zone of a component.

    Zones without a Windows or IANA name become the mailbox's zone with the custom label. A whole
    day is one of the mailbox's own, and is labelled with its zone, as Outlook does when it imports.
    """
    begins: Any = component.get("DTSTART")
    if begins is None:
        raise BadComponentError("; ".join(str(error) for error in component.errors) or "no DTSTART")
    start = date_of(component, "DTSTART")
    end = date_of(component, "DTEND") if "DTEND" in component else start + _length(component, start)
    is_all_day = not isinstance(start, datetime)
    if is_all_day and end <= start:
        end = start + timedelta(days=1)
    used, is_custom = _zone(begins, zone)
    return EventFields(
        start=settled(start, used),
        end=settled(end, used),
        is_all_day=is_all_day,
        start_zone=used.key,
        custom_zone=is_custom,
    )


def settled(moment: date, zone: ZoneInfo) -> datetime:
    """Turn a date into its UTC midnight, a floating time into one of the zone, others into it."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time.min, tzinfo=UTC)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _length(component: Component, start: date) -> timedelta:
    """Give DURATION, or RFC 5545's default: nothing for a time, one day for a date."""
    written: Any = component.get("DURATION")
    if written is not None:
        length: timedelta = written.dt
        return length
    return timedelta() if isinstance(start, datetime) else timedelta(days=1)


def _zone(prop: Any, mailbox_zone: ZoneInfo) -> tuple[ZoneInfo, bool]:
    """Find the zone of a DTSTART: by its own key, by its TZID, else the mailbox's."""
    moment = prop.dt
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        return mailbox_zone, False
    for name in (getattr(moment.tzinfo, "key", None), prop.params.get("TZID")):
        if name:
            try:
                return zone_of(str(name)), False
            except UnknownZoneError:
                continue
    return (ZoneInfo("UTC"), False) if moment.tzinfo is UTC else (mailbox_zone, True)


def details_of(component: Component) -> EventFields:
    """Give the fields besides the times."""
    fields = EventFields(
        subject=text_of(component, "SUMMARY"),
        body=text_of(component, "DESCRIPTION"),
        show_as=_show_as(component),
        sensitivity=_SENSITIVITY.get(text_of(component, "CLASS").upper(), "normal"),
        is_cancelled=text_of(component, "STATUS").upper() == "CANCELLED",
    )
    place = text_of(component, "LOCATION")
    if place:
        fields["location"] = {"displayName": place}
    if component.get("CATEGORIES") is not None:
        fields["categories"] = tuple(str(name) for name in _categories(component))
    return fields


def _categories(component: Component) -> list[Any]:
    """List the names of all CATEGORIES lines."""
    raw: Any = component["CATEGORIES"]
    lines = raw if isinstance(raw, list) else [raw]
    return [name for line in lines for name in line.cats]


def _show_as(component: Component) -> str:
    """Give the busy state: Outlook's own property first, then TRANSP and STATUS."""
    own = text_of(component, "X-MICROSOFT-CDO-BUSYSTATUS").upper()
    if own in _BUSY:
        return _BUSY[own]
    if text_of(component, "TRANSP").upper() == "TRANSPARENT":
        return "free"
    return "tentative" if text_of(component, "STATUS").upper() == "TENTATIVE" else "busy"


def label(component: Component) -> str:
    """Name a component in a report."""
    return text_of(component, "UID") or text_of(component, "SUMMARY") or "a VEVENT without UID"
