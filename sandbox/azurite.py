"""Starts Azurite, Microsoft's storage emulator, on free ports.

Code: `with start_azurite() as azurite: azurite.connection_string`.
Shell: `python -m sandbox.azurite --location DIR`.

Azurite ends with the `with` block, with this process however it dies (its standard input is a
pipe that closes with us), or when told to stop.

Facts: https://github.com/Azure/Azurite#readme (options, the well-known account and key).
"""

import argparse
import atexit
import contextlib
import functools
import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ACCOUNT = "devstoreaccount1"
# Public and the same in every Azurite: it is printed in Microsoft's documentation.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
SERVICES = ("Blob", "Queue", "Table")
START_SECONDS = 60.0

# Seconds, longer than clients keep a connection (aiohttp 15): what is written on one that was just
# closed is lost, and clients do not repeat a POST. Azurite's default is 5.
_KEPT_OPEN = "60"

_SCRIPT = Path(__file__).parent / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
# When our end of its standard input closes, Azurite shuts down, writing its data.
_ON_CLOSE = "process.stdin.on('close',()=>{%s}).resume()"
_EXIT = "process.exit(0)"
_WRITE_AND_EXIT = "process.emit('SIGTERM');setTimeout(()=>process.exit(0),3000).unref()"
_LISTENING = re.compile(r"Azurite (\w+) service is successfully listening at (http://[\d.]+:\d+)")


class AzuriteError(Exception):
    """Azurite is not installed or did not start."""


@dataclass(frozen=True)
class Azurite:
    """A running Azurite: the addresses of its services and how long the start took, in seconds."""

    blob: str
    queue: str
    table: str
    start_seconds: float
    process: subprocess.Popen[str]
    reader: threading.Thread

    @property
    def connection_string(self) -> str:
        """What Azure's clients and the Functions host take as a storage connection."""
        return (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint={self.blob}/{ACCOUNT};QueueEndpoint={self.queue}/{ACCOUNT};"
            f"TableEndpoint={self.table}/{ACCOUNT};"
        )

    def stop(self) -> None:
        """Ends it; harmless when repeated."""
        _end(self.process)
        self.reader.join()


@contextlib.contextmanager
def start_azurite(
    location: Path | None = None, ports: Sequence[int] = (0, 0, 0), *, silent: bool = True
) -> Iterator[Azurite]:
    """An Azurite that keeps its data in `location`, or in memory without one.

    `ports` are those of blob, queue and table; 0 takes a free one. Unless `silent`, its log of
    requests goes to standard output.
    """
    azurite = _start(location, ports, silent=silent)
    try:
        yield azurite
    finally:
        azurite.stop()


@functools.cache
def shared_azurite() -> Azurite:
    """One Azurite in memory for the whole process, started at the first call; ends with it."""
    azurite = _start(None, (0, 0, 0), silent=True)
    atexit.register(azurite.stop)
    return azurite


def _start(location: Path | None, ports: Sequence[int], *, silent: bool) -> Azurite:
    """Starts Azurite and waits until its three services answer."""
    if not _SCRIPT.exists():
        raise AzuriteError("Azurite is not installed: run `npm ci` in the sandbox directory")
    began = time.monotonic()
    process = subprocess.Popen(
        _command(location, ports, silent=silent),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        found = _addresses(process)
        for address in found.values():
            _answers(address)
    except BaseException:
        _end(process)
        raise
    addresses = (found["Blob"], found["Queue"], found["Table"])
    seconds = time.monotonic() - began
    return Azurite(*addresses, seconds, process, _drain(process, silent=silent))


def _command(location: Path | None, ports: Sequence[int], *, silent: bool) -> list[str]:
    """The command line."""
    on_close = _ON_CLOSE % (_WRITE_AND_EXIT if location else _EXIT)
    where = ["--location", str(location)] if location else ["--inMemoryPersistence"]
    return [
        *("node", "--import", f"data:text/javascript,{on_close}", str(_SCRIPT)),
        *("--disableTelemetry", "--skipApiVersionCheck", *where),
        *(["--silent"] if silent else []),
        *("--queueKeepAliveTimeout", _KEPT_OPEN, "--tableKeepAliveTimeout", _KEPT_OPEN),
        *("--blobPort", str(ports[0]), "--queuePort", str(ports[1]), "--tablePort", str(ports[2])),
    ]


def _addresses(process: subprocess.Popen[str]) -> dict[str, str]:
    """Where each service listens, as Azurite prints it."""
    deadline = threading.Timer(START_SECONDS, process.kill)
    deadline.start()
    found: dict[str, str] = {}
    printed: list[str] = []
    try:
        for line in _output(process):
            printed.append(line)
            if match := _LISTENING.search(line):
                found[match[1]] = match[2]
            if all(service in found for service in SERVICES):
                return found
    finally:
        deadline.cancel()
    raise AzuriteError("Azurite did not start: " + " ".join("".join(printed[-5:]).split()))


def _answers(address: str) -> None:
    """Makes one request; any HTTP answer will do."""
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(f"{address}/{ACCOUNT}", timeout=10).close()


def _output(process: subprocess.Popen[str]) -> IO[str]:
    """The output of a process that was started with a pipe."""
    if process.stdout is None:
        raise AzuriteError("Azurite was started without a pipe for its output")
    return process.stdout


def _drain(process: subprocess.Popen[str], *, silent: bool) -> threading.Thread:
    """Goes on reading, so that a full pipe never blocks Azurite."""

    def read() -> None:
        with _output(process) as lines:
            for line in lines:
                if not silent:
                    print(line, end="", flush=True)

    thread = threading.Thread(target=read, name="azurite output", daemon=True)
    thread.start()
    return thread


def _end(process: subprocess.Popen[str]) -> None:
    """Ends the process group and reaps it."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def main() -> None:
    """Runs Azurite until interrupted; prints the connection string."""
    parser = argparse.ArgumentParser(description="Starts Azurite, the local storage emulator.")
    parser.add_argument("--location", type=Path, help="where the data is kept; else in memory")
    parser.add_argument("--ports", type=int, nargs=3, default=(0, 0, 0), help="blob queue table")
    parser.add_argument("--verbose", action="store_true", help="print every request")
    options = parser.parse_args()
    with start_azurite(options.location, options.ports, silent=not options.verbose) as azurite:
        print(f"Azurite answered after {azurite.start_seconds:.1f} s")
        print(azurite.connection_string, flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):
            azurite.process.wait()


if __name__ == "__main__":
    main()
