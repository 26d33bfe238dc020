"""A connected Outlook mailbox with a primary and a conflict calendar, its queues by an agenda."""

import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import azure.functions as func
import httpx
from azure.storage.queue import QueueServiceClient

from bench.lasting.agenda import Agenda, AgendaQueues
from bench.lasting.virtual_clock import CLOCK
from bench.place import Place
from sandbox.functions_host import running_host
from sandbox.tour.client import Person
from sandbox.tour.outlook import graph_time
from sandbox.tour.reading import choice
from sandbox.tour.unseen import Unseen, until
from shared import services
from shared.domain.model import Account, CalendarKey, ProviderName
from shared.flows.ports import Ports
from shared.messages import SyncCalendar
from shared.triggers import notifications

ADDRESS = "day@contoso.example"
LOCATION, USER = "loc1", "day"
_MAILBOX = f"mailboxes/{ADDRESS}"
_CONFLICT = "Private"
_SINGLES, _SERIES = 250, 4
_READ_WITHIN_SECONDS = 60.0


@dataclass
class OneMailbox:
    """`keys`: of its primary calendar, then of its conflict calendar."""

    here: Place
    ports: Ports
    agenda: Agenda
    queues: AgendaQueues
    keys: tuple[CalendarKey, CalendarKey]
    events: list[dict[str, Any]]
    _service: QueueServiceClient
    _edits: int = 0

    async def edit(self) -> None:
        """Moves an event of the primary calendar by an hour, and waits until all is told."""
        event = self.events[self._edits % len(self.events)]
        forth = self._edits // len(self.events) % 2 == 0
        self._edits += 1
        start = CLOCK().replace(minute=0, second=0, microsecond=0) + timedelta(days=event["day"])
        start += timedelta(hours=1 if forth else 2)
        change = {
            "start": graph_time(start, "UTC"),
            "end": graph_time(start + timedelta(minutes=30), "UTC"),
        }
        await self.here.outlook.event("PATCH", ADDRESS, event["id"], change)
        if not (await self.here.outlook.ask("POST", "idle", json={}))["idle"]:
            raise Unseen("The notifications did not come to an end.")

    def told(self) -> list[SyncCalendar]:
        """What notifications have put on the queue since the last time."""
        client = self._service.get_queue_client(SyncCalendar.queue)
        found = []
        for message in client.receive_messages(messages_per_page=32):
            found.append(SyncCalendar.decode(base64.b64decode(message.content)))
            client.delete_message(message)
        return found


@contextlib.asynccontextmanager
async def one_mailbox(here: Place, *, counted: bool = True) -> AsyncIterator[OneMailbox]:
    """Connected and read once by way of the API. After that the functions are served no more but
    the one that takes notifications."""
    await _fill(here)
    async with here.functions() as host:
        keys = await _connected(here)
        await host.wait_idle()
    agenda = Agenda(here.outlook)
    queues = AgendaQueues(services.ports().queues, agenda, counted=counted)
    ports = queues.ports = replace(services.ports(), queues=queues)
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
    app.register_functions(notifications.blueprint)
    service = QueueServiceClient.from_connection_string(here.azurite.connection_string)
    with service:
        for queue in service.list_queues():
            service.get_queue_client(queue.name).clear_messages()
        async with running_host(app, environ=here.environ, port=here.port, timers=False):
            found = await _events(here)
            yield OneMailbox(here, ports, agenda, queues, keys, found, service)
    await services.close()


async def _fill(here: Place) -> None:
    given = {"address": ADDRESS, "name": "Day", "timeZone": "UTC"}
    await here.outlook.ask("POST", "users", json=given)
    await here.outlook.ask("POST", f"{_MAILBOX}/calendars", json={"name": _CONFLICT})
    kind = {"Content-Type": "text/calendar"}
    for calendar, singles, series in (("Calendar", _SINGLES, _SERIES), (_CONFLICT, _SINGLES, 0)):
        text, where = _ics(singles, series), {"calendar": calendar}
        await here.outlook.ask("POST", f"{_MAILBOX}/ics", params=where, content=text, headers=kind)


def _ics(singles: int, series: int) -> str:
    """An event on each of the days to come, and some every week."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//calendar-sync//bench//EN"]
    today = CLOCK().replace(minute=0, second=0, microsecond=0)
    for number in range(singles + series):
        start = today.replace(hour=number % 8 + 8) + timedelta(days=number % 300 + 1)
        lines += ["BEGIN:VEVENT", f"UID:{number}@bench", f"SUMMARY:Talk {number}"]
        lines += [f"DTSTART:{start:%Y%m%dT%H%M%SZ}", "DURATION:PT30M"]
        lines += ["RRULE:FREQ=WEEKLY;COUNT=52"] if number >= singles else []
        lines += ["END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


async def _connected(here: Place) -> tuple[CalendarKey, CalendarKey]:
    async with httpx.AsyncClient(base_url=f"{here.api}/", trust_env=False, timeout=60) as http:
        person = Person(here, http, USER, LOCATION, "Day")
        told = await person.connect(here.outlook, ADDRESS)
        if told.get("connected") != "outlook":
            raise Unseen(f"The mailbox could not be connected: {told}.")
        listed = await person.calendars()
        primary = next(one for one in listed if one["isDefault"])
        conflict = next(one for one in listed if one["name"] == _CONFLICT)
        wanted = {"primary": choice(primary), "conflicts": [choice(conflict)]}
        await person.configure({**wanted, "recurringEvents": "every"})

        async def look() -> bool | None:
            return True if (await person.connection())["status"] == "connected" else None

        await until(look, _READ_WITHIN_SECONDS, "The first read")
    record = await services.ports().accounts.load(await _account(here))
    keys = sorted(record.calendars)
    states = {key: await services.ports().calendars.load(key) for key in keys}
    first = next(key for key, found in states.items() if found and found.state.is_default)
    return first, next(key for key in keys if key != first)


async def _account(here: Place) -> Account:
    found = await here.outlook.person(ADDRESS)
    subject = f"{found['tenantId']}.{found['objectId']}".casefold()
    return Account(ProviderName("outlook"), subject)


async def _events(here: Place) -> list[dict[str, Any]]:
    listed = await here.outlook.ask("GET", f"{_MAILBOX}/events", params={"masters": 1})
    singles = [one for one in listed["value"] if one["type"] == "singleInstance"]
    return [{"id": one["id"], "day": 20 + number} for number, one in enumerate(singles[:100])]
