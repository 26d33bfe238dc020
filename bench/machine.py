"""The machine that figures were taken on."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    cpu: str
    cores: int
    python: str

    @classmethod
    def here(cls) -> "Machine":
        return cls(_cpu(), os.cpu_count() or 1, platform.python_version())

    def __str__(self) -> str:
        return f"{self.cpu}, {self.cores} cores, Python {self.python}"


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
