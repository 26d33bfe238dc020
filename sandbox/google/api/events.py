"""One event: get, insert, import, update, patch, delete, move.

Source: developers.google.com/workspace/calendar/api/v3/reference/events
"""

from __future__ import annotations

from typing import Any

from sandbox.google.api.call import Call
from sandbox.google.api.event_json import event_json
from sandbox.google.api.event_list import reader_of
from sandbox.google.calendars import editing
from sandbox.google.calendars.event import Event
from sandbox.google.calendars.views import View, find, own_view
from sandbox.google.errors import ApiError


async def get(call: Call) -> dict[str, Any]:
    """GET one; a deleted event is still found, as cancelled."""
    return _shown(call, _view(call))


async def insert(call: Call) -> dict[str, Any]:
    """POST a new event."""
    body = await call.body()
    return _answer(call, editing.insert(call.author(), call.calendar(), body))


async def import_(call: Call) -> dict[str, Any]:
    """POST a private copy of an event of somebody else."""
    body = await call.body()
    return _answer(call, editing.import_(call.author(), call.calendar(), body))


async def update(call: Call) -> dict[str, Any]:
    """PUT the whole event."""
    body = await call.body()
    return _answer(call, editing.update(call.author(), _view(call), body, _if_match(call)))


async def patch(call: Call) -> dict[str, Any]:
    """PATCH some members."""
    body = await call.body()
    return _answer(call, editing.patch(call.author(), _view(call), body, _if_match(call)))


async def delete(call: Call) -> None:
    """DELETE; a second time answers 410."""
    editing.delete(call.author(), _view(call), _if_match(call))


async def move(call: Call) -> dict[str, Any]:
    """POST …/move?destination=."""
    name = call.text("destination")
    if not name:
        raise ApiError("required", "Required", location="destination")
    target = call.calendar(name)
    moved = editing.move(call.author(), _view(call), target)
    return event_json(own_view(moved), reader_of(call, target))


def _view(call: Call) -> View:
    found = find(call.calendar(), call.path("eventId"))
    if found is None:
        raise ApiError("notFound")
    return found


def _answer(call: Call, event: Event) -> dict[str, Any]:
    return _shown(call, own_view(event))


def _shown(call: Call, view: View) -> dict[str, Any]:
    return event_json(view, reader_of(call, view.event.calendar))


def _if_match(call: Call) -> str | None:
    return call.request.headers.get("if-match")
