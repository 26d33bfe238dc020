"""The subscriptions of the simulated world, and what happens to them."""

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx

from sandbox.microsoft.directory import User
from sandbox.microsoft.mailbox.changes import Change
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.microsoft.subscriptions.bodies import change_item, lifecycle_item
from sandbox.microsoft.subscriptions.delivery import Delivery, Item
from sandbox.microsoft.subscriptions.model import (
    LifecycleEvent,
    Subscription,
    SubscriptionSettings,
)
from sandbox.microsoft.subscriptions.requests import RefusedError, Wanted, extension_error

# Field reports: msgraph-sdk-javascript issue 1880 and a public client's test fixture.
_BACKEND_UNKNOWN = (
    "Operation: Create; Exception: [Status Code: ServiceUnavailable; Reason: Target resource "
    "'00034001-1143-5852-0000-000000000000' hosted on database "
    "'f2492f38-40a7-4de1-ae51-48a6f2c9589b' is currently on backend 'Unknown']"
)


class SubscriptionService:
    """Holds subscriptions and turns mailbox changes into notifications."""

    def __init__(
        self, clock: Callable[[], datetime], client: Callable[[], httpx.AsyncClient]
    ) -> None:
        self.settings = SubscriptionSettings()
        self.client = client
        self.delivery = Delivery(self.settings, clock, client, self._lost)
        self.lost = 0
        self._clock = clock
        self._by_id: dict[str, Subscription] = {}
        self._random = random.Random(11)

    def live(self, user: User | None = None) -> list[Subscription]:
        """The subscriptions that have not expired, of one user or of all."""
        now = self._clock()
        return [
            found
            for found in self._by_id.values()
            if found.expires_at > now and (user is None or found.user is user)
        ]

    def get(self, subscription_id: str, user: User | None = None) -> Subscription | None:
        """One living subscription."""
        return next((s for s in self.live(user) if s.id == subscription_id), None)

    def check_room(self, user: User, wanted: Wanted) -> None:
        """Refuse what the mailbox cannot take: flagged mailbox, duplicate, quota."""
        mine = self.live(user)
        if user.address.lower() in self.settings.refused_mailboxes:
            raise RefusedError(403, "ExtensionError", _BACKEND_UNKNOWN)
        for other in mine:
            same = (other.calendar_id, other.change_types)
            if not self.settings.allow_duplicates and same == (
                wanted.calendar_id,
                wanted.change_types,
            ):
                text = f"Subscription Id {other.id} already exists for the requested combination"
                raise RefusedError(409, "ObjectIdentifierInUse", text)
        if len(mine) >= self.settings.quota:
            raise extension_error(403, "Subscription limit exceeded")

    def create(self, user: User, client_id: str, wanted: Wanted, immutable: bool) -> Subscription:
        """Add a subscription that passed all checks and the handshake."""
        made = Subscription(
            id=str(uuid4()),
            user=user,
            application_id=client_id,
            resource=wanted.resource,
            calendar_id=wanted.calendar_id,
            change_types=wanted.change_types,
            change_type_text=wanted.change_type_text,
            notification_url=wanted.notification_url,
            lifecycle_url=wanted.lifecycle_url,
            client_state=wanted.client_state,
            expires_at=wanted.expires_at,
            immutable_ids=immutable,
            created_at=self._clock(),
        )
        self._by_id[made.id] = made
        return made

    def remove(self, subscription_id: str) -> bool:
        """Take a subscription away without telling anybody."""
        return self._by_id.pop(subscription_id, None) is not None

    def lifecycle(self, subscription: Subscription, event: LifecycleEvent) -> bool:
        """Send a lifecycle event; `subscriptionRemoved` also removes. False without a URL."""
        if event == "subscriptionRemoved":
            self.remove(subscription.id)
        if subscription.lifecycle_url is None:
            return False
        item = lifecycle_item(subscription, event)
        self.delivery.add(subscription.lifecycle_url, item, self._delay())
        return True

    def replay(self, subscription_id: str, last: int) -> int:
        """Send the last notifications of a subscription again; returns how many."""
        seen: list[tuple[str, Item]] = [
            (attempt.url, item)
            for attempt in self.delivery.attempts
            for item in attempt.items
            if item["subscriptionId"] == subscription_id and "lifecycleEvent" not in item
        ]
        for url, item in seen[-last:]:
            self.delivery.add(url, item, 0.0)
        return len(seen[-last:])

    def on_change(self, change: Change) -> None:
        """Listen to a mailbox: queue what its subscribers get to hear."""
        covering = [found for found in self.live() if _covers(found, change)]
        early = bool(covering) and self._chance(self.settings.early_probability)
        if early:
            self._hide_from_delta(change.mailbox)
        for subscription in covering:
            if subscription.silent or self._loses(subscription):
                self.lost += 1
                continue
            for change_type in self._heard(subscription, change.change_type):
                self._queue(subscription, change, change_type, early)

    def _queue(
        self, subscription: Subscription, change: Change, change_type: str, early: bool
    ) -> None:
        event_id = change.immutable_event_id if subscription.immutable_ids else change.event_id
        lower = self._chance(0.5)
        item = change_item(subscription, change_type, event_id, change.etag, lower)
        for _ in range(2 if self._chance(self.settings.duplicate_probability) else 1):
            delay = 0.0 if early else self._delay()
            self.delivery.add(subscription.notification_url, dict(item), delay)

    def _hide_from_delta(self, mailbox: Mailbox) -> None:
        """Let delta lag behind for a moment, so that the notification comes first."""
        seconds, before = self.settings.early_seconds, mailbox.faults.delta_lag_seconds
        if before >= seconds:
            return
        mailbox.faults.delta_lag_seconds = seconds

        def restore() -> None:
            if mailbox.faults.delta_lag_seconds == seconds:
                mailbox.faults.delta_lag_seconds = before

        self.delivery.hold(seconds, restore)

    def _chance(self, probability: float) -> bool:
        return self.settings.hostile and self._random.random() < probability

    def _heard(self, subscription: Subscription, change_type: str) -> list[str]:
        """Change types told for one action: a creation is often followed by updates."""
        told = [change_type]
        if change_type == "created" and self.settings.hostile:
            told += ["updated"] * self._random.randint(1, max(1, self.settings.max_extra_updates))
        return [name for name in told if name in subscription.change_types]

    def _delay(self) -> float:
        return self._random.uniform(*self.settings.delay_seconds)

    def _loses(self, subscription: Subscription) -> bool:
        return bool(self.settings.losing_mailboxes & {"*", subscription.mailbox.lower()})

    def _lost(self, items: list[dict[str, Any]]) -> None:
        """Retries are used up: announce `missed` to those who gave a lifecycle URL."""
        changes = {item["subscriptionId"] for item in items if "lifecycleEvent" not in item}
        self.lost += len(items)
        if not self.settings.missed_after_loss:
            return
        for subscription_id in changes:
            if subscription := self.get(subscription_id):
                self.lifecycle(subscription, "missed")


def _covers(subscription: Subscription, change: Change) -> bool:
    if subscription.mailbox.lower() != change.mailbox.address.lower():
        return False
    default = change.mailbox.default_calendar.id
    return change.calendar_id == (subscription.calendar_id or default)
