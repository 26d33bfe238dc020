"""The steps about calendars: listing, choosing, and whether busy time is true."""

from collections import Counter
from datetime import UTC, datetime

from sandbox.tour.context import ADELE, Tour
from sandbox.tour.narration import counted
from sandbox.tour.reading import choice, choose
from sandbox.tour.truth import Truth
from sandbox.tour.unseen import Unseen

_TRUE_WITHIN_SECONDS = 20


async def listed(tour: Tour) -> None:
    """Own calendars, and those that others share, with their owners (R5)."""
    found = await tour.agnes.calendars()
    for one in found:
        notes = ["default"] if one["isDefault"] else []
        notes.append("may be written" if one["canWrite"] else "may only be read")
        tour.say.saw(f"{one['name']}, of {one['owner']['address']}: {', '.join(notes)}")
    if not any(one["owner"]["address"] != ADELE for one in found):
        raise Unseen("No shared calendar was listed.")


async def chosen(tour: Tour) -> None:
    """The default calendar becomes primary, every other one is checked for conflicts (R6, R7)."""
    found = await tour.agnes.calendars()
    wanted = {
        "primary": next(choice(one) for one in found if one["isDefault"]),
        "conflicts": [choice(one) for one in found if not one["isDefault"]],
        "recurringEvents": "every",
    }
    await choose(tour, tour.agnes, ADELE, wanted)


async def compared(tour: Tour) -> None:
    """Busy time against what the sandbox holds."""
    truth = await chosen_truth(tour)
    blocks = await truth.matched_by(tour.agnes, _TRUE_WITHIN_SECONDS)
    days = (truth.window[1] - truth.window[0]).days
    tour.say.saw(
        f"{counted(len(blocks), 'busy block')} in the next {days} days; "
        "the events that the sandbox holds make the same ones"
    )
    readings = (await tour.agnes.busy(truth.window))["calendars"]
    states = Counter(one["status"] for one in readings)
    oldest = min(datetime.fromisoformat(one["asOf"]) for one in readings)
    age = (datetime.now(UTC) - oldest).total_seconds()
    tour.say.saw(
        f"{counted(len(readings), 'calendar')}: "
        + ", ".join(f"{number} {state}" for state, number in states.items())
        + f", the oldest as of {age:.1f} s ago"
    )


async def chosen_truth(tour: Tour) -> Truth:
    """The truth of the calendars that Agnes has chosen."""
    kept = (await tour.agnes.call("GET", "configuration")).json()
    calendars = [kept["primary"], *kept["conflicts"]]
    return Truth(tour.outlook, ADELE, [one["calendarId"] for one in calendars])
