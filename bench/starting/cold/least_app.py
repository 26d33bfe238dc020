"""The least app that answers notifications as ours does: it proves, queues and answers.

It needs `azure.functions`, without which there is no function, and pydantic, for what comes in from
the internet is validated. It knows one provider, one setting and one cause, and nothing else.
"""

import hmac
import os
import typing
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import azure.functions as func
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore")
    client_state: str = Field(alias="clientState")


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")
    value: tuple[_Item, ...]


class _Message(BaseModel):
    calendar: str
    cause: str
    at: AwareDatetime


# The worker knows this spelling of the type only.
Messages = func.Out[typing.List[str]]  # noqa: UP006


@app.function_name("ReceiveNotification")
@app.route("notifications/{provider}", methods=["POST"])
@app.queue_output("messages", "sync-calendar", "CALENDAR_STORAGE")
def received(req: func.HttpRequest, messages: Messages) -> func.HttpResponse:
    try:
        items = _Body.model_validate_json(req.get_body()).value
    except ValidationError:
        return func.HttpResponse(status_code=400)
    found = {key for item in items if (key := _proven(item.client_state))}
    now = datetime.now(UTC)
    queued = [_Message(calendar=key, cause="notified", at=now) for key in found]
    messages.set([message.model_dump_json() for message in queued])
    return func.HttpResponse(status_code=202)


def _proven(text: str) -> str | None:
    key, _, given = text.partition(".")
    digest = hmac.digest(
        os.environ["NOTIFICATION_SECRET"].encode(), f"push|{key}".encode(), "sha256"
    )
    expected = urlsafe_b64encode(digest).decode().rstrip("=")
    return key if hmac.compare_digest(expected, given) else None
