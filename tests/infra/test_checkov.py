"""checkov finds nothing in infra/ but what is excused there, with the reason."""

import fcntl
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.infra.bicep import FILES, INFRA, MAIN, ROOT

BAD = "open_storage.bicep"
OPEN_STORAGE = """
resource open 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'stopen'
  location: 'westeurope'
  kind: 'StorageV2'
  sku: {
    name: 'Standard_ZRS'
  }
  properties: {
    supportsHttpsTrafficOnly: false
    minimumTlsVersion: 'TLS1_0'
    networkAcls: {
      defaultAction: 'Allow'
    }
  }
}
"""
CANNOT_RUN = {"CKV_AZURE_189"}
"""It stops at a condition, with a traceback; vault.bicep excuses it."""


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One run over the files and a bad one: starting checkov takes seconds."""
    folder = tmp_path_factory.mktemp("checkov") / "infra"
    shutil.copytree(INFRA, folder)
    (folder / BAD).write_text(OPEN_STORAGE, "utf-8")
    kept = ROOT / ".local"
    kept.mkdir(exist_ok=True)
    with (kept / "checkov.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the script may make its environment; workers share it
        done = subprocess.run(
            ["scripts/checkov.sh", "-d", str(folder), "--framework", "bicep", "-o", "json"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    found: dict[str, Any] = json.loads(done.stdout or '{"results": {}}')
    crashed = set(re.findall(r"Failed to run check (\w+)", done.stderr))
    assert found["results"], done.stderr
    return {**found["results"], "summary": found["summary"], "crashed": crashed}


def files_of(checks: list[dict[str, Any]]) -> set[str]:
    return {Path(check["file_path"]).name for check in checks}


def test_checkov_finds_what_is_wrong_and_nothing_in_infra(checked: dict[str, Any]) -> None:
    failed = {
        (check["check_id"], Path(check["file_path"]).name, check["resource"])
        for check in checked["failed_checks"]
    }
    assert {name for _, name, _ in failed} == {BAD}, failed
    assert {check for check, _, _ in failed} >= {"CKV_AZURE_3", "CKV_AZURE_44", "CKV_AZURE_35"}


def test_checkov_has_read_every_file(checked: dict[str, Any]) -> None:
    assert checked["summary"]["parsing_errors"] == 0
    read = files_of([*checked["passed_checks"], *checked["skipped_checks"]])
    # It has no checks for what the others make.
    assert read >= {"app.bicep", "vault.bicep", "host_storage.bicep", "data_storage.bicep"}
    assert read <= {path.name for path in FILES} | {BAD}
    assert MAIN.name not in files_of(checked["failed_checks"])
    assert checked["crashed"] <= CANNOT_RUN


def test_each_excuse_has_its_reason_and_is_needed(checked: dict[str, Any]) -> None:
    skipped = [
        (Path(check["file_path"]).name, check["check_id"]) for check in checked["skipped_checks"]
    ]
    for check in checked["skipped_checks"]:
        assert len(check["check_result"]["suppress_comment"].split()) >= 4, check["check_id"]
    written = [
        (path.name, check)
        for path in FILES
        for check in re.findall(r"checkov:skip=(\w+): \S", path.read_text("utf-8"))
    ]
    assert set(skipped) - set(written) == set()
    assert {(name, check) for name, check in written if check not in CANNOT_RUN} <= set(skipped)
