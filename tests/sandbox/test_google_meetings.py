"""Meetings of the Google stand-in: copies, answers, mails, what attendees may change."""

from typing import Any

import httpx
import pytest

from sandbox.google.account import Account
from sandbox.server import RunningSandbox
from tests.sandbox.google_client import EVENTS, GINA, GREG, HUGO, Caller, caller, timed, weekly

GUESTS = [{"email": HUGO}, {"email": "guest@elsewhere.example"}]


@pytest.fixture
def gina(sandbox: RunningSandbox, http: httpx.AsyncClient) -> Caller:
    return caller(sandbox, http, GINA)


@pytest.fixture
def hugo(sandbox: RunningSandbox, http: httpx.AsyncClient) -> Caller:
    return caller(sandbox, http, HUGO)


def sent(account: Account) -> list[tuple[str, tuple[str, ...]]]:
    return [(mail.kind, mail.to) for mail in account.outbox]


@pytest.mark.parametrize(
    ("query", "to"),
    [
        ("", None),
        ("?sendUpdates=none", None),
        ("?sendUpdates=externalOnly", ("guest@elsewhere.example",)),
        ("?sendUpdates=all", (HUGO, "guest@elsewhere.example")),
        ("?sendNotifications=true", (HUGO, "guest@elsewhere.example")),
    ],
)
async def test_who_gets_mail(
    gina: Caller, sandbox: RunningSandbox, query: str, to: tuple[str, ...] | None
) -> None:
    await gina.post(EVENTS + query, {"summary": "Plan", "attendees": GUESTS, **timed()})
    wanted = [("invitation", to)] if to else []
    assert sent(sandbox.world.google.account(GINA)) == wanted


async def test_a_guest_has_a_copy_under_the_same_id(gina: Caller, hugo: Caller) -> None:
    made = await gina.post(EVENTS, {"summary": "Plan", "attendees": GUESTS, **timed()})
    path = f"{EVENTS}/{made['id']}"
    copy = await hugo.get(path)
    assert copy["iCalUID"] == made["iCalUID"]
    assert copy["organizer"] == {"email": GINA}
    assert copy["attendees"][0] == {
        "email": HUGO,
        "responseStatus": "needsAction",
        "self": True,
    }
    refused = await hugo.patch(path, {"summary": "Mine"}, 403)
    assert refused["error"]["errors"][0]["reason"] == "forbiddenForNonOrganizer"
    assert (await hugo.patch(path, {"transparency": "transparent"}))["summary"] == "Plan"
    await gina.patch(path, {"summary": "Plan B"})
    copy = await hugo.get(path)
    assert (copy["summary"], copy["transparency"]) == ("Plan B", "transparent")
    await gina.send("DELETE", path)
    assert (await hugo.get(path))["status"] == "cancelled"


async def test_answers_reach_the_organizer(
    gina: Caller, hugo: Caller, sandbox: RunningSandbox
) -> None:
    made = await gina.post(EVENTS, {"summary": "Plan", "attendees": GUESTS, **timed()})
    sandbox.world.google.account(HUGO).respond(made["id"], "accepted")
    found = (await gina.get(f"{EVENTS}/{made['id']}"))["attendees"]
    assert found[0]["responseStatus"] == "accepted"
    assert sent(sandbox.world.google.account(HUGO)) == [("response", (GINA,))]
    await hugo.send("DELETE", f"{EVENTS}/{made['id']}")
    found = (await gina.get(f"{EVENTS}/{made['id']}"))["attendees"]
    assert found[0]["responseStatus"] == "declined"


async def test_uninvited(gina: Caller, hugo: Caller, sandbox: RunningSandbox) -> None:
    made = await gina.post(EVENTS, {"summary": "Plan", "attendees": GUESTS, **timed()})
    path = f"{EVENTS}/{made['id']}"
    await gina.patch(f"{path}?sendUpdates=all", {"attendees": GUESTS[1:]})
    assert (await hugo.get(path))["status"] == "cancelled"
    assert sent(sandbox.world.google.account(GINA)) == [
        ("cancellation", (HUGO,)),
        ("update", ("guest@elsewhere.example",)),
    ]


