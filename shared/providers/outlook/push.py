"""Graph's change notifications for a calendar.

https://learn.microsoft.com/graph/api/resources/subscription,
https://learn.microsoft.com/graph/change-notifications-lifecycle-events
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from msgraph.generated.models.subscription import Subscription

from shared.domain.model import CalendarState, Push, PushStatus
from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    ProviderConflict,
    ProviderRejected,
    ProviderUnavailable,
    PushGone,
    PushRefused,
)
from shared.providers.outlook.client import GraphClient, prepared
from shared.providers.outlook.parse import instant
from shared.providers.outlook.wire import SubscriptionPage, WireSubscription

_EXCHANGE_CODE = "ExtensionError"

# Graph documents 10,080 minutes and has been seen to refuse more than 10,070; clocks differ too.
_LIFE = timedelta(minutes=10_000)


@dataclass(frozen=True, slots=True)
class PushAddresses:
    """Where Graph sends notifications and lifecycle notifications."""

    changes: str
    lifecycle: str


async def subscribe(
    client: GraphClient, calendar: CalendarState, proof: str, to: PushAddresses, now: datetime
) -> Push:
    """Raises PushRefused where Graph never will; the errors of answers.py where it may later.

    Lifecycle notifications cannot be added later, so they are asked for at once. Calendars that
    others share cannot be subscribed to:
    https://learn.microsoft.com/graph/outlook-change-notifications-overview
    """
    if calendar.shared:
        raise PushRefused("Graph sends no notifications for shared calendars.")
    body = Subscription(
        change_type="created,updated,deleted",
        notification_url=to.changes,
        lifecycle_notification_url=to.lifecycle,
        resource=_resource(calendar),
        expiration_date_time=now + _LIFE,
        client_state=proof,
    )
    request = client.builders.subscriptions.to_post_request_information(body)
    try:
        try:
            made = await client.get(prepared(request), WireSubscription)
        except ProviderConflict:
            await _remove_older(client, to, _resource(calendar))
            made = await client.get(prepared(request), WireSubscription)
    except (CalendarForbidden, CalendarGone) as error:
        raise PushRefused(error.detail) from None
    except ProviderRejected as error:
        # Also what Graph answers when our own address did not answer its handshake in time: only
        # a code of Exchange's own says that this mailbox will never do.
        if _EXCHANGE_CODE in error.detail:
            raise PushRefused(error.detail) from None
        raise ProviderUnavailable(error.detail) from None
    return _active(made, calendar, now)


async def _remove_older(client: GraphClient, to: PushAddresses, resource: str) -> None:
    """Ends subscriptions of ours for the resource that a crash has left behind."""
    request = prepared(client.builders.subscriptions.to_get_request_information())
    page = await client.get(request, SubscriptionPage)
    found = list(page.value)
    while page.next_link is not None:
        page = await client.follow(page.next_link, SubscriptionPage)
        found += page.value
    for one in found:
        if one.notification_url == to.changes and one.resource == resource:
            await unsubscribe(client, Push(subscription_id=one.id))


async def renew(client: GraphClient, calendar: CalendarState, push: Push, now: datetime) -> Push:
    """Renews, which also authorises anew. Raises PushGone."""
    builder = client.builders.subscriptions.by_subscription_id(push.subscription_id or "")
    body = Subscription(expiration_date_time=now + _LIFE)
    try:
        renewed = await client.get(
            prepared(builder.to_patch_request_information(body)), WireSubscription
        )
    except (CalendarGone, CalendarForbidden, ProviderRejected) as error:
        raise PushGone(error.detail) from None
    return _active(renewed, calendar, now)


async def unsubscribe(client: GraphClient, push: Push) -> None:
    builder = client.builders.subscriptions.by_subscription_id(push.subscription_id or "")
    try:
        await client.send(prepared(builder.to_delete_request_information()))
    except CalendarGone:
        return


def _resource(calendar: CalendarState) -> str:
    """`me/events` covers the default calendar only, whatever its page says."""
    return "me/events" if calendar.is_default else f"me/calendars/{calendar.calendar_id}/events"


def _active(made: WireSubscription, calendar: CalendarState, now: datetime) -> Push:
    """What Graph granted counts, not what was asked for.

    That notifications for other calendars than the default are complete is not documented.
    """
    try:
        expires_at = instant({"dateTime": made.expires, "timeZone": "UTC"})
    except ValueError:
        raise ProviderUnavailable("Graph's subscription has no readable end.") from None
    return Push(
        PushStatus.ACTIVE,
        made.id,
        complete=calendar.is_default,
        expires_at=expires_at.astimezone(UTC),
        changed_at=now,
    )
