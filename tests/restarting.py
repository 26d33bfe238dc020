"""The application with other settings, as after a restart."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from sandbox.stack import Stack
from shared import services
from shared.settings import settings
from tests.people import PATIENCE

Restart = Callable[..., Awaitable[None]]


@asynccontextmanager
async def restarts(stack: Stack) -> AsyncIterator[Restart]:
    """`await restart(NAME="value")`: what the process has in memory is gone as well."""
    with pytest.MonkeyPatch.context() as environ:

        async def restart(**changed: str) -> None:
            await stack.host.wait_idle(PATIENCE)
            for name, value in changed.items():
                environ.setenv(name, value)
            await _afresh()

        yield restart
        await stack.host.wait_idle(PATIENCE)
    await _afresh()


async def _afresh() -> None:
    await services.close()
    settings.cache_clear()