async def test_one_instance_of_a_series(gina: Caller, hugo: Caller) -> None:
    series = await gina.post(EVENTS, weekly(attendees=GUESTS))
    second = f"{EVENTS}/{series['id']}_20270308T090000Z"
    await gina.patch(second, {"summary": "Once otherwise"})
    assert (await hugo.get(second))["summary"] == "Once otherwise"
    assert (await hugo.get(f"{EVENTS}/{series['id']}"))["summary"] == "Weekly"
    third = f"{EVENTS}/{series['id']}_20270315T090000Z"
    declined = [GUESTS[0] | {"responseStatus": "declined"}, GUESTS[1]]
    await hugo.patch(third, {"attendees": declined})
    assert (await gina.get(third))["attendees"][0]["responseStatus"] == "declined"
    assert (await gina.get(second))["attendees"][0]["responseStatus"] == "needsAction"


async def test_an_invitation_from_elsewhere(hugo: Caller, sandbox: RunningSandbox) -> None:
    account = sandbox.world.google.account(HUGO)
    made = account.create_event(
        summary="Sales",
        organizer={"email": "sales@elsewhere.example", "displayName": "Sales"},
        attendees=[{"email": HUGO}],
        **timed(),
    )
    shown = await hugo.get(f"{EVENTS}/{made.id}")
    assert shown["organizer"] == {"email": "sales@elsewhere.example", "displayName": "Sales"}
    await hugo.patch(f"{EVENTS}/{made.id}", {"location": "Here"}, 403)
    account.respond(made.id, "tentative")
    assert sent(account) == [("response", ("sales@elsewhere.example",))]
    account.organizer_cancels(made.id)
    assert (await hugo.get(f"{EVENTS}/{made.id}"))["status"] == "cancelled"


async def test_time_away_declines_what_it_meets(
    hugo: Caller, gina: Caller, sandbox: RunningSandbox
) -> None:
    made = await gina.post(EVENTS, {"summary": "Plan", "attendees": GUESTS, **timed()})
    away: dict[str, Any] = {
        "summary": "Away",
        "eventType": "outOfOffice",
        "outOfOfficeProperties": {"autoDeclineMode": "declineAllConflictingInvitations"},
    }
    await hugo.post(EVENTS, away | timed(start="09:00", end="12:00"))
    found = (await gina.get(f"{EVENTS}/{made['id']}"))["attendees"]
    assert found[0]["responseStatus"] == "declined"
    assert sent(sandbox.world.google.account(HUGO)) == [("response", (GINA,))]


async def test_a_private_instance_makes_the_series_private(gina: Caller) -> None:
    series = await gina.post(EVENTS, weekly())
    await gina.patch(f"{EVENTS}/{series['id']}_20270308T090000Z", {"visibility": "private"})
    assert (await gina.get(f"{EVENTS}/{series['id']}"))["visibility"] == "private"
    instance = f"{EVENTS}/{series['id']}_20270315T090000Z"
    loosened = await gina.patch(instance, {"visibility": "public"})
    assert loosened["visibility"] == "private"


async def test_private_events_of_a_shared_calendar(
    sandbox: RunningSandbox, http: httpx.AsyncClient
) -> None:
    account, greg = sandbox.world.google.account(HUGO), sandbox.world.google.account(GREG)
    made = account.create_event(
        calendar="Site rota", summary="Secret", visibility="private", **timed()
    )
    path = f"/calendar/v3/calendars/{account.calendar('Site rota').id}/events/{made.id}"
    for role, seen in (
        ("freeBusyReader", False),
        ("reader", False),
        ("writerWithoutPrivateAccess", False),
        ("writer", True),
        ("owner", True),
    ):
        account.share("Site rota", greg, role)
        shown = await caller(sandbox, http, GREG).get(path)
        assert ("Secret" in str(shown)) is seen, role
        assert shown["start"]["dateTime"] == "2027-03-01T10:00:00Z"
