"""What a provider posts to us, and what it says. Light to import: this is the path that must be
fast."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.domain.model import CalendarKey

Proven = Callable[[str | None], CalendarKey | None]
"""The calendar that a proof of ours is for; None where it proves nothing."""


@dataclass(frozen=True, slots=True)
class Post:
    """A request as it came; `parameters` are those of its query."""

    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Told(StrEnum):
    CHANGED = "changed"
    REAUTHORIZE = "reauthorize"
    MISSED = "missed"
    """Changes that nobody has been told of, maybe not of this calendar alone."""

    PUSH_REMOVED = "push_removed"


@dataclass(frozen=True, slots=True)
class News:
    """`channel` is the push channel that it comes by, or concerns, where that matters."""

    calendar: CalendarKey
    told: Told
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What is to be answered, and what is proven: each calendar once. `unproven` counts the items
    without proof, which are left out."""

    status: int
    text: str = ""
    news: tuple[News, ...] = ()
    unproven: int = 0


class NotificationReader(Protocol):
    """Reads a post: pure, with no storage read and no request made."""

    def __call__(self, post: Post, proven: Proven, /) -> Reading: ...
