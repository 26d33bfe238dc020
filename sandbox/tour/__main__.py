"""Plays the tour: `python -m sandbox.tour`. Exit code 0 only if each step saw what it should."""

import argparse
import asyncio
import contextlib
import logging
import sys
from pathlib import Path

import httpx
from azure.core.exceptions import AzureError

from sandbox.azurite import AzuriteError
from sandbox.functions_host.errors import HostError
from sandbox.stack import free_port, fresh_stack
from sandbox.tour.almanac_check import Almanac
from sandbox.tour.narration import Narrator
from sandbox.tour.serving import keep_settings, serve
from sandbox.tour.steps import STEPS, play, tour_of
from sandbox.tour.unseen import Unseen

_ALMANAC = Path(__file__).resolve().parents[1] / "seed" / "almanac.ics"
_FAILURES = (Unseen, AzuriteError, HostError, AzureError, httpx.HTTPError, OSError)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox.tour", description=__doc__)
    parser.add_argument("--serve", action="store_true", help="keep serving afterwards")
    parser.add_argument("--ics", type=Path, default=_ALMANAC, help="the calendar file to read")
    parser.add_argument("--local", type=Path, default=Path(".local"), help="for log and settings")
    return parser.parse_args()


async def _run(options: argparse.Namespace, say: Narrator) -> None:
    log, settings = options.local / "functions.log", options.local / "settings.json"
    ports = (free_port(7071), free_port(8080)) if options.serve else (0, 0)
    async with contextlib.AsyncExitStack() as stack:
        with say.step("Azurite, the sandbox and the functions start"):
            service = await stack.enter_async_context(fresh_stack(log, *ports))
            say.saw(f"tables and queues: {service.azurite.table}")
            say.saw(f"Entra and Microsoft Graph: {service.sandbox.https_url}")
            say.saw(f"the API: {service.api}")
        async with tour_of(service, say, options.ics) as tour:
            await play(tour)
        print(f"\nEach of the {say.number} steps saw what it should, in {say.seconds:.0f} s.")
        if options.serve:
            keep_settings(service, settings)
            await serve(service, settings, log)


def main() -> None:
    """Plays it; where a step fails, one sentence says what was not seen."""
    options = _options()
    logging.basicConfig(level=logging.ERROR)
    say = Narrator(len(STEPS) + 1)
    try:
        Almanac.read(options.ics.read_text("utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"{options.ics} cannot be read as a calendar: {error}")
    try:
        asyncio.run(_run(options, say))
    except _FAILURES as failure:
        text = str(failure) or type(failure).__name__
        sys.exit(
            f"\nThe tour stopped at step {say.number}: {text}\n"
            f"What the functions logged is in {options.local / 'functions.log'}."
        )
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
