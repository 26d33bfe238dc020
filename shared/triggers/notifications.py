"""Where providers post that a calendar has changed.

This path reads no storage and asks no provider: slow answers make Graph delay notifications, and
then drop them. https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
Google asks for a success, and repeats what gets a 5xx:
https://developers.google.com/workspace/calendar/api/guides/push#responding-to-notifications
"""

import typing

import azure.functions as func

from shared.domain.model import CalendarKey
from shared.domain.proof import proven
from shared.errors import InvalidRequest
from shared.messages import Cause, SyncCalendar
from shared.providers.google.notifications import calendar_told
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

_LONGEST_CHANNEL = 64  # as Google allows

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


@blueprint.function_name("ReceiveGoogleNotification")
@blueprint.route("notifications/google", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@blueprint.queue_output("messages", SyncCalendar.queue, "CALENDAR_STORAGE")
def google_changed(req: func.HttpRequest, messages: Messages) -> func.HttpResponse:
    """Queues what is proven; success also where nothing is, as for Outlook. There is no body."""
    told = calendar_told(req.headers, _proven)
    if told is not None:
        message = SyncCalendar(
            calendar=told.calendar,
            cause=Cause.NOTIFIED,
            at=now(),
            subscription=told.channel[:_LONGEST_CHANNEL] if told.channel else None,
        )
        messages.set([message.encode()])
    return _text(200, "")


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
