"""The workbook shows the figures that the application makes, and reads its records alike."""

import json
import re
from typing import Any

from shared import metrics
from tests.infra.bicep import INFRA

ITEMS: list[dict[str, Any]] = json.loads((INFRA / "workbook.json").read_text("utf-8"))["items"]
QUERIES = {one["name"]: one["content"]["query"] for one in ITEMS if one["type"] == 3}


def test_it_shows_every_figure_and_no_other() -> None:
    made = {
        instrument._name
        for instrument in vars(metrics).values()
        if str(getattr(instrument, "_name", "")).startswith("calendar_sync.")
    }
    shown = set(re.findall(r'Name == "(calendar_sync[a-z_.]+)"', "\n".join(QUERIES.values())))

    assert shown == made
    assert len(made) == 5


def test_records_are_read_as_the_alerts_read_them() -> None:
    lines = (INFRA / "alerts" / "records.kql").read_text("utf-8").splitlines()
    records = "\n".join(line for line in lines if not line.startswith("//"))
    used = [query for query in QUERIES.values() if "Records" in query]

    assert used
    assert all(query.startswith(records) for query in used)
