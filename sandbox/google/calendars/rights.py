"""Who may change which member of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.google.calendars.body import Draft
from sandbox.google.calendars.views import View
from sandbox.google.errors import ApiError, invalid

if TYPE_CHECKING:
    from sandbox.google.calendars.editing import Author

# Each copy has its own of these; all others belong to the organizer
# (developers.google.com/workspace/calendar/api/concepts/sharing and the reference of events).
PER_COPY = frozenset({"transparency", "visibility", "colorId", "eventLabelId", "reminders"})


def check_members(author: Author, view: View, draft: Draft) -> None:
    """Refuse what an attendee may not change, and a change of the event type."""
    event = view.event
    before, after = view.fields, draft.fields
    if before.get("eventType", "default") != after.get("eventType", "default"):
        raise ApiError("eventTypeRestriction", "Event type cannot be changed.")
    if view.series is not None and draft.recurrence:
        raise invalid("Instances cannot have a recurrence.", "recurrence")
    if author.trusted or event.is_organizer or before.get("guestsCanModify"):
        return
    if event.source is None and "attendees" not in before:
        return  # imported
    recurrence = event.recurrence if view.series is None else []
    timed = (draft.start, draft.end, draft.recurrence) != (view.start, view.end, recurrence)
    me = event.calendar.id
    if timed or _shared(before, me) != _shared(after, me):
        raise ApiError("forbiddenForNonOrganizer")


def _shared(fields: Any, me: str) -> dict[str, Any]:
    """What the organizer owns, without what this attendee says for itself."""
    kept = {name: value for name, value in fields.items() if name not in PER_COPY}
    kept["extendedProperties"] = fields.get("extendedProperties", {}).get("shared")
    kept["attendees"] = sorted(
        (one["email"].lower(), None if one["email"].lower() == me.lower() else repr(one))
        for one in fields.get("attendees", [])
    )
    return kept
