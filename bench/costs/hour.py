"""Hours of many mailboxes: what each minute makes due, and how long it takes to be worked off.

Second by second: the sweep puts its messages, people change events, instances
take from the queue as fast as their places allow. Each mailbox has a calendar in the roster `push`
and one in the roster `poll`, in the slots that the application gives them.
"""

import itertools
import math
import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.domain import due
from shared.domain.model import Account, Calendar, ProviderName

_SECONDS = 3 * 3_600
_SETTLED = 3_600
_SEED = 7
_MIDNIGHT = datetime(2027, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Rosters:
    """How many calendars are in each slot, and how often slots are visited, in minutes."""

    push: Sequence[int]
    poll: Sequence[int]
    push_minutes: int = 60
    poll_minutes: int = 5

    def found(self, last: datetime | None, now: datetime) -> int:
        """What a tick finds, that of `last` being the one before."""
        slots = due.slots_due(last, now, self.push_minutes)
        told = sum(self.push[slot] for slot in slots)
        slots = due.slots_due(last, now, self.poll_minutes)
        return told + sum(self.poll[slot] for slot in slots)

    def minutes(self) -> list[int]:
        """What each minute of an hour makes due."""
        moments = (_MIDNIGHT + timedelta(minutes=number) for number in range(due.MINUTES))
        return [self.found(None, moment) for moment in moments]


def rosters(mailboxes: int) -> Rosters:
    push, poll = [0] * due.MINUTES, [0] * due.MINUTES
    for number in range(mailboxes):
        account = Account(ProviderName("outlook"), f"tenant.{number}")
        for roster, name in ((push, "calendar"), (poll, "conflicts")):
            roster[due.minute_slot(Calendar(account, name).key)] += 1
    return Rosters(push, poll)


@dataclass(frozen=True)
class Tick:
    """When the sweep began, in seconds, what it found, and how long it took."""

    second: int
    found: int
    took: float


def ticks(given: Rosters, puts: float) -> Iterator[Tick]:
    """The sweep by a timer of every minute that does not run twice at once: one that takes longer
    than a minute makes up for those that it has missed."""
    second, last = 0, None
    while second < _SECONDS:
        now = _MIDNIGHT + timedelta(seconds=second)
        found = given.found(last, now)
        yield Tick(second, found, found / puts)
        last = now
        second = 60 * max(second // 60 + 1, math.ceil((second + found / puts) / 60))


@dataclass(frozen=True)
class Hours:
    """After the first hour: ticks of the sweep, how long messages waited on the queue, in seconds,
    and how far apart the sweep's beginnings lay, in minutes."""

    ticks: Sequence[Tick]
    waits: Sequence[float]

    @property
    def apart(self) -> list[float]:
        begun = [tick.second / 60 for tick in self.ticks]
        return [after - before for before, after in itertools.pairwise(begun)]


def simulated(given: Rosters, *, a_second: float, puts: float, changes: float) -> Hours:
    """`a_second` messages are worked off, `puts` are put by the sweep, `changes` come besides."""
    chance = random.Random(_SEED)
    begun = list(ticks(given, puts))
    put = _put_each_second(begun, puts)
    queue: deque[tuple[int, int]] = deque()
    waits: list[float] = []
    for second in range(_SECONDS):
        come = put[second] + _come(chance, changes)
        if come:
            queue.append((second, come))
        waits += _work_off(queue, round(a_second), second)
    return Hours([tick for tick in begun if tick.second >= _SETTLED], waits)


def _put_each_second(begun: Sequence[Tick], puts: float) -> list[int]:
    put = [0] * _SECONDS
    for tick in begun:
        left, second = tick.found, tick.second
        while left > 0 and second < _SECONDS:
            put[second] += min(left, math.ceil(puts))
            left -= math.ceil(puts)
            second += 1
    return put


def _work_off(queue: deque[tuple[int, int]], room: int, second: int) -> list[float]:
    """Takes from the front; how long those waited that count."""
    waits: list[float] = []
    while queue and room > 0:
        came, count = queue.popleft()
        taken = min(count, room)
        room -= taken
        if second >= _SETTLED:
            waits += [float(second - came)] * taken
        if taken < count:
            queue.appendleft((came, count - taken))
    return waits


def _come(chance: random.Random, mean: float) -> int:
    """Near enough for many a second: the normal distribution that it comes to."""
    return max(0, round(chance.gauss(mean, math.sqrt(mean))))
