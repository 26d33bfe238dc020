"""Whether what the service depends on answers."""

import asyncio
from collections.abc import Awaitable

from shared.domain.model import LocationId
from shared.flows.ports import Ports
from shared.messages import SyncCalendar

_SECONDS = 5
_NOBODY = LocationId("~health")


async def check_health(ports: Ports) -> dict[str, bool]:
    """Each dependency by name, True where it answers in time."""
    checks: dict[str, Awaitable[object]] = {
        "tables": ports.locations.settings(_NOBODY),
        "queues": ports.queues.length(SyncCalendar.queue),
    }
    answers = await asyncio.gather(*(_answers(check) for check in checks.values()))
    return dict(zip(checks, answers, strict=True))


async def _answers(check: Awaitable[object]) -> bool:
    try:
        await asyncio.wait_for(check, _SECONDS)
    except Exception:
        return False
    return True
