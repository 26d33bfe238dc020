"""Which secrets sign a webhook, and whether one did.

Source: Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks, spec). The library
signs and the signatures are compared: its own `verify` knows no clock but the computer's, while
the sandbox's may be moved.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hmac import compare_digest

from standardwebhooks import Webhook

from sandbox.crm.changes import RefusedError

_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)
_METADATA = ("id", "timestamp", "signature")
_WHOLE_SECONDS = re.compile(r"[0-9]{1,11}")
_TOLERANCE = timedelta(minutes=5)


class Secrets:
    """The secrets of the CRM's endpoint, newest first."""

    def __init__(self) -> None:
        self._first = _new_secret()
        self.accepted = [self._first]

    @property
    def current(self) -> str:
        """The newest secret."""
        return self.accepted[0]

    def rotate(self, secret: str | None = None, keep_old: bool = True) -> str:
        """A new secret, invented unless given; the old ones stay valid while `keep_old`."""
        made = _checked(secret) if secret else _new_secret()
        self.accepted = [made, *self.accepted] if keep_old else [made]
        return made

    def reset(self) -> None:
        """Only the very first secret again: a started application holds it in its settings."""
        self.accepted = [self._first]

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raises RefusedError unless one of the secrets signed this body with these headers."""
        webhook_id, moment, given = _metadata(headers, now)
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise RefusedError(401, "The body is not UTF-8") from None
        made = [Webhook(secret).sign(webhook_id, moment, text) for secret in self.accepted]
        if not any(compare_digest(m.encode(), g.encode()) for m in made for g in given):
            raise RefusedError(401, "No signature by one of the secrets")


def _metadata(headers: Mapping[str, str], now: datetime) -> tuple[str, datetime, list[str]]:
    """Id, moment of the attempt, and signatures."""
    webhook_id, seconds, signatures = (headers.get(f"webhook-{name}", "") for name in _METADATA)
    if not (webhook_id and seconds and signatures):
        raise RefusedError(401, "webhook-id, webhook-timestamp or webhook-signature is missing")
    if "." in webhook_id:
        raise RefusedError(401, "The webhook-id contains a full stop")
    if not _WHOLE_SECONDS.fullmatch(seconds):
        raise RefusedError(401, "The webhook-timestamp is not a whole number of seconds")
    moment = datetime.fromtimestamp(int(seconds), UTC)
    apart = abs(now - moment)
    if apart > _TOLERANCE:
        raise RefusedError(401, f"The webhook-timestamp is {apart} away from the sandbox's clock")
    return webhook_id, moment, signatures.split(" ")


def _new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _checked(secret: str) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(_PREFIX) or len(key) not in _KEY_BYTES:
        raise ValueError("a secret is whsec_ and the base64 of 24 to 64 bytes")
    return secret
