"""Serves an app directory from the shell: `python -m sandbox.functions_host --app DIR`."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from sandbox.functions_host.errors import HostError
from sandbox.functions_host.host import STOP_SECONDS, running_host


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="functions_host", description=__doc__)
    parser.add_argument("--app", type=Path, required=True, help="the directory of function_app.py")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7071, help="0 takes a free one")
    parser.add_argument("--ready-file", type=Path, help="gets the base URL once all is served")
    parser.add_argument("--settings", type=Path, help="a local.settings.json")
    parser.add_argument("--no-timers", action="store_true", help="timers fire by hand only")
    parser.add_argument("--stop-within", type=float, default=STOP_SECONDS, help="seconds")
    parser.add_argument(
        "--stop-with-stdin", action="store_true", help="stop when standard input closes"
    )
    parser.add_argument(
        "--verbose", action="store_true", help="log every invocation, and what the app logs"
    )
    return parser.parse_args()


async def _serve(options: argparse.Namespace) -> None:
    """Serves until told to stop."""
    stopped = asyncio.Event()
    if options.stop_with_stdin:
        _when_stdin_closes(stopped.set)
    for kind in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(kind, stopped.set)
    async with running_host(
        options.app,
        settings=options.settings,
        address=options.address,
        port=options.port,
        timers=not options.no_timers,
        stop_within=options.stop_within,
    ) as host:
        if options.ready_file:
            _announce(options.ready_file, host.url)
        print(f"{len(host.functions)} functions at {host.url}", flush=True)
        await stopped.wait()
    if options.ready_file:
        options.ready_file.unlink(missing_ok=True)


def _when_stdin_closes(stop: Callable[[], None]) -> None:
    """Calls `stop` in the running loop once the other end of standard input is gone."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(stop)

    threading.Thread(target=read, name="standard input", daemon=True).start()


def _announce(file: Path, url: str) -> None:
    """Writes the URL in one step, so that a reader never sees half of it."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_text(f"{url}\n", "utf-8")
    draft.replace(file)


def main() -> None:
    """Runs it; exit code 1 and one line when it cannot start."""
    options = _options()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if options.verbose:
        logging.getLogger().setLevel("INFO")
    with contextlib.suppress(KeyboardInterrupt):
        try:
            asyncio.run(_serve(options))
        except (HostError, OSError) as error:
            sys.exit(f"functions_host: {error}")


if __name__ == "__main__":
    main()
