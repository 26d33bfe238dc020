"""P9: an event is made in Outlook, busy time shows it, the CRM's webhook has been told.

100 calendars of 50 mailboxes are edited at an even rate, at random. 50 edits a second are tried
first. Azurite, the sandbox, the functions, and whoever edits and looks share one machine here, each
a process that works on one processor; who took how much of them is told. Where edits wait ever
longer, lower rates are tried, and the first that can be held is measured. Before the minute that
counts the same rate goes on for 20 s: by then queues are read as often as they are under that load,
and the second looks have begun that each calendar gets 15 s after a notification.

The webhook is told of every edit, by the clock of the sandbox on both ends. Busy time is asked, as
the CRM would, for about two edits a second, ten times a second at first: to 0.1 s exact.

The floor is one queue and one post: a message put on a queue from outside at the same rate, taken
by a trivial function of the same host, by the same host.json, which posts to the sandbox. An edit
passes more: a notification and its queue, the run that reads the calendar, and the queue of what
is to be delivered. The queue of the first is written by the host, which then looks into it at
once; the other, like that of the floor, is found by polling, at most 2 s apart where little comes.
"""

import math
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.connected import at_rest, clients, connected
from bench.measuring import Spread
from bench.place import Place, place
from bench.results import Finding, exactly
from bench.telling.edit_stream import Edit, EditStream, Run
from bench.telling.local_floor import queue_and_post
from bench.telling.posting import percentile

_MAILBOXES, _CALENDARS_EACH = 50, 2
_RATES = (50.0, 20.0, 10.0, 5.0)
_BEFORE_SECONDS, _SECONDS = 20.0, 60.0
_FLOOR_SECONDS = 15.0
_TOO_LATE_SECONDS = 6.0
_MOST_GROWTH = 1.25
_LAST_START_SECONDS = 180.0

Show = Callable[[str], None]


@dataclass(frozen=True)
class _Held:
    """A rate and what it came to; `problem` is why it cannot be held, if so."""

    rate: float
    run: Run
    problem: str | None

    def __str__(self) -> str:
        told = f"{self.rate:.0f} edits a second: {self.problem or 'held'}"
        return f"{told} (processors: {self.run.processors})"


async def measure(show: Show) -> list[Finding]:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        async with place() as here:
            settings = {"delaySeconds": [0.0, 0.0]}
            await here.outlook.ask("PATCH", "subscriptions/settings", json=settings)
            async with here.functions_process(Path(folder) / "functions.log"):
                tried = await _tried(here, show, began)
            held = tried[-1]
            show(f"the floor, at {held.rate:.0f} a second")
            floor = await queue_and_post(here, held.rate, _FLOOR_SECONDS)
    return [_rate(tried), *_findings(held, floor)]


async def _tried(here: Place, show: Show, began: float) -> list[_Held]:
    """The rates that were tried, the last of which is measured: one that is held, or, when time
    is up, one that came to an end. The lowest goes on to its end whatever it comes to."""
    tried: list[_Held] = []
    async with clients(here) as (api, host):
        people = await connected(here, api, _MAILBOXES, _CALENDARS_EACH, show)
        await at_rest(host)
        stream = EditStream(here, people, random.Random(9))
        for rate in _RATES:
            too_late = _TOO_LATE_SECONDS if rate > _RATES[-1] else math.inf
            run = await stream.run(rate, _BEFORE_SECONDS + _SECONDS, too_late)
            tried.append(_Held(rate, run, _problem(run)))
            show(str(tried[-1]))
            late = time.monotonic() - began > _LAST_START_SECONDS
            if tried[-1].problem is None or (late and run.late is None):
                break
            await at_rest(host)
    return tried


def _problem(run: Run) -> str | None:
    """Why that rate cannot be held, if so."""
    if run.late is not None:
        return (
            f"after {run.late:.0f} s edits were not in busy time "
            f"{_TOO_LATE_SECONDS:.0f} s after they were made"
        )
    first, last = (percentile(_told(part), 0.5) for part in _ends(run))
    if last > _MOST_GROWTH * first:
        return f"the lag grew from {first:.2f} s to {last:.2f} s"
    return None


def _counted(run: Run) -> list[Edit]:
    return [one for one in run.edits if one.due >= _BEFORE_SECONDS]


def _thirds(run: Run) -> list[list[Edit]]:
    """The edits of each third of the minute."""
    thirds: list[list[Edit]] = [[], [], []]
    for one in _counted(run):
        thirds[min(2, int((one.due - _BEFORE_SECONDS) / (_SECONDS / 3)))].append(one)
    return thirds


def _ends(run: Run) -> tuple[list[Edit], list[Edit]]:
    first, _, last = _thirds(run)
    return first, last


def _told(edits: Sequence[Edit]) -> list[float]:
    return [one.told_after for one in edits if one.told_after is not None]


def _shown(edits: Sequence[Edit]) -> list[float]:
    return [one.busy_after for one in edits if one.busy_after is not None]


def _rate(tried: Sequence[_Held]) -> Finding:
    held = tried[-1]
    times = sorted(one.at for one in _counted(held.run))
    really = (len(times) - 1) / (times[-1] - times[0]).total_seconds()
    return Finding(
        work="P9",
        what="edits a second that are held for a minute",
        ours=exactly(round(really, 1)),
        unit="",
        aim=f"{_RATES[0]:.0f}",
        met=held.problem is None and held.rate >= _RATES[0],
        remark=f"{'; '.join(str(one) for one in tried)}.",
    )


def _findings(held: _Held, floor: Sequence[float]) -> list[Finding]:
    run, of = held.run, f"{held.rate:.0f} edits a second"
    return [
        *(_lag(f"edit to webhook, {of}", share, run, _told, floor) for share in (0.5, 0.99)),
        *(_lag(f"edit to busy time, {of}", share, run, _shown, floor) for share in (0.5, 0.99)),
        _growth(run),
        _lost(run),
    ]


def _lag(
    what: str,
    share: float,
    run: Run,
    lags: Callable[[Sequence[Edit]], list[float]],
    floor: Sequence[float],
) -> Finding:
    """Of the whole minute, and how far apart its thirds lie."""
    thirds = [percentile(lags(part), share) for part in _thirds(run)]
    whole = percentile(lags(_counted(run)), share)
    return Finding(
        work="P9",
        what=f"{what}, p{share * 100:.0f}",
        ours=Spread(whole, min(thirds), max(thirds), len(thirds)),
        unit="s",
        against="one queue and one post",
        theirs=exactly(percentile(floor, share)),
        remark=f"{len(lags(_counted(run))):,} edits.",
    )


def _growth(run: Run) -> Finding:
    first, last = (exactly(percentile(_told(part), 0.5)) for part in _ends(run))
    return Finding(
        work="P9",
        what="lag to the webhook in the last third of the minute, p50",
        ours=last,
        unit="s",
        against="first third",
        theirs=first,
        aim=f"at most {_MOST_GROWTH}",
        met=last.median <= _MOST_GROWTH * first.median,
    )


def _lost(run: Run) -> Finding:
    lost = len(run.untold)
    what = "edits that the webhook was never told of"
    return Finding("P9", what, exactly(lost), "", aim="0", met=not lost)
