"""The functions host as a process of its own, as it is where the app really runs."""

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from sandbox.functions_host.errors import HostError
from sandbox.functions_host.host import STOP_SECONDS

START_SECONDS = 60.0
_ROOT = Path(__file__).resolve().parents[2]


@contextlib.asynccontextmanager
async def host_process(
    app: Path, *, environ: Mapping[str, str], port: int, log: Path
) -> AsyncIterator[str]:
    """Serves an app directory with its timers; gives the base URL once all is served.

    `environ` is added to the environment, what the process says goes to `log`. The process ends
    with the block, and with this process however it dies. Raises HostError when it does not start.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output, tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "url"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sandbox.functions_host", "--verbose", "--stop-with-stdin"),
            *("--app", str(app), "--port", str(port), "--ready-file", str(ready)),
            stdin=asyncio.subprocess.PIPE,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **environ},
            cwd=_ROOT,
            start_new_session=True,
        )
        try:
            yield await _url(process, ready, log)
        finally:
            await _end(process)


async def _url(process: asyncio.subprocess.Process, ready: Path, log: Path) -> str:
    """Waits until the host has announced itself."""
    deadline = time.monotonic() + START_SECONDS
    while process.returncode is None and time.monotonic() < deadline:
        if url := _announced(ready):
            return url
        await asyncio.sleep(0.02)
    raise HostError(f"the functions did not start: {_last_line(log)}")


def _announced(ready: Path) -> str:
    return ready.read_text("utf-8").strip() if ready.exists() else ""


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1].removeprefix("functions_host: ") if lines else "nothing was said"


async def _end(process: asyncio.subprocess.Process) -> None:
    """Asks it to stop; it lets what runs finish."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS + 5)
    except TimeoutError:
        process.kill()
        await process.wait()
