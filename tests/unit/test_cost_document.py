"""docs/cost.md says what its formulas come to, and these know what is deployed."""

import importlib
import json
import re
from pathlib import Path

import pytest

from bench.costs.cost import monthly
from bench.costs.cost_document import SIZES, text, written
from bench.costs.load import Figures
from bench.costs.prices import ALERTS, ALWAYS_READY_INSTANCES, ASSUMED

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def figures() -> Figures:
    return Figures.read()


def test_the_document_has_the_figures_of_its_formulas(figures: Figures) -> None:
    assert written() == text(figures)


def test_a_month_is_the_sum_of_its_lines(figures: Figures) -> None:
    for size in SIZES:
        month = monthly(figures, size)
        assert month.total == pytest.approx(sum(month.usd(line) for line in month.lines))
        assert all(month.usd(line) >= 0 for line in month.lines)


def test_looking_less_often_costs_less(figures: Figures) -> None:
    totals = [monthly(figures, 1_000, minutes).total for minutes in (5, 15, 30, 60)]
    assert totals == sorted(totals, reverse=True)


def test_what_is_free_is_free_once(figures: Figures) -> None:
    """Ten times the mailboxes cost more than nothing, and less than ten times as much."""
    few, many = (monthly(figures, size).total for size in (1_000, 10_000))
    assert few < many < 10 * few


def test_what_is_assumed_of_instances_is_what_is_deployed() -> None:
    sweep = importlib.import_module("shared.flows.sweep")
    queues = json.loads((_ROOT / "host.json").read_text("utf-8"))["extensions"]["queues"]
    assert queues["batchSize"] + queues["newBatchThreshold"] == ASSUMED.together
    assert ASSUMED.puts_at_once == sweep._AT_ONCE
    main = (_ROOT / "infra" / "main.bicep").read_text("utf-8")
    assert f"param instanceMemoryMB int = {ASSUMED.memory_gb * 1024:.0f}\n" in main
    assert "param detailedLogs bool = false\n" in main
    assert f"param alwaysReadyHttpInstances int = {ALWAYS_READY_INSTANCES}\n" in main


def test_the_alerts_that_are_paid_for_are_those_that_are_deployed() -> None:
    alerts = (_ROOT / "infra" / "modules" / "alerts.bicep").read_text("utf-8")
    every = re.findall(r"every: '(\w+)'", alerts)
    often = sum(one == "PT5M" for one in every)
    assert {
        "alert, every 5 minutes": often,
        "alert, every 15 minutes": len(every) - often,
    } == ALERTS
