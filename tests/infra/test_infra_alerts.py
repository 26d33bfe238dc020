"""Alerts look for what the app logs, and each alarm that it raises is in one of them."""

import ast
import re
from functools import cache
from typing import Any

import pytest

from shared.domain.model import HELD
from shared.domain.watchdog import NO_PUSH, NOT_READ
from shared.messages import Message
from tests.infra.bicep import INFRA, ROOT, of_type, read

ALERTS = INFRA / "alerts"
FILE = read(INFRA / "modules" / "alerts.bicep")
RULES: list[dict[str, Any]] = FILE.variables["alerts"]
COMMON = "records.kql"
LEFT_OVER = "other-alarms.kql"
COLUMNS = {"TimeGenerated", "SeverityLevel", "Message", "Properties", "ResultCode"}
SAYS = {
    "poison-messages": ("GreaterThan", 0),
    "calendars-stale": ("GreaterThan", 0),
    "subscriptions-failing": ("GreaterThan", 0),
    "reconnects-rising": ("GreaterThan", 5),
    "server-errors": ("GreaterThan", 5),
    "queue-age": ("GreaterThan", 300),
    "sweeps-missing": ("LessThan", 5),
    "deletions-held": ("GreaterThan", 0),
    "webhook-failing": ("GreaterThan", 0),
    "notifications-unproven": ("GreaterThan", 100),
    "other-alarms": ("GreaterThan", 0),
}
"""What Value each speaks at."""
MINUTES = {"PT5M": 5, "PT15M": 15, "PT1H": 60, "P1D": 1440}
MESSAGES = Message.__subclasses__()
QUEUES = {message.queue for message in MESSAGES}


def query(name: str) -> str:
    """Without its comment."""
    lines = (ALERTS / name).read_text("utf-8").splitlines()
    assert lines[0].startswith("// ")
    return "\n".join(lines[1:])


def file_of(rule: dict[str, Any]) -> str:
    path: str = rule["query"]["function"]["parameters"]["file_path"]
    assert path.startswith("../alerts/")
    return path.removeprefix("../alerts/")


def whats(text: str) -> set[str]:
    """The records that a query looks for, or leaves out."""
    one = re.findall(r"What == \"([^\"]+)\"", text)
    lists = re.findall(r"What !?in \(([^)]*)\)", text)
    return {*one, *(name for names in lists for name in re.findall(r"\"([^\"]+)\"", names))}


@cache
def calls() -> list[tuple[str, ast.Call]]:
    """Each call of record() and alarm() in the app."""
    found = []
    for path in (ROOT / "shared").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                found.append((node.func.id, node))
    return [(name, call) for name, call in found if name in {"record", "alarm"} and call.args]


def logged(*functions: str) -> set[str]:
    found: set[str] = set()
    for name, call in calls():
        what = call.args[0]
        if name in functions and isinstance(what, ast.Constant):
            found.add(what.value)
        if name in functions and isinstance(what, ast.Name) and what.id == "HELD":
            found.add(HELD)
    return found


def fields() -> set[str]:
    named = {word.arg for _, call in calls() for word in call.keywords if word.arg}
    return named | {field for message in MESSAGES for field in message.model_fields} | {"what"}


each_query = pytest.mark.parametrize("name", sorted(path.name for path in ALERTS.glob("*.kql")))


def test_each_alert_has_a_query_of_its_own_and_each_query_an_alert() -> None:
    assert [file_of(rule) for rule in RULES] == [f"{rule['name']}.kql" for rule in RULES]
    assert sorted({path.name for path in ALERTS.glob("*.kql")} - {COMMON}) == sorted(
        file_of(rule) for rule in RULES
    )


def test_the_alerts_that_operators_count_on_are_there() -> None:
    assert [rule["name"] for rule in RULES] == list(SAYS)


