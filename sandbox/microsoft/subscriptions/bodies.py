"""What notifications look like.

Source: learn.microsoft.com/graph/change-notifications-delivery-webhooks and
/graph/change-notifications-lifecycle-events; personal accounts: microsoft-graph-docs issue 3055.
"""

from typing import Any

from sandbox.microsoft.subscriptions.model import LifecycleEvent, Subscription


def change_item(
    subscription: Subscription, change_type: str, event_id: str, etag: str, lower_case: bool
) -> dict[str, Any]:
    """One change; the letter case of the resource's segments varies between real ones."""
    user_id = subscription.user.id
    users, events = ("users", "events") if lower_case else ("Users", "Events")
    return {
        "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": subscription.expires_at.isoformat(),
        "changeType": change_type,
        "resource": f"{users}/{user_id}/{events}/{event_id}",
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": f"Users/{user_id}/Events/{event_id}",
            "@odata.etag": etag,
            "id": event_id,
        },
        "clientState": subscription.client_state,
        "tenantId": subscription.user.notification_tenant,
    }


def lifecycle_item(subscription: Subscription, event: LifecycleEvent) -> dict[str, Any]:
    """One lifecycle event."""
    return {
        "lifecycleEvent": event,
        "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": subscription.expires_at.isoformat(),
        "clientState": subscription.client_state,
        "tenantId": subscription.user.notification_tenant,
    }
