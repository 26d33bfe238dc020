"""Expanded views: calendarView of a calendar, instances of a series."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sandbox.microsoft.mailbox import CalendarEntry, Instance
from sandbox.microsoft.mailbox.errors import InvalidRequestError
from sandbox.microsoft.mailbox.expansion import instances_in, view_of

from .call import Call
from .events import shown
from .paging import paged
from .windows import read_window

_NEVER_SELECTED = {"createdDateTime", "lastModifiedDateTime"}


def _reported_order(instance: Instance) -> bool:
    """Put single events first, as reported from the field; the order is by start otherwise."""
    return instance.type != "singleInstance"


async def calendar_view(call: Call) -> Response:
    """List singles, occurrences and exceptions of a window as full events; no masters."""
    entry, window = call.entry, read_window(call)
    items = view_of(entry.calendar, window)
    order = call.params.get("$orderby", "").lower()
    if not order.startswith("start/datetime"):
        items = sorted(items, key=_reported_order)
    elif order.endswith(" desc"):
        items = items[::-1]
    return call.answer(
        paged(call, items, lambda item: _shown(call, entry, item), "me/calendarView")
    )


def _shown(call: Call, entry: CalendarEntry, instance: Instance) -> dict[str, Any]:
    """Write an item; $select cannot bring the two time stamps here (Graph docs)."""
    body = shown(call, entry, instance)
    if call.params.get("$select"):
        return {name: value for name, value in body.items() if name not in _NEVER_SELECTED}
    return body


async def instances(call: Call) -> Response:
    """List the occurrences and exceptions of one series in a window."""
    found, window = call.event(), read_window(call)
    if found.event.recurrence is None or found.instance.original is not None:
        raise InvalidRequestError("The event is no series master.")
    items = instances_in(found.event, window)
    return call.answer(
        paged(call, items, lambda item: shown(call, found.entry, item), "me/events/instances")
    )
