"""Subscriptions seen from behind: list, drop, lifecycle, loss, replay."""

from typing import Any

from starlette.routing import Route

from sandbox.control.endpoint import Call, ControlError, change, control, show
from sandbox.microsoft.subscriptions.model import LifecycleEvent, Subscription

_EVENTS: dict[str, LifecycleEvent] = {
    "reauthorizationRequired": "reauthorizationRequired",
    "subscriptionRemoved": "subscriptionRemoved",
    "missed": "missed",
}


def routes() -> list[Route]:
    """The routes of this part."""
    return [
        control("GET", "/subscriptions", subscriptions),
        control("GET", "/subscriptions/settings", settings),
        control("PATCH", "/subscriptions/settings", change_settings),
        control("DELETE", "/subscriptions/{id}", drop),
        control("POST", "/subscriptions/{id}/lifecycle", lifecycle),
        control("POST", "/subscriptions/{id}/replay", replay),
        control("PATCH", "/subscriptions/{id}", silence),
        control("GET", "/notifications", notifications),
        control("DELETE", "/notifications", clear),
    ]


async def subscriptions(call: Call) -> Any:
    """All living subscriptions, of one mailbox with ?mailbox=."""
    wanted = (call.query("mailbox") or "").lower()
    found = call.world.subscriptions.live()
    return {"value": [_shown(s) for s in found if wanted in ("", s.mailbox.lower())]}


async def settings(call: Call) -> Any:
    """Limits and delivery switches."""
    return show(call.world.subscriptions.settings)


async def change_settings(call: Call) -> Any:
    """Change limits and delivery switches."""
    return change(call.world.subscriptions.settings, call.body)


async def drop(call: Call) -> Any:
    """Let a subscription vanish without a word."""
    call.world.subscriptions.remove(_subscription(call).id)
    return {"dropped": call.path("id")}


async def lifecycle(call: Call) -> Any:
    """Send the lifecycle `event`; subscriptionRemoved also removes."""
    event = _EVENTS.get(str(call.need("event")))
    if event is None:
        raise ControlError(400, f"event must be one of {sorted(_EVENTS)}")
    return {"sent": call.world.subscriptions.lifecycle(_subscription(call), event)}


async def replay(call: Call) -> Any:
    """Send the `last` (default 1) notifications again."""
    last = int(call.body.get("last", 1))
    return {"replayed": call.world.subscriptions.replay(call.path("id"), last)}


async def silence(call: Call) -> Any:
    """Lose this subscription's notifications while `silent` is true."""
    found = _subscription(call)
    found.silent = bool(call.need("silent"))
    return _shown(found)


async def notifications(call: Call) -> Any:
    """Every POST to a notification URL: items, answer, attempt number."""
    service = call.world.subscriptions
    shown = [attempt.as_json() for attempt in service.delivery.attempts]
    return {"value": shown, "lost": service.lost, "pending": service.delivery.pending}


async def clear(call: Call) -> Any:
    """Forget the record of notifications sent."""
    call.world.subscriptions.delivery.attempts.clear()
    call.world.subscriptions.lost = 0
    return {"value": []}


def _subscription(call: Call) -> Subscription:
    found = call.world.subscriptions.get(call.path("id"))
    if found is None:
        raise ControlError(404, "no such subscription")
    return found


def _shown(found: Subscription) -> dict[str, Any]:
    return found.as_graph() | {
        "mailbox": found.mailbox,
        "immutableIds": found.immutable_ids,
        "silent": found.silent,
        "calendarId": found.calendar_id,
    }
