"""Whatever happens in whatever order, mirror, appointments and feed end up true.

Hypothesis makes programs of edits, bookings, choices and faults; the real flows live through each
of them. NIGHTLY=200 plays that many, other ones each time; without it they are always the same
few, and no new one is begun once the time for them is over.
"""

import math
import os
import time
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from sandbox.stack import Stack
from tests.flows.convergence.guarantees import check_all
from tests.flows.convergence.later import Clock, Later
from tests.flows.convergence.programs import Program, programs
from tests.flows.convergence.scene import scene_of
from tests.storage import Storage

NIGHTLY = int(os.environ.get("NIGHTLY", "0"))
PROGRAMS = NIGHTLY or 6
_SECONDS = math.inf if NIGHTLY else 45.0


class Stage:
    """Where programs are played, one after the other; it says little of itself."""

    def __init__(self, stack: Stack, storage: Storage, later: Later) -> None:
        self._stack, self._storage, self._later = stack, storage, later
        self.counted: Counter[str] = Counter()
        self._ends = time.monotonic() + _SECONDS
        self._failed = False

    @property
    def over(self) -> bool:
        """A program that has failed is always played again: Hypothesis makes it shorter."""
        return time.monotonic() > self._ends and not self._failed

    def __repr__(self) -> str:
        return "..."

    async def play(self, program: Program) -> None:
        """Counts it, and those of its edits that came to something.

        What is broken is told with the program.
        """
        self.counted["convergence_programs"] += 1
        try:
            async with scene_of(self._stack, self._storage, self._later) as scene:
                for operation in program.operations:
                    done = await operation.run(scene)
                    self.counted["convergence_edits"] += done and operation.edits
                await scene.settles()
                await check_all(scene)
        except BaseException as error:
            self._failed = True
            error.add_note(repr(program))
            raise


@pytest.fixture
def stage(stack: Stack, storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Messages for later wait there for the program's time to pass."""
    later = Later(stack, clock)
    later.hold_messages(monkeypatch)
    return Stage(stack, storage, later)


@given(program=programs)
@settings(
    max_examples=PROGRAMS,
    derandomize=not NIGHTLY,
    database=None,
    deadline=None,
    print_blob=False,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
async def test_f01_to_f15_whatever_happens_it_ends_up_true(
    program: Program, stage: Stage, request: pytest.FixtureRequest
) -> None:
    if stage.over:
        return
    await stage.play(program)
    request.node.user_properties[:] = stage.counted.items()
