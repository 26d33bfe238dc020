"""Faults, the request log, limits, and waiting."""

from typing import Any

from starlette.routing import Route

from sandbox.control.endpoint import Call, ControlError, change, control, show
from sandbox.faults import PRESETS, rule_from_json
from sandbox.request_log import LogFilter


def routes() -> list[Route]:
    """The routes of this part."""
    return [
        control("GET", "/faults", faults),
        control("POST", "/faults", add_fault),
        control("DELETE", "/faults", clear_faults),
        control("GET", "/faults/presets", presets),
        control("DELETE", "/faults/{id}", remove_fault),
        control("GET", "/requests", requests),
        control("GET", "/requests/count", count),
        control("DELETE", "/requests", clear_requests),
        control("GET", "/limits", limits),
        control("PATCH", "/limits", change_limits),
        control("DELETE", "/limits", clear_maxima),
        control("POST", "/idle", idle),
    ]


async def faults(call: Call) -> Any:
    """The rules, with how often each fired."""
    return {"value": [rule.as_json() for rule in call.world.faults.rules]}


async def add_fault(call: Call) -> Any:
    """Put a rule in force."""
    return call.world.faults.add(rule_from_json(call.body)).as_json()


async def clear_faults(call: Call) -> Any:
    """Remove all rules."""
    call.world.faults.clear()
    return {"value": []}


async def presets(_: Call) -> Any:
    """The ready-made rules by name."""
    hidden = {"id", "fired"}
    return {
        name: {key: value for key, value in rule.as_json().items() if key not in hidden}
        for name, rule in PRESETS.items()
    }


async def remove_fault(call: Call) -> Any:
    """Remove one rule."""
    if not call.world.faults.remove(call.path("id")):
        raise ControlError(404, "no such rule")
    return {"removed": call.path("id")}


async def requests(call: Call) -> Any:
    """Logged requests that pass the filter, oldest first; `limit` keeps the last ones."""
    found = call.world.log.find(_filter(call))
    limit = int(call.query("limit") or 0)
    return {"value": [entry.as_json() for entry in found[-limit:]]}


async def count(call: Call) -> Any:
    """How many requests pass the filter."""
    return {"count": call.world.log.count(_filter(call))}


async def clear_requests(call: Call) -> Any:
    """Forget the log."""
    call.world.log.clear()
    return {"count": 0}


async def limits(call: Call) -> Any:
    """Settings, and per mailbox the requests in flight, their maximum, and how many refused."""
    found = call.world.limits
    return {
        "settings": show(found.settings),
        "mailboxes": {
            address: {
                "inFlight": found.in_flight[address],
                "maximum": found.maximum[address],
                "refused": found.refused[address],
            }
            for address in sorted(found.maximum)
        },
    }


async def change_limits(call: Call) -> Any:
    """Change limits or the artificial latency."""
    return change(call.world.limits.settings, call.body)


async def clear_maxima(call: Call) -> Any:
    """Measure anew."""
    call.world.limits.clear_maxima()
    return {"mailboxes": {}}


async def idle(call: Call) -> Any:
    """Wait until no notification is queued or under way."""
    seconds = float(call.body.get("timeoutSeconds", 30))
    done = await call.world.deliveries_idle(seconds)
    return {"idle": done, "pending": call.world.subscriptions.delivery.pending}


def _filter(call: Call) -> LogFilter:
    status, after = call.query("status"), call.query("after")
    return LogFilter(
        service=call.query("service"),
        mailbox=call.query("mailbox"),
        method=call.query("method"),
        path=call.query("path"),
        query=call.query("query"),
        status=int(status) if status else None,
        outcome=call.query("outcome"),
        after=int(after) if after else 0,
    )
