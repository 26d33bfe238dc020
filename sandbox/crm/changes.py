"""A change as the CRM is told of it, and what the CRM notes of each request."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

APPOINTMENT_TYPES = ("appointment.updated", "appointment.cancelled")
BUSY_TYPE = "calendar.busy_changed"
_SUBJECTS = {**dict.fromkeys(APPOINTMENT_TYPES, "appointmentId"), BUSY_TYPE: "userId"}


class RefusedError(Exception):
    """A request that is no webhook of ours: status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass
class Change:
    """What a body tells; `timestamp` is when the change happened."""

    id: str
    type: str
    timestamp: datetime
    data: dict[str, Any]

    def concerns(self, type: str | None = None, subject: str | None = None) -> bool:
        """Whether it is of that type and names that id, as user, appointment or anything else."""
        named = (value for name, value in self.data.items() if name.endswith("Id"))
        return type in (None, self.type) and (subject is None or subject in named)


@dataclass
class Received(Change):
    """One verified request.

    `attempt` counts the requests with this id. `taken`: the change counted with this request.
    `duplicate`: it had counted before. `status` is None until the answer, and where it was lost.
    """

    attempt: int
    received_at: datetime
    taken: bool
    duplicate: bool
    status: int | None = None
    answer_lost: bool = False

    def as_json(self) -> dict[str, Any]:
        """The request for the control API."""
        return {
            "id": self.id,
            "type": self.type,
            "timestamp": self.timestamp.isoformat(),
            "data": self.data,
            "attempt": self.attempt,
            "receivedAt": self.received_at.isoformat(),
            "taken": self.taken,
            "duplicate": self.duplicate,
            "status": self.status,
            "answerLost": self.answer_lost,
        }


@dataclass(frozen=True)
class Refused:
    """One request that was not verified; `id` is None where none was given."""

    id: str | None
    reason: str
    status: int
    received_at: datetime

    def as_json(self) -> dict[str, Any]:
        """The request for the control API."""
        return {
            "id": self.id,
            "reason": self.reason,
            "status": self.status,
            "receivedAt": self.received_at.isoformat(),
        }


def read_change(webhook_id: str, body: bytes) -> Change:
    """The change in a verified body. Raises RefusedError if it is not what the contract says."""
    try:
        told = json.loads(body)
        moment = datetime.fromisoformat(told["timestamp"])
        change = Change(webhook_id, told["type"], moment, told["data"])
    except (ValueError, TypeError, KeyError) as wrong:
        reason = f"The body is not an object with type, timestamp and data: {wrong!r}"
        raise RefusedError(400, reason) from None
    if moment.tzinfo is None:
        raise RefusedError(400, "The timestamp has no offset")
    if not isinstance(change.type, str) or not isinstance(change.data, dict):
        raise RefusedError(400, "The type must be a text, the data an object")
    subject = _SUBJECTS.get(change.type)
    if subject and not isinstance(change.data.get(subject), str):
        raise RefusedError(400, f"{change.type} without data.{subject}")
    return change
