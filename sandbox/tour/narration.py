"""What the tour says: plain lines, a step at a time, with what was seen and how long it took."""

import contextlib
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

_INDENT = " " * 8


class Narrator:
    """Prints to standard output; `steps` is how many there will be."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._number = 0
        self._passing = ""
        self._began = time.monotonic()

    @property
    def number(self) -> int:
        """The step that is running, or ran last."""
        return self._number

    @property
    def seconds(self) -> float:
        """Since the tour began."""
        return time.monotonic() - self._began

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        """One step; its last line says that it saw what it should."""
        self._number += 1
        number = f"[{self._number}/{self._steps}]"
        print(f"{number:<{len(_INDENT)}}{title}", flush=True)
        began = time.monotonic()
        yield
        self.saw(f"ok, {time.monotonic() - began:.1f} s")

    def saw(self, text: str) -> None:
        """A line of the step."""
        self._wipe()
        print(f"{_INDENT}{text}", flush=True)

    def passing(self, text: str) -> None:
        """How far something has come: on a terminal the line is written over by the next."""
        if text == self._passing:
            return
        if not sys.stdout.isatty():
            self._passing = text
            print(f"{_INDENT}{text}", flush=True)
            return
        self._wipe()
        self._passing = text
        print(f"{_INDENT}{text}", end="", flush=True)

    def _wipe(self) -> None:
        if self._passing and sys.stdout.isatty():
            print("\r" + " " * (len(_INDENT) + len(self._passing)), end="\r")
        self._passing = ""


def span(start: datetime, end: datetime, zone: str) -> str:
    """`Tue 24 Nov 10:00-11:00`, on that zone's clocks."""
    here = ZoneInfo(zone)
    begins, ends = start.astimezone(here), end.astimezone(here)
    until = f"{ends:%H:%M}" if begins.date() == ends.date() else f"{ends:%a %d %b %H:%M}"
    return f"{begins:%a %d %b %H:%M}-{until}"


def counted(number: int, what: str) -> str:
    """`1 event`, `1,234 events`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
