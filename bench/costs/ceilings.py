"""How many mailboxes the service can hold, limit by limit, and an hour of 100,000 of them.

A simulation: what a mailbox asks for was counted by mailbox_day.py, what Azure and the providers
allow is theirs to say (limits.py), what Azure takes to answer is assumed (prices.py). Each mailbox
has a calendar that is told of and one that is read every five minutes besides; changes come in
peaks of five times their mean. Instances are there when they are needed: how fast Azure adds them
is in none of these figures.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.costs import limits
from bench.costs.hour import Rosters, rosters, simulated
from bench.costs.limits import Limit
from bench.costs.load import SYNC, Figures, Load, load
from bench.costs.prices import ASSUMED
from bench.costs.work import DELIVER, MINUTES, groups, unwraps
from bench.measuring import Spread
from bench.results import Finding, exactly

_MAILBOXES = 100_000
_PEAK = 5.0
_A_DAY = 86_400.0
_MOST = 100_000_000
Show = Callable[[str], None]


@dataclass(frozen=True)
class Ceiling:
    """`mailboxes` at which a limit is met."""

    what: str
    mailboxes: float
    told: str
    source: str

    def finding(self) -> Finding:
        holds = self.mailboxes >= _MAILBOXES
        told = f"{self.told}. {self.source}" if self.source else f"{self.told}."
        aim = f"{_MAILBOXES:,}"
        ours = exactly(float(f"{self.mailboxes:.2g}"))
        return Finding("ceilings", self.what, ours, "mailboxes", aim=aim, met=holds, remark=told)


async def measure(show: Show) -> list[Finding]:
    figures = Figures.read()
    found, given = load(figures), rosters(_MAILBOXES)
    minutes = Spread.of(given.minutes())
    mean = sum(given.minutes()) / len(given.minutes())
    show(f"{mean:,.0f} calendars are due in a minute, {minutes.high / mean:.3f} × at most")
    ceilings = list(_ceilings(found, minutes.high / mean, figures.renewed_every))
    ceilings.sort(key=lambda one: one.mailboxes)
    for one in ceilings:
        show(f"{one.mailboxes:14,.0f}  {one.what}")
    peak = f"the fullest minute has {minutes.high / mean:.3f} × the mean"
    spread = Finding("ceilings", "calendars due in a minute", minutes, "", remark=peak)
    return [spread, *_hours(found, given), *(one.finding() for one in ceilings), *_apart(found)]


def _hours(found: Load, given: Rosters) -> Iterator[Finding]:
    """Of 100,000 mailboxes, with as many instances as the setting allows."""
    sync = groups(found, _MAILBOXES)[SYNC]
    changes, fast = _PEAK * sync.spread / 60, limits.MOST_INSTANCES / sync.busy
    for what, at_once in (
        ("one after the other", 1),
        (f"{ASSUMED.puts_at_once} at a time, as it does", ASSUMED.puts_at_once),
    ):
        puts = at_once / ASSUMED.storage_seconds
        hours = simulated(given, a_second=fast, puts=puts, changes=changes)
        took, apart = Spread.of([tick.took for tick in hours.ticks]), max(hours.apart)
        name = f"the sweep, putting messages {what}"
        told = f"the sweep begins every {apart:.0f} min at worst; it is ended after 10 min"
        yield Finding(
            "ceilings", name, took, "s", aim="at most 60 s", met=took.high <= 60, remark=told
        )
        waits = Spread.of(hours.waits)
        yield Finding("ceilings", f"{name}: waits on the queue", waits, "s")


def _ceilings(found: Load, uneven: float, renewed_every: float) -> Iterator[Ceiling]:
    """`uneven`: the fullest minute of the sweep, to the mean."""
    total, sync = found.total, found.shares[SYNC]
    swept, alone = uneven * found.swept, sync.runs - found.swept
    spread = _PEAK * alone
    peak = (swept + spread) / sync.runs
    sends = swept + _PEAK * (total.sends - found.swept)
    yield _by("Graph, the whole app", sync.asked * peak, limits.GRAPH_APP)
    yield _by("Graph, renewals in one tenant", 2 / renewed_every, limits.GRAPH_SUBSCRIPTIONS)
    yield _by("Google, were all of them Google's", 2 * 24 + spread, limits.GOOGLE_PROJECT)
    yield _by("Google, requests of a day", 2 * 24 + alone, limits.GOOGLE_DAY)
    yield _by("the queue sync-calendar", swept + spread, limits.QUEUE)
    yield _by("the storage account", total.tables * peak + 3 * sends, limits.ACCOUNT)
    yield _roster()
    yield from _instances(found, peak)
    yield _putting(swept)
    yield _vault(found)


def _by(what: str, a_day: float, limit: Limit) -> Ceiling:
    """`a_day` of one mailbox, as if all of the day were its peak."""
    mailboxes = limit.a_second * _A_DAY / a_day
    return Ceiling(what, mailboxes, f"{limit.told}; a mailbox {a_day:,.1f} a day", limit.source)


def _roster() -> Ceiling:
    """A tick reads thirteen partitions one after the other, each a sixtieth of all calendars."""
    rows_a_mailbox = 13 / 60
    mailboxes = 60 * limits.PARTITION.a_second / rows_a_mailbox
    told = f"{limits.PARTITION.told}; a tick reads a row for every fifth mailbox"
    return Ceiling("reading the roster", mailboxes, told, limits.PARTITION.source)


def _instances(found: Load, peak: float) -> Iterator[Ceiling]:
    many = groups(found, _MAILBOXES)
    whole = limits.REGION_MEMORY_MB / (1_024 * ASSUMED.memory_gb)
    each = {SYNC: peak, DELIVER: _PEAK}
    for name, factor in each.items():
        if name in many:
            at_work = factor * many[name].instances / _MAILBOXES
            told = f"{limits.INSTANCES}; a run takes {many[name].busy * 1e3:.0f} ms of one"
            mailboxes = limits.MOST_INSTANCES / at_work
            yield Ceiling(f"instances of {name}", mailboxes, told, limits.INSTANCES_SOURCE)
    all_at_work = sum(each.get(name, 1.0) * group.instances for name, group in many.items())
    mailboxes = whole * _MAILBOXES / all_at_work
    yield Ceiling("instances of all", mailboxes, limits.REGION_MEMORY, limits.REGION_MEMORY_SOURCE)


def _putting(swept: float) -> Ceiling:
    a_minute = swept / (24 * 60)
    mailboxes = 60 * ASSUMED.puts_at_once / ASSUMED.storage_seconds / a_minute
    told = (
        f"The sweep of a minute puts {ASSUMED.puts_at_once} messages at a time, in "
        f"{ASSUMED.storage_seconds * 1e3:g} ms, and must end within the minute"
    )
    return Ceiling("the sweep, putting messages", mailboxes, told, "shared/flows/sweep.py")


def _vault(found: Load) -> Ceiling:
    """The number at which the vault is asked too much, by halving."""
    low, high = 1, _MOST
    while low < high - 1:
        middle = (low + high) // 2
        asked = unwraps(found, middle) / (MINUTES * 60)
        low, high = (middle, high) if asked <= limits.VAULT.a_second else (low, middle)
    return Ceiling("the vault", low, limits.VAULT.told, limits.VAULT.source)


def _apart(found: Load) -> Iterator[Finding]:
    """What does not depend on how many there are, but on one of them."""
    sync = found.shares[SYNC]
    asked = _PEAK * sync.asked * 600 / _A_DAY
    limit = limits.GRAPH_MAILBOX
    share = exactly(round(asked, 1))
    yield Finding(
        "ceilings",
        "requests to a mailbox in 10 min, at a peak",
        share,
        "",
        aim="at most 10,000",
        met=asked <= 10_000,
        remark=f"{limit.told}. {limit.source}",
    )
    rate = limits.GRAPH_SUBSCRIPTIONS
    minutes = exactly(round(2 * _MAILBOXES / rate.a_second / 60, 1))
    told = f"{rate.told}, were all in one tenant. {rate.source}"
    what = f"subscribing to all calendars of {_MAILBOXES:,} mailboxes"
    yield Finding("ceilings", what, minutes, "min", remark=told)
