"""The paths of the Calendar API."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.google.api import calendar_list, event_list, events, free_busy, instances
from sandbox.google.api.call import route
from sandbox.google.channels import requests
from sandbox.google.errors import ApiError

_LIST = "/users/me/calendarList"
_CALENDAR = "/calendars/{calendarId}"
_EVENTS = _CALENDAR + "/events"
_EVENT = _EVENTS + "/{eventId}"
_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


def routes() -> list[Route]:
    """All routes under /calendar/v3."""
    return [
        route("GET", _LIST, calendar_list.list_calendars),
        route("POST", _LIST + "/watch", requests.watch_calendar_list),
        route("GET", _LIST + "/{calendarId}", calendar_list.get_entry),
        route("GET", "/users/me/settings", calendar_list.list_settings),
        route("GET", "/users/me/settings/{setting}", calendar_list.setting),
        route("POST", "/freeBusy", free_busy.free_busy),
        route("POST", "/channels/stop", requests.stop),
        route("GET", _CALENDAR, calendar_list.get_calendar),
        route("GET", _EVENTS, event_list.list_events),
        route("POST", _EVENTS, events.insert),
        route("POST", _EVENTS + "/import", events.import_),
        route("POST", _EVENTS + "/watch", requests.watch_events),
        route("GET", _EVENT, events.get),
        route("PATCH", _EVENT, events.patch),
        route("PUT", _EVENT, events.update),
        route("DELETE", _EVENT, events.delete),
        route("POST", _EVENT + "/move", events.move),
        route("GET", _EVENT + "/instances", instances.instances),
        Route("/calendar/v3/{rest:path}", _unknown, methods=_METHODS),
    ]


async def _unknown(_: Request) -> Response:
    wrong = ApiError("notFound")
    return JSONResponse(wrong.body(), status_code=wrong.status)
