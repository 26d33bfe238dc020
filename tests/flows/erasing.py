"""Everything that is kept of a user at a location, filled in, and what mentions it afterwards."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sandbox.google.account import Account as GoogleAccount
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.stack import Stack
from shared import services
from shared.domain.model import Account, Calendar, CalendarKey
from shared.messages import Cause, SyncCalendar
from shared.store.tables import Table
from tests.flows.crm import body, delete, path, put
from tests.flows.cutting import Stage
from tests.flows.line import Line
from tests.flows.outlook import (
    OLGA,
    account_of,
    add,
    add_series,
    kept_text,
    key_of,
    new_mailbox,
    span,
)
from tests.flows.trouble import hourly
from tests.flows.two_providers import GOOGLE, PAULA, gentle, new_account
from tests.people import Person
from tests.storage import Row

BORIS = "boris.two@contoso.example"
ALL_IS_OVER = timedelta(days=4)
"""Longer than a change is tried again that the CRM does not take."""

Rows = dict[Row, dict[str, Any]]
_STORES = (
    *("accounts", "appointments", "audit", "calendars", "changes", "figures", "locations"),
    *("roster", "sign_ins"),
)


async def all_rows() -> Rows:
    """Every row of every table, wherever the tables are."""
    found: Rows = {}
    for store in _STORES:
        table: Table = getattr(services.ports(), store)._table
        for row in await table.query("PartitionKey ge ''"):
            found[table._client.table_name, row["PartitionKey"], row["RowKey"]] = dict(row)
    return found


def mentioning(rows: Rows, names: Iterable[str]) -> dict[Row, set[str]]:
    """The rows that say one of these words, packs opened, and which."""
    patterns = {name: re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)", re.I) for name in names}
    found: dict[Row, set[str]] = {}
    for row, values in rows.items():
        text = kept_text({row: values})
        said = {name for name, pattern in patterns.items() if pattern.search(text)}
        if said:
            found[row] = said
    return found


def waiting(line: Line, names: Iterable[str]) -> list[str]:
    """The messages that say one of these words."""
    words = [re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)", re.I) for name in names]
    texts = [one.message.encode() for one in line.waiting]
    return [text for text in texts if any(word.search(text) for word in words)]


@dataclass
class Filled:
    """Agnes has an Outlook and a Google account at `loc1`, Boris an Outlook account there."""

    stage: Stage
    agnes: Person
    boris: Person
    crm: Person
    outlook: Mailbox
    google: GoogleAccount

    @property
    def stack(self) -> Stack:
        return self.stage.person.stack

    @property
    def accounts(self) -> list[Account]:
        return [account_of(self.stack, OLGA), Account(GOOGLE, self.google.sub)]

    @property
    def keys(self) -> list[CalendarKey]:
        """Of the calendars that Agnes has chosen."""
        google = Calendar(self.accounts[1], self.google.calendar(PAULA).id)
        return [*(key_of(self.stack, OLGA, name) for name in ("Calendar", "Second")), google.key]

    @property
    def personal(self) -> list[str]:
        """What names Agnes, or says something of her."""
        entries = [entry.id for entry in self.outlook.calendars()]
        accounts = [account.subject for account in self.accounts]
        titles = ["Kickoff", "Fitting", "Handover", "Dropped", "Sketch"]
        names = ["agent1", "Agnes One", OLGA, PAULA, *accounts, *entries, *titles, *self.keys]
        return [*names, "a-hers", "a-was-boris", "a-cancelled", "a-deleted", "a-unassigned"]

    async def work(self, within: timedelta = timedelta(minutes=1)) -> None:
        await self.stage.line.work_off(within)

    async def look(self) -> None:
        """Has Agnes's calendars read now."""
        ports = services.ports()
        for key in self.keys:
            message = SyncCalendar(calendar=key, cause=Cause.SWEEP, at=ports.clock())
            await ports.queues.send(message)
        await self.work()

    async def feed(self) -> list[dict[str, Any]]:
        answer = await self.crm.call("GET", "/locations/loc1/changes", params={"limit": "500"})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["changes"])


async def filled(stage: Stage, agnes: Person, boris: Person, crm: Person) -> Filled:
    """Appointments of all kinds, a feed of which nothing is delivered, a calendar that is held."""
    stack = stage.person.stack
    gentle(stack).channels.settings.losing = {"*"}
    scene = Filled(stage, agnes, boris, crm, new_mailbox(stack), new_account(stack))
    await _calendars(scene)
    await _appointments(scene)
    stack.sandbox.world.crm.behave(status=500, count=None)
    await _outside(scene)
    return scene


