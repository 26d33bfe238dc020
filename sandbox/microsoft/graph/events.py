"""Single events: list, create, read, change, delete."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from sandbox.microsoft.mailbox import CalendarEntry, Instance, Located
from sandbox.microsoft.mailbox.lookup import instance_id

from .call import Call
from .errors import GraphError
from .event_body import check_complete, read_event
from .event_json import event_json
from .extended import expanded, matches_extended, read_extension, write_extension
from .paging import paged, selected

_EQUALS = re.compile(r"^(type|iCalUId|transactionId|subject|seriesMasterId) eq '([^']*)'$", re.I)


def shown(call: Call, entry: CalendarEntry, instance: Instance) -> dict[str, Any]:
    """Write an event with $select and $expand applied."""
    body = event_json(entry, instance, call.prefer)
    expand = call.params.get("$expand", "")
    select = call.params.get("$select", "").lower()
    more: dict[str, Any] = {}
    if expand:
        more |= expanded(instance.event, expand, call.base, body["id"])
    if instance.type == "seriesMaster":
        if "cancelledoccurrences" in select:
            body["cancelledOccurrences"] = _cancelled(instance, body["id"])
        if "exceptionoccurrences" in expand.lower():
            more["exceptionOccurrences"] = _exceptions(call, entry, instance)
    return {**selected(call, body), **more}


def _cancelled(instance: Instance, master_id: str) -> list[str]:
    """Name the deleted occurrences (Graph docs: event, cancelledOccurrences)."""
    zone = instance.event.start.tzinfo
    days = sorted(original.astimezone(zone).date() for original in instance.event.deleted)
    return [f"OID.{master_id}.{day.isoformat()}" for day in days]


def _exceptions(call: Call, entry: CalendarEntry, instance: Instance) -> list[dict[str, Any]]:
    event = instance.event
    found = [
        event.exception(original, original.astimezone(event.start.tzinfo), override)
        for original, override in sorted(event.exceptions.items())
    ]
    return [event_json(entry, item, call.prefer) for item in found]


def one_event(call: Call, found: Located, status: int = 200) -> Response:
    """Answer with one event."""
    context = {"@odata.context": f"{call.base}/$metadata#me/events/$entity"}
    return call.answer({**context, **shown(call, found.entry, found.instance)}, status)


async def list_events(call: Call) -> Response:
    """List singles and masters, without occurrences (Graph docs: list events)."""
    entry = call.entry
    items = [event.own() for event in entry.calendar.events.values()]
    wanted = call.params.get("$filter")
    if wanted:
        items = [item for item in items if _matches(call, entry, item, wanted)]
    return call.answer(paged(call, items, lambda item: shown(call, entry, item), "me/events"))


def _matches(call: Call, entry: CalendarEntry, instance: Instance, condition: str) -> bool:
    """Apply $filter; conditions the sandbox does not know are refused, not guessed."""
    by_property = matches_extended(instance.event, condition)
    if by_property is not None:
        return by_property
    match = _EQUALS.search(condition.strip())
    if match is None:
        raise GraphError(400, "ErrorInvalidUrlQueryFilter", "The query filter is not supported.")
    body = {key.lower(): value for key, value in event_json(entry, instance, call.prefer).items()}
    return str(body.get(match[1].lower()) or "") == match[2]


async def create_event(call: Call) -> Response:
    """Make an event; a repeated transactionId gives the earlier one."""
    fields = read_event(await call.body())
    entry = call.entry
    entry.require_edit()
    check_complete(fields)
    event = call.mailbox.create_event(calendar_id=entry.id, **fields)
    return one_event(call, Located(_entry_of(call, event.calendar, entry), event.own()), 201)


def _entry_of(call: Call, calendar: object, default: CalendarEntry) -> CalendarEntry:
    for entry in call.mailbox.calendars():
        if entry.calendar is calendar:
            return entry
    return default


async def get_event(call: Call) -> Response:
    """Give one event, master, occurrence or exception."""
    return one_event(call, call.event())


async def update_event(call: Call) -> Response:
    """Change the given properties; transactionId can only be set at creation."""
    fields = read_event(await call.body())
    fields.pop("transaction_id", None)
    found = call.event_to_edit()
    event_id = instance_id(found.entry, found.instance)
    changed = call.mailbox.update_event(event_id, calendar_id=found.entry.id, **fields)
    return one_event(call, changed)


async def delete_event(call: Call) -> Response:
    """Delete an event, a series or one occurrence."""
    found = call.event_to_edit()
    event_id = instance_id(found.entry, found.instance)
    call.mailbox.delete_event(event_id, calendar_id=found.entry.id)
    return Response(status_code=204)


async def add_extension(call: Call) -> Response:
    """Put an open extension on an event; this is no change in the sense of delta."""
    name, data = read_extension(await call.body())
    found = call.event_to_edit()
    found.event.extensions[name] = data
    return call.answer(write_extension(name, data), 201)
