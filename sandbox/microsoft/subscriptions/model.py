"""A subscription, and the switches of the subscription service."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from sandbox.microsoft.directory import User

LifecycleEvent = Literal["reauthorizationRequired", "subscriptionRemoved", "missed"]
CHANGE_TYPES = ("created", "updated", "deleted")


@dataclass(eq=False)
class Subscription:
    """One subscription. `calendar_id` None means the default calendar (resource me/events)."""

    id: str
    user: User
    application_id: str
    resource: str
    calendar_id: str | None
    change_types: frozenset[str]
    change_type_text: str
    notification_url: str
    lifecycle_url: str | None
    client_state: str | None
    expires_at: datetime
    immutable_ids: bool
    created_at: datetime
    silent: bool = False

    @property
    def mailbox(self) -> str:
        """Address of the mailbox watched."""
        return self.user.address

    def as_graph(self) -> dict[str, Any]:
        """The resource as Graph shows it (learn.microsoft.com/graph/api/resources/subscription)."""
        return {
            "id": self.id,
            "resource": self.resource,
            "applicationId": self.application_id,
            "changeType": self.change_type_text,
            "clientState": self.client_state,
            "notificationUrl": self.notification_url,
            "notificationQueryOptions": None,
            "notificationContentType": None,
            "lifecycleNotificationUrl": self.lifecycle_url,
            "expirationDateTime": zulu(self.expires_at),
            "creatorId": self.user.object_id,
            "includeResourceData": None,
            "latestSupportedTlsVersion": "v1_2",
            "encryptionCertificate": None,
            "encryptionCertificateId": None,
            "notificationUrlAppId": None,
        }


@dataclass
class SubscriptionSettings:
    """Limits (learn.microsoft.com/graph/api/resources/subscription) and delivery switches.

    `max_minutes` is 10,070: the live service refuses the documented 10,080 with the sentence
    "Subscription expiration can only be 10070 minutes in the future." A change told early is hidden
    from delta for `early_seconds`.
    """

    max_minutes: int = 10_070
    min_minutes: int = 45
    quota: int = 1_000
    handshake_seconds: float = 10.0
    allow_duplicates: bool = False
    hostile: bool = True
    delay_seconds: tuple[float, float] = (0.02, 0.15)
    batch_seconds: float = 0.03
    duplicate_probability: float = 0.3
    early_probability: float = 0.2
    early_seconds: float = 0.1
    max_extra_updates: int = 2
    answer_seconds: float = 3.0
    retry_answer_seconds: float = 10.0
    retry_delays: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0, 4.0)
    missed_after_loss: bool = True
    refused_mailboxes: set[str] = field(default_factory=set)
    losing_mailboxes: set[str] = field(default_factory=set)


def zulu(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z, fraction only where there is one."""
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    text = plain.isoformat()
    return f"{text.rstrip('0') if plain.microsecond else text}Z"
