"""Runs functions as the Python worker does: async ones on the loop, sync ones on threads.

Facts: github.com/Azure/azure-functions-python-worker, `handle_event.py` (arguments, results,
errors); functions-reference-python#use-multiple-language-worker-processes (threads).
"""

import asyncio
import contextlib
import contextvars
import logging
import os
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from sandbox.functions_host.activity import Activity
from sandbox.functions_host.functions import Function, QueueName
from sandbox.functions_host.outputs import Out, to_messages
from sandbox.functions_host.queues import Queues

logger = logging.getLogger("functions_host")


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended: what it returned, or the error that failed it."""

    value: Any = None
    error: BaseException | None = None

    @property
    def succeeded(self) -> bool:
        """Whether it did."""
        return self.error is None


@dataclass(frozen=True)
class Context:
    """`azure.functions.Context` for one invocation; tracing and retries are empty."""

    function_name: str
    function_directory: str
    invocation_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    thread_local_storage: Any = field(default_factory=threading.local)
    trace_context: Any = field(
        default_factory=lambda: SimpleNamespace(trace_parent="", trace_state="", attributes={})
    )
    retry_context: Any = field(
        default_factory=lambda: SimpleNamespace(retry_count=0, max_retry_count=0, exception=None)
    )


class Invoker:
    """Runs functions and writes their outputs."""

    def __init__(self, queues: Queues, activity: Activity, timeout: timedelta | None) -> None:
        self._queues = queues
        self._activity = activity
        self._timeout = timeout.total_seconds() if timeout else None
        threads = os.environ.get("PYTHON_THREADPOOL_THREAD_COUNT")
        self._pool = ThreadPoolExecutor(int(threads) if threads else None, "function")

    async def invoke(
        self,
        function: Function,
        bind: Callable[[], Any],
        encode: Callable[[Any], Any] = lambda value: value,
    ) -> Outcome:
        """Runs `function` once.

        `bind` makes the value of its trigger and `encode` turns what it returned into the
        outcome's value; both fail it by raising. Outputs are written only when all went well, and
        one that cannot be written fails the invocation.
        """
        self._activity.started(function.name)
        began = time.monotonic()
        outcome = Outcome(error=asyncio.CancelledError())
        try:
            outcome = Outcome(await self._run(function, bind, encode))
        except Exception as error:
            outcome = Outcome(error=error)
        finally:
            self._activity.ended(function.name, succeeded=outcome.succeeded)
            _log(function, outcome, time.monotonic() - began)
        return outcome

    async def _run(
        self, function: Function, bind: Callable[[], Any], encode: Callable[[Any], Any]
    ) -> Any:
        outs = {output.parameter: Out() for output in function.outputs}
        arguments: dict[str, Any] = {name: out for name, out in outs.items() if name != "$return"}
        arguments[function.parameter] = bind()
        if function.wants_context:
            arguments["context"] = _context(function)
        result = await self._call(function, arguments)
        if result is not None and not function.returns:
            raise RuntimeError(f"{function.name} without a $return binding returned a value")
        if "$return" in outs:
            outs["$return"].set(result)
        written = [
            (output.queue, body)
            for output in function.outputs
            for body in to_messages(outs[output.parameter].get(), output.inner)
        ]
        value = encode(result)
        await self._write(written)
        return value

    async def _call(self, function: Function, arguments: dict[str, Any]) -> Any:
        """The result; a TimeoutError past the limit. A thread cannot be stopped: it is left."""
        async with asyncio.timeout(self._timeout):
            if function.is_async:
                return await function.code(**arguments)
            loop = asyncio.get_running_loop()
            run = contextvars.copy_context().run
            return await loop.run_in_executor(self._pool, lambda: run(function.code, **arguments))

    async def _write(self, written: list[tuple[QueueName, bytes]]) -> None:
        for queue, body in written:
            await self._queues.send(queue, body)

    def close(self) -> None:
        """Lets go of the threads without waiting for them."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _context(function: Function) -> Context:
    return Context(function.name, os.path.dirname(function.code.__code__.co_filename))


def _log(function: Function, outcome: Outcome, seconds: float) -> None:
    """One record: at error level with the traceback when it failed."""
    if outcome.error is None:
        logger.info("%s succeeded in %.0f ms", function.name, seconds * 1000)
        return
    with contextlib.suppress(Exception):
        trace = "".join(traceback.format_exception(outcome.error)).rstrip()
        logger.error("%s failed after %.0f ms\n%s", function.name, seconds * 1000, trace)
