"""docs/security.md names every trust boundary, and for each tests that exist."""

import re
from typing import NamedTuple

import pytest

from tests.unit.test_guarantees import ROOT, defined_in, found_under

TEXT = (ROOT / "docs" / "security.md").read_text("utf-8")
BOUNDARIES = (
    "browser ↔ API",
    "browser ↔ API, from other origins",
    "CRM frame",
    "text of others ↔ page",
    "CRM token",
    "roles: agent, admin, service",
    "OAuth redirect",
    "provider notifications",
    "provider answers",
    "webhook receiver",
    "queues",
    "storage",
    "Key Vault",
    "logs, traces, figures",
    "sandbox, never in production",
    "packages of others",
)
_TEST = re.compile(r"`(\w+\.py)::(\w+)`")
_ANY_TEST = re.compile(r"`[^`]*\.py::[^`]*`")


class Row(NamedTuple):
    boundary: str
    threat: str
    guard: str
    shown_by: str
    left: str


def rows() -> list[Row]:
    section = TEXT.split("\n## Trust boundaries\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines]


def test_every_trust_boundary_has_one_row() -> None:
    assert tuple(row.boundary for row in rows()) == BOUNDARIES


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.boundary)
def test_a_boundary_says_what_threatens_what_guards_and_what_is_left(row: Row) -> None:
    for cell in (row.threat, row.guard, row.left):
        assert cell.endswith(".")
    assert _TEST.sub("", row.shown_by).replace("<br>", "") == ""
    assert _TEST.findall(row.shown_by)


def test_every_test_that_is_named_exists() -> None:
    named = _ANY_TEST.findall(TEXT)
    assert len(named) > len(BOUNDARIES)
    for one in named:
        test = _TEST.fullmatch(one)
        assert test is not None, f"{one} names no test"
        matching = found_under(test[1])
        assert len(matching) == 1, f"{test[1]} is {len(matching)} modules"
        assert test[2] in defined_in(matching[0]), f"{one} does not exist"


def test_a_vulnerability_can_be_reported_and_what_is_kept_is_told() -> None:
    for title in (
        "Reporting a vulnerability",
        "What is logged",
        "How long things are kept",
        "Erasing",
    ):
        assert f"\n## {title}\n" in TEXT
