"""Hands that work in Google Calendar, and what it holds, by the sandbox's control API."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sandbox.tour.intervals import Interval, clipped, merged, whole_days
from sandbox.tour.outlook import Outlook

Event = dict[str, Any]
_NEVER_BLOCKS = {"workingLocation", "birthday"}


class Google:
    """What a person does in Google Calendar, and what Google was asked."""

    def __init__(self, sandbox: Outlook) -> None:
        self._sandbox = sandbox

    async def subject(self, address: str) -> str:
        """The account's stable id, as the service names it in its tables."""
        accounts = (await self._sandbox.ask("GET", "google/accounts"))["value"]
        return str(next(one["sub"] for one in accounts if one["address"] == address))

    async def make(self, address: str, title: str, slot: Interval) -> Event:
        """An event on the account's own calendar."""
        start, end = ({"dateTime": moment.isoformat()} for moment in slot)
        body = {"summary": title, "start": start, "end": end}
        made: Event = await self._sandbox.ask(
            "POST", f"google/accounts/{address}/events", json=body
        )
        return made

    async def events(self, address: str, calendar: str, window: Interval) -> list[Event]:
        """The single events and instances of a calendar, cancelled ones left out."""
        start, end = (moment.isoformat() for moment in window)
        params = {"calendar": calendar, "start": start, "end": end}
        found = await self._sandbox.ask("GET", f"google/accounts/{address}/events", params=params)
        return [one for one in found["value"] if one["status"] != "cancelled"]

    async def blocks(
        self, address: str, calendars: Iterable[str], window: Interval
    ) -> list[Interval]:
        """The busy time of those calendars of the account, merged."""
        listed = await self._sandbox.ask("GET", f"google/accounts/{address}/calendars")
        zones = {one["id"]: str(one["timeZone"]) for one in listed["value"]}
        found: list[Interval] = []
        for calendar in calendars:
            events = await self.events(address, calendar, window)
            found += [times(one, zones[calendar]) for one in events if _blocks(one)]
        return merged(clipped(found, window))

    async def channels(self, address: str) -> int:
        """How many push channels of the account are alive."""
        found = await self._sandbox.ask("GET", "google/channels", params={"user": address})
        return len(found["value"])

    async def requests(self, address: str, after: int = 0) -> list[dict[str, Any]]:
        """The requests to the Calendar API for an account since request number `after`."""
        return await self._requests(address, after, "^/calendar/v3/")

    async def written(self, address: str, after: int) -> list[str]:
        """The methods of those that made, changed or deleted events."""
        found = await self._requests(address, after, r"/events(/[^/]+)?$")
        return [one["method"] for one in found if one["method"] != "GET"]

    async def revocations(self, address: str) -> int:
        """How often the account's grant was taken back."""
        found = await self._requests(address, 0, "^/revoke$")
        return sum(one["status"] == 200 for one in found)

    async def _requests(self, address: str, after: int, path: str) -> list[dict[str, Any]]:
        asked = {"service": "google", "mailbox": address, "after": after, "path": path}
        answer = await self._sandbox.ask("GET", "requests", params=asked)
        found: list[dict[str, Any]] = answer["value"]
        return found


def times(event: Mapping[str, Any], zone: str) -> Interval:
    """The instants of an event; an all-day one lasts from midnight to midnight in `zone`."""
    start, end = event["start"], event["end"]
    if "date" in start:
        return whole_days(date.fromisoformat(start["date"]), date.fromisoformat(end["date"]), zone)
    return datetime.fromisoformat(start["dateTime"]), datetime.fromisoformat(end["dateTime"])


def _blocks(event: Mapping[str, Any]) -> bool:
    """By the policies that every user has at first."""
    declined = any(
        one.get("self") and one.get("responseStatus") == "declined"
        for one in event.get("attendees", ())
    )
    open_ = event.get("transparency") == "transparent" or event["eventType"] in _NEVER_BLOCKS
    return not declined and not open_
