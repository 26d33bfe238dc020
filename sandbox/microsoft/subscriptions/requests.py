"""Checking what a client asks for when it creates or renews a subscription."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.microsoft.directory import User
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.microsoft.registration import is_loopback
from sandbox.microsoft.subscriptions.model import CHANGE_TYPES, SubscriptionSettings

_RESOURCE = re.compile(
    r"^/?(?P<owner>me|users(?:/[^/]+|\('[^']+'\)))"
    r"(?:/calendar|/calendars(?:/(?P<id>[^/]+)|\('(?P<quoted>[^']+)'\)))?/events/?(?:\?.*)?$",
    re.IGNORECASE,
)
_FRACTION = re.compile(r"\.(\d{6})\d+")


class RefusedError(Exception):
    """A request Graph refuses: status, code, message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def extension_error(status: int, reason: str, verb: str = "Create") -> RefusedError:
    """The wrapper in which Graph hands on a refusal of the Outlook service."""
    names = {400: "BadRequest", 403: "Forbidden", 404: "NotFound"}
    text = f"Operation: {verb}; Exception: [Status Code: {names[status]}; Reason: {reason}]"
    return RefusedError(status, "ExtensionError", text)


@dataclass(frozen=True)
class Wanted:
    """A checked creation request."""

    resource: str
    calendar_id: str | None
    change_types: frozenset[str]
    change_type_text: str
    notification_url: str
    lifecycle_url: str | None
    client_state: str | None
    expires_at: datetime


def read(
    body: Any, user: User, mailbox: Mailbox, settings: SubscriptionSettings, now: datetime
) -> Wanted:
    """The checked request; raises RefusedError."""
    if not isinstance(body, dict):
        raise RefusedError(400, "BadRequest", "Unable to read JSON request payload.")
    for name in ("changeType", "notificationUrl", "resource", "expirationDateTime"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise RefusedError(400, "InvalidRequest", f"Property '{name}' is required.")
    state, lifecycle_url = body.get("clientState"), body.get("lifecycleNotificationUrl")
    if state is not None and len(str(state)) > 128:
        text = "The value of 'clientState' exceeds the maximum length of 128."
        raise RefusedError(400, "InvalidRequest", text)
    if body.get("includeResourceData"):
        raise RefusedError(400, "InvalidRequest", "Resource data is not simulated here.")
    return Wanted(
        resource=body["resource"],
        calendar_id=_calendar(body["resource"], user, mailbox),
        change_types=_change_types(body["changeType"]),
        change_type_text=body["changeType"],
        notification_url=check_url(body["notificationUrl"], "notificationUrl"),
        lifecycle_url=check_url(lifecycle_url, "lifecycleNotificationUrl")
        if lifecycle_url
        else None,
        client_state=state,
        expires_at=expiration(body["expirationDateTime"], settings, now),
    )


def check_url(url: str, name: str) -> str:
    """The URL if notifications may go there: https, or http on this computer."""
    if not url.lower().startswith("https://") and not (
        url.lower().startswith("http://") and is_loopback(url)
    ):
        text = f"The '{name}' must start with 'https'. Invalid notification endpoint."
        raise RefusedError(400, "InvalidRequest", text)
    return url


def expiration(
    text: str, settings: SubscriptionSettings, now: datetime, verb: str = "Create"
) -> datetime:
    """The end of life granted: too short is raised, too long or past is refused."""
    try:
        wanted = datetime.fromisoformat(_FRACTION.sub(r".\1", text))
    except ValueError:
        raise RefusedError(400, "InvalidRequest", "expirationDateTime is not valid.") from None
    wanted = wanted.replace(tzinfo=UTC) if wanted.tzinfo is None else wanted.astimezone(UTC)
    if wanted <= now:
        raise extension_error(400, "Subscription expiration must be in the future.", verb)
    if wanted > now + timedelta(minutes=settings.max_minutes):
        text = f"Subscription expiration can only be {settings.max_minutes} minutes in the future."
        raise extension_error(400, text, verb)
    return max(wanted, now + timedelta(minutes=settings.min_minutes))


def _change_types(text: str) -> frozenset[str]:
    parts = [part.strip().lower() for part in text.split(",")]
    if not parts or any(part not in CHANGE_TYPES for part in parts):
        raise RefusedError(400, "InvalidRequest", f"Invalid 'changeType' attribute: '{text}'.")
    return frozenset(parts)


def _calendar(resource: str, user: User, mailbox: Mailbox) -> str | None:
    """The calendar the resource names, None for the default one.

    me/events covers the default calendar only (microsoft-graph-docs issue 21978); shared calendars
    cannot be watched (learn.microsoft.com/graph/outlook-get-shared-events-calendars).
    """
    found = _RESOURCE.match(resource)
    if found is None:
        raise extension_error(400, "The value of parameter 'Resource' is invalid.")
    owner = found["owner"].lower()
    names = {user.id.lower(), user.object_id.lower(), user.user_principal_name.lower()}
    if owner != "me" and owner[5:].strip("/()'") not in names:
        raise RefusedError(403, "ErrorAccessDenied", "Access is denied. Check credentials.")
    calendar_id = found["id"] or found["quoted"]
    return calendar_id and _own_calendar(mailbox, calendar_id)


def _own_calendar(mailbox: Mailbox, calendar_id: str) -> str | None:
    entry = mailbox.listing.find(calendar_id)
    if entry is None:
        text = "The specified object was not found in the store."
        raise RefusedError(404, "ErrorItemNotFound", text)
    if not entry.is_own:
        text = "Access is denied. Check credentials and try again."
        raise RefusedError(403, "ErrorAccessDenied", text)
    return None if entry is mailbox.default_calendar else entry.id
