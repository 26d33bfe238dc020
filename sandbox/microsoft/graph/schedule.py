"""getSchedule: free and busy times of the caller and of known colleagues."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from sandbox.microsoft.mailbox import Instance
from sandbox.microsoft.mailbox.errors import InvalidRequestError, MailboxError
from sandbox.microsoft.mailbox.expansion import real_span, view_of
from sandbox.microsoft.mailbox.times import Window
from sandbox.microsoft.mailbox.zones import windows_name

from .call import Call
from .errors import GraphError
from .event_times import read_time, write_time

_DIGITS = {"free": 0, "workingElsewhere": 0, "tentative": 1, "busy": 2, "oof": 3, "unknown": 2}
_MOST_SCHEDULES = 100
_LONGEST = timedelta(days=62)
_MOST_ENTRIES = 1000


async def get_schedule(call: Call) -> Response:
    """Answer getSchedule (Graph docs: calendar getSchedule); not there for personal accounts."""
    if call.mailbox.personal:
        raise GraphError(400, "BadRequest", "Specified resource is not supported for MSA requests")
    body = {name.lower(): value for name, value in (await call.body()).items()}
    window = _window(body)
    interval = _interval(body.get("availabilityviewinterval", 30))
    addresses = body.get("schedules") or []
    if len(addresses) > _MOST_SCHEDULES:
        raise MailboxError(
            "ErrorMailboxDataArrayTooBig",
            "There are too many target users in the EmailAddress array. The allowed size = 100; "
            f"the actual size = {len(addresses)}.",
        )
    value = [_schedule(call, str(address), window, interval) for address in addresses]
    context = f"{call.base}/$metadata#Collection(microsoft.graph.scheduleInformation)"
    return call.answer({"@odata.context": context, "value": value})


def _window(body: dict[str, Any]) -> Window:
    start = read_time(body.get("starttime"), "startTime")[0]
    end = read_time(body.get("endtime"), "endTime")[0]
    if end - start > _LONGEST:
        raise MailboxError(
            "ErrorTimeIntervalTooBig",
            "The requested time duration specified for FreeBusyViewOptions.TimeWindow is too "
            f"long. The allowed limit = 62 days; the actual limit = {(end - start).days} days.",
        )
    if end <= start:
        raise InvalidRequestError("The requested time duration is invalid.")
    return Window(start, end)


def _interval(value: Any) -> timedelta:
    minutes = int(value) if str(value).isdigit() else 0
    if not 5 <= minutes <= 1440:
        raise InvalidRequestError("availabilityViewInterval has to be from 5 to 1440 minutes.")
    return timedelta(minutes=minutes)


def _schedule(call: Call, address: str, window: Window, interval: timedelta) -> dict[str, Any]:
    is_own = address.lower() == call.mailbox.address.lower()
    mailbox = call.mailbox if is_own else call.mailbox.find_peer(address)
    if mailbox is None:
        return _failed(
            address,
            f"Unable to resolve e-mail address {address} to an Active Directory object.",
            "ErrorMailRecipientNotFound",
        )
    found = view_of(mailbox.default_calendar.calendar, window)
    if len(found) > _MOST_ENTRIES:
        return _failed(
            address,
            "The result set contains too many calendar entries. The allowed size is 1000; "
            f"the actual size is {len(found)}.",
            "5006",
        )
    return {
        "scheduleId": address,
        "availabilityView": _view(found, window, interval),
        "scheduleItems": [_item(call, item, is_own) for item in found],
        "workingHours": {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": {"name": windows_name(mailbox.time_zone)},
        },
    }


def _failed(address: str, message: str, code: str) -> dict[str, Any]:
    return {
        "scheduleId": address,
        "availabilityView": "",
        "scheduleItems": [],
        "error": {"message": message, "responseCode": code},
    }


def _view(found: list[Instance], window: Window, interval: timedelta) -> str:
    """Give one digit per interval: the strongest state in it."""
    spans = [(*real_span(item), _DIGITS.get(item.details.show_as, 2)) for item in found]
    count = math.ceil((window.end - window.start) / interval)
    return "".join(str(_digit(spans, window.start + interval * i, interval)) for i in range(count))


def _digit(
    spans: list[tuple[datetime, datetime, int]], start: datetime, interval: timedelta
) -> int:
    slot = Window(start, start + interval)
    return max((digit for begin, end, digit in spans if slot.holds(begin, end)), default=0)


def _item(call: Call, item: Instance, is_own: bool) -> dict[str, Any]:
    """Write one entry; there is no event id, and details only for the caller's own mailbox."""
    body: dict[str, Any] = {
        "status": item.details.show_as,
        "start": write_time(item.start, item.is_all_day, call.prefer),
        "end": write_time(item.end, item.is_all_day, call.prefer),
    }
    if is_own:
        body["isPrivate"] = item.details.sensitivity == "private"
        body["subject"] = item.details.subject
        body["location"] = str(item.details.location.get("displayName", ""))
    return body
