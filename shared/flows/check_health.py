"""Whether what the service depends on answers, and what it has found to have been missed."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from shared.domain.drift import Figures
from shared.domain.model import LocationId
from shared.flows.ports import Ports
from shared.messages import SyncCalendar

_SECONDS = 5
_NOBODY = LocationId("~health")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Health:
    """Each dependency by name, True where it answers in time; no figures where they cannot be read.

    The figures are kept summed up: no calendar is looked at.
    """

    dependencies: Mapping[str, bool]
    figures: Figures | None


async def check_health(ports: Ports) -> Health:
    tables, queues, figures = await asyncio.gather(
        _in_time(ports.locations.settings(_NOBODY)),
        _in_time(ports.queues.length(SyncCalendar.queue)),
        _in_time(ports.figures.read()),
    )
    dependencies = {"tables": tables is not None, "queues": queues is not None}
    return Health(dependencies, figures)


async def _in_time(answer: Awaitable[T]) -> T | None:
    try:
        return await asyncio.wait_for(answer, _SECONDS)
    except Exception:
        return None
