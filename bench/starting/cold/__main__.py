"""In a fresh process: `python -m bench.starting.cold MODULE BODY` imports the module of an app,
lets the host index its functions, answers one notification, prints how long each took (JSON)."""

import json
import resource
import sys
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

FUNCTION = "ReceiveNotification"
_HEAVY = ("msgraph", "msgraph_core", "msal", "azure.identity", "kiota_abstractions", "kiota_http")


class Queued:
    """The queue output of the function."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def set(self, bodies: list[str]) -> None:
        self.bodies = bodies


def main(module: str, body: bytes) -> dict[str, Any]:
    """Seconds since the start; `queued` and `status` show that the answer was one."""
    began, worked = perf_counter(), process_time()
    app = import_module(module).app
    imported = perf_counter() - began
    functions = {one.get_function_name(): one.get_user_function() for one in app.get_functions()}
    indexed = perf_counter() - began
    request, queued = _request(body), Queued()
    asked = perf_counter()
    status = functions[FUNCTION](request, queued).status_code
    answering = perf_counter() - asked
    return {
        "imported": imported,
        "answered": indexed + answering,
        "answering": answering,
        "worked": process_time() - worked,
        "mebibytes": _mebibytes(),
        "modules": len(sys.modules),
        "heavy": [name for name in _HEAVY if name in sys.modules],
        "status": status,
        "queued": len(queued.bodies),
    }


def _request(body: bytes) -> Any:
    """As the worker hands it over; the app has imported the library."""
    url = "http://localhost/api/notifications/outlook"
    params = {"provider": "outlook"}
    library: Any = sys.modules["azure.functions"]
    return library.HttpRequest("POST", url, params={}, route_params=params, body=body)


def _mebibytes() -> float:
    """The most memory that the process has held.

    On Linux `getrusage` tells the parent's where that has held more, and /proc does not.
    """
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [one for one in status.read_text("utf-8").splitlines() if "VmHWM" in one]
        return int(line.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2].encode())))
