"""Ids in the look of Graph's: long, case-sensitive, url-safe base64 with '-', '_' and '='.

An item id holds the folder it is seen in and how often it was moved, so it changes on a move.
An immutable id holds the mailbox instead, so it does not (Graph docs: outlook-immutable-id).
"""

from __future__ import annotations

import base64
import binascii
import secrets
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MUTABLE = "AAMkAD"
_IMMUTABLE = "AAkALg"
_CALENDAR = "AQMkAD"
_LAYOUT = struct.Struct(">8s16sIqH")  # folder or mailbox stamp, item key, moves, original start
_NO_ORIGINAL = 0
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ItemRef:
    """What an item id says."""

    stamp: bytes
    key: bytes
    moves: int
    original: datetime | None
    immutable: bool


def new_key() -> bytes:
    """Make the key of a new item."""
    return secrets.token_bytes(16)


def new_stamp() -> bytes:
    """Make the stamp of a new folder or mailbox."""
    return secrets.token_bytes(8)


def new_calendar_id() -> str:
    """Make the id of a new calendar."""
    return _CALENDAR + base64.urlsafe_b64encode(secrets.token_bytes(38)).decode()


def new_token() -> str:
    """Make an opaque delta or skip token."""
    return "R0usmc" + secrets.token_urlsafe(60)


def change_key(stamp: bytes, version: int) -> str:
    """Make the change key of a version; it is plain base64 and may hold '/' and '+'."""
    return base64.b64encode(stamp + struct.pack(">Q", version * 2654435761)).decode()


def encode(ref: ItemRef) -> str:
    """Write an item id."""
    ticks = _NO_ORIGINAL
    if ref.original is not None:
        ticks = (ref.original - _EPOCH) // timedelta(microseconds=1)
    moves = 0 if ref.immutable else ref.moves
    payload = _LAYOUT.pack(ref.stamp, ref.key, moves, ticks, 0)
    prefix = _IMMUTABLE if ref.immutable else _MUTABLE
    return prefix + base64.urlsafe_b64encode(payload).decode()


def decode(text: str) -> ItemRef | None:
    """Read an item id; None when it is none of ours. A different letter case is a different id."""
    prefix = text[:6]
    if prefix not in {_MUTABLE, _IMMUTABLE}:
        return None
    try:
        payload = base64.b64decode(text[6:], altchars=b"-_", validate=True)
        stamp, key, moves, ticks, _ = _LAYOUT.unpack(payload)
        original = None if ticks == _NO_ORIGINAL else _EPOCH + timedelta(microseconds=ticks)
    except (binascii.Error, struct.error, ValueError, OverflowError):
        return None
    ref = ItemRef(stamp, key, moves, original, prefix == _IMMUTABLE)
    return ref if encode(ref) == text else None
