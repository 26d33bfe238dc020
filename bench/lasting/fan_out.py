"""P8: one change of a mailbox calendar that is watched at 1, 10 and 100 locations.

The same user has chosen the calendar at all of them. At the first that was done by way of the API;
at the others the rows are written that this would write. What is due is worked off twelve messages
at a time, as one instance does it. Time is from the notification's message to the last webhook.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.lasting.one_mailbox import OneMailbox, one_mailbox
from bench.lasting.tally import WEBHOOK, Tally
from bench.lasting.virtual_clock import CLOCK
from bench.measuring import Spread
from bench.place import place
from bench.results import Finding, exactly
from sandbox.tour.unseen import Unseen
from shared.domain.model import LocationId, Role, UserId, Watch

_LOCATIONS = (1, 10, 100)
_REPEATS = 5
_AT_ONCE = 12
_USER = UserId("day")
Show = Callable[[str], None]


@dataclass(frozen=True)
class _Spread:
    """Of the repetitions at so many locations; the counts are those of the last one."""

    locations: int
    took: Spread
    last: Tally


async def measure(show: Show) -> list[Finding]:
    found = []
    async with place() as here, one_mailbox(here, counted=False) as mailbox:
        known = 1
        for locations in _LOCATIONS:
            await _watch(mailbox, range(known + 1, locations + 1))
            known = max(known, locations)
            found.append(await _measured(mailbox, locations))
            last = found[-1].last
            show(f"{locations} locations: {last.asked} provider requests, {last.operations} others")
    return [*_asked(found), *(finding for one in found for finding in _of(one))]


async def _watch(mailbox: OneMailbox, numbers: range) -> None:
    primary = mailbox.keys[0]
    partition = await mailbox.ports.calendars.load(primary)
    assert partition is not None
    for number in numbers:
        watch = Watch(LocationId(f"loc{number}"), _USER, Role.PRIMARY)
        await mailbox.ports.calendars.watch(partition.state, watch)


async def _measured(mailbox: OneMailbox, locations: int) -> _Spread:
    """A change to warm up, then those that count."""
    found = [await _change(mailbox, locations) for _ in range(_REPEATS + 1)]
    return _Spread(locations, Spread.of([1e3 * one.wall for one in found[1:]]), found[-1])


async def _change(mailbox: OneMailbox, locations: int) -> Tally:
    """Ends with everything that follows of it; the look again seconds later is no part of it."""
    await mailbox.edit()
    [message] = mailbox.told()
    work = mailbox.agenda.message(message, mailbox.ports, counted=False)
    mailbox.agenda.at(CLOCK(), work)
    async with mailbox.agenda.counting.run() as tally:
        began = time.perf_counter()
        await mailbox.agenda.at_once(_AT_ONCE)
        wall = time.perf_counter() - began
    tally.wall = wall
    mailbox.agenda.drop()
    if tally.provider[WEBHOOK] != locations:
        told = tally.provider[WEBHOOK]
        raise Unseen(f"{told} webhooks were received where {locations} locations watch.")
    return tally


def _asked(found: list[_Spread]) -> list[Finding]:
    """`met`: as many at each number of locations, whatever it is."""
    counts = [one.last.asked for one in found]
    listed = ", ".join(f"{one.locations}: {one.last.asked}" for one in found)
    return [
        Finding(
            work="P8",
            what="provider requests of a change, whoever watches",
            ours=Spread.of(counts),
            unit="",
            aim="constant",
            met=len(set(counts)) == 1,
            remark=f"By the number of locations: {listed}.",
        )
    ]


def _of(one: _Spread) -> list[Finding]:
    where = f"{one.locations} location" + ("s" if one.locations > 1 else "")
    stored = one.last.operations
    each = f"{stored / one.locations:.1f} a location"
    return [
        Finding("P8", f"{where}: storage operations", exactly(stored), "", remark=each),
        Finding("P8", f"{where}: until the last webhook", one.took, "ms"),
    ]
