"""What leaves for the CRM, as the flows see it."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from shared.domain.changes import Change


class Answered(Enum):
    """What the CRM's webhook made of a change."""

    TAKEN = "taken"
    AGAIN = "again"
    ENDED = "ended"
    """410: it wants no more."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """`retry_after` are the seconds that the CRM asked to wait, if it did."""

    answered: Answered
    retry_after: float | None = None
    reason: str = ""


class Webhook(Protocol):
    """Where the CRM is told of changes. `endpoint` names address and secrets, as a hash."""

    endpoint: str

    async def deliver(self, change: Change) -> Delivery:
        """One try, signed; raises nothing."""
        ...
