"""Identifiers as Google makes and takes them."""

import hashlib
import re
import secrets

# developers.google.com/workspace/calendar/api/v3/reference/events#id
_GIVEN = re.compile(r"[a-v0-9]{5,1024}")
_ALPHABET = "0123456789abcdefghijklmnopqrstuv"


def new_event_id() -> str:
    """26 characters, like Google's own."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(26))


def new_calendar_id() -> str:
    """The id of a secondary calendar."""
    return f"c_{secrets.token_hex(32)}@group.calendar.google.com"


def acceptable(event_id: object) -> bool:
    """Whether a caller may give an event this id."""
    return isinstance(event_id, str) and _GIVEN.fullmatch(event_id) is not None


def subject(address: str) -> str:
    """A stable `sub`: 21 digits."""
    digest = int(hashlib.sha256(address.lower().encode()).hexdigest(), 16)
    return f"1{digest % 10**20:020d}"


def resource_id(uri: str) -> str:
    """The id of a watched resource, the same for every channel on it."""
    digest = hashlib.sha256(uri.encode()).digest()
    return "".join(_ALPHABET[byte % 32] for byte in digest[:27])
