"""P5: a new process imports the app and answers its first notification.

Each repetition is a process of its own that finds its files in memory and its bytecode made; ours
and the others take turns. The comparison is `cold/least_app.py`: `azure.functions`, without
which nothing can be served, pydantic, which validates what comes in, and as much code as answers a
notification. pydantic counts with three models, as it loads most of itself when the first is made.
What else we load is not unavoidable there: settings and traces could do without pydantic-settings
and OpenTelemetry's API. As these are used on the path today, `cold/used_libraries.py` loads
them too, and is told without an aim. What is added to the least app, and how long that takes, is
told by `-X importtime`, which makes all imports slower by some part.

The interpreter's own start is left out: nobody can change it. The worker's connection to its host
is not here. Memory is the most that the process has held, the interpreter's own included.
"""

import asyncio
import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench.measuring import Spread
from bench.results import Finding, exactly
from sandbox.stack import APP
from sandbox.tour.unseen import Unseen
from shared.domain.model import CalendarKey
from shared.domain.proof import prove

_OURS, _LEAST, _USED = (
    "function_app",
    "bench.starting.cold.least_app",
    "bench.starting.cold.used_libraries",
)
_ROUNDS = 15
_TRACED = 5
_MOST_SLOWER = 1.3
_SHOWN = 9
_PROCESS_SECONDS = 30.0
_IMPORTED = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")

Show = Callable[[str], None]
Facts = Mapping[str, Any]


async def measure(show: Show) -> list[Finding]:
    environ = {**os.environ, **_settings()}
    body = json.dumps({"value": [{"clientState": _proof(environ), "changeType": "updated"}]})
    found: dict[str, list[Facts]] = {_LEAST: [], _USED: [], _OURS: []}
    show(f"{_ROUNDS} starts of each")
    for number in range(_ROUNDS + 1):
        for module, facts in found.items():
            one = await _started(environ, module, body)
            if number:
                facts.append(one)
    show(f"{_TRACED} starts with each import timed")
    traced = [await _besides(environ) for _ in range(_TRACED)]
    besides = {name: median(one.get(name, 0.0) for one in traced) for name in traced[0]}
    for name, seconds in sorted(besides.items(), key=lambda item: -item[1]):
        show(f"{seconds * 1e3:6.1f} ms  {name}")
    return [*_findings(found, _told(besides)), _heavy(found[_OURS])]


def _findings(found: Mapping[str, Sequence[Facts]], told: str) -> list[Finding]:
    ours, least, used = found[_OURS], found[_LEAST], found[_USED]
    counts = [int(facts[0]["modules"]) for facts in (ours, least)]
    return [
        _compared("import", "imported", ours, least, remark=told),
        _against_used("import", ours, used),
        _compared("import to first notification answered", "answered", ours, least),
        Finding(
            work="P5",
            what="of it, the first answer itself",
            ours=_ms(ours, "answering"),
            unit="ms",
            against="least app",
            theirs=_ms(least, "answering"),
        ),
        _compared("processor until then", "worked", ours, least),
        Finding(
            work="P5",
            what="memory by then",
            ours=Spread.of([one["mebibytes"] for one in ours]),
            unit="MiB",
            against="least app",
            theirs=Spread.of([one["mebibytes"] for one in least]),
            remark=f"{counts[0]} modules are loaded, by the least app {counts[1]}.",
        ),
    ]


def _compared(
    what: str, fact: str, ours: Sequence[Facts], least: Sequence[Facts], remark: str = ""
) -> Finding:
    mine, theirs = _ms(ours, fact), _ms(least, fact)
    return Finding(
        work="P5",
        what=what,
        ours=mine,
        unit="ms",
        against="least app",
        theirs=theirs,
        aim=f"at most {_MOST_SLOWER}",
        met=mine.median <= _MOST_SLOWER * theirs.median,
        remark=remark,
    )


def _against_used(what: str, ours: Sequence[Facts], used: Sequence[Facts]) -> Finding:
    return Finding(
        work="P5",
        what=what,
        ours=_ms(ours, "imported"),
        unit="ms",
        against="least app with all libraries that the path uses",
        theirs=_ms(used, "imported"),
    )


def _heavy(ours: Sequence[Facts]) -> Finding:
    loaded = sorted({name for one in ours for name in one["heavy"]})
    return Finding(
        work="P5",
        what="msgraph, msal, azure.identity, kiota loaded by then",
        ours=exactly(len(loaded)),
        unit="",
        aim="0",
        met=not loaded,
        remark=f"Loaded: {', '.join(loaded)}." if loaded else "",
    )


def _ms(facts: Sequence[Facts], name: str) -> Spread:
    return Spread.of([one[name] * 1e3 for one in facts])


def _told(besides: Mapping[str, float]) -> str:
    most = sorted(besides.items(), key=lambda item: -item[1])[:_SHOWN]
    named = ", ".join(f"{name} {seconds * 1e3:.0f}" for name, seconds in most)
    return f"Beyond the least app, by importtime, in ms: {named}."


async def _started(environ: Mapping[str, str], module: str, body: str) -> Facts:
    """What a process told that imported the module and answered."""
    out, _ = await _process(environ, "-m", "bench.starting.cold", module, body)
    facts: Facts = json.loads(out)
    if (facts["status"], facts["queued"]) != (202, 1):
        raise Unseen(f"{module} answered {facts['status']} and queued {facts['queued']}.")
    return facts


async def _besides(environ: Mapping[str, str]) -> dict[str, float]:
    """Seconds by package, of what ours imports where the least app is there already."""
    code = f"import {_LEAST}\nimport {_OURS}"
    _, told = await _process(environ, "-X", "importtime", "-c", code)
    _, _, after = told.partition(f" {_LEAST}\n")
    seconds: defaultdict[str, float] = defaultdict(float)
    for micros, name in _IMPORTED.findall(after):
        seconds[_package(name)] += int(micros) / 1e6
    return seconds


def _package(module: str) -> str:
    first, _, rest = module.partition(".")
    if first in sys.stdlib_module_names:
        return "standard library"
    return f"{first}.{rest.partition('.')[0]}" if first in {"shared", "azure"} and rest else first


async def _process(environ: Mapping[str, str], *arguments: str) -> tuple[str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments),
        env=dict(environ),
        cwd=APP,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), _PROCESS_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise Unseen(f"A start took longer than {_PROCESS_SECONDS:.0f} s.") from None
    if process.returncode:
        raise Unseen(f"A start failed: {err.decode().strip().rpartition(chr(10))[2]}")
    return out.decode(), err.decode()


def _settings() -> dict[str, str]:
    """Those of the sample: nothing that they name is asked."""
    sample = (Path(APP) / "local.settings.sample.json").read_text("utf-8")
    return dict(json.loads(sample)["Values"])


def _proof(environ: Mapping[str, str]) -> str:
    return prove(environ["NOTIFICATION_SECRET"], CalendarKey("0" * 32))
