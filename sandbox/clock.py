"""The one clock of the simulated world; tests may move it forward."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Callable giving the simulated time in UTC; real time plus what was advanced."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def __call__(self) -> datetime:
        """The current simulated instant."""
        return datetime.now(UTC) + self._offset

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self._offset += by

    def reset(self) -> None:
        """Back to real time."""
        self._offset = timedelta()
