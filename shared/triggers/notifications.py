"""Where providers post that a calendar has changed.

This path reads no storage and asks no provider: slow answers make Graph delay notifications, and
then drop them. https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
"""

import typing

import azure.functions as func
from opentelemetry.trace import SpanKind

from shared.domain.model import CalendarKey
from shared.domain.proof import proven
from shared.messages import Cause, SyncCalendar
from shared.providers.notifications import NotificationReader, Post, Told
from shared.services import notification_reader, now
from shared.settings import settings
from shared.telemetry import record
from shared.tracing import span, traceparent
from shared.triggers.queue_runs import told_by_kind

blueprint = func.Blueprint()

_CAUSES = {
    Told.CHANGED: Cause.NOTIFIED,
    Told.MISSED: Cause.MISSED,
    Told.REAUTHORIZE: Cause.REAUTHORIZE,
    Told.PUSH_REMOVED: Cause.PUSH_REMOVED,
}

# The worker knows this spelling of the type only.
Messages = func.Out[typing.List[str]]  # noqa: UP006


@blueprint.function_name("ReceiveNotification")
@blueprint.route(
    "notifications/{provider}/{kind?}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@blueprint.queue_output("messages", SyncCalendar.queue, "CALENDAR_STORAGE")
def received(req: func.HttpRequest, messages: Messages) -> func.HttpResponse:
    """Queues what is proven, and answers as the provider wants it: success also where nothing is,
    since an error would only bring the same again. The host answers 5xx when the queue takes
    nothing. What else stands in the path (`kind`) makes no difference."""
    read = notification_reader(req.route_params.get("provider"))
    if read is None:
        return _text(404, "unknown provider")
    traced = span("notification", SpanKind.SERVER, req.headers.get("traceparent"))
    with told_by_kind("notification"), traced:
        return _received(req, messages, read)


def _received(
    req: func.HttpRequest, messages: Messages, read: NotificationReader
) -> func.HttpResponse:
    found = read(Post(req.params, req.headers, req.get_body()), _proven)
    if found.unproven:
        record("notification_unproven", provider=req.route_params["provider"], items=found.unproven)
    if found.news:
        at = now()
        queued = [
            SyncCalendar(
                calendar=news.calendar,
                cause=_CAUSES[news.told],
                at=at,
                subscription=news.channel,
                traceparent=traceparent(),
            )
            for news in found.news
        ]
        messages.set([message.encode() for message in queued])
    return _text(found.status, found.text)


def _proven(text: str | None) -> CalendarKey | None:
    return proven(settings().notification_secret.get_secret_value(), text)


def _text(status: int, text: str) -> func.HttpResponse:
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return func.HttpResponse(text, status_code=status, mimetype="text/plain", headers=headers)
