"""Sync and page tokens: opaque to callers, JSON inside."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.google.errors import invalid

# Parameters that say nothing of which events a list holds.
_FREE = frozenset(
    {"pageToken", "syncToken", "fields", "prettyPrint", "alt", "key", "quotaUser", "userIp"}
)
# What only restricts the first list; with a sync token these are forbidden
# (developers.google.com/workspace/calendar/api/v3/reference/events/list#syncToken).
RESTRICTING = frozenset(
    {
        "iCalUID",
        "orderBy",
        "privateExtendedProperty",
        "q",
        "sharedExtendedProperty",
        "timeMin",
        "timeMax",
        "updatedMin",
    }
)
Parameters = list[list[str]]


@dataclass(frozen=True)
class SyncToken:
    """How far a list has been read: the collection, its version, and how it was asked for."""

    of: str
    version: int
    generation: int
    issued: float
    parameters: Parameters
    window: list[str | None]


@dataclass(frozen=True)
class PageToken:
    """Where a list goes on: after the item with the key `after`, at page `number`."""

    of: str
    number: int
    after: list[str] | None
    since: int | None
    until: int
    parameters: Parameters
    window: list[str | None]


def parameters_of(pairs: Iterable[tuple[str, str]]) -> Parameters:
    """The parameters that must stay the same from page to page."""
    return sorted([name, value] for name, value in pairs if name not in _FREE)


def lasting(parameters: Parameters) -> Parameters:
    """Those of them that must stay the same from sync to sync.

    `showDeleted` may be left out, as deleted events come anyway.
    """
    passing = RESTRICTING | {"showDeleted"}
    return [pair for pair in parameters if pair[0] not in passing]


def write(token: SyncToken | PageToken) -> str:
    """The token as text; padded, so that it must be encoded in a URL."""
    raw = json.dumps(asdict(token), separators=(",", ":")).encode()
    return "C" + base64.urlsafe_b64encode(raw).decode() + "="


def read_sync(text: str) -> SyncToken:
    """A sync token; 400 for what is none."""
    try:
        return SyncToken(**_read(text))
    except (ValueError, TypeError):
        raise invalid("Invalid sync token value.", "syncToken") from None


def read_page(text: str) -> PageToken:
    """A page token; 400 for what is none."""
    try:
        return PageToken(**_read(text))
    except (ValueError, TypeError):
        raise invalid("Invalid page token value.", "pageToken") from None


def _read(text: str) -> dict[str, Any]:
    try:
        raw = base64.urlsafe_b64decode(text[1:-1])
        found: dict[str, Any] = json.loads(raw)
    except (binascii.Error, UnicodeDecodeError) as wrong:
        raise ValueError(text) from wrong
    return found
