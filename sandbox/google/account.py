"""A Google account, and what its owner does in Google Calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sandbox.google.calendars import editing, ids
from sandbox.google.calendars.calendar import Calendar, CalendarEntry, Role
from sandbox.google.calendars.editing import Author, SendUpdates
from sandbox.google.calendars.event import Event
from sandbox.google.calendars.meetings import SentMail
from sandbox.google.calendars.times import Window, rfc3339
from sandbox.google.calendars.views import View, find, instances_of, own_view
from sandbox.google.errors import ApiError
from sandbox.google.settings import AccountFaults


class Account:
    """A Google account. Its methods are what a person does; rights are the API's business.

    Events are given as members of Google's resource, in Python's or Google's spelling
    (`event_type` or `eventType`); `start` and `end` as datetime, date or EventDateTime.
    """

    def __init__(
        self,
        address: str,
        name: str,
        time_zone: str,
        clock: Callable[[], datetime],
        *,
        hd: str | None = None,
        sub: str | None = None,
        has_calendar: bool = True,
        find_peer: Callable[[str], Account | None] = lambda _address: None,
    ) -> None:
        self.address, self.name, self.time_zone, self.hd = address, name, time_zone, hd
        self.sub = sub or ids.subject(address)
        self.has_calendar = has_calendar
        self.clock, self.find_peer = clock, find_peer
        self.enabled = True
        self.faults = AccountFaults()
        self.outbox: list[SentMail] = []
        self.entries: list[CalendarEntry] = []
        self.list_version = 0
        self.list_generation = 0
        self.on_change: Callable[[Calendar], None] = lambda _calendar: None
        self.on_list_change: Callable[[Account], None] = lambda _account: None
        self.primary = Calendar(address, address, time_zone, self, primary=True)
        if has_calendar:
            self._adopt(self.primary)
            self.entries[0].default_reminders = [{"method": "popup", "minutes": 10}]

    # --- calendars -----------------------------------------------------------------------

    def calendars(self) -> list[CalendarEntry]:
        """The calendar list, without what has left it."""
        return [entry for entry in self.entries if not entry.gone]

    def entry(self, wanted: str | None = None) -> CalendarEntry:
        """An entry of the calendar list by id or title; the primary one without."""
        for entry in self.entries:
            names = (entry.id, entry.calendar.summary, entry.summary_override)
            if not entry.gone and (wanted in names or (not wanted and entry.calendar.primary)):
                return entry
        raise KeyError(f"no calendar {wanted!r} in the list of {self.address}")

    def calendar(self, wanted: str | None = None) -> Calendar:
        """A calendar of the list by id or title; the primary one without."""
        return self.primary if wanted in (None, "primary") else self.entry(wanted).calendar

    def create_calendar(self, summary: str, *, time_zone: str | None = None) -> Calendar:
        """Make a secondary calendar."""
        made = Calendar(ids.new_calendar_id(), summary, time_zone or self.time_zone, self)
        self._adopt(made)
        return made

    def delete_calendar(self, wanted: str) -> None:
        """Delete a calendar of one's own, or take that of another off the list."""
        entry = self.entry(wanted)
        if entry.calendar.owner is self:
            entry.calendar.deleted = True
            entry.calendar.on_change(entry.calendar)
        self._change_entry(entry, deleted=True)

    def rename_calendar(self, wanted: str, summary: str) -> None:
        """Give a calendar another title; for another's calendar only in one's own list."""
        entry = self.entry(wanted)
        if entry.calendar.owner is self:
            entry.calendar.summary = summary
        self._change_entry(entry, summary_override=summary if entry.calendar.owner != self else "")

    def hide_calendar(self, wanted: str, hidden: bool = True) -> None:
        """Hide a calendar from the list, or show it again."""
        self._change_entry(self.entry(wanted), hidden=hidden)

    def share(self, wanted: str | None, other: Account, role: Role, *, listed: bool = True) -> None:
        """Let another account see or write a calendar; `listed` also puts it on its list."""
        calendar = self.calendar(wanted)
        calendar.roles[other.address.lower()] = role
        calendar.reset_tokens(other)
        known = [entry for entry in other.entries if entry.calendar is calendar]
        if listed and not known:
            other.list_calendar(calendar)

    def unshare(self, wanted: str | None, other: Account) -> None:
        """Take a share back."""
        calendar = self.calendar(wanted)
        calendar.roles.pop(other.address.lower(), None)
        calendar.reset_tokens(other)

    def set_read_only(self, wanted: str | None, read_only: bool = True) -> None:
        """Take the right to write from the owner, as an administrator can."""
        calendar = self.calendar(wanted)
        calendar.roles.pop(self.address.lower(), None)
        if read_only:
            calendar.roles[self.address.lower()] = "reader"
        calendar.reset_tokens(self)

    def list_calendar(self, calendar: Calendar) -> CalendarEntry:
        """Put a calendar on the list."""
        self.list_version += 1
        made = CalendarEntry(calendar, self, self.list_version)
        self.entries.append(made)
        self.on_list_change(self)
        return made

    # --- events --------------------------------------------------------------------------

    def create_event(
        self,
        *,
        calendar: str | None = None,
        organizer: Mapping[str, str] | None = None,
        send_updates: SendUpdates = "all",
        **fields: Any,
    ) -> Event:
        """Make an event or series; with `organizer` (`email`, `displayName`) an invitation that
        somebody elsewhere sent."""
        chosen = self.calendar(calendar)
        body, author = self._body(fields, chosen), self._author(send_updates)
        if organizer is None:
            return editing.insert(author, chosen, body)
        uid = body.get("iCalUID") or f"{ids.new_event_id()}@elsewhere.example"
        return editing.import_(
            author, chosen, body | {"iCalUID": uid, "organizer": dict(organizer)}
        )

    def update_event(
        self,
        event_id: str,
        *,
        calendar: str | None = None,
        send_updates: SendUpdates = "all",
        **fields: Any,
    ) -> Event:
        """Change an event, a series or, by its id, one instance; None takes a member away."""
        view = self.view(event_id, calendar)
        body = self._body(fields, view.event.calendar)
        return editing.patch(self._author(send_updates), view, body)

    def delete_event(
        self, event_id: str, *, calendar: str | None = None, send_updates: SendUpdates = "all"
    ) -> Event:
        """Delete an event, a series or, by its id, one instance."""
        return editing.delete(self._author(send_updates), self.view(event_id, calendar))

    def restore_event(self, event_id: str, *, calendar: str | None = None) -> Event:
        """Bring a deleted event back."""
        return self.update_event(event_id, calendar=calendar, status="confirmed")

    def move_event(self, event_id: str, to: str, *, calendar: str | None = None) -> Event:
        """Move an event to another calendar; the id stays."""
        view = self.view(event_id, calendar)
        return editing.move(self._author("all"), view, self.calendar(to))

    def respond(self, event_id: str, response: str, *, calendar: str | None = None) -> Event:
        """Answer an invitation: `accepted`, `declined`, `tentative` or `needsAction`."""
        view, me = self.view(event_id, calendar), self.address.lower()
        attendees = [dict(one) for one in view.fields.get("attendees", [])]
        for one in attendees:
            if one["email"].lower() == me:
                one["responseStatus"] = response
        return self.update_event(event_id, calendar=calendar, attendees=attendees)

    def organizer_cancels(self, event_id: str, *, calendar: str | None = None) -> Event:
        """Let the organizer, who is elsewhere, call an event off."""
        event = self.view(event_id, calendar).event
        event.status = "cancelled"
        event.calendar.changed(event, self.clock())
        return event

    def event(self, event_id: str, *, calendar: str | None = None) -> Event:
        """A stored event, deleted ones included; KeyError if there is none."""
        return self.calendar(calendar).events[event_id]

    def view(self, event_id: str, calendar: str | None = None) -> View:
        """What stands under an id, one of a planned instance included; KeyError for nothing."""
        found = find(self.calendar(calendar), event_id)
        if found is None:
            raise KeyError(event_id)
        return found

    def events(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        calendar: str | None = None,
    ) -> list[View]:
        """What stands in a calendar: single events and instances by start, no deleted ones.

        Without `end` series are not expanded.
        """
        chosen, window, found = self.calendar(calendar), Window(start, end), list[View]()
        for event in chosen.events.values():
            if event.recurrence and end is not None and not event.cancelled:
                found += instances_of(event, window)
            elif event.master is None or end is None:
                found.append(own_view(event))
        kept = [v for v in found if not v.cancelled and window.holds(v.begins, v.ends)]
        return sorted(kept, key=lambda view: (view.begins, view.id))

    def instance_id(
        self, event_id: str, original: datetime | date, *, calendar: str | None = None
    ) -> str:
        """The id of the instance of a series first planned for `original`."""
        series = self.event(event_id, calendar=calendar)
        if isinstance(original, datetime):
            return f"{series.id}_{original.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        return f"{series.id}_{original:%Y%m%d}"

    def expire_sync_tokens(self, calendar: str | None = None) -> None:
        """Make the account's sync tokens invalid: of one calendar, or of all and of the list."""
        self.list_generation += 1 if calendar is None else 0
        for entry in self.entries:
            if calendar is None or entry.calendar is self.calendar(calendar):
                entry.calendar.reset_tokens(self)

    def _author(self, send_updates: SendUpdates) -> Author:
        return Author(self, send_updates, conference_version=1, trusted=True)

    def _body(self, fields: Mapping[str, Any], calendar: Calendar) -> dict[str, Any]:
        body = {_camel(name): value for name, value in fields.items()}
        for name in ("start", "end"):
            if isinstance(body.get(name), date):
                body[name] = _event_time(body[name], calendar.time_zone)
        return body

    def _adopt(self, calendar: Calendar) -> None:
        calendar.on_change = lambda changed: self.on_change(changed)
        self.list_calendar(calendar)

    def _change_entry(self, entry: CalendarEntry, **values: Any) -> None:
        for name, value in values.items():
            setattr(entry, name, value)
        self.list_version += 1
        entry.version = self.list_version
        self.on_list_change(self)


def _event_time(moment: date, zone: str) -> dict[str, str | None]:
    """An EventDateTime that also replaces one of the other kind."""
    if not isinstance(moment, datetime):
        return {"date": moment.isoformat(), "dateTime": None, "timeZone": None}
    if moment.tzinfo is None:
        raise ApiError("invalid", "a datetime needs an offset")
    named = "UTC" if moment.tzinfo is UTC else getattr(moment.tzinfo, "key", zone)
    return {"dateTime": rfc3339(moment), "timeZone": named, "date": None}


def _camel(name: str) -> str:
    if name == "ical_uid":
        return "iCalUID"
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
