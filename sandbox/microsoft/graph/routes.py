"""Which path leads to which handler."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import actions, calendars, delta, events, outlook, schedule, views
from .batch import batch
from .call import Handler, endpoint

_DELTA = ("delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()")
_ACTIONS: dict[str, Handler] = {
    "cancel": actions.cancel,
    "accept": actions.respond_with("accepted"),
    "decline": actions.respond_with("declined"),
    "tentativelyAccept": actions.respond_with("tentativelyAccepted"),
    "permanentDelete": events.delete_event,
}


class GraphRoute(Route):
    """A route whose fixed parts match in any letter case, as the service does (docs write both)."""

    def __init__(
        self, path: str, serve: Callable[[Request], Awaitable[Response]], method: str
    ) -> None:
        super().__init__(path, serve, methods=[method])
        self.path_regex = re.compile(self.path_regex.pattern, re.IGNORECASE)


def routes() -> list[Route]:
    """Give all routes of the calendar API under /v1.0.

    Every request needs `request.state.user`, and `request.state.mailbox` or None there.
    """
    found: list[Route] = [GraphRoute("/v1.0/$batch", batch, "POST")]
    for root in ("/v1.0/me", "/v1.0/users/{user_id}"):
        found.append(GraphRoute(root, outlook.me, "GET"))
        found += _outlook(root)
        found += _lists(root)
        found += _events(root)
        for scope in _scopes(root):
            found += _calendar(scope)
            found += _events(scope)
    return found


def _route(path: str, handler: Handler, method: str = "GET") -> Route:
    return GraphRoute(path, endpoint(handler), method)


def _scopes(root: str) -> tuple[str, ...]:
    """Give the paths of one calendar: the default one, one by id, one inside a group."""
    return (
        f"{root}/calendar",
        f"{root}/calendars/{{calendar_id}}",
        f"{root}/calendarGroups/{{group_id}}/calendars/{{calendar_id}}",
    )


def _outlook(root: str) -> list[Route]:
    zones = f"{root}/outlook/supportedTimeZones"
    return [
        _route(f"{root}/translateExchangeIds", outlook.translate_ids, "POST"),
        _route(zones, outlook.time_zones),
        _route(f"{zones}()", outlook.time_zones),
        _route(f"{zones}(TimeZoneStandard={{standard}})", outlook.time_zones),
    ]


def _lists(root: str) -> list[Route]:
    group = f"{root}/calendarGroups/{{group_id}}/calendars"
    return [
        _route(f"{root}/calendars", calendars.list_calendars),
        _route(f"{root}/calendars", calendars.create_calendar, "POST"),
        _route(f"{root}/calendarGroups", calendars.list_groups),
        _route(group, calendars.list_calendars),
        _route(group, calendars.create_calendar, "POST"),
    ]


def _calendar(scope: str) -> list[Route]:
    return [
        _route(scope, calendars.get_calendar),
        _route(scope, calendars.update_calendar, "PATCH"),
        _route(scope, calendars.delete_calendar, "DELETE"),
        _route(f"{scope}/getSchedule", schedule.get_schedule, "POST"),
    ]


def _events(scope: str) -> list[Route]:
    listed, one = f"{scope}/events", f"{scope}/events/{{event_id}}"
    return [
        _route(listed, events.list_events),
        _route(listed, events.create_event, "POST"),
        _route(one, events.get_event),
        _route(one, events.update_event, "PATCH"),
        _route(one, events.delete_event, "DELETE"),
        _route(f"{one}/instances", views.instances),
        _route(f"{one}/extensions", events.add_extension, "POST"),
        *(_route(f"{one}/{name}", handler, "POST") for name, handler in _ACTIONS.items()),
        _route(f"{scope}/calendarView", views.calendar_view),
        *(_route(f"{scope}/calendarView/{name}", delta.delta) for name in _DELTA),
    ]
