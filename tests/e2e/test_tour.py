"""The tour as `make demo` plays it, and that it fails when a step does not see what it should."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.stack import APP, Stack
from sandbox.tour import changing, choosing, connecting, reading, real_input
from sandbox.tour.almanac_check import Almanac
from sandbox.tour.narration import Narrator
from sandbox.tour.steps import STEPS, tour_of
from sandbox.tour.unseen import Unseen

TINY = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:test
BEGIN:VEVENT
UID:one@test
SUMMARY:Only
DTSTART:{day}T090000Z
DTEND:{day}T100000Z
END:VEVENT
END:VCALENDAR
"""


def played(local: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox.tour", "--local", str(local)],
        cwd=APP,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=150,
    )


def test_each_step_sees_what_it_should(tmp_path):
    done = played(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    titles = ["Azurite, the sandbox and the functions start", *(title for title, _ in STEPS)]
    printed = re.findall(r"^\[(\d+)/(\d+)\] +(.+)$", done.stdout, re.MULTILINE)
    assert printed == [(str(n), str(len(titles)), t) for n, t in enumerate(titles, start=1)]
    assert len(re.findall(r"^ +ok, \d+\.\d s$", done.stdout, re.MULTILINE)) == len(titles)
    figures = [
        int(text.replace(",", "")) for text in re.findall(r"([\d,]+) events? compared", done.stdout)
    ]
    assert figures[0] >= 500
    assert re.findall(r"(\d+) differences?", done.stdout) == ["0", "0"]
    log = (tmp_path / "functions.log").read_text("utf-8")
    assert "SyncCalendar" in log
    assert "deltatoken" not in log.lower()


def test_a_wrong_setting_stops_it_with_a_sentence(tmp_path):
    done = played(tmp_path, SWEEP_MINUTES="7")
    assert done.returncode == 1
    assert "The tour stopped at step 1: the functions did not start" in done.stderr
    assert "SWEEP_MINUTES: must divide 60" in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_change_of_which_nobody_is_told_is_not_seen(stack: Stack, tmp_path, monkeypatch):
    monkeypatch.setattr(changing, "_SEEN_WITHIN_SECONDS", 1)
    async with tour_of(stack, Narrator(4), tmp_path) as tour:
        for step in (connecting.connect, choosing.chosen, choosing.compared):
            await step(tour)
        stack.sandbox.world.subscriptions.settings.losing_mailboxes = {"*"}
        stack.sandbox.world.subscriptions.settings.missed_after_loss = False
        with pytest.raises(Unseen, match=r"not seen within 1 seconds.*should be busy and is not"):
            await changing.moved(tour)


async def test_a_calendar_that_cannot_be_read_is_not_seen(stack: Stack, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "_WITHIN_SECONDS", 1)
    async with tour_of(stack, Narrator(2), tmp_path) as tour:
        await connecting.connect(tour)
        rule = {"preset": "unavailable", "path": "delta", "count": None}
        await tour.outlook.ask("POST", "faults", json=rule)
        with pytest.raises(Unseen, match="The end of the first read"):
            await choosing.chosen(tour)
        await tour.outlook.ask("DELETE", "faults")


async def test_answers_that_differ_from_the_file_are_named(
    stack: Stack, tmp_path, monkeypatch, capsys
):
    file = tmp_path / "tiny.ics"
    day = f"{stack.sandbox.world.clock():%Y%m%d}"
    file.write_text(TINY.format(day=day), "utf-8")
    other = Almanac.read(TINY.format(day=day).replace("T100000Z", "T110000Z"))
    monkeypatch.setattr(Almanac, "without", lambda *_: other)
    async with tour_of(stack, Narrator(1), file) as tour:
        with pytest.raises(Unseen, match="differ from the file in 2 places"):
            await real_input.real_input(tour)
    assert "11:00 UTC should be busy and is not" in capsys.readouterr().out
