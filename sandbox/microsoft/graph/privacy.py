"""What a sharee may see of an event."""

from __future__ import annotations

from sandbox.microsoft.mailbox import CalendarEntry, Details, Instance

_LABELS = {
    "free": "Free",
    "tentative": "Tentative",
    "busy": "Busy",
    "oof": "Away",
    "workingElsewhere": "Working elsewhere",
}


def visible_details(entry: CalendarEntry, instance: Instance) -> Details:
    """Give the details this listing may show.

    Owners see all. With free/busy rights only the busy state shows, as Outlook words it. With
    limited rights subject and place show too. Private events show as "Private appointment"
    unless the delegate may see them.
    """
    details = instance.details
    if entry.is_own:
        return details
    bare = Details(
        show_as=details.show_as,
        is_cancelled=details.is_cancelled,
        response="none",
        is_reminder_on=False,
    )
    if entry.times_only:
        return _with(bare, subject=_LABELS.get(details.show_as, "Busy"))
    if details.sensitivity == "private" and not entry.can_view_private:
        return _with(bare, subject="Private appointment", sensitivity=details.sensitivity)
    if entry.role == "limitedRead":
        return _with(
            bare,
            subject=details.subject,
            sensitivity=details.sensitivity,
            location=details.location,
        )
    return details


def _with(details: Details, **changes: object) -> Details:
    return Details(**{**vars(details), **changes})
