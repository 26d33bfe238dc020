"""A soak from its start to its figures."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from azure.data.tables.aio import TableServiceClient
from azure.storage.queue.aio import QueueServiceClient

from bench.machine import Machine
from bench.soak.counting import Asked
from bench.soak.figures import Figures
from bench.soak.lag import Lags
from bench.soak.people import Owner, connect, owners
from bench.soak.seats import window
from bench.soak.size import Size
from bench.soak.sweeping import Sweeper
from bench.soak.trouble import Trouble
from bench.soak.truth import Comparison, Reader
from sandbox.stack import Service, fresh_stack
from sandbox.tour.google import Google
from sandbox.tour.intervals import Interval
from sandbox.tour.narration import Narrator, counted
from sandbox.tour.outlook import Outlook
from sandbox.tour.unseen import Unseen, until

STEPS = 5
_SHOW_SECONDS = 5.0
_LOOK_EVERY = 10
_MOST_WAITING = 100
_PACE = 0.9


@dataclass
class Soak:
    """What the steps share."""

    service: Service
    size: Size
    say: Narrator
    chance: random.Random
    outlook: Outlook
    sweeper: Sweeper
    window: Interval
    owners: list[Owner]

    def __post_init__(self) -> None:
        self.reader = Reader(self.outlook, Google(self.outlook), self.window)
        self.trouble = Trouble(self.service.sandbox.world, self.chance)
        self.lags = Lags(self.window)
        self.kinds: Counter[str] = Counter()
        self.told = 0
        self.editing_seconds = 0.0


async def soak(size: Size, say: Narrator, log: Path) -> Figures:
    """Runs it. Raises Unseen where the service does not come to an end."""
    async with contextlib.AsyncExitStack() as stack:
        with say.step("Azurite, the sandbox and the functions start"):
            service = await stack.enter_async_context(fresh_stack(log))
        run = await stack.enter_async_context(_soak_of(service, size, say))
        with say.step(f"{counted(size.accounts, 'account')} with two calendars each are connected"):
            total = len(run.owners)
            await connect(
                run.owners, run.outlook, run.window, lambda n: say.passing(f"{n} of {total} read")
            )
        asked, before = Asked(service.sandbox.world), await run.sweeper.runs()
        looking = asyncio.create_task(run.lags.run())
        try:
            with say.step(f"{counted(size.edits, 'edit')}, and everything goes wrong"):
                await _edit_all(run, asked)
            with say.step("The faults stop; what is due is worked off"):
                found = await _come_to_rest(run)
            with say.step("One sweep"):
                left = await _sweep(run)
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
        await run.lags.look_at_all()
        asked.count()
        return _figures(run, asked, await run.sweeper.runs() - before, found, left)


@contextlib.asynccontextmanager
async def _soak_of(service: Service, size: Size, say: Narrator) -> AsyncIterator[Soak]:
    storage, today = service.azurite.connection_string, datetime.now(UTC).date()
    chance = random.Random(size.seed)
    parts = urlsplit(service.api)
    base = f"{parts.scheme}://{parts.netloc}"
    control_url = service.sandbox.http_url
    async with (
        httpx.AsyncClient(base_url=service.api, trust_env=False, timeout=120) as api,
        httpx.AsyncClient(base_url=control_url, trust_env=False, timeout=120) as control,
        httpx.AsyncClient(base_url=base, trust_env=False, timeout=120) as host,
        TableServiceClient.from_connection_string(storage) as tables,
        QueueServiceClient.from_connection_string(storage) as queues,
    ):
        everybody = owners(service, api, size.accounts, chance, today)
        sweeper = Sweeper(tables, queues, host)
        look = window(today)
        yield Soak(service, size, say, chance, Outlook(control), sweeper, look, everybody)


async def _edit_all(run: Soak, asked: Asked) -> None:
    """Edits at an even pace, in nine tenths of the time, or as fast as the local storage takes
    them: with too much waiting for it, what is measured is the emulator. Fewer edits where that
    takes longer than there is time."""
    began = time.monotonic()
    seconds = run.size.editing_seconds(run.say.seconds)
    everybody = [owner.hands for owner in run.owners]
    shown = began
    run.trouble.begin()
    for number in range(run.size.edits):
        owner = run.chance.choice(run.owners)
        edit = owner.editor.edit()
        run.kinds[edit.kind] += 1
        run.told += edit.told
        if edit.shows and number % run.size.measured_every == 0:
            run.lags.note(owner, edit)
        run.trouble.perhaps(everybody)
        if time.monotonic() - shown > _SHOW_SECONDS:
            shown = time.monotonic()
            asked.count()
            await _show(run, asked, number + 1)
        due = began + _PACE * seconds * (number + 1) / run.size.edits
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        if number % _LOOK_EVERY == 0 and not await _few_wait(run, began + seconds):
            break
    run.editing_seconds = time.monotonic() - began


async def _few_wait(run: Soak, end: float) -> bool:
    """Once few messages are due; False where that takes longer than there is time."""

    async def few() -> bool | None:
        return True if await run.sweeper.waiting() <= _MOST_WAITING else None

    try:
        await until(few, max(0.0, end - time.monotonic()), "The end of the backlog")
    except Unseen:
        return False
    return True


async def _show(run: Soak, asked: Asked, done: int) -> None:
    lag = run.lags.percentiles(told_only=True)
    run.say.passing(
        f"{done:,} edits, {sum(asked.requests.values()):,} requests, "
        f"{await run.sweeper.waiting()} waiting, {run.lags.unseen} measured and not seen yet"
        + (f", lag p50 {lag.p50:.1f} s" if lag else "")
    )


async def _come_to_rest(run: Soak) -> Comparison:
    """What is not true although nothing is due: for the sweep to find."""
    run.trouble.end()
    world = run.service.sandbox.world
    if not await world.deliveries_idle(run.size.settling_seconds):
        raise Unseen("The notifications did not come to an end.")
    await run.sweeper.rest(run.size.settling_seconds)
    found = await run.reader.compare(run.owners)
    run.say.saw(f"{found.differing} of {found.calendars} calendars are not as they should be")
    return found


async def _sweep(run: Soak) -> Comparison:
    swept = await run.sweeper.turn(run.size.settling_seconds)
    left = await run.reader.compare(run.owners)
    run.say.saw(f"{counted(swept, 'calendar')} read; {left.differing} are not as they should be")
    for one in left.odd[:10]:
        run.say.saw(one)
    return left


def _figures(run: Soak, asked: Asked, runs: int, found: Comparison, left: Comparison) -> Figures:
    edits, requests = run.kinds.total(), asked.requests.total()
    return Figures(
        calendars=left.calendars,
        converged=left.calendars - left.differing,
        drift_found=found.differing,
        drift_left=left.differing,
        edits=edits,
        edits_told=run.told,
        edits_by_kind=dict(run.kinds.most_common()),
        lag_told=run.lags.percentiles(told_only=True),
        lag_all=run.lags.percentiles(told_only=False),
        lag_unseen=run.lags.unseen,
        measured_every=run.size.measured_every,
        requests=requests,
        requests_per_edit=round(requests / edits, 2),
        runs=runs,
        runs_per_edit=round(runs / edits, 2),
        throttles=asked.throttles,
        faults={**run.trouble.met, **run.trouble.stumbles},
        most_in_flight=asked.most_in_flight,
        editing_seconds=round(run.editing_seconds, 1),
        seconds=round(run.say.seconds, 1),
        machine=Machine.here(),
    )
