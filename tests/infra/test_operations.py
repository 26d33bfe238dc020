"""docs/operations.md says of each alert what it means and what to do."""

import re
from pathlib import Path

from tests.infra.bicep import INFRA, read

ROOT = Path(__file__).parents[2]


def test_every_alert_is_explained_and_no_other() -> None:
    rules = (ROOT / "infra" / "modules" / "alerts.bicep").read_text()
    named = re.findall(r"^    name: '([a-z-]+)'\n    description:", rules, re.MULTILINE)
    severities = re.findall(r"^    severity: (\d)$", rules, re.MULTILINE)
    rows = re.findall(
        r"^\| `([a-z-]+)` \| (\d) \| .{20,} \| .{20,} \|$",
        (ROOT / "docs" / "operations.md").read_text(),
        re.MULTILINE,
    )

    assert dict(rows) == dict(zip(named, severities, strict=True))
    assert len(rows) == len(named) == len(list((ROOT / "infra" / "alerts").glob("*.kql"))) - 1


def test_it_says_which_alerts_end_by_themselves() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    [said] = re.findall(r"^(`[^|\n]+`) end by themselves", text, re.MULTILINE)
    alerts = read(INFRA / "modules" / "alerts.bicep").variables["alerts"]

    assert re.findall(r"`([a-z-]+)`", said) == [one["name"] for one in alerts if one["resolves"]]
