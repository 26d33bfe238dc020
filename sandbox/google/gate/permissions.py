"""Which scope a Calendar path needs: the discovery document of the Calendar API."""

import re

_ALL = frozenset({"calendar"})
_READ = _ALL | {"calendar.readonly"}
_EVENTS_WRITE = _ALL | {"calendar.events", "calendar.events.owned"}
_EVENTS_READ = (
    _READ
    | _EVENTS_WRITE
    | {
        "calendar.events.readonly",
        "calendar.events.owned.readonly",
        "calendar.events.freebusy",
    }
)
_LIST = _READ | {"calendar.calendarlist", "calendar.calendarlist.readonly"}
_CALENDARS = _READ | {"calendar.calendars", "calendar.calendars.readonly"}
_SETTINGS = _READ | {"calendar.settings", "calendar.settings.readonly"}
_FREE_BUSY = _READ | {"calendar.freebusy", "calendar.events.freebusy"}
_STOP = _EVENTS_READ | _LIST | _SETTINGS

_RULES: tuple[tuple[re.Pattern[str], frozenset[str], frozenset[str]], ...] = (
    (re.compile(r"/users/me/calendarList"), _LIST, _LIST),
    (re.compile(r"/users/me/settings"), _SETTINGS, _SETTINGS),
    (re.compile(r"/freeBusy$"), _FREE_BUSY, _FREE_BUSY),
    (re.compile(r"/channels/stop$"), _STOP, _STOP),
    (re.compile(r"/calendars/[^/]+/events/watch$"), _EVENTS_READ, _EVENTS_READ),
    (re.compile(r"/calendars/[^/]+/events"), _EVENTS_READ, _EVENTS_WRITE),
    (re.compile(r"/calendars/[^/]+$"), _CALENDARS, _CALENDARS),
)


def allowed(method: str, path: str, scopes: frozenset[str]) -> bool:
    """Whether a token with these scopes may make the request; unknown paths pass."""
    needed = needed_for(method, path)
    return needed is None or bool(needed & scopes)


def needed_for(method: str, path: str) -> frozenset[str] | None:
    """The scopes any one of which is enough."""
    for pattern, reading, writing in _RULES:
        if pattern.search(path):
            return reading if method == "GET" else writing
    return None


def owned_only(method: str, path: str, scopes: frozenset[str]) -> bool:
    """Whether the token reaches only calendars that its user owns."""
    held = (needed_for(method, path) or frozenset()) & scopes
    return bool(held) and all(".owned" in name for name in held)


def times_only(scopes: frozenset[str]) -> bool:
    """Whether the token shows of events only when they are."""
    return not scopes & (_EVENTS_READ - {"calendar.events.freebusy"})
