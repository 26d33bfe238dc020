"""What goes wrong meanwhile: answers of the providers, and the state that they keep of readers."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from bench.soak.hands import Hands
from sandbox.faults import FaultRule, rule_from_json
from sandbox.world import World

_DELTA, _LIST = "delta", "/events$"
RULES: tuple[dict[str, Any], ...] = (
    {"preset": "throttled", "probability": 0.006},
    {"preset": "throttled-date", "probability": 0.003},
    {"preset": "unavailable", "probability": 0.006},
    {"preset": "unavailable-no-header", "probability": 0.003},
    {"preset": "gateway-timeout", "probability": 0.004},
    {"preset": "gone", "probability": 0.004, "path": _DELTA, "query": "deltatoken"},
    {"preset": "internal", "probability": 0.003},
    {"preset": "cut", "probability": 0.003},
    {"preset": "google-user-rate-limit", "probability": 0.006, "retryAfter": "2.128"},
    {"preset": "google-rate-limit-429", "probability": 0.003, "retryAfterDateSeconds": 2},
    {"preset": "google-unavailable", "probability": 0.009},
    {"preset": "google-backend-error", "probability": 0.004, "status": 504},
    {"preset": "google-gone", "probability": 0.004, "path": _LIST},
    {"preset": "google-cut", "probability": 0.003},
)
STUMBLES = {"forgets": 2, "refuses": 2, "deafens": 1, "circles": 1}
_STUMBLE_CHANCE = 0.01


class Trouble:
    """Faults by chance, from `begin` to `end`; the stand-ins' own hostile ways stay throughout."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self._world, self._chance = world, chance
        self._rules: list[tuple[str, FaultRule]] = []
        self._circling: Hands | None = None
        self.stumbles: Counter[str] = Counter()

    def begin(self) -> None:
        for given in RULES:
            rule = self._world.faults.add(rule_from_json({"count": None, **given}))
            self._rules.append((str(given["preset"]), rule))

    def perhaps(self, everybody: Sequence[Hands]) -> None:
        """Now and then a provider loses what it keeps of us at one account."""
        if self._chance.random() >= _STUMBLE_CHANCE:
            return
        [kind] = self._chance.choices(list(STUMBLES), list(STUMBLES.values()))
        if kind == "circles":
            self._recover()
            everybody = [one for one in everybody if one.provider == "outlook"]
        stumbling = self._chance.choice(everybody)
        stumbling.stumble(kind)
        self.stumbles[kind] += 1
        if kind == "circles":
            self._circling = stumbling

    def end(self) -> None:
        for _, rule in self._rules:
            self._world.faults.remove(rule.id)
        self._recover()

    def _recover(self) -> None:
        if self._circling is not None:
            self._circling.recovers()

    @property
    def met(self) -> dict[str, int]:
        """How often each fault was met."""
        return {name: rule.fired for name, rule in self._rules}
