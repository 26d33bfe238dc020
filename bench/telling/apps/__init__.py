"""Small apps that are served as ours is, to compare it with."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from bench.place import Place
from sandbox.functions_host.process import host_process
from sandbox.stack import APP, free_port

_HERE = Path(__file__).resolve().parent
POSTING_QUEUE = "bench-post"
"""Of the trivial app: what is put there is an address, and posted to."""


@asynccontextmanager
async def served(here: Place, name: Literal["trivial", "answering"]) -> AsyncIterator[str]:
    """Serves one from a process of its own, by our host.json; the address of its API."""
    with tempfile.TemporaryDirectory() as folder:
        app = Path(folder) / "app"
        app.mkdir()
        shutil.copy(_HERE / f"{name}.py", app / "function_app.py")
        shutil.copy(APP / "host.json", app)
        log = Path(folder) / "functions.log"
        async with host_process(app, environ=here.environ, port=free_port(), log=log) as url:
            yield f"{url}/api"
