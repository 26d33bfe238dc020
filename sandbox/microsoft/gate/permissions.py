"""Which delegated permission a Graph path needs.

Source: learn.microsoft.com/graph/permissions-reference
"""

import re

_READ = frozenset(
    {
        "Calendars.Read",
        "Calendars.ReadBasic",
        "Calendars.ReadWrite",
        "Calendars.Read.Shared",
        "Calendars.ReadWrite.Shared",
    }
)
_WRITE = frozenset({"Calendars.ReadWrite", "Calendars.ReadWrite.Shared"})
_SUBSCRIBE = frozenset({"Calendars.Read", "Calendars.ReadWrite"})
_PROFILE = frozenset({"User.Read"})
_SETTINGS = frozenset({"MailboxSettings.Read", "MailboxSettings.ReadWrite"})

_OWNER = r"^/v1\.0/(me|users/[^/]+)"
_PLAIN_USER = re.compile(_OWNER + "/?$", re.IGNORECASE)
_CALENDAR = re.compile(_OWNER + r"/(calendar|events)", re.IGNORECASE)
_PROFILE_PATHS = re.compile(_OWNER + r"/(outlook|translateExchangeIds)", re.IGNORECASE)
_MAILBOX_SETTINGS = re.compile(_OWNER + "/mailboxSettings", re.IGNORECASE)
_SUBSCRIPTIONS = re.compile(r"^/v1\.0/subscriptions(/|$)", re.IGNORECASE)
_NAMED_CALENDAR = re.compile(r"/calendars/([^/]+)", re.IGNORECASE)


def allowed(method: str, path: str, scopes: frozenset[str], shared: bool = False) -> bool:
    """Whether a token with these permissions may make the request; unknown paths pass.

    Calendars of other people need one of the permissions ending in `.Shared`
    (learn.microsoft.com/graph/outlook-get-shared-events-calendars).
    """
    needed = _needed(method, path)
    if needed is None:
        return True
    held = needed & scopes
    return any(name.endswith(".Shared") for name in held) if shared else bool(held)


def uses_mailbox(path: str) -> bool:
    """Whether the Outlook service answers the path, so that its limits apply.

    Not for a batch: its inner requests pass the gate one by one.
    """
    patterns = (_CALENDAR, _PROFILE_PATHS, _MAILBOX_SETTINGS)
    return any(pattern.match(path) for pattern in patterns)


def calendar_in(path: str) -> str | None:
    """The calendar id a path names, if any."""
    found = _NAMED_CALENDAR.search(path)
    return found[1] if found else None


def _needed(method: str, path: str) -> frozenset[str] | None:
    if _PLAIN_USER.match(path) or _PROFILE_PATHS.match(path):
        return _PROFILE
    if _SUBSCRIPTIONS.match(path):
        return _SUBSCRIBE
    if _MAILBOX_SETTINGS.match(path):
        return _SETTINGS
    if _CALENDAR.match(path):
        reads = method == "GET" or path.lower().endswith("/getschedule")
        return _READ if reads else _WRITE
    return None