@pytest.mark.parametrize("rule", RULES, ids=[rule["name"] for rule in RULES])
def test_silence_ends_an_alert_only_of_what_is_logged_while_it_lasts(rule: dict[str, Any]) -> None:
    """One that Azure does not end is told each time its query finds something: once for each
    record, where no two windows overlap."""
    alarms = whats(query(file_of(rule))) & logged("alarm")
    assert rule["resolves"] is not bool(alarms)
    if alarms:
        assert rule["window"] == rule["every"]
        assert rule["threshold"] == 0


@pytest.mark.parametrize("rule", RULES, ids=[rule["name"] for rule in RULES])
def test_each_alert_is_whole(rule: dict[str, Any]) -> None:
    assert rule.keys() == {
        "name",
        "description",
        "severity",
        "query",
        "operator",
        "threshold",
        "every",
        "window",
        "resolves",
    }
    assert rule["severity"] in {1, 2, 3}
    assert (rule["operator"], rule["threshold"]) == SAYS[rule["name"]]
    assert MINUTES[rule["every"]] <= MINUTES[rule["window"]]
    assert re.search(r"\bValue = .+$", query(file_of(rule)).splitlines()[-1])


@each_query
def test_queries_look_for_records_and_fields_that_are_logged(name: str) -> None:
    text = query(name)
    assert whats(text) - logged("record", "alarm") - QUEUES == set()
    assert set(re.findall(r"Fields\.(\w+)", text)) - fields() == set()
    assert set(re.findall(r"Fields\[\"(\w+)\"\]", text)) - fields() == set()
    reasons = set(re.findall(r"Fields\.reason\) == \"(\w+)\"", text))
    assert reasons <= {NOT_READ, NO_PUSH}


@each_query
def test_brackets_of_queries_are_closed(name: str) -> None:
    text = re.sub(r"\"[^\"]*\"", "", query(name))
    assert '"' not in text
    for opened, closed in ("()", "[]", "{}"):
        assert text.count(opened) == text.count(closed)


def test_each_alarm_is_told_once() -> None:
    """What has an alert of its own is left out of the one for the rest."""
    named = [file_of(rule) for rule in RULES if file_of(rule) != LEFT_OVER]
    own = {what for name in named for what in whats(query(name))} & logged("alarm")
    assert own
    assert whats(query(LEFT_OVER)) == own


def test_a_queue_that_waits_is_told_whichever_it_is() -> None:
    """Each is looked at every minute, so that a window has several looks of which one is enough."""
    [rule] = [rule for rule in RULES if rule["name"] == "queue-age"]
    assert MINUTES[rule["window"]] >= 5
    query = (INFRA / "alerts" / "queue-age.kql").read_text("utf-8")
    assert "min(toint(Fields.waited)) by Queue" in query
    assert "sync-calendar" not in query


def test_rules_are_made_of_the_table_and_told_to_the_action_group() -> None:
    [made] = of_type(FILE, "Microsoft.Insights/scheduledQueryRules").values()
    properties = made["properties"]
    written = FILE.written["rules"]["properties"]
    assert (written["enabled"], written["autoMitigate"]) == ("true", "rule.resolves")
    assert written["scopes"] == ["workspaceId"]
    assert written["actions"] == {"actionGroups": ["told.id"]}
    assert FILE.written["told"]["properties"]["enabled"] == "true"
    [asked] = written["criteria"]["allOf"]
    assert (asked["operator"], asked["threshold"]) == ("rule.operator", "rule.threshold")
    assert asked["query"] == "'${records}\\n${rule.query}'"
    assert (written["evaluationFrequency"], written["windowSize"]) == ("rule.every", "rule.window")
    assert set(asked["failingPeriods"].values()) == {"1"}
    [criterion] = properties["criteria"]["allOf"]
    assert properties["actions"]["actionGroups"]
    assert criterion["metricMeasureColumn"] == "Value"
    assert criterion["query"].startswith("${records}")
    assert FILE.variables["records"]["function"]["parameters"]["file_path"] == f"../alerts/{COMMON}"
