"""One Microsoft 365 (or outlook.com) mailbox: its calendars, events, shares and changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Unpack

from . import editing, ids
from .calendar import SHARE_ROLES, Calendar, CalendarEntry, Role
from .calendar_list import CalendarList
from .changes import Change, ChangeType, LogEntry, SentMail
from .delta_state import DeltaTokens
from .details import EventFields
from .errors import DuplicateTransactionError, InvalidRequestError, NotFoundError
from .event import Event
from .expansion import instance_at
from .faults import MailboxFaults
from .ics import load_ics
from .ics_report import LoadReport
from .lookup import Located, deleted_item, instance_id, locate
from .meetings import (
    after_response,
    check_organizer,
    check_respondent,
    mail_about,
    mail_about_change,
)
from .times import utc_now
from .transactions import Transactions
from .zones import zone_of

Listener = Callable[[Change], None]


class Mailbox:
    """A mailbox. Its methods are what a person does in Outlook; rights are the API's business."""

    def __init__(
        self,
        address: str,
        display_name: str,
        time_zone: str,
        personal: bool = False,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.address = address
        self.display_name = display_name
        self.time_zone = time_zone
        self.zone = zone_of(time_zone)
        self.personal = personal
        self.clock = clock
        self.stamp = ids.new_stamp()
        self.faults = MailboxFaults()
        self.outbox: list[SentMail] = []
        self.delta_tokens = DeltaTokens()
        self.find_peer: Callable[[str], Mailbox | None] = lambda _address: None
        self._versions = itertools.count(1)
        self._listeners: list[Listener] = []
        self._transactions = Transactions()
        self._deleted: dict[bytes, Event] = {}
        self.listing = CalendarList(self)
        self.listing.add(Calendar(self, "Calendar", is_default=True), "owner")

    # --- calendars -----------------------------------------------------------------------

    @property
    def default_calendar(self) -> CalendarEntry:
        """Give the default calendar's entry."""
        return self.listing.entries[0]

    def calendars(self) -> list[CalendarEntry]:
        """List the mailbox's own calendars and those shared with it."""
        return list(self.listing.entries)

    def calendar(self, calendar_id: str | None = None) -> CalendarEntry:
        """Give a calendar by its id in this mailbox; the default one without an id."""
        if calendar_id is None:
            return self.default_calendar
        entry = self.listing.find(calendar_id)
        if entry is None:
            raise NotFoundError
        return entry

    def create_calendar(
        self, name: str, *, color: str = "auto", group_id: str | None = None
    ) -> CalendarEntry:
        """Make a calendar, in the default group unless another is named."""
        return self.listing.add(Calendar(self, name, color=color), "owner", group_id)

    def create_calendar_group(self, name: str) -> str:
        """Make a calendar group and give its id; /me/calendars does not list its calendars."""
        return self.listing.add_group(name)

    def delete_calendar(self, calendar_id: str) -> None:
        """Delete an own calendar everywhere, or take a shared one off this mailbox's list."""
        self.listing.delete(self.calendar(calendar_id))

    def rename_calendar(self, calendar_id: str, name: str) -> None:
        """Give a calendar another name."""
        calendar = self.calendar(calendar_id).calendar
        calendar.name = name
        calendar.revision += 1

    def rename_calendar_id(self, calendar_id: str) -> str:
        """Give a calendar another id in this mailbox, as seen in the field, and return it."""
        entry = self.calendar(calendar_id)
        entry.id = ids.new_calendar_id()
        return entry.id

    def set_read_only(self, calendar_id: str, read_only: bool = True) -> None:
        """Turn writing off (canEdit false) or on for everyone who sees the calendar."""
        calendar = self.calendar(calendar_id).calendar
        calendar.read_only = read_only
        calendar.revision += 1

    def share(self, calendar_id: str, with_mailbox: Mailbox, role: Role = "read") -> CalendarEntry:
        """List a calendar in another mailbox too, under its own id and with the role's rights."""
        entry = self.calendar(calendar_id)
        if role not in SHARE_ROLES or not entry.is_own or with_mailbox is self:
            raise InvalidRequestError("The calendar cannot be shared like this.")
        self.unshare(calendar_id, with_mailbox)
        return with_mailbox.listing.add(entry.calendar, role)

    def unshare(self, calendar_id: str, with_mailbox: Mailbox) -> None:
        """Take a share back."""
        with_mailbox.listing.drop(self.calendar(calendar_id).calendar)

    # --- events --------------------------------------------------------------------------

    def find_event(self, event_id: str, calendar_id: str | None = None) -> Located:
        """Find an event, master, occurrence or exception.

        Without a calendar id only the mailbox's own calendars are searched, as /me/events does.
        """
        if calendar_id is None:
            entries = [entry for entry in self.listing.entries if entry.is_own]
        else:
            entries = [self.calendar(calendar_id)]
        found = locate(entries, event_id)
        if found is None and calendar_id is None and self.faults.deleted_readable:
            found = deleted_item(self.default_calendar, self._deleted, event_id)
        if found is None:
            raise NotFoundError
        return found

    def event_id(self, event: Event, *, immutable: bool = False) -> str:
        """Give the present id of an event in one of this mailbox's calendars."""
        for entry in self.listing.entries:
            if entry.calendar is event.calendar:
                return entry.event_id(event.key, event.moves, immutable=immutable)
        raise NotFoundError

    def occurrence_id(
        self, series: Event | str, original: datetime, calendar_id: str | None = None
    ) -> str:
        """Give the id of the occurrence first planned for `original` (all-day: UTC midnight)."""
        series_id = series if isinstance(series, str) else self.event_id(series)
        found = self.find_event(series_id, calendar_id)
        instance = instance_at(found.event, original.astimezone(UTC))
        if instance is None:
            raise NotFoundError
        return instance_id(found.entry, instance)

    def create_event(
        self, *, calendar_id: str | None = None, **given: Unpack[EventFields]
    ) -> Event:
        """Make an event; a transaction id used before gives the earlier event or is refused."""
        entry = self.calendar(calendar_id)
        event = editing.build_event(self, entry, given)
        earlier = self._made_before(event)
        if earlier is not None:
            return earlier
        entry.calendar.events[event.key] = event
        self._transactions.remember(event)
        self._record(event, "created")
        mail_about(self, "invitation", event.own())
        return event

    def _made_before(self, event: Event) -> Event | None:
        known = self._transactions.earlier(event)
        if known is None:
            return None
        key, is_same = known
        for entry in self.listing.entries:
            first = entry.calendar.events.get(key)
            if first is not None and is_same:
                return first
            if first is not None:
                raise self._duplicate(entry.event_id(first.key, first.moves))
        if self.faults.remember_deleted:
            raise self._duplicate(self.default_calendar.event_id(key, 0))
        return None

    def _duplicate(self, existing_id: str) -> DuplicateTransactionError:
        return DuplicateTransactionError(existing_id, self.faults.duplicate_transaction_as)

    def update_event(
        self, event_id: str, *, calendar_id: str | None = None, **given: Unpack[EventFields]
    ) -> Located:
        """Change an event, a whole series, or one occurrence by its id."""
        found = self.find_event(event_id, calendar_id)
        editing.change_event(self, found, given)
        for name, data in given.get("extensions", {}).items():
            found.event.extensions[name] = dict(data)
        if given.keys() - {"extensions"}:  # Graph known issues: extensions do not count as a change
            self._record(found.event, "updated", found.instance.original)
        located = self.find_event(event_id, calendar_id)
        mail_about_change(self, found.instance, located.instance, given)
        return located

    def delete_event(self, event_id: str, *, calendar_id: str | None = None) -> None:
        """Delete an event, a whole series, or one occurrence; attendees get a cancellation."""
        found = self.find_event(event_id, calendar_id)
        mail_about(self, "cancellation", found.instance)
        if found.instance.original is None:
            self._remove(found.event)
        else:
            editing.remove_occurrence(found.event, found.instance.original)
            self._record(found.event, "updated", found.instance.original)

    def delete_occurrence(
        self, series: Event | str, original: datetime, *, calendar_id: str | None = None
    ) -> None:
        """Delete the occurrence first planned for `original` (all-day: UTC midnight)."""
        self.delete_event(
            self.occurrence_id(series, original, calendar_id), calendar_id=calendar_id
        )

    def change_occurrence(
        self,
        series: Event | str,
        original: datetime,
        *,
        calendar_id: str | None = None,
        **given: Unpack[EventFields],
    ) -> Located:
        """Change the occurrence first planned for `original`; it becomes an exception."""
        occurrence_id = self.occurrence_id(series, original, calendar_id)
        return self.update_event(occurrence_id, calendar_id=calendar_id, **given)

    def cancel_event(self, event_id: str, *, calendar_id: str | None = None) -> None:
        """Cancel an own meeting or one occurrence of it; it leaves the calendar."""
        check_organizer(self.find_event(event_id, calendar_id).event)
        self.delete_event(event_id, calendar_id=calendar_id)

    def receive_cancellation(self, event_id: str, *, calendar_id: str | None = None) -> Located:
        """Mark an attendee's copy as cancelled by the organizer; the item stays."""
        subject = self.find_event(event_id, calendar_id).instance.details.subject
        return self.update_event(
            event_id,
            calendar_id=calendar_id,
            is_cancelled=True,
            show_as="free",
            subject=f"Canceled: {subject}",
        )

    def respond(
        self,
        event_id: str,
        response: str,
        *,
        calendar_id: str | None = None,
        send_response: bool = True,
    ) -> Located:
        """Answer an invitation: `accepted`, `declined` or `tentativelyAccepted`."""
        found = self.find_event(event_id, calendar_id)
        check_respondent(found.event)
        given = after_response(response, self.clock())
        located = self.update_event(event_id, calendar_id=calendar_id, **given)
        if send_response:
            mail_about(self, "response", located.instance)
        return located

    def set_private(self, event_id: str, private: bool = True) -> Located:
        """Mark an event as private, or as normal again."""
        return self.update_event(event_id, sensitivity="private" if private else "normal")

    def make_all_day(self, event_id: str) -> Located:
        """Turn a timed event into one of the whole days it touches, as Outlook does."""
        found = self.find_event(event_id)
        touched = found.instance.start, found.instance.end - timedelta(microseconds=1)
        first, last = (moment.astimezone(self.zone).date() for moment in touched)
        start = datetime.combine(first, time(), UTC)
        end = datetime.combine(last + timedelta(days=1), time(), UTC)
        return self.update_event(event_id, is_all_day=True, start=start, end=end)

    def move_event(self, event_id: str, to_calendar_id: str) -> Event:
        """Move an event to another own calendar, as Outlook can; its id changes."""
        event, target = self.find_event(event_id).event, self.calendar(to_calendar_id)
        if self.find_event(event_id).instance.original is not None or not target.is_own:
            raise InvalidRequestError("Only whole events move, and only inside the mailbox.")
        self._remove(event)
        del self._deleted[event.key]
        event.calendar, event.moves = target.calendar, event.moves + 1
        event.expansions.clear()
        target.calendar.events[event.key] = event
        self._record(event, "created")
        return event

    def load_ics(self, text: str, calendar_id: str | None = None) -> LoadReport:
        """Fill a calendar from iCalendar text; bad components are reported, not fatal."""

        return load_ics(self, text, calendar_id)

    # --- changes -------------------------------------------------------------------------

    def subscribe_changes(self, callback: Listener) -> Callable[[], None]:
        """Call back on each change of this mailbox's own calendars; returns how to stop it."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def _remove(self, event: Event) -> None:
        self._record(event, "deleted")
        event.calendar.events.pop(event.key, None)
        self._deleted[event.key] = event

    def _record(self, event: Event, type_: ChangeType, part: datetime | None = None) -> None:
        """Write a change to the log of the calendar's owner and tell the listeners."""
        owner = event.calendar.owner
        now = self.clock()
        event.version = next(owner._versions)
        event.modified = now
        event.expansions.clear()
        event.calendar.log.append(LogEntry(event.version, now, event.key, event.moves, type_, part))
        owner._tell(event, type_, now)

    def _tell(self, event: Event, type_: ChangeType, now: datetime) -> None:
        entry = next(entry for entry in self.listing.entries if entry.calendar is event.calendar)
        change = Change(
            self,
            entry.id,
            entry.event_id(event.key, event.moves),
            entry.event_id(event.key, event.moves, immutable=True),
            type_,
            now,
            event.etag,
        )
        for callback in tuple(self._listeners):
            callback(change)
