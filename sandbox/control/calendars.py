"""Calendars of a mailbox: list, make, rename, share, make read-only, delete."""

from typing import Any

from starlette.routing import Route

from sandbox.control.endpoint import Call, ControlError, control
from sandbox.control.mailboxes import calendar_id, mailbox_of
from sandbox.microsoft.mailbox.calendar import SHARE_ROLES, CalendarEntry

_CALENDARS = "/mailboxes/{address}/calendars"
_CALENDAR = _CALENDARS + "/{calendar}"


def routes() -> list[Route]:
    """The routes of this part. `{calendar}` is an id or a name."""
    return [
        control("GET", _CALENDARS, calendars),
        control("POST", _CALENDARS, create),
        control("PATCH", _CALENDAR, update),
        control("DELETE", _CALENDAR, delete),
        control("POST", _CALENDAR + "/share", share),
    ]


async def calendars(call: Call) -> Any:
    """All calendars the mailbox lists."""
    return {"value": [_shown(entry) for entry in mailbox_of(call).calendars()]}


async def create(call: Call) -> Any:
    """Make a calendar called `name`."""
    return _shown(mailbox_of(call).create_calendar(str(call.need("name"))))


async def update(call: Call) -> Any:
    """Change `name` or `readOnly`; `newId` true gives another id, as seen in the field."""
    mailbox = mailbox_of(call)
    found = calendar_id(mailbox, call.path("calendar"))
    if "name" in call.body:
        mailbox.rename_calendar(found, str(call.body["name"]))
    if "readOnly" in call.body:
        mailbox.set_read_only(found, bool(call.body["readOnly"]))
    if call.body.get("newId"):
        found = mailbox.rename_calendar_id(found)
    return _shown(mailbox.calendar(found))


async def delete(call: Call) -> Any:
    """Delete an own calendar or leave a shared one."""
    mailbox = mailbox_of(call)
    mailbox.delete_calendar(calendar_id(mailbox, call.path("calendar")))
    return {"deleted": call.path("calendar")}


async def share(call: Call) -> Any:
    """Share with the mailbox `with` in a `role`; role "none" takes the share back."""
    mailbox = mailbox_of(call)
    other = call.world.mailbox(str(call.need("with")))
    found = calendar_id(mailbox, call.path("calendar"))
    role = call.body.get("role", "read")
    if role == "none":
        mailbox.unshare(found, other)
        return {"shared": False}
    known = [name for name in SHARE_ROLES if name == role]
    if not known:
        raise ControlError(400, f"role must be one of {SHARE_ROLES}")
    return _shown(mailbox.share(found, other, known[0]))


def _shown(entry: CalendarEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.calendar.name,
        "owner": entry.calendar.owner.address,
        "role": entry.role,
        "canEdit": entry.can_edit,
        "isDefaultCalendar": entry.calendar.is_default and entry.is_own,
        "events": len(entry.calendar.events),
    }
