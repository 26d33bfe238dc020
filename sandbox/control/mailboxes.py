"""Acting as a mailbox's owner, and reading the mailbox's truth."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.routing import Route

from sandbox.control.endpoint import Call, ControlError, change, control, show
from sandbox.control.outlook import as_outlook, every_page
from sandbox.microsoft.graph.event_body import check_complete
from sandbox.microsoft.graph.event_body import read_event as graph_event
from sandbox.microsoft.mailbox.details import Person
from sandbox.microsoft.mailbox.mailbox import Mailbox

_MAILBOX = "/mailboxes/{address}"
_EVENT = _MAILBOX + "/events/{id}"


def routes() -> list[Route]:
    """The routes of this part."""
    return [
        control("GET", _MAILBOX + "/events", events),
        control("POST", _MAILBOX + "/events", create_event),
        control("GET", _EVENT, read_event),
        control("PATCH", _EVENT, update_event),
        control("DELETE", _EVENT, delete_event),
        control("POST", _EVENT + "/move", move),
        control("POST", _EVENT + "/private", private),
        control("POST", _EVENT + "/all-day", all_day),
        control("POST", _EVENT + "/organizer-cancels", organizer_cancels),
        control("POST", _EVENT + "/{action}", act),
        control("POST", _MAILBOX + "/ics", load_ics),
        control("GET", _MAILBOX + "/outbox", outbox),
        control("GET", _MAILBOX + "/faults", faults),
        control("PATCH", _MAILBOX + "/faults", change_faults),
        control("POST", _MAILBOX + "/expire-delta-tokens", expire_delta_tokens),
    ]


async def events(call: Call) -> Any:
    """All single events, occurrences and exceptions between ?start and ?end, full objects.

    ?calendar= (id or name) picks a calendar, else the default one; ?masters=1 gives series masters
    and single events instead, without a window.
    """
    base = _calendar_path(call)
    if call.query("masters"):
        return {"value": await every_page(call, f"{base}/events")}
    window = urlencode({"startDateTime": _need(call, "start"), "endDateTime": _need(call, "end")})
    return {"value": await every_page(call, f"{base}/calendarView?{window}")}


async def create_event(call: Call) -> Any:
    """Make an event or series from Graph-shaped JSON in ?calendar= (default calendar without).

    With `organizer` {name, address} it is an invitation from that person.
    """
    if "organizer" in call.body:
        return await _invite(call)
    return await as_outlook(call, "POST", f"{_calendar_path(call)}/events", call.body)


async def _invite(call: Call) -> Any:
    mailbox, given = mailbox_of(call), dict(call.body)
    person = given.pop("organizer")
    organizer = Person(str(person.get("name", person["address"])), str(person["address"]))
    fields = graph_event(given)
    check_complete(fields)
    fields["organizer"] = organizer
    wanted = call.query("calendar")
    chosen = calendar_id(mailbox, wanted) if wanted else None
    made = mailbox.create_event(calendar_id=chosen, **fields)
    return await as_outlook(call, "GET", f"/v1.0/me/events/{mailbox.event_id(made)}")


async def read_event(call: Call) -> Any:
    """One event; ?original= picks an occurrence of a series."""
    return await as_outlook(call, "GET", _event_path(call))


async def update_event(call: Call) -> Any:
    """Change an event, series or occurrence; JSON as in a Graph PATCH."""
    return await as_outlook(call, "PATCH", _event_path(call), call.body)


async def delete_event(call: Call) -> Any:
    """Delete an event, series or occurrence."""
    return await as_outlook(call, "DELETE", _event_path(call))


async def act(call: Call) -> Any:
    """accept, decline, tentativelyAccept or cancel."""
    if call.path("action") not in ("accept", "decline", "tentativelyAccept", "cancel"):
        raise ControlError(404, f"unknown action {call.path('action')}")
    return await as_outlook(call, "POST", f"{_event_path(call)}/{call.path('action')}", call.body)


async def move(call: Call) -> Any:
    """Move to the own calendar `calendar` (id or name); the id changes."""
    mailbox = mailbox_of(call)
    target = calendar_id(mailbox, str(call.need("calendar")))
    moved = mailbox.move_event(call.path("id"), target)
    return {"id": mailbox.event_id(moved), "calendarId": target}


async def private(call: Call) -> Any:
    """Mark as private, or as normal with `private` false."""
    flag = bool(call.body.get("private", True))
    mailbox_of(call).set_private(call.path("id"), flag)
    return {"private": flag}


async def all_day(call: Call) -> Any:
    """Make an event last the whole of the days it touches, in the mailbox's zone."""
    mailbox_of(call).make_all_day(call.path("id"))
    return {"isAllDay": True}


async def organizer_cancels(call: Call) -> Any:
    """The organizer of a meeting in this mailbox cancels it; the copy stays, isCancelled."""
    mailbox_of(call).receive_cancellation(_event_id(call))
    return {"isCancelled": True}


async def load_ics(call: Call) -> Any:
    """Fill ?calendar= from the iCalendar text in the body."""
    text = (await call.request.body()).decode()
    mailbox = mailbox_of(call)
    wanted = call.query("calendar")
    report = mailbox.load_ics(text, calendar_id(mailbox, wanted) if wanted else None)
    return asdict(report)


async def outbox(call: Call) -> Any:
    """Mails Exchange would have sent because of this mailbox's meetings."""
    sent = mailbox_of(call).outbox
    return {"value": [asdict(mail) | {"at": mail.at.isoformat()} for mail in sent]}


async def faults(call: Call) -> Any:
    """The mailbox's own misbehaviour."""
    return show(mailbox_of(call).faults)


async def change_faults(call: Call) -> Any:
    """Change the mailbox's own misbehaviour."""
    return change(mailbox_of(call).faults, call.body)


async def expire_delta_tokens(call: Call) -> Any:
    """Forget all delta tokens; `status`, `code`, `withLocation` shape the refusal."""
    mailbox_of(call).faults.expire_delta_tokens(
        with_location=bool(call.body.get("withLocation", False)),
        status=int(call.body.get("status", 410)),
        code=str(call.body.get("code", "SyncStateNotFound")),
    )
    return show(mailbox_of(call).faults)


def mailbox_of(call: Call) -> Mailbox:
    """The mailbox the path names."""
    return call.world.mailbox(call.path("address"))


def calendar_id(mailbox: Mailbox, wanted: str) -> str:
    """The id of a calendar given by id or name."""
    for entry in mailbox.calendars():
        if wanted in (entry.id, entry.calendar.name):
            return entry.id
    raise ControlError(404, f"no calendar {wanted!r} in {mailbox.address}")


def _calendar_path(call: Call) -> str:
    wanted = call.query("calendar")
    mailbox = mailbox_of(call)
    chosen = calendar_id(mailbox, wanted) if wanted else mailbox.default_calendar.id
    return f"/v1.0/me/calendars/{chosen}"


def _event_path(call: Call) -> str:
    wanted = call.query("calendar")
    base = _calendar_path(call) if wanted else "/v1.0/me"
    return f"{base}/events/{_event_id(call)}"


def _event_id(call: Call) -> str:
    original = call.query("original")
    if original is None:
        return call.path("id")
    moment = datetime.fromisoformat(original)
    if moment.tzinfo is None:
        raise ControlError(400, "original needs an offset")
    return mailbox_of(call).occurrence_id(call.path("id"), moment)


def _need(call: Call, name: str) -> str:
    value = call.query(name)
    if not value:
        raise ControlError(400, f"?{name}= is missing")
    return value
