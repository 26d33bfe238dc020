"""What is opened once in a process, and how it is closed."""

from collections.abc import Awaitable, Callable

_opened: list[Callable[[], Awaitable[None]]] = []


def opened(close: Callable[[], Awaitable[None]]) -> None:
    """Has `close` called at the end."""
    _opened.append(close)


async def close_all() -> None:
    """The last that was opened first."""
    while _opened:
        await _opened.pop()()
