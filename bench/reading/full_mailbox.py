"""A mailbox with calendars as full as wished, and the user of the CRM who has connected it."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import httpx

from bench.place import Place
from sandbox.functions_host import Host
from sandbox.tour.client import Person
from sandbox.tour.unseen import Unseen

ADDRESS = "full@contoso.example"
LOCATION, USER = "loc-1", "user-1"
_ZONE = ZoneInfo("Europe/Berlin")
_DAYS = 390
_WEEKS, _DAILY = 50, 250
_AGENDA = "What was agreed last time, who does what until when, and what is open. " * 4
_LENGTH = timedelta(minutes=15)


@dataclass(frozen=True)
class Filling:
    """So many single events, weekly and daily series; all of it lies in the window."""

    singles: int
    weekly: int
    daily: int

    @property
    def series(self) -> int:
        return self.weekly + self.daily

    @property
    def occurrences(self) -> int:
        return self.singles + self.weekly * _WEEKS + self.daily * _DAILY

    def as_icalendar(self) -> str:
        """Evenly over the window, in working hours or not: two meetings may overlap."""
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//calendar-sync//bench//EN"]
        for number, (start, rule) in enumerate(self._starts()):
            lines += _event(number, start, rule)
        return "\r\n".join([*lines, "END:VCALENDAR", ""])

    def _starts(self) -> Iterator[tuple[datetime, str | None]]:
        first = datetime.combine(datetime.now(UTC).date() - timedelta(days=28), time(), UTC)
        gap = timedelta(days=_DAYS) / max(1, self.singles)
        for number in range(self.singles):
            yield (first + number * gap).replace(second=0, microsecond=0), None
        for number in range(self.weekly):
            yield first + timedelta(days=number % 7, hours=7 + number % 10), _rule("WEEKLY", _WEEKS)
        for number in range(self.daily):
            yield first + timedelta(hours=8 + number % 9), _rule("DAILY", _DAILY)


def _rule(frequency: str, count: int) -> str:
    return f"RRULE:FREQ={frequency};COUNT={count}"


def _event(number: int, start: datetime, rule: str | None) -> list[str]:
    begin = start.astimezone(_ZONE)
    times = (f"{name};TZID={_ZONE.key}:{at:%Y%m%dT%H%M%S}" for name, at in _span(begin))
    return [
        "BEGIN:VEVENT",
        f"UID:{number}@bench.example",
        *times,
        *([rule] if rule else []),
        f"SUMMARY:Meeting {number} of the team",
        "LOCATION:Room 4.11",
        f"DESCRIPTION:{_AGENDA}",
        "END:VEVENT",
    ]


def _span(begin: datetime) -> tuple[tuple[str, datetime], tuple[str, datetime]]:
    return ("DTSTART", begin), ("DTEND", begin + _LENGTH)


async def filled(place: Place, fillings: list[Filling]) -> list[str]:
    """A mailbox at ADDRESS with a calendar for each filling, the default one first; their ids."""
    box = f"mailboxes/{ADDRESS}"
    await place.outlook.ask("POST", "users", json={"address": ADDRESS, "timeZone": _ZONE.key})
    for number in range(1, len(fillings)):
        await place.outlook.ask("POST", f"{box}/calendars", json={"name": f"Team {number}"})
    listed = (await place.outlook.ask("GET", f"{box}/calendars"))["value"]
    ids = [str(one["id"]) for one in listed]
    for calendar, filling in zip(ids, fillings, strict=True):
        await _load(place, calendar, filling)
    return ids


async def _load(place: Place, calendar: str, filling: Filling) -> None:
    """Raises Unseen where something is left out."""
    report = await place.outlook.ask(
        "POST",
        f"mailboxes/{ADDRESS}/ics",
        params={"calendar": calendar},
        content=filling.as_icalendar(),
        headers={"Content-Type": "text/calendar"},
    )
    wanted = (filling.singles, filling.series)
    if (report["singles"], report["series"]) != wanted:
        raise Unseen(f"{wanted} singles and series were to be loaded: {report['skipped'][:3]}")


@contextlib.asynccontextmanager
async def connected(place: Place) -> AsyncIterator[tuple[Person, Host]]:
    """The user whose mailbox it is, signed in, and the functions that are served meanwhile."""
    client = httpx.AsyncClient(base_url=place.api, trust_env=False, timeout=60)
    async with place.functions() as host, client as http:
        person = Person(place, http, USER, LOCATION, "Full Mailbox")
        told = await person.connect(place.outlook, ADDRESS)
        if told.get("connected") != "outlook":
            raise Unseen(f"The mailbox could not be connected: {told}.")
        yield person, host
