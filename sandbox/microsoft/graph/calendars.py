"""Calendars and calendar groups."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sandbox.microsoft.mailbox import CalendarEntry
from sandbox.microsoft.mailbox.calendar_list import CalendarGroup
from sandbox.microsoft.mailbox.errors import AccessDeniedError, InvalidRequestError, NotFoundError
from sandbox.microsoft.mailbox.online_meetings import providers

from .call import Call
from .paging import paged, selected


def calendar_json(entry: CalendarEntry) -> dict[str, Any]:
    """Write a calendar as one mailbox lists it (Graph docs: calendar resource)."""
    calendar = entry.calendar
    is_default = calendar.is_default and entry.is_own
    meetings = providers(entry)
    return {
        "id": entry.id,
        "name": calendar.name,
        "color": calendar.color,
        "hexColor": calendar.hex_color,
        "isDefaultCalendar": is_default,
        "changeKey": calendar.change_key,
        "canShare": entry.is_own,
        "canViewPrivateItems": entry.can_view_private,
        "canEdit": entry.can_edit,
        "allowedOnlineMeetingProviders": meetings,
        "defaultOnlineMeetingProvider": meetings[0] if meetings else "unknown",
        "isTallyingResponses": is_default,
        "isRemovable": not is_default,
        "owner": {"name": calendar.owner.display_name, "address": calendar.owner.address},
    }


def group_json(group: CalendarGroup) -> dict[str, Any]:
    """Write a calendar group."""
    return {
        "name": group.name,
        "classId": group.class_id,
        "changeKey": group.change_key,
        "id": group.id,
    }


def _one(call: Call, entry: CalendarEntry, status: int = 200) -> Response:
    context = {"@odata.context": f"{call.base}/$metadata#me/calendars/$entity"}
    return call.answer(selected(call, {**context, **calendar_json(entry)}), status)


def _group_id(call: Call) -> str:
    """Give the group of the path, checked; the default group where none is named."""
    listing = call.mailbox.listing
    wanted = call.request.path_params.get("group_id", listing.default_group.id)
    if wanted not in {group.id for group in listing.groups}:
        raise NotFoundError
    return str(wanted)


async def list_calendars(call: Call) -> Response:
    """List a group's calendars; /me/calendars is the default group with the shared ones."""
    entries = call.mailbox.listing.of_group(_group_id(call))
    return call.answer(
        paged(call, entries, lambda entry: selected(call, calendar_json(entry)), "me/calendars")
    )


async def create_calendar(call: Call) -> Response:
    """Make a calendar."""
    body = await call.body()
    name = body.get("name")
    if not isinstance(name, str) or not name:
        raise InvalidRequestError("A calendar needs a name.")
    group_id = _group_id(call)
    listed = call.mailbox.listing.entries
    if any(entry.is_own and entry.calendar.name.lower() == name.lower() for entry in listed):
        raise InvalidRequestError(
            f"A folder with the specified name already exists. '{name}'", "ErrorFolderExists"
        )
    color = str(body.get("color") or "auto")
    return _one(call, call.mailbox.create_calendar(name, color=color, group_id=group_id), 201)


async def get_calendar(call: Call) -> Response:
    """Give one calendar."""
    return _one(call, call.entry)


async def update_calendar(call: Call) -> Response:
    """Rename or recolour a calendar; a shared one's name belongs to its owner."""
    body, entry = await call.body(), call.entry
    if "name" in body and not entry.is_own:
        raise AccessDeniedError
    if "name" in body:
        entry.calendar.name = str(body["name"])
    if "color" in body:
        entry.calendar.color = str(body["color"])
    if "hexColor" in body:
        entry.calendar.hex_color = str(body["hexColor"])
    entry.calendar.revision += 1
    return _one(call, entry)


async def delete_calendar(call: Call) -> Response:
    """Delete a calendar, or leave a shared one."""
    call.mailbox.delete_calendar(call.entry.id)
    return Response(status_code=204)


async def list_groups(call: Call) -> Response:
    """List the calendar groups."""
    return call.answer(paged(call, call.mailbox.listing.groups, group_json, "me/calendarGroups"))
