"""Edits at an even rate, and how long each took to be in busy time and to be told by the webhook.

An edit is a new event. Those of one calendar are each later in the year than the one before, and
the calendars of a user lie in different months: a change that is told reaches to the end of an
event only after that event, or a later one of the calendar, was read.
"""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.connected import Connected
from bench.place import Place
from bench.telling.processors import Processors
from sandbox.tour.client import blocks_of
from sandbox.tour.intervals import Interval
from sandbox.tour.outlook import graph_time

_LONG = timedelta(minutes=15)
_APART = timedelta(minutes=30)
_MONTH = timedelta(days=35)
_LOOKS_PER_SECOND = 2
_FIRST_LOOK_SECONDS, _LONGEST_LOOK_SECONDS = 0.1, 1.0
_GIVEN_UP_SECONDS = 60.0
_SEVERAL = 3


@dataclass(eq=False)
class Edit:
    """`at` is when it happened by the sandbox's clock, which is this machine's; `due` when it was
    to happen, in seconds since the first."""

    owner: Connected
    calendar: str
    when: Interval
    due: float
    at: datetime
    busy_after: float | None = None
    told_after: float | None = None


class EditStream:
    """Edits of the calendars of these people, by `rate` a second."""

    def __init__(self, here: Place, people: Sequence[Connected], chance: random.Random) -> None:
        self._here, self._people, self._chance = here, people, chance
        self._made: defaultdict[str, int] = defaultdict(int)
        tomorrow = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self._first = tomorrow + timedelta(days=1)

    async def run(self, rate: float, seconds: float, too_late: float) -> "Run":
        """Edits for so long, but ends as soon as several that are looked for are not in busy time
        after `too_late` seconds; then `Run.late` says when, and nobody waits for webhooks."""
        await self._here.outlook.ask("POST", "crm/reset")
        run = Run()
        every = max(1, round(rate / _LOOKS_PER_SECOND))
        began, before = time.monotonic(), Processors.now()
        async with asyncio.TaskGroup() as group:
            for number in range(round(rate * seconds)):
                due = number / rate
                await asyncio.sleep(max(0.0, began + due - time.monotonic()))
                group.create_task(self._edit(run, due, look=number % every == 0))
                if run.waiting(too_late) >= _SEVERAL:
                    run.late = time.monotonic() - began
                    break
            run.processors = str(Processors.now() - before)
        if run.late is None:
            await self._tell(run)
        return run

    async def _edit(self, run: "Run", due: float, *, look: bool) -> None:
        owner = self._chance.choice(self._people)
        place = self._chance.randrange(len(owner.calendars))
        calendar = owner.calendars[place]
        start = self._first + place * _MONTH + self._made[calendar] * _APART
        self._made[calendar] += 1
        event = {
            "subject": "Talk",
            "start": graph_time(start, "UTC"),
            "end": graph_time(start + _LONG, "UTC"),
        }
        path, where = f"mailboxes/{owner.address}/events", {"calendar": calendar}
        made = await self._here.outlook.ask("POST", path, params=where, json=event)
        at = datetime.fromisoformat(made["createdDateTime"])
        edit = Edit(owner, calendar, (start, start + _LONG), due, at)
        run.edits.append(edit)
        if look:
            await _seen(run, edit)

    async def _tell(self, run: "Run") -> None:
        """Waits until the webhook has told of all, as far as it does, and notes when."""
        deadline = time.monotonic() + _GIVEN_UP_SECONDS
        while run.untold and time.monotonic() < deadline:
            await asyncio.sleep(_LONGEST_LOOK_SECONDS)
            asked = {"type": "calendar.busy_changed"}
            found = await self._here.outlook.ask("GET", "crm/received", params=asked)
            run.note_told(found["value"])


class Run:
    """The edits of one run; `processors` is who took how much of them while it edited."""

    def __init__(self) -> None:
        self.edits: list[Edit] = []
        self.late: float | None = None
        self.processors = ""
        self.awaited: dict[Edit, float] = {}

    @property
    def untold(self) -> list[Edit]:
        return [one for one in self.edits if one.told_after is None]

    def waiting(self, seconds: float) -> int:
        """How many of the edits that are looked for have waited longer than that."""
        now = time.monotonic()
        return sum(now - began > seconds for began in self.awaited.values())

    def note_told(self, received: Sequence[dict[str, Any]]) -> None:
        """Of each edit the first request that came after it and reaches over its end."""
        told: defaultdict[str, list[tuple[datetime, datetime, datetime]]] = defaultdict(list)
        for one in received:
            data = one["data"]
            times = (one["receivedAt"], data["start"], data["end"])
            came, start, end = (datetime.fromisoformat(text) for text in times)
            told[data["userId"]].append((came, start, end))
        for edit in self.untold:
            for came, start, end in told[edit.owner.person.user]:
                if came >= edit.at and start <= edit.when[0] and edit.when[1] <= end:
                    edit.told_after = (came - edit.at).total_seconds()
                    break


async def _seen(run: Run, edit: Edit) -> None:
    """Looks at busy time until it shows the edit, ever less often."""
    run.awaited[edit] = began = time.monotonic()
    pause = _FIRST_LOOK_SECONDS
    while time.monotonic() - began < _GIVEN_UP_SECONDS:
        await asyncio.sleep(pause)
        answer = await edit.owner.person.busy(edit.when)
        if answer["complete"] and blocks_of(answer) == [edit.when]:
            edit.busy_after = (datetime.now(UTC) - edit.at).total_seconds()
            break
        pause = min(_LONGEST_LOOK_SECONDS, pause * 1.1)
    del run.awaited[edit]
