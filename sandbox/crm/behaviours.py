"""How the CRM answers, where it does not simply take what it is told."""

from dataclasses import dataclass, field
from uuid import uuid4

from sandbox.crm.changes import Change


@dataclass
class Behaviour:
    """What to match and how to answer; a change counts as taken if `status` is a 2xx.

    `type` and `subject` (any id in the data) restrict it. `count` is how often it applies before
    it is used up (None: until removed). `retry_after` and `location` are headers, sent as they
    stand. The answer comes `delay_seconds` after the change was taken; with `lose_answer` the
    connection is cut instead.
    """

    status: int = 204
    retry_after: str | None = None
    location: str | None = None
    delay_seconds: float = 0.0
    lose_answer: bool = False
    type: str | None = None
    subject: str | None = None
    count: int | None = 1
    id: str = field(default_factory=lambda: uuid4().hex[:12])
    applied: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.status, int) or not 200 <= self.status <= 599:
            raise ValueError("status must be a number from 200 to 599")
        if self.count is not None and self.count < 1:
            raise ValueError("count must be at least 1, or null for always")
        if self.delay_seconds < 0:
            raise ValueError("delaySeconds must not be negative")

    @property
    def takes(self) -> bool:
        """Whether the change is taken, whatever becomes of the answer."""
        return self.status < 300

    def headers(self) -> dict[str, str]:
        """Headers of the answer."""
        given = {"Retry-After": self.retry_after, "Location": self.location}
        return {name: value for name, value in given.items() if value is not None}


class Behaviours:
    """The behaviours in force, tried in the order they were added; the first match applies."""

    def __init__(self) -> None:
        self.all: list[Behaviour] = []

    def add(self, behaviour: Behaviour) -> Behaviour:
        """Put a behaviour in force."""
        self.all.append(behaviour)
        return behaviour

    def remove(self, behaviour_id: str) -> bool:
        """Take one out; False if there is none with that id."""
        before = len(self.all)
        self.all = [known for known in self.all if known.id != behaviour_id]
        return len(self.all) < before

    def clear(self) -> None:
        """Friendly again."""
        self.all.clear()

    def apply(self, change: Change) -> Behaviour:
        """How to answer this change, counted as used; friendly if nothing else is asked for."""
        for behaviour in self.all:
            if behaviour.count == 0 or not change.concerns(behaviour.type, behaviour.subject):
                continue
            if behaviour.count is not None:
                behaviour.count -= 1
            behaviour.applied += 1
            return behaviour
        return Behaviour()
