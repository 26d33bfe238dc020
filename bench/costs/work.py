"""How long instances are at work in a month, and how often they ask the vault."""

import math
from dataclasses import dataclass

from bench.costs.load import NOTIFICATION, SWEEP, SYNC, Load
from bench.costs.prices import ASSUMED

DAYS = 30
MINUTES = DAYS * 24 * 60
"""Of a month."""

PUBLISH, DELIVER = "publish-changes", "deliver-change"
_A_DAY = 24 * 60
_WAITS = {SYNC: ASSUMED.graph_seconds, PUBLISH: 0.0, DELIVER: ASSUMED.webhook_seconds}


@dataclass(frozen=True)
class Group:
    """The runs of one function, which has instances of its own; `wall` and `cpu` seconds each.

    In a minute `swept` of them come together, when the sweep puts them, and `spread` by themselves.
    """

    swept: float
    spread: float
    wall: float
    cpu: float
    together: int = ASSUMED.together

    @property
    def busy(self) -> float:
        """Seconds of one instance that a run takes when there are many: it holds one of the places
        of an instance, or its processor."""
        return max(self.cpu, self.wall / self.together)

    @property
    def instances(self) -> float:
        """At work, on average."""
        return (self.swept + self.spread) / 60 * self.busy

    @property
    def paid_seconds(self) -> float:
        """In a month. Runs at a time are paid for once, and an activity for a second at least: few
        runs by themselves are one each, many run into one another."""
        together = max(min(1.0, self.swept), self.swept * self.busy)
        rate = self.spread / 60
        longest = max(ASSUMED.shortest_seconds, self.wall)
        alone = 60 * max(1 - math.exp(-rate * longest), rate * self.busy)
        return MINUTES * (together + alone)


def groups(load: Load, mailboxes: int) -> dict[str, Group]:
    """By the name of their queue; the sweep among them."""
    a_minute = mailboxes / _A_DAY
    found = {SWEEP: _sweep(load, a_minute)}
    for name, waiting in _WAITS.items():
        runs = load.runs(name)
        if not runs:
            continue
        a_run = load.shares[name].times(1 / runs)
        stored = (a_run.tables + a_run.sends) * ASSUMED.storage_seconds
        asked = a_run.asked + a_run.signed_in if name == SYNC else a_run.webhooks
        wall = a_run.cpu + stored + asked * waiting
        swept = load.swept if name == SYNC else 0.0
        found[name] = Group(swept * a_minute, (runs - swept) * a_minute, wall, a_run.cpu)
    return found


def _sweep(load: Load, a_minute: float) -> Group:
    """One run a minute, which puts some messages at a time."""
    puts = load.swept * a_minute / ASSUMED.puts_at_once
    return Group(1.0, 0.0, puts * ASSUMED.storage_seconds, 0.0, together=1)


def notifications(load: Load, mailboxes: int) -> float:
    """In a month."""
    return load.runs(NOTIFICATION) * mailboxes * DAYS


def unwraps(load: Load, mailboxes: int) -> float:
    """Of data keys, in a month: an instance makes a key, and knows those of others, for a quarter
    of an hour each; as many are in use as were made while an access token lasts."""
    instances = math.ceil(groups(load, mailboxes)[SYNC].instances)
    runs = load.runs(SYNC) * mailboxes * DAYS
    alive = math.ceil(instances * ASSUMED.token_minutes / ASSUMED.data_key_minutes)
    if alive > ASSUMED.most_data_keys:
        return runs
    return min(runs, instances * alive * MINUTES / ASSUMED.data_key_minutes)
