"""watch and stop.

Source: developers.google.com/workspace/calendar/api/guides/push. Errors of the address as public
clients quote them (google-api-php-client issue 569).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from sandbox.google.api.call import Call
from sandbox.google.calendars.calendar import Calendar
from sandbox.google.channels.model import Channel
from sandbox.google.errors import ApiError, invalid
from sandbox.microsoft.registration import is_loopback

_ID = re.compile(r"[A-Za-z0-9\-_+/=]{1,64}")


async def watch_events(call: Call) -> dict[str, Any]:
    """POST …/events/watch."""
    calendar = call.calendar()
    if not calendar.push:
        raise ApiError("pushNotSupportedForRequestedResource")
    path = f"calendars/{quote(calendar.id, safe='@')}/events"
    return await _watch(call, calendar, path)


async def watch_calendar_list(call: Call) -> dict[str, Any]:
    """POST users/me/calendarList/watch."""
    return await _watch(call, None, "users/me/calendarList")


async def stop(call: Call) -> None:
    """POST channels/stop: needs id and resourceId, and the user who opened the channel."""
    body = await call.body()
    channels = call.world.google.channels
    found = channels.get(str(body.get("id", "")))
    if found is None or found.account is not call.account:
        raise _no_channel(body)
    if found.resource_id != body.get("resourceId"):
        raise _no_channel(body)
    channels.stop(found.id)


async def _watch(call: Call, calendar: Calendar | None, path: str) -> dict[str, Any]:
    body, channels = await call.body(), call.world.google.channels
    channel = Channel(
        id=_channel_id(body),
        account=call.account,
        calendar=calendar,
        resource_uri=f"{_base(call)}/calendar/v3/{path}?alt=json",
        address=_address(body),
        token=_token(body),
        expires_at=_expiration(body, call.world.clock(), channels.settings.max_days),
    )
    if channels.taken(channel.id):
        raise ApiError("channelIdNotUnique", f"Channel id {channel.id} not unique")
    await channels.open(channel)
    return channel.as_json()


def _channel_id(body: dict[str, Any]) -> str:
    given = body.get("id")
    if not given:
        raise ApiError("required", "Required", location="resource.id")
    if not isinstance(given, str) or _ID.fullmatch(given) is None:
        raise invalid("Invalid channel id.", "resource.id")
    if body.get("type") not in ("web_hook", "webhook"):
        raise ApiError("push.channelUnknown", "Unknown channel type.")
    return given


def _address(body: dict[str, Any]) -> str:
    address = str(body.get("address") or "")
    parts = urlsplit(address)
    if parts.scheme == "http" and is_loopback(address):
        return address  # not at Google: there only https
    if parts.scheme != "https":
        text = f"WebHook callback must be HTTPS: {address}"
        raise ApiError("push.webhookUrlNotHttps", text)
    if not parts.hostname:
        text = f"Unauthorized WebHook callback channel: {address}"
        raise ApiError("push.webhookUrlUnauthorized", text, status=401)
    return address


def _token(body: dict[str, Any]) -> str | None:
    token = body.get("token")
    if token is None:
        return None
    if len(str(token)) > 256:
        raise invalid("Invalid channel token.", "resource.token")
    return str(token)


def _expiration(body: dict[str, Any], now: datetime, max_days: float) -> datetime:
    latest, wanted = now + timedelta(days=max_days), _wanted_end(body)
    if wanted is None:
        return latest
    if wanted <= now:
        raise invalid("Invalid channel expiration.", "resource.expiration")
    return min(wanted, latest)


def _wanted_end(body: dict[str, Any]) -> datetime | None:
    """The end that the caller asks for: `expiration` in milliseconds."""
    given = body.get("expiration")
    if given is None:
        return None
    try:
        return datetime.fromtimestamp(int(given) / 1000, UTC)
    except (ValueError, TypeError, OverflowError):
        raise invalid("Invalid channel expiration.", "resource.expiration") from None


def _base(call: Call) -> str:
    url = call.request.url
    return f"{url.scheme}://{url.netloc}"


def _no_channel(body: dict[str, Any]) -> ApiError:
    text = f"Channel '{body.get('id')}' not found for project 'sandbox'"
    return ApiError("notFound", text)
