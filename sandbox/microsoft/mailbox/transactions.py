"""The memory of transaction ids: a create sent twice must not make two events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .event import Event
from .online_meetings import own_text

_COMPARED = (
    "details",
    "start",
    "end",
    "is_all_day",
    "start_zone",
    "end_zone",
    "recurrence",
)


def content(event: Event) -> dict[str, Any]:
    """Give what makes two creations the same; not what is made here, as a meeting's link is."""
    kept = {name: getattr(event, name) for name in _COMPARED}
    kept["details"] = own_text(event.details)
    kept["extended_properties"] = dict(event.extended_properties)
    kept["extensions"] = dict(event.extensions)
    kept["calendar"] = event.calendar.stamp
    return kept


@dataclass
class Transactions:
    """Per mailbox: transaction id -> the content it was first used with, and the event's key."""

    known: dict[str, tuple[dict[str, Any], bytes]] = field(default_factory=dict)

    def remember(self, event: Event) -> None:
        """Keep the first use of a transaction id."""
        if event.transaction_id:
            self.known[event.transaction_id] = (content(event), event.key)

    def earlier(self, event: Event) -> tuple[bytes, bool] | None:
        """Give the key of the event made with the same id, and whether the content is the same."""
        first = self.known.get(event.transaction_id or "")
        return None if first is None else (first[1], first[0] == content(event))
