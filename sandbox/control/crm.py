"""The CRM seen from behind: what it was told, what it believes, how it answers."""

from dataclasses import fields
from typing import Any

from starlette.routing import Route

from sandbox.control.endpoint import Call, ControlError, control, show
from sandbox.crm.behaviours import Behaviour
from sandbox.crm.signatures import Secrets


def routes() -> list[Route]:
    """The routes of this part."""
    return [
        control("GET", "/crm", picture),
        control("GET", "/crm/received", received),
        control("GET", "/crm/changes", changes),
        control("GET", "/crm/refused", refused),
        control("GET", "/crm/behaviours", behaviours),
        control("POST", "/crm/behaviours", add_behaviour),
        control("DELETE", "/crm/behaviours", clear_behaviours),
        control("DELETE", "/crm/behaviours/{id}", remove_behaviour),
        control("GET", "/crm/secrets", secrets),
        control("POST", "/crm/secrets", rotate),
        control("POST", "/crm/reset", reset),
    ]


async def picture(call: Call) -> Any:
    """What the CRM believes, and how often it was told."""
    crm = call.world.crm
    return {
        "appointments": crm.appointments,
        "busyUsers": crm.busy_users,
        "received": len(crm.received),
        "changes": len(crm.changes),
        "duplicates": crm.duplicates,
        "refused": len(crm.refused),
    }


async def received(call: Call) -> Any:
    """Every verified request, repeats and refusals by behaviour included."""
    kind, subject = call.query("type"), call.query("subject")
    found = [r for r in call.world.crm.received if r.concerns(kind, subject)]
    return {"value": [request.as_json() for request in found]}


async def changes(call: Call) -> Any:
    """Every change once."""
    found = call.world.crm.changes_of(call.query("type"), call.query("subject"))
    return {"value": [request.as_json() for request in found]}


async def refused(call: Call) -> Any:
    """Requests that were not verified, with the reason."""
    return {"value": [request.as_json() for request in call.world.crm.refused]}


async def behaviours(call: Call) -> Any:
    """The behaviours, with how often each applied."""
    return {"value": [show(behaviour) for behaviour in call.world.crm.behaviours.all]}


async def add_behaviour(call: Call) -> Any:
    """Put a behaviour in force."""
    return show(call.world.crm.behaviours.add(_behaviour(call.body)))


async def clear_behaviours(call: Call) -> Any:
    """Friendly again."""
    call.world.crm.behaviours.clear()
    return {"value": []}


async def remove_behaviour(call: Call) -> Any:
    """Remove one behaviour."""
    if not call.world.crm.behaviours.remove(call.path("id")):
        raise ControlError(404, "no such behaviour")
    return {"removed": call.path("id")}


async def secrets(call: Call) -> Any:
    """The secrets that signatures may be made with, newest first."""
    return _shown(call.world.crm.secrets)


async def rotate(call: Call) -> Any:
    """A new secret, `secret` or an invented one; `keepOld` false makes it the only one."""
    held = call.world.crm.secrets
    held.rotate(call.body.get("secret"), bool(call.body.get("keepOld", True)))
    return _shown(held)


async def reset(call: Call) -> Any:
    """Forget everything received; friendly, with the secret of the start."""
    call.world.crm.reset()
    return {"reset": True}


def _shown(held: Secrets) -> dict[str, Any]:
    return {"current": held.current, "accepted": held.accepted}


def _behaviour(given: dict[str, Any]) -> Behaviour:
    pairs = zip(show(Behaviour()), fields(Behaviour), strict=True)
    names = {shown: f.name for shown, f in pairs if f.name not in ("id", "applied")}
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise ControlError(400, f"unknown: {unknown}; known: {sorted(names)}")
    values = {names[name]: value for name, value in given.items()}
    if isinstance(values.get("retry_after"), int | float):
        values["retry_after"] = str(values["retry_after"])
    return Behaviour(**values)
