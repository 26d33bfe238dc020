"""Queries are made of words that Kusto knows, and of names that the tables or they themselves have.

Nothing here can run them; a word that is spelt wrong would be seen in Azure alone, by an alert
that never speaks. https://learn.microsoft.com/kusto/query/
"""

import json
import re

import pytest

from tests.infra.bicep import INFRA

OPERATORS = {
    "extend": r"\w+ = .+",
    "order": r"by \w+( asc| desc)?",
    "project": r"\w+( = .+)?(, \w+( = .+)?)*",
    "summarize": r"(\w+ = )?\w+\(.*",
    "top": r"\d+ by \w+( asc| desc)?",
    "where": r".+",
}
WORDS = {"and", "asc", "between", "by", "desc", "in", "let", "not", "or", "union"} | {*OPERATORS}
FUNCTIONS = {
    *("ago", "bin", "case", "extract", "iff", "isfinite", "isnotempty", "parse_json", "round"),
    *("strcat", "tobool", "todatetime", "toint", "toscalar", "tostring"),
    *("count", "countif", "dcount", "dcountif", "max", "min", "percentile", "sum", "take_any"),
}
# https://learn.microsoft.com/azure/azure-monitor/reference/tables-index
TABLES = {
    "AppDependencies": {"AppRoleName", "DurationMs", "Name", "OperationId", "TimeGenerated"},
    "AppMetrics": {"ItemCount", "Max", "Name", "Properties", "Sum", "TimeGenerated"},
    "AppRequests": {
        *("AppRoleName", "DurationMs", "ItemCount", "Name", "OperationId"),
        *("ResultCode", "TimeGenerated"),
    },
    "AppTraces": {"Message", "Properties", "SeverityLevel", "TimeGenerated"},
}
VALUES = {"false", "true"}
_TEXT = re.compile(r"\"(?:[^\"\\]|\\.)*\"")
_NUMBER = re.compile(r"\b\d+(?:\.\d+)?(?:ms|[smhd])?\b")
_OF_A_BAG = re.compile(r"\b(Fields|Properties)\.\w+")
_NAMED = re.compile(r"\b(\w+) = (?!=)")


def queries() -> dict[str, str]:
    """Those of alerts after what they begin with, and those of the workbook."""
    alerts = {path.name: path.read_text("utf-8") for path in (INFRA / "alerts").glob("*.kql")}
    common = alerts["records.kql"]
    items = json.loads((INFRA / "workbook.json").read_text("utf-8"))["items"]
    shown = {one["name"]: one["content"]["query"] for one in items if one["type"] == 3}
    return {name: common + text for name, text in alerts.items()} | shown


def bare(query: str) -> str:
    """Without comments, texts, numbers and fields of bags."""
    code = "\n".join(line for line in query.splitlines() if not line.startswith("//"))
    return _OF_A_BAG.sub(r"\1", _NUMBER.sub("0", _TEXT.sub("''", code)))


def wrong_in(query: str) -> set[str]:
    """The words that mean nothing, and the steps that are none."""
    code = bare(query)
    tables = {table for table in TABLES if re.search(rf"\b{table}\b", code)}
    columns = {column for table in tables for column in TABLES[table]}
    known = WORDS | FUNCTIONS | VALUES | tables | columns | set(_NAMED.findall(code))
    words = set(re.findall(r"[A-Za-z_]\w*", code)) - known
    called = set(re.findall(r"(\w+)\(", code)) - FUNCTIONS - {"not"}
    steps = [step.strip() for step in re.findall(r"\|([^|]+?)(?=\||;|\n\w|$)", code)]
    return words | called | {step for step in steps if not is_step(step)}


def is_step(step: str) -> bool:
    operator, _, rest = step.partition(" ")
    return operator in OPERATORS and bool(
        re.match(OPERATORS[operator] + "$", rest.rstrip(")"), re.S)
    )


@pytest.mark.parametrize("name", queries())
def test_a_query_is_made_of_what_kusto_knows(name: str) -> None:
    assert wrong_in(queries()[name]) == set()


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("server-errors.kql", "summarize", "sumarize"),
        ("server-errors.kql", "AppRequests", "AppReqests"),
        ("server-errors.kql", "ItemCount", "Items"),
        ("queue-age.kql", "summarize Least = min(", "summarize Least = mins("),
        ("slow", "top 20 by", "top 20 of"),
        ("runs", "order by", "order"),
    ],
)
def test_a_word_that_is_spelt_wrong_is_seen(name: str, good: str, bad: str) -> None:
    changed = queries()[name].replace(good, bad)
    assert changed != queries()[name]
    assert wrong_in(changed)
