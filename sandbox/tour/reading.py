"""Choosing calendars and watching the first read."""

import time
from collections.abc import Mapping
from typing import Any

from sandbox.tour.client import Person
from sandbox.tour.context import Tour
from sandbox.tour.narration import counted
from sandbox.tour.outlook import summary
from sandbox.tour.unseen import until

_WITHIN_SECONDS = 60


def choice(calendar: Mapping[str, Any]) -> dict[str, Any]:
    """A listed calendar as a configuration names it."""
    return {"provider": calendar["provider"], "calendarId": calendar["calendarId"]}


async def choose(tour: Tour, person: Person, address: str, wanted: Mapping[str, Any]) -> None:
    """Keeps the configuration and waits until all its calendars have been read."""
    before = await tour.outlook.last_request()
    began = time.monotonic()
    kept = await person.configure(wanted)
    tour.say.saw(
        f"kept: {'a' if kept.get('primary') else 'no'} primary calendar, "
        f"{counted(len(kept['conflicts']), 'conflict calendar')}, "
        f"events of a series: {kept['recurringEvents']}"
    )

    async def look() -> dict[str, Any] | None:
        connection = await person.connection()
        progress = connection.get("progress")
        if progress:
            tour.say.passing(
                f"reading: {progress['calendarsRead']} of {progress['calendars']} calendars, "
                f"{counted(progress['eventsRead'], 'event')}"
            )
        return connection if connection["status"] == "connected" else None

    await until(look, _WITHIN_SECONDS, "The end of the first read")
    seconds = time.monotonic() - began
    requests = await tour.outlook.graph_requests(address, before)
    mirrored = await tour.storage.events(await subject(tour, address))
    tour.say.saw(f"{counted(mirrored, 'event')} mirrored {seconds:.1f} s later")
    tour.say.saw(f"it took {summary(requests)}")


async def subject(tour: Tour, address: str) -> str:
    """The account's stable id, as the service names it in its tables."""
    found = await tour.outlook.person(address)
    return f"{found['tenantId']}.{found['objectId']}"
