"""How large a soak is, and how long it may take."""

from dataclasses import dataclass

_EDITING_SHARE = 0.75
_SHORTEST_SECONDS = 3.0
_MEASURED = 1_000


@dataclass(frozen=True)
class Size:
    """`minutes` bound the whole run; what is left of three quarters of them is for the edits."""

    calendars: int = 200
    edits: int = 10_000
    minutes: float = 30.0
    seed: int = 1

    @property
    def accounts(self) -> int:
        """Mailboxes and Google accounts; each has two calendars."""
        return max(2, self.calendars // 2)

    @property
    def measured_every(self) -> int:
        """The lag is measured of one edit in so many: looking costs time too."""
        return max(1, self.edits // _MEASURED)

    def editing_seconds(self, gone: float) -> float:
        """How long the edits take, when so many seconds are gone already."""
        return max(_SHORTEST_SECONDS, self.minutes * 60 * _EDITING_SHARE - gone)

    @property
    def settling_seconds(self) -> float:
        """How long the service may take, after the last edit, for each step of coming to rest."""
        return max(90.0, self.minutes * 60 * 0.5)
