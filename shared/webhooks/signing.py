"""Signatures by Standard Webhooks: one of each active secret, so that secrets can be changed."""

from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook


class Signer:
    def __init__(self, secrets: Sequence[str]) -> None:
        self._webhooks = [Webhook(secret) for secret in secrets]

    def headers(self, name: str, body: str, now: datetime) -> dict[str, str]:
        """The headers of one try; `name` is the id of the change, the same for every try."""
        moment = now.astimezone(
            UTC
        )  # the library takes the clock's face for UTC, whatever its zone
        signed = [webhook.sign(name, moment, body) for webhook in self._webhooks]
        return {
            "webhook-id": name,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(signed),
        }
