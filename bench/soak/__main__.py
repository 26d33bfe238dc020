"""Soaks the service: `python -m bench.soak`. Exit code 0 only if every calendar came true."""

import argparse
import asyncio
import json
import logging
import os
import sys
from pathlib import Path

import httpx
from azure.core.exceptions import AzureError

from bench.document import write_into
from bench.soak.figures import suites
from bench.soak.run import STEPS, soak
from bench.soak.size import Size
from sandbox.azurite import AzuriteError
from sandbox.functions_host.errors import HostError
from sandbox.tour.narration import Narrator
from sandbox.tour.unseen import Unseen

_JSON = Path("bench") / "soak.json"
_DOCUMENT = Path("docs") / "guarantees.md"
_LOG = Path(".local") / "soak.log"
_FAILURES = (Unseen, AzuriteError, HostError, AzureError, httpx.HTTPError, OSError)


def _options() -> argparse.Namespace:
    usual = Size(minutes=float(os.environ.get("SOAK_MINUTES", "30")))
    parser = argparse.ArgumentParser(prog="bench.soak", description=__doc__)
    parser.add_argument("--calendars", type=int, default=usual.calendars)
    parser.add_argument("--edits", type=int, default=usual.edits)
    parser.add_argument("--minutes", type=float, default=usual.minutes, help="or SOAK_MINUTES")
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--json", type=Path, default=_JSON, help="where the figures are kept")
    parser.add_argument("--log", type=Path, default=_LOG, help="what the functions log")
    parser.add_argument("--write", action="store_true", help=f"put them into {_DOCUMENT} too")
    parser.add_argument("--counted", type=Path, help="what suites have counted, besides")
    return parser.parse_args()


def main() -> None:
    """Runs it; where it does not come to an end, one sentence says what was not seen."""
    options = _options()
    logging.basicConfig(level=logging.ERROR)
    size = Size(options.calendars, options.edits, options.minutes, options.seed)
    say = Narrator(STEPS)
    try:
        figures = asyncio.run(soak(size, say, options.log))
    except _FAILURES as failure:
        text = str(failure) or type(failure).__name__
        sys.exit(f"\nThe soak stopped at step {say.number}: {text}\nThe log is {options.log}.")
    except KeyboardInterrupt:
        sys.exit(130)
    print(f"\n{figures.text()}")
    options.json.write_text(figures.as_json(), "utf-8")
    if options.write:
        parts = [figures.markdown()]
        if options.counted is not None:
            parts.insert(0, suites(json.loads(options.counted.read_text("utf-8"))))
        refused = write_into(_DOCUMENT, "\n\n".join(parts))
        print(f"Not written: {refused}." if refused else f"Written into {_DOCUMENT}.")
    sys.exit(0 if figures.passed else 1)


if __name__ == "__main__":
    main()
