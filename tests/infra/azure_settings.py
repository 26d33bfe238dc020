"""The settings of the app, in Azure and in the sample for local use."""

import json
from collections.abc import Mapping
from typing import Any

from tests.infra.bicep import INFRA, ROOT, of_type, read

APP = INFRA / "modules" / "app.bicep"
SAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))[
    "Values"
]
_MADE_UP = {
    "CALENDAR_STORAGE__tableServiceUri": "https://stdata.table.core.windows.net",
    "CALENDAR_STORAGE__queueServiceUri": "https://stdata.queue.core.windows.net",
    "CALENDAR_STORAGE__clientId": "00000000-0000-0000-0000-000000000000",
    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
    "OTEL_TRACES_SAMPLER_ARG": "1.0",
}


def settings_in_azure() -> Mapping[str, Any]:
    """By name, as app.bicep puts them."""
    found: Mapping[str, Any] = of_type(read(APP), "Microsoft.Web/sites/config")["settings"]
    settings: Mapping[str, Any] = found["properties"]
    return settings


def settings_as_written() -> Mapping[str, str]:
    """By name, the expression of each."""
    found: Mapping[str, str] = read(APP).written["settings"]["properties"]
    return found


def environment_like_azure() -> dict[str, str]:
    """The names that Azure sets, each with a value that is good in form."""
    return {name: SAMPLE.get(name, _MADE_UP.get(name, "")) for name in settings_in_azure()}
