"""What the CRM was told, what it believes, and how it answers."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from sandbox.crm.behaviours import Behaviour, Behaviours
from sandbox.crm.changes import APPOINTMENT_TYPES, BUSY_TYPE, Change, Received, Refused
from sandbox.crm.signatures import Secrets

Found = TypeVar("Found")


class Crm:
    """The receiver's memory. Use it only from the event loop the server runs in.

    `received` are all verified requests in order of arrival; `changes` those of them that counted,
    so each id once.
    """

    def __init__(self) -> None:
        self.secrets = Secrets()
        self.behaviours = Behaviours()
        self.received: list[Received] = []
        self.refused: list[Refused] = []
        self._news = asyncio.Event()

    @property
    def changes(self) -> list[Received]:
        """Every change once, in the order they were taken."""
        return [request for request in self.received if request.taken]

    @property
    def duplicates(self) -> int:
        """How many requests told again what had been taken."""
        return sum(request.duplicate for request in self.received)

    @property
    def appointments(self) -> dict[str, dict[str, Any]]:
        """The data told last of each appointment, by its id."""
        told = (c for c in self.changes if c.type in APPOINTMENT_TYPES)
        return {change.data["appointmentId"]: change.data for change in told}

    @property
    def busy_users(self) -> list[str]:
        """The users whose busy time changed, each once, in the order they were first named."""
        told = self.changes_of(BUSY_TYPE)
        return list(dict.fromkeys(change.data["userId"] for change in told))

    def changes_of(self, type: str | None = None, subject: str | None = None) -> list[Received]:
        """The changes of that type that name that id."""
        return [change for change in self.changes if change.concerns(type, subject)]

    def behave(
        self,
        *,
        status: int = 204,
        retry_after: str | None = None,
        location: str | None = None,
        delay_seconds: float = 0.0,
        lose_answer: bool = False,
        type: str | None = None,
        subject: str | None = None,
        count: int | None = 1,
    ) -> Behaviour:
        """Answer otherwise than friendly, `count` times; see Behaviour."""
        behaviour = Behaviour(
            status, retry_after, location, delay_seconds, lose_answer, type, subject, count
        )
        return self.behaviours.add(behaviour)

    def receive(self, change: Change, taken: bool, now: datetime) -> Received:
        """Note a verified request; `taken` unless the answer refuses it."""
        earlier = [request for request in self.received if request.id == change.id]
        duplicate = any(request.taken for request in earlier)
        request = Received(
            **vars(change),
            attempt=len(earlier) + 1,
            received_at=now,
            taken=taken and not duplicate,
            duplicate=duplicate,
        )
        self.received.append(request)
        self._tell()
        return request

    def answer(self, request: Received, status: int | None) -> None:
        """Note how a request was answered; None: the answer is lost."""
        request.status, request.answer_lost = status, status is None
        self._tell()

    def refuse(self, request: Refused) -> None:
        """Note a request that was not verified."""
        self.refused.append(request)
        self._tell()

    async def wait_for(self, predicate: Callable[["Crm"], Found], within: float = 10.0) -> Found:
        """Wait until `predicate` of the CRM holds, and give what it gave.

        Looked at now and whenever a request was noted or answered. TimeoutError tells what came.
        """
        try:
            async with asyncio.timeout(within):
                while not (found := predicate(self)):
                    await self._news.wait()
        except TimeoutError:
            raise TimeoutError(f"not within {within} s; {self._summary()}") from None
        return found

    def reset(self) -> None:
        """Nothing received, friendly, and the secret of the start."""
        self.secrets.reset()
        self.behaviours.clear()
        self.received.clear()
        self.refused.clear()
        self._tell()

    def _tell(self) -> None:
        """Wake who waits now; who waits later waits for the next news."""
        self._news.set()
        self._news = asyncio.Event()

    def _summary(self) -> str:
        told = [(r.type, r.attempt, r.status, r.data) for r in self.received]
        return f"received {told}, refused {[r.reason for r in self.refused]}"
