"""docs/guarantees.md names every rule and failure once, and tests that exist."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = ROOT / "docs" / "guarantees.md"
NAMES = (
    *(f"R{n}" for n in range(1, 17)),
    *(str(n) for n in range(1, 65)),
    *(f"F{n:02d}" for n in range(1, 26)),
    *(f"E{n}" for n in range(1, 11)),
)
OPEN: set[str] = set()
"""What is not fulfilled or not shown yet; a name goes from here with the word in the document."""

_NAME = re.compile(r"(?:R|F|E)?\d+")
_TEST = re.compile(r"`([\w./]+\.py)::(\w+)`")
_EXCUSE = "does not apply: "


class Row(NamedTuple):
    name: str
    guaranteed: str
    shown_by: str


def rows() -> Iterator[Row]:
    for line in DOCUMENT.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and _NAME.fullmatch(cells[0]):
            assert len(cells) == len(Row._fields), line
            yield Row(*cells)


ROWS = {row.name: row for row in rows()}


@cache
def modules() -> tuple[Path, ...]:
    return tuple(sorted((ROOT / "tests").rglob("test_*.py")))


@cache
def defined_in(module: Path) -> frozenset[str]:
    """The tests that a module defines, read without importing it."""
    found = ast.walk(ast.parse(module.read_text()))
    functions = (one for one in found if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(one.name for one in functions if one.name.startswith("test_"))


def found_under(named: str) -> list[Path]:
    """The modules whose path ends like that."""
    return [one for one in modules() if one.as_posix().endswith(f"/{named}")]


def test_every_rule_and_failure_has_one_row() -> None:
    assert Counter(row.name for row in rows()) == Counter(NAMES)
    assert [row.name for row in rows()] == list(NAMES)


def test_open_rows_are_known_and_get_fewer() -> None:
    assert {row.name for row in rows() if row.shown_by == "open"} == OPEN


@pytest.mark.parametrize("name", NAMES)
def test_a_row_says_what_is_guaranteed_and_names_tests_that_exist(name: str) -> None:
    row = ROWS[name]
    assert row.guaranteed.endswith(".")
    if row.shown_by == "open":
        return
    if row.shown_by.startswith(_EXCUSE):
        assert len(row.shown_by) > len(_EXCUSE) + 10
        return
    named = row.shown_by.split("<br>")
    assert len(set(named)) == len(named)
    for one in named:
        test = _TEST.fullmatch(one)
        assert test is not None, f"{one} names no test, nor says why there is none"
        matching = found_under(test[1])
        assert len(matching) == 1, f"{test[1]} is {len(matching)} modules"
        assert test[2] in defined_in(matching[0]), f"{one} does not exist"


def test_there_is_a_place_for_the_figures() -> None:
    text = DOCUMENT.read_text()
    assert text.count("<!-- figures -->") == text.count("<!-- /figures -->") == 1
    assert text.index("<!-- figures -->") < text.index("<!-- /figures -->")
