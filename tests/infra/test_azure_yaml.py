"""What `azd up` is told: azure.yaml."""

import json
import re
from typing import Any

import yaml

from tests.infra.azure_settings import APP, SAMPLE
from tests.infra.bicep import MAIN, ROOT, of_type, read

DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "azure.yaml").read_text("utf-8"))
SERVICE: dict[str, Any] = DOCUMENT["services"]["api"]


def hooks() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {**DOCUMENT["hooks"], **SERVICE["hooks"]}
    return found


def test_the_service_is_a_python_function_app_built_in_azure() -> None:
    assert list(DOCUMENT["services"]) == ["api"]
    assert (SERVICE["host"], SERVICE["language"], SERVICE["project"]) == ("function", "python", ".")
    assert SERVICE["remoteBuild"] is True


def test_azd_finds_the_app_by_its_tag() -> None:
    app = of_type(read(APP), "Microsoft.Web/sites")["app"]
    assert "'azd-service-name': 'api'" in APP.read_text("utf-8")
    assert "union" in json.dumps(app["tags"])


def test_azd_finds_the_bicep_files() -> None:
    infra = DOCUMENT["infra"]
    assert ROOT / infra["path"] / f"{infra['module']}.bicep" == MAIN
    assert infra["provider"] == "bicep"


def test_hooks_are_there_for_both_shells() -> None:
    for hook in hooks().values():
        assert (hook["posix"]["shell"], hook["windows"]["shell"]) == ("sh", "pwsh")
        assert hook["posix"]["run"]
        assert hook["windows"]["run"]


def test_the_page_is_built_before_it_is_packaged_as_by_the_setup() -> None:
    setup = (ROOT / "scripts" / "setup.sh").read_text("utf-8")
    build = json.loads((ROOT / "web" / "package.json").read_text("utf-8"))["scripts"]["build"]
    assert "--outdir=built" in build
    for shell in ("posix", "windows"):
        run = SERVICE["hooks"]["prepackage"][shell]["run"]
        install, bundle = run.split(" && ")
        assert install == "npm ci --prefix web --ignore-scripts --no-audit --no-fund"
        assert bundle == "npm run --silent --prefix web build"
        assert bundle in setup
    ignored = (ROOT / ".funcignore").read_text("utf-8").split()
    assert {"web", "web/", "web/built", "built"}.isdisjoint(ignored)


def test_what_hooks_say_stays_on_the_screen() -> None:
    """Of other hooks azd shows the last lines while they run, and wipes them off.
    https://github.com/Azure/azure-dev/issues/6206, https://github.com/Azure/azure-dev/issues/9073"""
    for hook in DOCUMENT["hooks"].values():
        assert hook["posix"]["interactive"] is True
        assert hook["windows"]["interactive"] is True


def test_what_hooks_say_is_put_out_and_true() -> None:
    outputs = read(MAIN).outputs
    for hook in hooks().values():
        for shell in ("posix", "windows"):
            names = re.findall(r"\$(?:env:)?([A-Z_]+)", hook[shell]["run"])
            assert set(names) <= set(outputs)
    hint = hooks()["postprovision"]["posix"]["run"]
    assert re.findall(r"\$APP_BASE_URL(\S+)\"", hint) == [
        "/api/oauth/outlook/callback",
        "/api/oauth/google/callback",
    ]
    assert SAMPLE["PUBLIC_BASE_URL"]  # what /api comes after: shared/settings.py, callback_url
