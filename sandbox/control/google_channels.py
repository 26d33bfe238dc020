"""Push channels seen from behind: list, drop, silence, tell, replay."""

from typing import Any

from starlette.routing import Route

from sandbox.control.endpoint import Call, ControlError, change, show
from sandbox.control.google import google
from sandbox.google.channels.model import Channel, State

_CHANNEL = "/google/channels/{id}"
_STATES: dict[str, State] = {"sync": "sync", "exists": "exists", "not_exists": "not_exists"}


def routes() -> list[Route]:
    """The routes of this part."""
    return [
        google("GET", "/google/channels", channels),
        google("GET", "/google/channels/settings", settings),
        google("PATCH", "/google/channels/settings", change_settings),
        google("DELETE", _CHANNEL, drop),
        google("PATCH", _CHANNEL, silence),
        google("POST", _CHANNEL + "/message", tell),
        google("POST", _CHANNEL + "/replay", replay),
        google("GET", "/google/messages", messages),
        google("DELETE", "/google/messages", clear),
    ]


async def channels(call: Call) -> Any:
    """All living channels, of one account with ?user=."""
    wanted = (call.query("user") or "").lower()
    found = call.world.google.channels.live()
    return {"value": [_shown(c) for c in found if wanted in ("", c.account.address.lower())]}


async def settings(call: Call) -> Any:
    """Limits and delivery switches."""
    return show(call.world.google.channels.settings)


async def change_settings(call: Call) -> Any:
    """Change limits and delivery switches."""
    return change(call.world.google.channels.settings, call.body)


async def drop(call: Call) -> Any:
    """Let a channel vanish without a word."""
    call.world.google.channels.stop(_channel(call).id)
    return {"dropped": call.path("id")}


async def silence(call: Call) -> Any:
    """Lose this channel's messages while `silent` is true."""
    found = _channel(call)
    found.silent = bool(call.need("silent"))
    return _shown(found)


async def tell(call: Call) -> Any:
    """Send a message with the `state` exists (default), not_exists or sync."""
    state = _STATES.get(str(call.body.get("state", "exists")))
    if state is None:
        raise ControlError(400, f"state must be one of {sorted(_STATES)}")
    call.world.google.channels.tell(_channel(call), state)
    return {"sent": True}


async def replay(call: Call) -> Any:
    """Send the `last` (default 1) messages again."""
    last = int(call.body.get("last", 1))
    return {"replayed": call.world.google.channels.replay(_channel(call), last)}


async def messages(call: Call) -> Any:
    """Every POST to a channel's address: headers, answer, attempt number."""
    service = call.world.google.channels
    shown = [attempt.as_json() for attempt in service.delivery.attempts]
    counts = {"lost": service.delivery.lost, "unheard": service.unheard}
    return {"value": shown, "pending": service.delivery.pending} | counts


async def clear(call: Call) -> Any:
    """Forget the record of messages sent."""
    service = call.world.google.channels
    service.delivery.attempts.clear()
    service.delivery.lost = service.unheard = 0
    return {"value": []}


def _channel(call: Call) -> Channel:
    found = call.world.google.channels.get(call.path("id"))
    if found is None:
        raise ControlError(404, "no such channel")
    return found


def _shown(found: Channel) -> dict[str, Any]:
    return found.as_json() | {
        "user": found.account.address,
        "calendarId": found.calendar.id if found.calendar else None,
        "address": found.address,
        "messageNumber": found.number,
        "silent": found.silent,
    }
