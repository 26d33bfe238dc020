"""The functions of the app, as the host sees them."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.infra.azure_settings import environment_like_azure
from tests.infra.bicep import ROOT

_SHOW = """
import json, function_app
print(json.dumps([
    {"function": function.get_function_name(), **binding}
    for function in function_app.app.get_functions()
    for binding in function.get_dict_repr()["bindings"]
], default=str))
"""


@pytest.fixture(scope="session")
def bindings() -> list[dict[str, Any]]:
    """All of the app, started in a process of its own with the settings of Azure and no others."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", _SHOW],
        cwd=ROOT,
        env=kept | environment_like_azure(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
