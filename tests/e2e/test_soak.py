"""The soak, small: six calendars come true after sixty edits with everything going wrong."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.document import BEGIN, END, write_into
from bench.machine import Machine
from bench.soak.figures import Figures, suites
from bench.soak.run import STEPS, soak
from bench.soak.size import Size
from sandbox.tour.narration import Narrator


async def test_a_small_soak_converges_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    size = Size(calendars=6, edits=60, minutes=0.2)

    figures = await soak(size, Narrator(STEPS), tmp_path / "functions.log")

    assert figures.passed, capsys.readouterr().out
    assert (figures.calendars, figures.converged, figures.drift_left) == (6, 6, 0)
    assert figures.edits == sum(figures.edits_by_kind.values()) == 60
    assert figures.lag_all is not None
    assert 0 < figures.lag_all.p50 <= figures.lag_all.p99 <= figures.seconds
    assert figures.lag_unseen == 0
    assert 1 <= figures.most_in_flight <= 4
    assert figures.requests > 0
    assert figures.runs >= figures.calendars
    kept = json.loads(figures.as_json())
    assert (kept["passed"], kept["machine"]["cores"]) == (True, figures.machine.cores)
    assert "6 of 6 calendars" in capsys.readouterr().out + figures.text()


FIGURES = Figures(
    calendars=6,
    converged=6,
    drift_found=1,
    drift_left=0,
    edits=60,
    edits_told=57,
    edits_by_kind={"make": 60},
    lag_told=None,
    lag_all=None,
    lag_unseen=0,
    measured_every=1,
    requests=90,
    requests_per_edit=1.5,
    runs=120,
    runs_per_edit=2.0,
    throttles=1,
    faults={},
    most_in_flight=3,
    editing_seconds=5.0,
    seconds=20.0,
    machine=Machine("A processor", 2, "3.11"),
)


@pytest.mark.parametrize("wrong", [{"converged": 5}, {"drift_left": 1}, {"lag_unseen": 1}])
def test_a_soak_fails_for_a_calendar_or_an_edit_that_did_not_come_true(
    wrong: dict[str, int],
) -> None:
    assert FIGURES.passed
    assert not replace(FIGURES, **wrong).passed


def test_figures_go_between_the_markers_and_nowhere_else(tmp_path: Path) -> None:
    document = tmp_path / "guarantees.md"
    document.write_text(f"Before\n{BEGIN}\nold\n{END}\nAfter\n", "utf-8")

    assert write_into(document, FIGURES.markdown()) is None

    kept = document.read_text("utf-8")
    assert kept == f"Before\n{BEGIN}\n{FIGURES.markdown()}\n{END}\nAfter\n"
    assert "6 of 6 calendars" in kept


@pytest.mark.parametrize("text", [None, "no markers\n", f"{BEGIN} but no end\n"])
def test_a_document_without_markers_stays_as_it_is(tmp_path: Path, text: str | None) -> None:
    document = tmp_path / "guarantees.md"
    if text is not None:
        document.write_text(text, "utf-8")

    assert write_into(document, FIGURES.markdown()) is not None

    assert (document.read_text("utf-8") if document.exists() else None) == text


def test_what_the_suites_counted_is_a_table_besides() -> None:
    assert suites({"crash_points": 1045, "crash_points_broken": 0}).splitlines()[2:] == [
        "| crash points | 1,045 |",
        "| crash points broken | 0 |",
    ]
