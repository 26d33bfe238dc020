"""Running a request with all that follows from it, cut short at each of its steps in turn."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from sandbox.crm.changes import Received
from sandbox.microsoft.subscriptions.model import Subscription
from shared.messages import Message
from tests.flows.corners import Corner, told_in, wrong_in
from tests.flows.crashes import ALL_POINTS, READS, Crash, Cut, Journey, travelling
from tests.flows.line import Line, Waiting
from tests.flows.memory_tables import MemoryTables, Rows
from tests.people import Person

if TYPE_CHECKING:  # imported, it would be made a second time
    from tests.conftest import Clock

ALL_IS_DONE = timedelta(minutes=40)
"""Longer than any message that matters here waits, and than any claim or place lasts."""

REQUEST = "request"

EVERY = 1 if ALL_POINTS else 4
"""Every so many points are tried; with CRASH_POINTS=all in the environment each of them."""

MOST = 48
"""So many points of a scenario are tried, evenly spread; with CRASH_POINTS=all more."""

Act = Callable[[Corner], Awaitable[object]]
End = frozenset[str]


async def nothing(_: Corner) -> None:
    """Nobody does anything."""


@dataclass(frozen=True)
class Scenario:
    """`before` is brought about in peace; then `asked`, and what follows from it, is cut short.

    `ready` follows `before` each time anew, for what can be used only once.

    `ends` are those that there may be. `then` is what the user may do where the request failed: ask
    again (`None`), or nothing. `meanwhile` is what another does at a step of the request, where it
    is cut in that way; the same once more if None. What follows is cut in the queues of `cut_in`.

    `fresh`: every run has a corner of its own, where events are written. `told_once`: the feed has
    just as many changes in the end as undisturbed.
    """

    before: Act
    asked: Act
    ends: Collection[End]
    ready: Act = nothing
    then: Mapping[str, Act | None] = field(
        default_factory=lambda: {"asked again": None, "never again": nothing}
    )
    meanwhile: Act | None = None
    cut_in: Collection[type[Message]] = ()
    cuts: Collection[Cut] = tuple(Cut)
    check: Callable[[Corner], Awaitable[list[str]]] | None = None
    fresh: bool = False
    told_once: bool = False


@dataclass(frozen=True)
class Kept:
    """How everything stood before a run: what is stored, what waits, which channels live, when."""

    tables: Mapping[str, Rows]
    waiting: Sequence[Waiting]
    subscriptions: Mapping[str, Subscription]
    received: Sequence[Received]
    ahead: timedelta


@dataclass
class Stage:
    """Where the runs take place, one after the other, each from the same beginning."""

    person: Person
    clock: "Clock"
    line: Line
    tables: MemoryTables
    every: int = EVERY
    corners: int = 0
    points: int = 0
    broken: list[str] = field(default_factory=list)

    async def cut_everywhere(self, scenario: Scenario) -> None:
        """Each point is tried, whatever became of the others."""
        corner, counted = await self._begun(scenario), Journey()
        beginning = self._kept()
        told = await self._ran(scenario, corner, counted, None)
        wrong = await self._wrong(scenario, corner, told)
        assert not wrong, f"undisturbed: {wrong}"
        points = list(_points(scenario, counted))
        every = self.every if ALL_POINTS else max(self.every, ceil(len(points) / MOST))
        for at, cut, then in points[::every]:
            self.points += 1
            self._begin_again(beginning)
            if scenario.fresh:
                corner = await self._begun(scenario)
            await self._ran(scenario, corner, Journey(at, cut), then)
            for what in await self._wrong(scenario, corner, told):
                where = f"{cut.value} {counted.places[at]} {counted.steps[at]} ({at})"
                self.broken.append(f"{where}, {then}: {what}")

    async def _begun(self, scenario: Scenario) -> Corner:
        corner = Corner(self.person, self.line.pass_time, self.corners)
        self.corners += 1
        await scenario.before(corner)
        await self.line.work_off(timedelta(minutes=1))
        return corner

    async def _ran(
        self, scenario: Scenario, corner: Corner, journey: Journey, then: str | None
    ) -> int:
        """Runs it, until nothing is left to do; returns how much was told."""
        await scenario.ready(corner)
        if not await self._asked(scenario, corner, journey) and then is not None:
            with suppress(Exception):
                await (scenario.then[then] or scenario.asked)(corner)
        await self.line.work_off(ALL_IS_DONE, journey)
        await corner.sweep()
        await self.line.work_off(ALL_IS_DONE)
        return await told_in(corner)

    def _kept(self) -> Kept:
        world = self.person.stack.sandbox.world
        return Kept(
            self.tables.copied(),
            [*self.line.waiting],
            {one.id: replace(one) for one in world.subscriptions.live()},
            [*world.crm.received],
            self.clock.ahead,
        )

    def _begin_again(self, kept: Kept) -> None:
        world = self.person.stack.sandbox.world
        self.line.waiting[:] = kept.waiting
        self.tables.restore(kept.tables)
        world.crm.received[:] = kept.received
        world.faults.clear()
        world.subscriptions._by_id = {name: replace(s) for name, s in kept.subscriptions.items()}
        self.clock.ahead = kept.ahead
        world.clock.reset()
        world.clock.advance(kept.ahead)

    async def _asked(self, scenario: Scenario, corner: Corner, journey: Journey) -> bool:
        """Whether the request was answered as asked."""

        async def meanwhile() -> None:
            with suppress(Exception):
                await (scenario.meanwhile or scenario.asked)(corner)

        journey.during, journey.meanwhile = REQUEST, meanwhile
        try:
            with travelling(journey):
                await scenario.asked(corner)
        except (Crash, Exception):  # whatever it dies of
            return False
        return True

    async def _wrong(self, scenario: Scenario, corner: Corner, told: int) -> list[str]:
        wrong = await wrong_in(corner)
        end = frozenset(await corner.connections() | await corner.chosen())
        if end not in scenario.ends:
            wrong.append(f"ends with {sorted(end)}")
        if scenario.told_once and await told_in(corner) != told:
            wrong.append(f"told {await told_in(corner)} changes, not {told}")
        return wrong + (await scenario.check(corner) if scenario.check else [])


def _points(scenario: Scenario, counted: Journey) -> Iterator[tuple[int, Cut, str | None]]:
    """Where and how it is cut, and what the user does then, where they have had no answer."""
    queues = {message.queue for message in scenario.cut_in}
    for cut in scenario.cuts:
        for at, (step, place) in enumerate(zip(counted.steps, counted.places, strict=True)):
            if (place != REQUEST and place not in queues) or not _tells_apart(step, cut):
                continue
            unanswered = place == REQUEST and cut is not Cut.SECOND_WORKER
            for then in scenario.then if unanswered else [None]:
                yield at, cut, then


def _tells_apart(step: str, cut: Cut) -> bool:
    """A read that fails leaves everything as the step before it did."""
    return step not in READS or cut is Cut.SECOND_WORKER


def recorded(stage: Stage, record_property: Any) -> None:
    """Tells the figures, and fails with every point that broke a guarantee."""
    record_property("crash_points", stage.points)
    record_property("crash_points_broken", len(stage.broken))
    assert not stage.broken, "\n".join(stage.broken)
