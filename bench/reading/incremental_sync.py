"""P2: one change of a calendar is read and kept, whatever else the calendar holds.

Calendars of several sizes in one mailbox; one event of each is moved, then the run that a
notification starts is called, without the host, and measured. The sizes take turns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import httpx

from bench.counting import StorageRequests, storage_requests
from bench.measuring import Spread, timed_by_turns
from bench.place import Place, place
from bench.results import Finding, exactly
from sandbox.tour.client import Person
from sandbox.tour.outlook import graph_time
from sandbox.tour.reading import choice
from sandbox.tour.unseen import Unseen, until

_ADDRESS = "sizes@contoso.example"
_MAILBOX = f"mailboxes/{_ADDRESS}"
_LOCATION, _USER = "loc1", "sizes"
_SIZES = (100, 1_000, 10_000)
_SMALL, _LARGE = _SIZES[0], _SIZES[-1]
_REPEATS = 25
_READ_WITHIN_SECONDS = 180.0
_MOST_STORAGE, _MOST_SLOWER = 4, 1.5

Show = Callable[[str], None]


@dataclass
class _Calendar:
    """A calendar with the event that is moved to and fro."""

    key: str
    event: str
    start: datetime
    moves: int = 0


async def measure(show: Show) -> list[Finding]:
    async with place() as here:
        show("calendars are made, and read for the first time")
        calendars = await _read_calendars(here, show)
        from shared import services

        show("one change of the largest, counted")
        counted = await _counted(here, calendars[_LARGE])
        works = {
            size: (partial(_change, here, found), partial(_run, found))
            for size, found in calendars.items()
        }
        show(f"{_REPEATS} changes of each")
        times = await timed_by_turns(works, _REPEATS)
        await services.close()
    return [
        _counts(*counted),
        _graph_requests(counted[1]),
        *(
            _slower(f"wall, {size:,} events", times[size].wall, times[_SMALL].wall)
            for size in _SIZES[1:]
        ),
        _slower(f"processor, {_LARGE:,} events", times[_LARGE].cpu, times[_SMALL].cpu),
    ]


def _counts(storage: StorageRequests, _: int) -> Finding:
    named = ", ".join(f"{count} {name}" for name, count in sorted(storage.named.items()))
    return Finding(
        work="P2",
        what="storage operations of the run",
        ours=exactly(storage.total),
        unit="",
        aim=f"at most {_MOST_STORAGE}",
        met=storage.total <= _MOST_STORAGE,
        remark=named,
    )


def _graph_requests(requests: int) -> Finding:
    what = "Graph requests of the run"
    return Finding("P2", what, exactly(requests), "", aim="1", met=requests == 1)


def _slower(what: str, ours: Spread, theirs: Spread) -> Finding:
    return Finding(
        work="P2",
        what=what,
        ours=_ms(ours),
        unit="ms",
        against=f"{_SMALL} events",
        theirs=_ms(theirs),
        aim=f"at most {_MOST_SLOWER}",
        met=ours.median <= _MOST_SLOWER * theirs.median,
    )


def _ms(found: Spread) -> Spread:
    return Spread(found.median * 1e3, found.low * 1e3, found.high * 1e3, found.count)


async def _read_calendars(here: Place, show: Show) -> dict[int, _Calendar]:
    """Calendars by how many events they hold, all of them read once."""
    given = {"address": _ADDRESS, "name": "Sizes", "timeZone": "UTC"}
    await here.outlook.ask("POST", "users", json=given)
    # A round of one change is one page, as Graph mostly has it: no empty one in mid-round.
    await here.outlook.ask("PATCH", f"{_MAILBOX}/faults", json={"emptyPages": 0})
    for size in _SIZES:
        await here.outlook.ask("POST", f"{_MAILBOX}/calendars", json={"name": f"Of {size}"})
        where = {"calendar": f"Of {size}"}
        kind = {"Content-Type": "text/calendar"}
        text = _ics(size)
        await here.outlook.ask("POST", f"{_MAILBOX}/ics", params=where, content=text, headers=kind)
        show(f"{size:,} events are in the mailbox")
    async with here.functions() as host, _api(here) as http:
        person = Person(here, http, _USER, _LOCATION, "Sizes")
        await person.connect(here.outlook, _ADDRESS)
        listed = {one["name"]: one for one in await person.calendars()}
        chosen = {size: listed[f"Of {size}"] for size in _SIZES}
        await person.configure({"conflicts": [choice(one) for one in chosen.values()]})
        await until(lambda: _whole(person), _READ_WITHIN_SECONDS, "The end of the first read")
        await host.wait_idle(_READ_WITHIN_SECONDS)
        return {size: await _calendar(here, one["calendarId"]) for size, one in chosen.items()}


async def _whole(person: Person) -> bool | None:
    now = datetime.now(UTC)
    return True if (await person.busy((now, now + timedelta(days=1))))["complete"] else None


async def _calendar(here: Place, calendar_id: str) -> _Calendar:
    from shared.domain.model import Calendar, LocationId, ProviderName, UserId
    from shared.services import ports

    member = await ports().locations.member(LocationId(_LOCATION), UserId(_USER))
    key = Calendar(member.connections[ProviderName("outlook")].account, calendar_id).key
    start = datetime.combine(_first_day() + timedelta(days=45), time(5), UTC)
    asked = {
        "calendar": calendar_id,
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=30)).isoformat(),
    }
    found = (await here.outlook.ask("GET", f"{_MAILBOX}/events", params=asked))["value"]
    return _Calendar(key, found[0]["id"], start)


async def _counted(here: Place, calendar: _Calendar) -> tuple[StorageRequests, int]:
    """What one run asks of the storage, and how many requests it makes to Graph."""
    await _change(here, calendar)
    before = await here.outlook.last_request()
    with storage_requests() as counted:
        await _run(calendar)
    return counted, len(await here.outlook.graph_requests(_ADDRESS, before))


async def _change(here: Place, calendar: _Calendar) -> None:
    """Moves the event by some minutes."""
    calendar.moves += 1
    start = calendar.start + timedelta(minutes=calendar.moves % 20)
    moved = {
        "start": graph_time(start, "UTC"),
        "end": graph_time(start + timedelta(minutes=30), "UTC"),
    }
    await here.outlook.event("PATCH", _ADDRESS, calendar.event, moved)


async def _run(calendar: _Calendar) -> None:
    """The run that a notification starts."""
    from shared.flows.sync_calendar import sync_calendar
    from shared.messages import Cause, SyncCalendar
    from shared.services import ports

    message = SyncCalendar(calendar=calendar.key, cause=Cause.NOTIFIED, at=datetime.now(UTC))
    done = await sync_calendar(message, ports())
    if (done.outcome, done.changed) != ("synced", 1):
        raise Unseen(f"The run came to {done}.")


def _api(here: Place) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=here.api, trust_env=False, timeout=60)


def _first_day() -> date:
    return datetime.now(UTC).date() - timedelta(days=20)


def _ics(size: int) -> str:
    """Single events of half an hour, evenly over the 360 days from the first one on; every
    calendar has one at five o'clock on the 45th day."""
    events = []
    for number in range(size):
        day, place_of_day = number * 360 // size, number % 36
        start = datetime.combine(_first_day() + timedelta(days=day), time(5), UTC)
        events.append(_vevent(number, start + timedelta(minutes=30 * place_of_day)))
    known = datetime.combine(_first_day() + timedelta(days=45), time(5), UTC)
    events[0] = _vevent(0, known)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:bench", *events, "END:VCALENDAR", ""]
    return "\r\n".join(lines)


def _vevent(number: int, start: datetime) -> str:
    end = start + timedelta(minutes=30)
    return "\r\n".join(
        [
            "BEGIN:VEVENT",
            f"UID:{number}@sizes.example",
            f"DTSTAMP:{start:%Y%m%dT%H%M%SZ}",
            f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
            f"DTEND:{end:%Y%m%dT%H%M%SZ}",
            f"SUMMARY:Meeting {number}",
            "END:VEVENT",
        ]
    )
