"""calendarView/delta over HTTP."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from starlette.responses import JSONResponse, Response

from sandbox.microsoft.mailbox import CalendarEntry
from sandbox.microsoft.mailbox.delta import (
    DeltaItem,
    DeltaPage,
    Tombstone,
    delta_page,
    start_delta,
    window_of,
)

from .call import Call
from .errors import GraphError
from .event_json import TYPE, event_json, occurrence_json
from .event_times import short_stamp
from .paging import DEFAULT_PAGE
from .windows import read_window

_REFUSED = ("$select", "$filter", "$top", "$orderby", "$search", "$expand", "$skip")


async def delta(call: Call) -> Response:
    """Begin a round, or give the page a token stands for.

    Graph docs, event delta: the window is given once and kept in the token; other query options
    are refused; only Prefer sets the page size.
    """
    _refuse_options(call)
    entry = call.entry
    size = call.prefer.page_size or DEFAULT_PAGE
    token = call.params.get("$skiptoken") or call.params.get("$deltatoken")
    if not token:
        return _answer(call, entry, start_delta(entry, read_window(call), size))
    call.request.state.resync_location = _resync_link(call, entry, token)
    return _answer(call, entry, delta_page(entry, token, size))


def _refuse_options(call: Call) -> None:
    refused = [name for name in _REFUSED if name in call.params]
    if refused:
        raise GraphError(
            400,
            "ErrorInvalidUrlQuery",
            "The following parameters are not supported with change tracking over the "
            f"'CalendarView' resource: '{', '.join(refused)}'.",
        )


def _answer(call: Call, entry: CalendarEntry, page: DeltaPage) -> JSONResponse:
    body: dict[str, Any] = {"@odata.context": f"{call.base}/$metadata#Collection(event)"}
    link = _link(call, entry)
    if page.next_token is not None:
        body["@odata.nextLink"] = f"{link}?$skiptoken={page.next_token}"
    else:
        body["@odata.deltaLink"] = f"{link}?$deltatoken={page.delta_token}"
    written = [_item(call, entry, item) for item in page.items]
    body["value"] = [item for item in written if item is not None]
    return JSONResponse(body, headers={"preference-applied": "odata.track-changes"})


def _link(call: Call, entry: CalendarEntry) -> str:
    """Give the path of the links; the short form is rewritten (Graph issue #3121)."""
    if "calendar_id" not in call.request.path_params:
        return f"{call.base}/me/calendar/calendarView/delta"
    return f"{call.base}/me/calendars/{quote(entry.id, safe='')}/calendarView/delta"


def _resync_link(call: Call, entry: CalendarEntry, token: str) -> str | None:
    """Give the link for a fresh round after expired state: the window and an empty token."""
    window = window_of(entry, token)
    if window is None:
        return None
    query = urlencode(
        {"startDateTime": short_stamp(window.start), "endDateTime": short_stamp(window.end)}
    )
    return f"{_link(call, entry)}?{query}&$deltatoken="


def _item(call: Call, entry: CalendarEntry, item: DeltaItem) -> dict[str, Any] | None:
    """Write one item; an immutable id that is here again needs no tombstone."""
    if isinstance(item, Tombstone):
        if item.is_back and call.prefer.immutable_ids:
            return None
        item_id = entry.event_id(item.key, item.moves, immutable=call.prefer.immutable_ids)
        return {"@odata.type": TYPE, "id": item_id, "@removed": {"reason": "deleted"}}
    if item.type == "occurrence":
        return occurrence_json(entry, item, call.prefer)
    return {"@odata.type": TYPE, **event_json(entry, item, call.prefer)}
