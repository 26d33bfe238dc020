"""Where providers post that a calendar has changed.

This path reads no storage and asks no provider: slow answers make Graph delay notifications, and
then drop them. https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
"""

import typing

import azure.functions as func

from shared.domain.model import CalendarKey
from shared.domain.proof import proven
from shared.errors import InvalidRequest
from shared.messages import Cause, SyncCalendar
from shared.providers.outlook.notifications import MOST_BYTES, Lifecycle, calendars_told
from shared.services import now
from shared.settings import settings

blueprint = func.Blueprint()

_CAUSES = {
    None: Cause.NOTIFIED,
    Lifecycle.MISSED: Cause.NOTIFIED,
    Lifecycle.REAUTHORIZATION_REQUIRED: Cause.REAUTHORIZE,
    Lifecycle.SUBSCRIPTION_REMOVED: Cause.PUSH_REMOVED,
}

# The worker knows this spelling of the type only.
Messages = func.Out[typing.List[str]]  # noqa: UP006


@blueprint.function_name("ReceiveOutlookNotification")
@blueprint.route("notifications/outlook", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@blueprint.queue_output("messages", SyncCalendar.queue, "CALENDAR_STORAGE")
def changed(req: func.HttpRequest, messages: Messages) -> func.HttpResponse:
    return _received(req, messages)


@blueprint.function_name("ReceiveOutlookLifecycle")
@blueprint.route(
    "notifications/outlook/lifecycle", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@blueprint.queue_output("messages", SyncCalendar.queue, "CALENDAR_STORAGE")
def lifecycle(req: func.HttpRequest, messages: Messages) -> func.HttpResponse:
    return _received(req, messages)


def _received(req: func.HttpRequest, messages: Messages) -> func.HttpResponse:
    """Answers the handshake at once; else queues what is proven. 202 also where nothing is: an
    error would only bring the same again. The host answers 5xx when the queue takes nothing."""
    token = req.params.get("validationToken")
    if token is not None:
        return _text(200, token)
    body = req.get_body()
    if len(body) > MOST_BYTES:
        return _text(400, "too large")
    try:
        told = calendars_told(body, _proven)
    except InvalidRequest as error:
        return _text(400, error.detail)
    if told:
        at = now()
        messages.set(
            [
                SyncCalendar(
                    calendar=key,
                    cause=_CAUSES[what.lifecycle],
                    at=at,
                    subscription=what.subscription if what.lifecycle else None,
                ).encode()
                for key, what in told.items()
            ]
        )
    return _text(202, "")


def _proven(text: str | None) -> CalendarKey | None:
    return proven(settings().notification_secret.get_secret_value(), text)


def _text(status: int, text: str) -> func.HttpResponse:
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return func.HttpResponse(text, status_code=status, mimetype="text/plain", headers=headers)
