"""What one mailbox asks for in a day, from what mailbox_day.py has counted."""

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any, Self

from bench.lasting.tally import SIGN_IN, WEBHOOK, Tally

FIGURES = Path(__file__).parent / "mailbox_day.json"
SYNC, SWEEP, NOTIFICATION = "sync-calendar", "sweep", "notification"

MIX: Mapping[int, float] = {0: 0.25, 10: 0.70, 100: 0.05}
"""Assumed: a quarter of a mailbox's days without a change, most with 10, a few with 100."""

MEASURED_POLL_MINUTES = 5
"""How often the conflict calendar was read on the days that were counted."""

_MINUTES = 24 * 60


@dataclass(frozen=True)
class Share:
    """Of a day of one mailbox, or of a part of it. `tables`: operations on them; `sends`: messages
    put on queues; `deletions`: of rows."""

    runs: float = 0
    tables: float = 0
    sends: float = 0
    deletions: float = 0
    asked: float = 0
    signed_in: float = 0
    webhooks: float = 0
    cpu: float = 0
    log_bytes: float = 0

    def __add__(self, other: "Share") -> "Share":
        return Share(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def times(self, factor: float) -> "Share":
        return Share(*(factor * value for value in astuple(self)))

    @classmethod
    def of(cls, tally: Tally) -> Self:
        # `POST sync-calendar` puts a message; names of tables and `$batch` have no hyphen.
        sends = sum(count for name, count in tally.storage.items() if "-" in name)
        deletions = sum(n for name, n in tally.storage.items() if name.startswith("DELETE "))
        return cls(
            runs=tally.runs,
            tables=tally.operations - sends,
            sends=sends,
            deletions=deletions,
            asked=tally.asked,
            signed_in=tally.provider[SIGN_IN],
            webhooks=tally.provider[WEBHOOK],
            cpu=tally.cpu,
            log_bytes=tally.log_bytes,
        )


@dataclass(frozen=True)
class Figures:
    """What mailbox_day.py has counted; `kept` are bytes in the tables after the day."""

    measured: str
    days: Mapping[int, Mapping[str, Tally]]
    check: Tally
    renewal: Tally
    renewed_every: float
    kept: Mapping[int, int]

    @classmethod
    def read(cls) -> "Figures":
        given: dict[str, Any] = json.loads(FIGURES.read_text("utf-8"))
        return cls(
            measured=given["measured"],
            days={
                int(changes): {kind: Tally.from_json(one) for kind, one in day.items()}
                for changes, day in given["days"].items()
            },
            check=Tally.from_json(given["check"]),
            renewal=Tally.from_json(given["renewal"]),
            renewed_every=given["renewed_every_days"],
            kept={int(changes): size for changes, size in given["kept_bytes"].items()},
        )


@dataclass(frozen=True)
class Load:
    """An average day of one mailbox, by the name of the queue; SWEEP is the part of the sweep that
    is the mailbox's own: the messages that it puts. `swept` is how many runs those start."""

    shares: Mapping[str, Share]
    swept: float
    kept_bytes: float

    @property
    def total(self) -> Share:
        return sum(self.shares.values(), Share())

    def runs(self, queue: str) -> float:
        return self.shares[queue].runs if queue in self.shares else 0.0


def load(
    figures: Figures,
    mix: Mapping[int, float] = MIX,
    poll_minutes: int = MEASURED_POLL_MINUTES,
) -> Load:
    """With the conflict calendar read every so many minutes."""
    shares: dict[str, Share] = {}
    for changes, part in mix.items():
        for kind, tally in figures.days[changes].items():
            found = Share.of(tally)
            if kind == SWEEP:
                found = Share(sends=found.sends)
            shares[kind] = shares.get(kind, Share()) + found.times(part)
    fewer = _MINUTES / MEASURED_POLL_MINUTES - _MINUTES / poll_minutes
    shares[SYNC] += Share.of(figures.check).times(-fewer) + _renewals(figures)
    shares[SWEEP] += Share(sends=-fewer)
    kept = sum(part * figures.kept[changes] for changes, part in mix.items())
    return Load(shares, shares[SWEEP].sends, kept)


def _renewals(figures: Figures) -> Share:
    """A renewal comes with a run that there would be anyway."""
    one, plain = Share.of(figures.renewal), Share.of(figures.check)
    more = one + plain.times(-1)
    return replace(more, runs=0, cpu=0).times(1 / figures.renewed_every)
