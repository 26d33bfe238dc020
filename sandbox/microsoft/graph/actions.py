"""What is done with a meeting: cancel, accept, decline, accept tentatively."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.microsoft.mailbox.lookup import instance_id

from .call import Call, Handler


async def cancel(call: Call) -> Response:
    """Cancel an own meeting; it leaves the calendar."""
    await call.body()
    found = call.event_to_edit()
    event_id = instance_id(found.entry, found.instance)
    call.mailbox.cancel_event(event_id, calendar_id=found.entry.id)
    return Response(status_code=202)


def respond_with(response: str) -> Handler:
    """Make the handler that answers an invitation."""

    async def respond(call: Call) -> Response:
        body = {name.lower(): value for name, value in (await call.body()).items()}
        found = call.event_to_edit()
        call.mailbox.respond(
            instance_id(found.entry, found.instance),
            response,
            calendar_id=found.entry.id,
            send_response=body.get("sendresponse") is not False,
        )
        return Response(status_code=202)

    return respond
