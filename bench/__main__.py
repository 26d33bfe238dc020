"""Measures what docs/performance.md tells: `python -m bench`, or `python -m bench P3 P6`.

Each row runs in a process of its own, so that none pays for what another has loaded or left.
"""

import argparse
import asyncio
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.document import write_into
from bench.machine import Machine
from bench.results import Finding, markdown, text, whole

ROWS = {
    "P1": "reading.first_read",
    "P2": "reading.incremental_sync",
    "P3": "reading.busy_query",
    "P4": "telling.notification_burst",
    "P5": "starting.cold_start",
    "P6": "starting.timer_tick",
    "P7": "lasting.mailbox_day",
    "P8": "lasting.fan_out",
    "P9": "telling.end_to_end",
    "ceilings": "costs.ceilings",
}
_RESULTS = Path("bench") / "results.json"
_DOCUMENT = Path("docs") / "performance.md"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all if none")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Runs the rows; all of them are kept in the document, some are only printed."""
    options = _options()
    if unknown := set(options.rows) - ROWS.keys():
        sys.exit(f"No such row: {', '.join(sorted(unknown))}. There are {', '.join(ROWS)}.")
    if options.into is not None:
        options.into.write_text(json.dumps(_measured(options.rows[0])), "utf-8")
        return
    chosen = options.rows or list(ROWS)
    findings, failed = _run(chosen)
    print(f"\n{text(findings)}")
    if failed:
        sys.exit(f"\nNot measured: {', '.join(failed)}. Nothing is written.")
    if not options.rows:
        _keep(findings)


def _measured(row: str) -> list[object]:
    """In the process of that row."""
    module = importlib.import_module(f"bench.{ROWS[row]}")
    began = time.monotonic()

    def show(line: str) -> None:
        print(f"{row:<9} {time.monotonic() - began:5.0f} s  {line}", flush=True)

    return [one.as_json() for one in asyncio.run(module.measure(show))]


def _run(rows: Sequence[str]) -> tuple[list[Finding], list[str]]:
    """What they found, and those that did not come to an end."""
    findings: list[Finding] = []
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        for row in rows:
            into = Path(folder) / "found.json"
            command = [sys.executable, "-m", "bench", row, "--into", str(into)]
            if subprocess.run(command, check=False, env=os.environ).returncode:
                failed.append(row)
                continue
            findings += [Finding.from_json(one) for one in json.loads(into.read_text("utf-8"))]
    return findings, failed


def _keep(findings: Sequence[Finding]) -> None:
    machine = Machine.here()
    _RESULTS.write_text(whole(findings, asdict(machine)), "utf-8")
    refused = write_into(_DOCUMENT, f"{markdown(findings)}\n\nMachine: {machine}.")
    print(f"Not written: {refused}." if refused else f"\nWritten into {_DOCUMENT}.")


if __name__ == "__main__":
    main()
