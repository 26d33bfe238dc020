"""Proof that a notification is for the calendar that it names, without any look-up."""

import hmac
import re
from base64 import urlsafe_b64encode
from hashlib import sha256

from shared.domain.model import CalendarKey

_FORM = re.compile(r"([0-9a-f]{32})\.([A-Za-z0-9_-]{43})")


def prove(secret: str, key: CalendarKey) -> str:
    """A text of 76 characters for the provider to send back; no provider allows fewer than 128."""
    return f"{key}.{_mac(secret, key)}"


def proven(secret: str, text: str | None) -> CalendarKey | None:
    """The calendar that `text` proves, or None. Compares in constant time."""
    match = _FORM.fullmatch(text or "")
    if match is None:
        return None
    key = CalendarKey(match[1])
    return key if hmac.compare_digest(match[2], _mac(secret, key)) else None


def _mac(secret: str, key: str) -> str:
    digest = hmac.digest(secret.encode(), f"push|{key}".encode(), sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")