async def _calendars(scene: Filled) -> None:
    scene.outlook.create_calendar("Second")
    add(scene.outlook, span(9), "Kickoff")
    add_series(scene.outlook, span(10), 3, subject="Fitting")
    for when in hourly(30):
        scene.google.create_event(calendar=PAULA, start=when[0], end=when[1], summary="Sketch")
    mailbox = new_mailbox(scene.stack, BORIS)
    add(mailbox, span(9), "Breakfast")
    assert "connected=" in (await scene.agnes.connect(OLGA)).headers["location"]
    answer = await scene.agnes.connect(PAULA, provider="google")
    assert "connected=" in answer.headers["location"]
    assert "connected=" in (await scene.boris.connect(BORIS)).headers["location"]
    await scene.agnes.choose("Calendar", "Second", PAULA, recurringEvents="every")
    await scene.boris.choose("Calendar")
    await scene.work()


async def _appointments(scene: Filled) -> None:
    """Those of Agnes, some of which were Boris's or are his now, and one that is his alone."""
    crm = scene.crm
    await put(crm, "a-hers", body(span(4), title="Handover"))
    await put(crm, "a-was-boris", body(span(4, 12), user="agent2", title="Handover"))
    await put(crm, "b-was-hers", body(span(4, 14), title="Passed on"))
    await put(crm, "a-cancelled", body(span(4, 16), title="Dropped"))
    await put(crm, "a-deleted", body(span(4, 18), title="Dropped"))
    await put(crm, "b-his", body(span(5), user="agent2", title="Breakfast again"))
    unassigned = {"id": "walk-in", "kind": "unassigned"}
    await put(crm, "a-unassigned", body(span(5, 12), title="Sketch", calendar=unassigned))
    await scene.work()
    await put(crm, "a-was-boris", body(span(4, 12), title="Handover"))
    cancelled = body(span(4, 16), title="Dropped", status="cancelled")
    await put(crm, "a-cancelled", cancelled)
    assert (await delete(crm, "a-deleted")).status_code == 204
    await scene.work()
    # It goes to Boris while Agnes's mailbox does not answer: her event is left over.
    fault = {"preset": "unavailable-no-header", "path": "/events/", "method": "DELETE", "count": 99}
    await crm.sandbox.post("/sandbox/faults", json=fault)
    await put(crm, "b-was-hers", body(span(4, 14), user="agent2", title="Passed on"))
    await scene.work(timedelta(seconds=5))


async def _outside(scene: Filled) -> None:
    """An appointment moved by its owner, a calendar emptied at once, a sign-in that is begun."""
    [event] = [
        one
        for one in scene.outlook.default_calendar.calendar.events.values()
        if one.details.subject == "Handover" and one.start == span(4)[0]
    ]
    start, end = span(6)
    scene.outlook.update_event(scene.outlook.event_id(event), start=start, end=end)
    for view in scene.google.events(calendar=PAULA):
        scene.google.delete_event(view.id, calendar=PAULA)
    await scene.look()
    assert (await scene.agnes.begin()).status_code == 201


async def erase(caller: Person, what: str, line: Line) -> None:
    """Asks for it, and waits until it is done. What is tried for days is not over by then."""
    answer = await caller.call("DELETE", what)
    assert (answer.status_code, answer.text) == (202, "")
    await line.work_off(timedelta(hours=1))


def of(rows: Rows, matches: Callable[[Row], bool]) -> Rows:
    return {row: values for row, values in rows.items() if matches(row)}


async def asks_after(crm: Person, user: str) -> dict[str, tuple[int, object]]:
    """What the CRM is answered that asks for a user: status, and code or content."""
    agent = {"start": span(1)[0].isoformat(), "end": span(2)[0].isoformat()}
    answers = {
        "busy": await crm.call("GET", crm.path("busy", user), params=agent),
        "events": await crm.call("GET", crm.path("events", user), params=agent),
        "appointments": await crm.call("GET", crm.path("appointments", user), params=agent),
        "put": await crm.call("PUT", path("a-hers"), json=body(span(4), user=user)),
        "get": await crm.call("GET", path("a-hers")),
    }
    return {
        what: (answer.status_code, answer.json().get("code") or json.dumps(answer.json()))
        for what, answer in answers.items()
    }
