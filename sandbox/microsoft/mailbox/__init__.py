"""A simulated Outlook mailbox: calendars, events, shares, recurrence and the change log.

It knows nothing of HTTP; the Graph routes are in the sibling package.
"""

from .calendar import Calendar, CalendarEntry, Role
from .changes import Change, ChangeType, SentMail
from .details import Attendee, Details, EventFields, Person
from .errors import MailboxError
from .event import Event, Instance
from .faults import MailboxFaults
from .ics_report import LoadReport
from .lookup import Located
from .mailbox import Mailbox
from .recurrence import Recurrence

__all__ = [
    "Attendee",
    "Calendar",
    "CalendarEntry",
    "Change",
    "ChangeType",
    "Details",
    "Event",
    "EventFields",
    "Instance",
    "LoadReport",
    "Located",
    "Mailbox",
    "MailboxError",
    "MailboxFaults",
    "Person",
    "Recurrence",
    "Role",
    "SentMail",
]
