"""Acting as the owner of a Google account's events, and reading their truth."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from starlette.routing import Route

from sandbox.control.endpoint import Call, ControlError
from sandbox.control.google import ACCOUNT, account_of, google
from sandbox.google.account import Account
from sandbox.google.api.event_json import Reader, event_json
from sandbox.google.calendars.calendar import Role
from sandbox.google.calendars.event import Event
from sandbox.google.calendars.views import View, own_view

_EVENTS = ACCOUNT + "/events"
_EVENT = _EVENTS + "/{id}"


def routes() -> list[Route]:
    """The routes of this part; ?calendar= (id or title) picks a calendar, else the primary one."""
    return [
        google("GET", _EVENTS, events),
        google("POST", _EVENTS, create),
        google("GET", _EVENT, read),
        google("PATCH", _EVENT, update),
        google("DELETE", _EVENT, delete),
        google("POST", _EVENT + "/move", move),
        google("POST", _EVENT + "/respond", respond),
        google("POST", _EVENT + "/restore", restore),
        google("POST", _EVENT + "/organizer-cancels", organizer_cancels),
        google("GET", ACCOUNT + "/outbox", outbox),
    ]


async def events(call: Call) -> Any:
    """Single events and instances between ?start and ?end; without ?end series as they stand.

    ?asSeen=1 shows no more than the account's rights to the calendar allow.
    """
    account, start, end = account_of(call), _moment(call, "start"), _moment(call, "end")
    found = account.events(start, end, calendar=call.query("calendar"))
    role = account.entry(call.query("calendar")).role if call.query("asSeen") else None
    return {"value": [_shown(view, role or "owner") for view in found]}


async def create(call: Call) -> Any:
    """Make an event or series from the JSON of Google's resource; with `organizer` (`email`,
    `displayName`) an invitation that somebody elsewhere sent."""
    made = account_of(call).create_event(
        calendar=call.query("calendar"), send_updates=_mails(call), **call.body
    )
    return _shown(own_view(made))


async def read(call: Call) -> Any:
    """One event; ?original= picks an instance of a series."""
    return _shown(account_of(call).view(_id(call), call.query("calendar")))


async def update(call: Call) -> Any:
    """Change an event, series or instance; JSON as in a PATCH."""
    account, calendar = account_of(call), call.query("calendar")
    changed = account.update_event(
        _id(call), calendar=calendar, send_updates=_mails(call), **call.body
    )
    return _shown(own_view(changed))


async def delete(call: Call) -> Any:
    """Delete an event, series or instance."""
    account, calendar = account_of(call), call.query("calendar")
    account.delete_event(_id(call), calendar=calendar, send_updates=_mails(call))
    return {"deleted": _id(call)}


async def move(call: Call) -> Any:
    """Move to `calendar` (id or title); the id stays."""
    account, target = account_of(call), str(call.need("calendar"))
    return _shown(
        own_view(account.move_event(call.path("id"), target, calendar=call.query("calendar")))
    )


async def respond(call: Call) -> Any:
    """Answer an invitation: `response` accepted, declined, tentative or needsAction."""
    return await _after(call, account_of(call).respond, str(call.need("response")))


async def restore(call: Call) -> Any:
    """Bring a deleted event back."""
    return await _after(call, account_of(call).restore_event)


async def organizer_cancels(call: Call) -> Any:
    """The organizer, who is elsewhere, calls the event off."""
    return await _after(call, account_of(call).organizer_cancels)


async def outbox(call: Call) -> Any:
    """Mails Google would have sent."""
    sent = account_of(call).outbox
    return {"value": [asdict(mail) | {"at": mail.at.isoformat()} for mail in sent]}


async def _after(call: Call, act: Any, *values: str) -> Any:
    event: Event = act(_id(call), *values, calendar=call.query("calendar"))
    return _shown(own_view(event))


def _shown(view: View, role: Role = "owner") -> dict[str, Any]:
    calendar = view.event.calendar
    reader = Reader(calendar, role, calendar.zone, calendar.owner.address)
    return event_json(view, reader)


def _id(call: Call) -> str:
    original = call.query("original")
    if original is None:
        return call.path("id")
    account: Account = account_of(call)
    moment: date = datetime.fromisoformat(original)
    if len(original) == 10:
        moment = date.fromisoformat(original)
    elif isinstance(moment, datetime) and moment.tzinfo is None:
        raise ControlError(400, "original needs an offset")
    return account.instance_id(call.path("id"), moment, calendar=call.query("calendar"))


def _moment(call: Call, name: str) -> datetime | None:
    text = call.query(name)
    found = datetime.fromisoformat(text) if text else None
    if found is not None and found.tzinfo is None:
        raise ControlError(400, f"?{name}= needs an offset")
    return found


def _mails(call: Call) -> Any:
    wanted = call.query("sendUpdates") or "all"
    if wanted not in ("all", "externalOnly", "none"):
        raise ControlError(400, "sendUpdates must be all, externalOnly or none")
    return wanted
