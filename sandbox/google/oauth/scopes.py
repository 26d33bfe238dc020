"""The scopes the sandbox knows, and how requests write them."""

from collections.abc import Iterable

_AUTH = "https://www.googleapis.com/auth/"
_SHORT = {"email": f"{_AUTH}userinfo.email", "profile": f"{_AUTH}userinfo.profile"}
# The user cannot untick these (developers.google.com/identity/protocols/oauth2/resources/
# granular-permissions).
SIGN_IN = frozenset({"openid", *_SHORT.values()})
# The discovery document of the Calendar API.
_CALENDAR = (
    "calendar",
    "calendar.acls",
    "calendar.acls.readonly",
    "calendar.app.created",
    "calendar.calendarlist",
    "calendar.calendarlist.readonly",
    "calendar.calendars",
    "calendar.calendars.readonly",
    "calendar.events",
    "calendar.events.freebusy",
    "calendar.events.owned",
    "calendar.events.owned.readonly",
    "calendar.events.public.readonly",
    "calendar.events.readonly",
    "calendar.freebusy",
    "calendar.readonly",
    "calendar.settings",
    "calendar.settings.readonly",
)
KNOWN = SIGN_IN | {_AUTH + name for name in _CALENDAR}


class UnknownScopeError(ValueError):
    """A scope nobody publishes."""


def parse(text: str) -> list[str]:
    """The scopes of a `scope` parameter, spelled out, in order, once each."""
    found: dict[str, None] = {}
    for word in text.split():
        full = _SHORT.get(word, word)
        if full not in KNOWN:
            full = _AUTH + word
        if full not in KNOWN:
            raise UnknownScopeError(word)
        found[full] = None
    return list(found)


def short(scopes: Iterable[str]) -> frozenset[str]:
    """The calendar scopes among them, as the last part of their address."""
    return frozenset(name.removeprefix(_AUTH) for name in scopes if name not in SIGN_IN)
