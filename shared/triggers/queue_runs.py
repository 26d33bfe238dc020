"""How a function runs that a message, or the time, has started.

What it raises is logged by the host with its text, and that may quote a title, an address or a row:
so nothing leaves but the kind of an error. Its place is in our own record.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import azure.functions as func

from shared.errors import CalendarSyncError, MessageInvalid
from shared.flows.ports import Ports
from shared.messages import Message
from shared.telemetry import alarm, fault
from shared.triggers.retries import attempted, try_later

M = TypeVar("M", bound=Message)


class Failed(Exception):
    """What the host is told of an error, so that it tries again: its kind."""


async def run(
    kind: type[M], msg: func.QueueMessage, flow: Callable[[M, Ports], Awaitable[Any]], ports: Ports
) -> None:
    """Runs `flow` for a message of that kind, as `attempted` does. Raises Failed alone."""
    with told_by_kind(kind.queue):
        await attempted(kind.decode(msg.get_body()), flow, ports)


async def set_aside(kind: type[Message], msg: func.QueueMessage, ports: Ports) -> None:
    """For a message that has failed too often: alarms, and tries it again later. Raises Failed."""
    with told_by_kind(kind.queue):
        await try_later(kind.decode(msg.get_body()), ports)


@contextmanager
def told_by_kind(what: str) -> Iterator[None]:
    """Raises Failed in the place of any error. What `attempted` raises it has told of already."""
    try:
        yield
    except MessageInvalid as error:
        # It stays on its queue, and comes again, for as long as messages are kept there.
        alarm("poison", queue=what, error=error.reason)
        raise Failed(error.reason) from None
    except CalendarSyncError as error:
        raise Failed(error.reason) from None
    except Exception as error:
        fault(what, error)
        raise Failed(type(error).__name__) from None
