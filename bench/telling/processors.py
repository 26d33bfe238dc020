"""Which of the processes of a benchmark takes how much of the processors."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

_NAMES = {
    "azurite.js": "Azurite",
    "sandbox.server": "sandbox",
    "sandbox.functions_host": "functions",
}


@dataclass(frozen=True)
class Processors:
    """Seconds of processor by process, taken until `at`; of a difference, in so many seconds."""

    at: float
    seconds: Mapping[str, float]

    @classmethod
    def now(cls) -> "Processors":
        here = psutil.Process()
        found = {"benchmark": _seconds(here)}
        for one in here.children(recursive=True):
            line = " ".join(one.cmdline())
            for part, name in _NAMES.items():
                if part in line:
                    found[name] = found.get(name, 0.0) + _seconds(one)
        return cls(time.monotonic(), found)

    def __sub__(self, before: "Processors") -> "Processors":
        spent = {name: had - before.seconds.get(name, 0.0) for name, had in self.seconds.items()}
        return Processors(self.at - before.at, spent)

    def __str__(self) -> str:
        return ", ".join(f"{name} {spent / self.at:.2f}" for name, spent in self.seconds.items())


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
