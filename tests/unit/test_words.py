"""The page has words for every code and state that the API shows to people."""

import ast
import re
from enum import StrEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from shared import errors
from shared.domain.appointments import SyncState
from shared.domain.availability import Freshness, RecurringEvents
from shared.domain.mirror import Availability
from shared.domain.model import PushStatus
from shared.flows.member_status import Status
from shared.flows.sync_calendar import _ABOUT_THE_CALENDAR
from shared.triggers.team_contract import CalendarHealth

ROOT = Path(__file__).parent.parent.parent
WORDS = ROOT / "web" / "words.js"
_TABLE = re.compile(r"const (\w+) = \{(.*?)\n?\};", re.DOTALL)
_KEY = re.compile(r"(?:^|[{,]|\n)\s*(\w+):\s*[\"\[]")


@cache
def words(table: str) -> frozenset[str]:
    """The keys of that table of the page."""
    tables = dict(_TABLE.findall(WORDS.read_text()))
    return frozenset(_KEY.findall(tables[table]))


@cache
def calls() -> tuple[tuple[str, Path, ast.Call], ...]:
    """What the application calls by its plain name, and where, read without running it."""
    trees = {one: ast.parse(one.read_text()) for one in sorted((ROOT / "shared").rglob("*.py"))}
    return tuple(
        (node.func.id, module, node)
        for module, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )


def values(name: str, place: int, keyword: str) -> set[str]:
    """What is given there where it stands in the code; what only passes through is left out."""
    found = (
        (one, argument(call, place, keyword)) for called, one, call in calls() if called == name
    )
    return {text for module, node in found if (text := value(module, node)) is not None}


def argument(call: ast.Call, place: int, keyword: str) -> ast.expr | None:
    named = next((one.value for one in call.keywords if one.arg == keyword), None)
    return named or (call.args[place] if place < len(call.args) else None)


def value(module: Path, node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Name):
        name = ".".join(module.relative_to(ROOT).with_suffix("").parts)
        return getattr(import_module(name), node.id, None)
    return node.value if isinstance(node, ast.Constant) else None


def problems() -> set[str]:
    """Of calendars and of accounts: errors that are kept, and what runs find by themselves."""
    kept: Any = _ABOUT_THE_CALENDAR
    by_error = {error.code for error in kept} | values("ReconnectRequired", 1, "code")
    return by_error | values("Problem", 0, "code")


def reasons() -> set[str]:
    """Why a calendar's mirror is worth less for some time."""
    return values("Reading", 2, "reason") | problems()


def test_the_codes_are_found_in_the_code() -> None:
    assert {"calendar_gone", "parked", "no_push_channel", "administrator_needed"} <= problems()
    assert "mass_deletion_held" in problems()
    assert {"first_read_running", "not_connected", "outside_synced_window"} <= reasons()
    assert errors.ReconnectRequired.code in problems()


def test_every_problem_and_every_reason_has_a_sentence() -> None:
    assert (problems() | reasons()) - words("PROBLEMS") == set()


def test_no_sentence_is_left_that_no_code_needs() -> None:
    assert words("PROBLEMS") - problems() - reasons() == set()


@pytest.mark.parametrize(
    ("table", "states"),
    [
        ("STATES", Status),
        ("READINGS", Freshness),
        ("PUSH", PushStatus),
        ("SYNC", SyncState),
        ("SERIES", RecurringEvents),
    ],
)
def test_every_state_has_words(table: str, states: type[StrEnum]) -> None:
    assert words(table) == {state.value for state in states}


def test_every_way_to_take_time_has_words() -> None:
    assert words("BLOCKS") == {one.value for one in Availability} - {Availability.FREE.value}


def test_the_words_for_push_are_those_of_the_contract() -> None:
    told = CalendarHealth.model_json_schema()["properties"]["push"]["enum"]
    assert words("PUSH") == set(told)
