"""The calendar list, calendars, and settings.

Source: developers.google.com/workspace/calendar/api/v3/reference/calendarList
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sandbox.google.api import tokens
from sandbox.google.api.call import Call
from sandbox.google.api.paging import Page, cut
from sandbox.google.api.tokens import PageToken, SyncToken
from sandbox.google.calendars.calendar import ROLES, CalendarEntry, at_least
from sandbox.google.errors import ApiError, invalid

_OF = "calendarList"


async def list_calendars(call: Call) -> dict[str, Any]:
    """GET users/me/calendarList."""
    token = _token(call)
    since = token.since
    found = [e for e in call.account.entries if _wanted(call, e, since, token.until)]
    page = _page(call, found, token)
    body: dict[str, Any] = {
        "kind": "calendar#calendarList",
        "etag": f'"p{call.account.list_version:015d}"',
        "items": [entry.as_json() for entry in page.items],
    }
    if page.next_token:
        return body | {"nextPageToken": page.next_token}
    sync = SyncToken(
        of=_OF,
        version=token.until,
        generation=call.account.list_generation,
        issued=call.world.clock().timestamp(),
        parameters=[],
        window=[],
    )
    return body | {"nextSyncToken": tokens.write(sync)}


async def get_entry(call: Call) -> dict[str, Any]:
    """GET one entry."""
    wanted = call.calendar()
    for entry in call.account.entries:
        if entry.calendar is wanted and not entry.gone:
            return entry.as_json()
    raise ApiError("notFound")


async def get_calendar(call: Call) -> dict[str, Any]:
    """GET calendars/{id}."""
    return call.calendar().as_json()


async def setting(call: Call) -> dict[str, Any]:
    """GET users/me/settings/{setting}."""
    known = _settings(call)
    name = call.path("setting")
    if name not in known:
        raise ApiError("notFound")
    return _setting(name, known[name])


async def list_settings(call: Call) -> dict[str, Any]:
    """GET users/me/settings, on one page."""
    items = [_setting(name, value) for name, value in _settings(call).items()]
    return {"kind": "calendar#settings", "etag": '"p1"', "items": items}


def _settings(call: Call) -> dict[str, str]:
    return {
        "timezone": call.account.time_zone,
        "locale": "en",
        "format24HourTime": "true",
        "weekStart": "1",
        "autoAddHangouts": "false",
    }


def _setting(name: str, value: str) -> dict[str, Any]:
    etag = hashlib.sha256(f"{name}={value}".encode()).hexdigest()[:16]
    return {"kind": "calendar#setting", "etag": f'"{etag}"', "id": name, "value": value}


def _token(call: Call) -> PageToken:
    if text := call.text("pageToken"):
        return tokens.read_page(text)
    since, until = None, call.account.list_version
    if text := call.text("syncToken"):
        hides = "false" in (call.text("showDeleted"), call.text("showHidden"))
        if call.text("minAccessRole") or hides:
            raise ApiError("syncTokenWithRequestRestrictions")
        since = _sync(call, text).version
    return PageToken(_OF, 0, None, since, until, [], [])


def _sync(call: Call, text: str) -> SyncToken:
    found = tokens.read_sync(text)
    age = timedelta(seconds=call.world.clock().timestamp() - found.issued)
    old = age > timedelta(days=call.account.faults.sync_token_days)
    if found.of != _OF or found.generation != call.account.list_generation or old:
        raise ApiError("fullSyncRequired")
    return found


def _wanted(call: Call, entry: CalendarEntry, since: int | None, until: int) -> bool:
    """Incremental lists hold deleted and hidden entries always; changes of rights alone are not
    changes of the entry (reference of calendarList.list#syncToken)."""
    if since is not None:
        return since < entry.version <= until
    least = call.text("minAccessRole")
    if least is not None and least not in ROLES:
        raise invalid(f"Invalid string value: '{least}'.", "minAccessRole")
    if any(least == role and not at_least(entry.role, role) for role in ROLES):
        return False
    if entry.gone:
        return entry.deleted and call.flag("showDeleted")
    return call.flag("showHidden") or not entry.hidden


def _page(call: Call, found: Sequence[CalendarEntry], token: PageToken) -> Page[CalendarEntry]:
    size = call.number("maxResults", 100, 250)
    keyed = [([f"{call.account.entries.index(entry):06d}"], entry) for entry in found]
    return cut(keyed, token, size, call.account.faults)
