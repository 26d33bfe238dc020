"""When a mailbox is busy according to the sandbox itself, by its control API and not by Graph."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sandbox.tour.client import Person, blocks_of
from sandbox.tour.intervals import Interval, clipped, differences, merged, whole_days
from sandbox.tour.outlook import Outlook
from sandbox.tour.unseen import Unseen, until

Event = dict[str, Any]
_FREE = {"free", "workingElsewhere"}


class Truth:
    """The busy time of one person's chosen calendars in the weeks that come."""

    def __init__(self, outlook: Outlook, address: str, calendars: Iterable[str]) -> None:
        self._outlook = outlook
        self._address = address
        self._calendars = list(calendars)
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self.window: Interval = (today, today + timedelta(days=28))

    async def zone(self) -> str:
        return str((await self._outlook.person(self._address))["timeZone"])

    async def events(self, calendar: str) -> list[Event]:
        """Events, occurrences and exceptions of a calendar in the window, in order."""
        asked = {
            "calendar": calendar,
            "start": f"{self.window[0]:%Y-%m-%dT%H:%M:%SZ}",
            "end": f"{self.window[1]:%Y-%m-%dT%H:%M:%SZ}",
        }
        path = f"mailboxes/{self._address}/events"
        found: list[Event] = (await self._outlook.ask("GET", path, params=asked))["value"]
        return found

    async def blocks(self) -> list[Interval]:
        """The busy time, merged."""
        found: list[Interval] = []
        for calendar in await self._listed():
            zone = str((await self._outlook.person(calendar["owner"]))["timeZone"])
            events = await self.events(calendar["id"])
            found += [times(event, zone) for event in events if _blocks(event)]
        return merged(clipped(found, self.window))

    async def matched_by(self, person: Person, within: float) -> list[Interval]:
        """Waits until the service says the same; what it says. Raises Unseen."""
        return await matched(person, await self.blocks(), self.window, within)

    async def _listed(self) -> list[dict[str, Any]]:
        listed = (await self._outlook.ask("GET", f"mailboxes/{self._address}/calendars"))["value"]
        return [one for one in listed if one["id"] in self._calendars]


async def matched(
    person: Person, expected: list[Interval], window: Interval, within: float
) -> list[Interval]:
    """Waits until the service says just that; what it says. Raises Unseen."""

    async def look() -> list[Interval] | None:
        answer = await person.busy(window)
        found = blocks_of(answer)
        return found if answer["complete"] and found == expected else None

    try:
        return await until(look, within, "The right busy time")
    except Unseen as unseen:
        answer = await person.busy(window)
        odd = differences(expected, blocks_of(answer))[:3]
        raise Unseen(f"{unseen} {'; '.join(odd)}; complete: {answer['complete']}.") from None


def times(event: Event, zone: str) -> Interval:
    """The instants of a Graph event; an all-day one lasts from midnight to midnight in `zone`."""
    start, end = event["start"]["dateTime"], event["end"]["dateTime"]
    if event["isAllDay"]:
        return whole_days(date.fromisoformat(start[:10]), date.fromisoformat(end[:10]), zone)
    return _utc(start), _utc(end)


def _blocks(event: Event) -> bool:
    return event["showAs"] not in _FREE and not event["isCancelled"]


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text.rstrip("Z").partition(".")[0]).replace(tzinfo=UTC)
