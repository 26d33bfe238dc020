"""Filling a calendar from iCalendar text, read by the icalendar library."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import recurring_ical_events
from icalendar import Calendar as Document
from icalendar import Component

from .details import EventFields
from .errors import MailboxError
from .event import Event
from .expansion import planned_starts
from .ics_fields import BadComponentError, date_of, dates_of, details_of, label, settled, times_of
from .ics_report import LoadReport
from .ics_rules import InexpressibleRuleError, recurrence_from_rule

if TYPE_CHECKING:
    from .mailbox import Mailbox

_FLATTENED_PAST = timedelta(days=366)
_FLATTENED_FUTURE = timedelta(days=2 * 366)
_FLATTENED_MOST = 2000
_BLOCK = re.compile(r"^BEGIN:VEVENT.*?^END:VEVENT\s*?$", re.DOTALL | re.MULTILINE)
_REFUSALS = (BadComponentError, MailboxError, ValueError, KeyError, TypeError, AttributeError)


def load_ics(mailbox: Mailbox, text: str, calendar_id: str | None) -> LoadReport:
    """Take the events of iCalendar text over; what fails is put into the report."""
    report = LoadReport()
    series: dict[str, list[Component]] = {}
    for document in _documents(text, report):
        for component in document.walk("VEVENT"):
            series.setdefault(label(component), []).append(component)
    for name, components in series.items():
        try:
            _take(mailbox, calendar_id, components, report)
        except _REFUSALS as error:
            report.skipped.append(f"{name}: {error}")
            report.left_out.append((name, ""))
    return report


def _documents(text: str, report: LoadReport) -> list[Document]:
    """Read the text as a whole, or event by event when the whole does not parse."""
    try:
        return list(Document.from_ical(text, multiple=True))
    except ValueError:
        return _one_by_one(text.replace("\r\n", "\n"), report)


def _one_by_one(text: str, report: LoadReport) -> list[Document]:
    frame = _BLOCK.sub("", text)
    documents: list[Document] = []
    for block in _BLOCK.findall(text):
        whole = frame.replace("END:VCALENDAR", f"{block}\nEND:VCALENDAR", 1)
        try:
            documents.append(Document.from_ical(whole))
        except ValueError as error:
            report.skipped.append(f"{block.splitlines()[1]}: {error}")
    if not documents:
        report.skipped.append("The text holds no readable event.")
    return documents


def _take(
    mailbox: Mailbox, calendar_id: str | None, components: list[Component], report: LoadReport
) -> None:
    """Take over the components of one UID: a master or single, and its exceptions."""
    masters = [component for component in components if component.get("RECURRENCE-ID") is None]
    for master in masters:
        given = _fields(mailbox, master)
        if master.get("RRULE") is None and master.get("RDATE") is None:
            mailbox.create_event(calendar_id=calendar_id, **given)
            report.singles += 1
            continue
        try:
            event = _series(mailbox, calendar_id, master, given)
        except InexpressibleRuleError:
            _flatten(mailbox, calendar_id, components, report)
            return
        report.series += 1
        _leave_out(mailbox, calendar_id, event, master, report)
        _except(mailbox, calendar_id, event, components, report)
    if not masters:
        for component in components:
            mailbox.create_event(calendar_id=calendar_id, **_fields(mailbox, component))
            report.singles += 1


def _fields(mailbox: Mailbox, component: Component) -> EventFields:
    fields = EventFields(**details_of(component), **times_of(component, mailbox.zone))
    if component.get("UID") is not None:
        fields["ical_uid"] = str(component["UID"])
    return fields


def _series(
    mailbox: Mailbox, calendar_id: str | None, master: Component, given: EventFields
) -> Event:
    """Make a series of a master whose one rule Graph can express."""
    rule: Any = master.get("RRULE")
    if rule is None or isinstance(rule, list) or master.get("RDATE") is not None:
        raise InexpressibleRuleError("RDATE or several rules")
    zone = "UTC" if given["is_all_day"] else given["start_zone"]  # dates are kept as UTC midnights
    recurrence = recurrence_from_rule(rule, given["start"], zone)
    return mailbox.create_event(
        calendar_id=calendar_id, **EventFields(**{**given, "recurrence": recurrence})
    )


def _original(event: Event, moment: date) -> datetime | None:
    """Find the planned start an EXDATE or RECURRENCE-ID means, by instant or by its date alone."""
    zone = event.calendar.owner.zone
    wanted = settled(moment, zone)
    nearby = planned_starts(event, wanted - timedelta(days=2), wanted + timedelta(days=2))
    for start in nearby:
        is_same_day = start.date() == wanted.date()
        if start == wanted or (is_same_day and (event.is_all_day or type(moment) is date)):
            return start.astimezone(UTC)
    return None


def _leave_out(
    mailbox: Mailbox,
    calendar_id: str | None,
    event: Event,
    master: Component,
    report: LoadReport,
) -> None:
    """Delete the occurrences named by EXDATE; dates that hit nothing are passed over."""
    for moment in dates_of(master, "EXDATE"):
        original = _original(event, moment)
        if original is not None:
            mailbox.delete_occurrence(event, original, calendar_id=calendar_id)
            report.deleted_occurrences += 1


def _except(
    mailbox: Mailbox,
    calendar_id: str | None,
    event: Event,
    components: list[Component],
    report: LoadReport,
) -> None:
    """Turn RECURRENCE-ID components into exceptions of the series."""
    for component in components:
        if component.get("RECURRENCE-ID") is None:
            continue
        try:
            original = _original(event, date_of(component, "RECURRENCE-ID"))
            if original is None:
                raise BadComponentError("RECURRENCE-ID meets no occurrence")
            given = _fields(mailbox, component)
            given.pop("ical_uid", None)
            mailbox.change_occurrence(event, original, calendar_id=calendar_id, **given)
            report.exceptions += 1
        except _REFUSALS as error:
            report.skipped.append(f"{label(component)}: {error}")
            named: Any = component["RECURRENCE-ID"]
            report.left_out.append((label(component), named.to_ical().decode()))


def _flatten(
    mailbox: Mailbox, calendar_id: str | None, components: list[Component], report: LoadReport
) -> None:
    """Make single events of a rule Graph cannot express, from one year back to two ahead."""
    document = Document()
    for component in components:
        document.add_component(component)
    now = mailbox.clock()
    found = recurring_ical_events.of(document).between(
        now - _FLATTENED_PAST, now + _FLATTENED_FUTURE
    )
    for occurrence in found[:_FLATTENED_MOST]:
        mailbox.create_event(calendar_id=calendar_id, **_fields(mailbox, occurrence))
        report.singles += 1
    report.flattened += 1
