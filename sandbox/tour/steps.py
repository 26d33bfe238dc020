"""The steps in order, and playing them."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
from azure.data.tables.aio import TableServiceClient
from azure.storage.queue.aio import QueueServiceClient

from sandbox.stack import Service
from sandbox.tour import (
    appointments,
    changing,
    choosing,
    connecting,
    echoes,
    real_input,
    two_accounts,
)
from sandbox.tour.client import Person
from sandbox.tour.context import LOCATION, Tour
from sandbox.tour.crm import Crm
from sandbox.tour.google import Google
from sandbox.tour.narration import Narrator
from sandbox.tour.outlook import Outlook
from sandbox.tour.storage import Storage

Step = Callable[[Tour], Awaitable[None]]

STEPS: tuple[tuple[str, Step], ...] = (
    ("The service is well", connecting.health),
    ("Agnes connects her Outlook account", connecting.connect),
    ("Her calendars, and those shared with her", choosing.listed),
    ("She chooses calendars; they are read for the first time", choosing.chosen),
    ("Her busy time is true", choosing.compared),
    ("An event is moved in Outlook", changing.moved),
    ("One occurrence of a series is deleted in Outlook", changing.occurrence_deleted),
    ("A private event gives nothing away", changing.private),
    ("The CRM books an appointment with her; Outlook shows it", appointments.booked),
    ("She moves it in Outlook; the CRM is told", appointments.moved),
    ("The CRM renames it; its event is changed in place", appointments.renamed),
    ("The CRM cancels it; it goes from Outlook", appointments.cancelled),
    ("An appointment of no team is kept, and not written", appointments.unassigned),
    ("Nobody else can connect her account", connecting.refused),
    ("Real input: Ben connects a mailbox filled from a calendar file", real_input.real_input),
    ("Our own writes were no news to us", echoes.no_news),
    (
        "She connects a Google account too; an event made there blocks her time",
        two_accounts.blocked,
    ),
    ("Her primary calendar is now Google's; the appointment moves there", two_accounts.moved),
    ("The feed tells what the webhook was told", echoes.told_alike),
    ("Agnes disconnects both accounts; nothing is kept", connecting.disconnect),
)


async def play(tour: Tour) -> None:
    """All steps. Raises Unseen when one does not see what it should."""
    for title, step in STEPS:
        with tour.say.step(title):
            await step(tour)


@contextlib.asynccontextmanager
async def tour_of(service: Service, say: Narrator, file: Path) -> AsyncIterator[Tour]:
    """A tour of a running service."""
    storage = service.azurite.connection_string
    async with (
        httpx.AsyncClient(base_url=service.api, trust_env=False, timeout=60) as api,
        httpx.AsyncClient(
            base_url=service.sandbox.http_url, trust_env=False, timeout=60
        ) as control,
        TableServiceClient.from_connection_string(storage) as tables,
        QueueServiceClient.from_connection_string(storage) as queues,
    ):
        outlook = Outlook(control)
        yield Tour(
            service=service,
            say=say,
            outlook=outlook,
            google=Google(outlook),
            storage=Storage(tables, queues),
            agnes=Person(service, api, "agnes", LOCATION, "Agnes Moore"),
            ben=Person(service, api, "ben", LOCATION, "Ben Carter"),
            crm=Crm(service, api, outlook, LOCATION),
            file=file,
        )
