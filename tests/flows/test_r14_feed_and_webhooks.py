"""The CRM is told of every change, once in the feed and in order by its webhook (R14)."""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from sandbox.stack import Stack
from shared import services
from shared.domain.appointments import Appointment, Content
from shared.domain.changes import Change, ChangeType
from shared.domain.delivery import SCHEDULE
from shared.domain.model import (
    Account,
    CalendarKey,
    CalendarState,
    LocationId,
    Problem,
    ProviderName,
    Role,
    UserId,
    Watch,
)
from shared.domain.ownership import Owner
from shared.domain.records import AccountProfile, KeptAppointment, KeptSelection, SealedTokens
from shared.domain.selection import Selection
from shared.errors import MessageInvalid
from shared.flows.deliver_changes import deliver_changes
from shared.flows.ports import Ports
from shared.flows.publish_changes import publish_changes
from shared.flows.tell_change import tell_change, tell_connection
from shared.messages import DeliverChanges, Message, PublishChanges, TellChange, TellConnection
from shared.store.changes import KEPT
from shared.webhooks.base import Answered, Delivery
from tests.people import Person

if TYPE_CHECKING:
    from tests.conftest import Clock

HERE, THERE = LocationId("loc1"), LocationId("loc2")
ANNE = UserId("anne")
BUSY = "busy|anne"
TITLE = "Geheimes Treffen"
TAKEN, FAILED = Delivery(Answered.TAKEN), Delivery(Answered.AGAIN, reason="status_503")
ENDED = Delivery(Answered.ENDED, reason="status_410")


class Listener:
    """A webhook that answers each change as it is told, and takes what nothing was said of."""

    def __init__(self) -> None:
        self.endpoint = uuid4().hex
        self.told: list[str] = []
        self.answers: dict[str, list[Delivery]] = {}

    async def deliver(self, change: Change) -> Delivery:
        self.told.append(change.id)
        answers = self.answers.get(change.id)
        return answers.pop(0) if answers else TAKEN


class Crash(Exception):
    """The process dies here."""


class Outbound:
    """Queues on which nothing is ever worked off; `dies_at` is the send that does not happen."""

    def __init__(self) -> None:
        self.sent: list[tuple[Message, float]] = []
        self.dies_at: int | None = None

    async def send(self, message: Message, delay_seconds: float = 0) -> None:
        if self.dies_at == len(self.sent):
            raise Crash
        self.sent.append((message, delay_seconds))

    async def length(self, queue: str) -> int:
        return len(self.sent)

    def taken(self) -> list[tuple[Message, float]]:
        found, self.sent = self.sent, []
        return found


@pytest.fixture
def crm() -> Listener:
    return Listener()


@pytest.fixture
def out() -> Outbound:
    return Outbound()


@pytest.fixture(autouse=True)
async def _anne_is_known(stack: Stack) -> None:
    """Of a user whom nobody knows nothing is told."""
    for location in (HERE, THERE):
        kept = KeptSelection(Selection(), number=1)
        await services.ports().locations.choose(location, ANNE, kept)


@pytest.fixture
def ports(stack: Stack, crm: Listener, out: Outbound, clock: "Clock") -> Ports:
    """Time passes when the test says so, and not while it works."""
    begun = services.now()
    return replace(services.ports(), webhook=crm, queues=out, clock=lambda: begun + clock.ahead)


def change(name: str, location: LocationId = HERE, subject: str = BUSY) -> Change:
    at = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
    data = {"userId": "anne", "title": TITLE}
    return Change(f"chg_{name}", ChangeType.BUSY_CHANGED, location, subject, at, data)


async def feed(ports: Ports, location: LocationId = HERE) -> list[str]:
    found = await ports.changes.read(location, None, 500, ports.clock())
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    return [one.change.id for one in found]


async def waiting(ports: Ports, location: LocationId = HERE, subject: str = BUSY) -> list[str]:
    return [one.numbered.change.id for one in await ports.changes.pending(location, subject)]


def deliver(location: LocationId = HERE, subject: str = BUSY) -> DeliverChanges:
    return DeliverChanges(location=location, subject=subject)


# From the outboxes to the feed


async def test_a_change_is_in_the_feed_once_however_often_it_is_told(
    ports: Ports, out: Outbound
) -> None:
    message = TellChange(change=change("a"))
    for _ in range(2):
        await tell_change(TellChange.decode(message.encode()), ports)
    assert await feed(ports) == ["chg_a"]
    assert out.taken() == [(deliver(), 0), (deliver(), 0)]


async def test_without_a_webhook_there_is_the_feed_alone(ports: Ports, out: Outbound) -> None:
    ports = replace(ports, webhook=None)
    await tell_change(TellChange(change=change("a")), ports)
    assert await feed(ports) == ["chg_a"]
    assert (await waiting(ports), out.sent) == ([], [])
    assert await deliver_changes(deliver(), ports) == "no_webhook"


async def calendar_with(ports: Ports, *commits: list[Change]) -> CalendarKey:
    """A calendar whose outbox holds what those commits have left."""
    account = Account(ProviderName("outlook"), f"tenant.{uuid4()}")
    state = CalendarState(account, "calendar", is_default=True, shared=False)
    key = state.calendar.key
    await ports.calendars.watch(state, Watch(HERE, ANNE, Role.PRIMARY))
    read = await ports.calendars.load(key)
    assert read is not None
    for changes in commits:
        read = await ports.calendars.commit(read, read.state, changes=changes)
    return key


async def test_the_outbox_of_a_calendar(ports: Ports, out: Outbound) -> None:
    key = await calendar_with(
        ports, [change("a"), change("b", THERE)], [change("c"), change("d", subject="busy|boris")]
    )
    assert await publish_changes(PublishChanges(calendar=key), ports) == 4
    assert await feed(ports) == ["chg_a", "chg_c", "chg_d"]
    assert await feed(ports, THERE) == ["chg_b"]
    assert await ports.calendars.outbox(key) == []
    expected = [deliver(), deliver(THERE), deliver(), deliver(subject="busy|boris")]
    assert out.taken() == [(one, 0) for one in expected]
    assert await publish_changes(PublishChanges(calendar=key), ports) == 0


async def appointment_with(ports: Ports, *unsent: Change) -> KeptAppointment:
    start = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
    content = Content(TITLE, start, start + timedelta(hours=1), "Europe/Berlin")
    appointment = Appointment(HERE, "a1", ANNE, True, "team1", content)
    return await ports.appointments.keep(KeptAppointment(appointment, unsent))


async def test_the_outbox_of_an_appointment(ports: Ports, out: Outbound) -> None:
    await appointment_with(ports, change("a"), change("b"))
    message = PublishChanges(location=HERE, appointment="a1")
    assert await publish_changes(message, ports) == 2
    assert await feed(ports) == ["chg_a", "chg_b"]
    kept = await ports.appointments.load(HERE, "a1")
    assert kept is not None
    assert kept.unsent == ()
    assert out.taken() == [(deliver(), 0)]
    assert await publish_changes(message, ports) == 0
    assert await publish_changes(PublishChanges(location=HERE, appointment="none"), ports) == 0
    with pytest.raises(MessageInvalid):
        await publish_changes(PublishChanges(location=HERE), ports)


async def test_what_comes_into_an_appointments_outbox_meanwhile_stays_there(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await appointment_with(ports, change("a"))
    store = type(ports.appointments)
    keep = store.keep
    late = [replace(first, unsent=(change("a"), change("b")))]

    async def overtaken(self: Any, kept: KeptAppointment) -> KeptAppointment:
        if late:
            await keep(self, late.pop())
        return await keep(self, kept)

    monkeypatch.setattr(store, "keep", overtaken)
    await publish_changes(PublishChanges(location=HERE, appointment="a1"), ports)
    kept = await ports.appointments.load(HERE, "a1")
    assert kept is not None
    assert [one.id for one in kept.unsent] == ["chg_b"]


@pytest.mark.parametrize("dies_at", range(3))
async def test_dying_between_any_two_steps_loses_and_doubles_nothing(
    ports: Ports, out: Outbound, crm: Listener, dies_at: int
) -> None:
    told = [change("a"), change("b", THERE), change("c", subject="busy|boris")]
    key = await calendar_with(ports, told[:2], told[2:])
    out.dies_at = dies_at
    with pytest.raises(Crash):
        await publish_changes(PublishChanges(calendar=key), ports)
    out.dies_at = None
    await publish_changes(PublishChanges(calendar=key), ports)
    for message, _ in out.taken():
        assert isinstance(message, DeliverChanges)
        await deliver_changes(message, ports)
    assert (await feed(ports), await feed(ports, THERE)) == (["chg_a", "chg_c"], ["chg_b"])
    assert sorted(crm.told) == ["chg_a", "chg_b", "chg_c"]
    assert await ports.calendars.outbox(key) == []


# What must be connected again

SINCE = datetime(2026, 3, 10, 12, 0, 0, 5, tzinfo=UTC)


async def account_with(ports: Ports, problem: Problem | None) -> Account:
    account = Account(ProviderName("outlook"), f"tenant.{uuid4()}")
    owner = Owner(ANNE, "Anne", {HERE: SINCE, THERE: SINCE})
    tokens = SealedTokens(b"sealed", SINCE)
    profile = AccountProfile("anne@contoso.example", "Anne", "work")
    await ports.accounts.claim(await ports.accounts.load(account), owner, profile, tokens)
    if problem is not None:
        assert await ports.accounts.report_problem(await ports.accounts.load(account), problem)
    return account


@pytest.mark.parametrize(
    ("problem", "restored", "told"),
    [
        (Problem("consent_revoked", SINCE), False, True),
        (Problem("consent_revoked", SINCE + timedelta(hours=1)), False, False),
        (None, False, False),
        (None, True, True),
        (Problem("consent_revoked", SINCE + timedelta(hours=1)), True, True),
        (Problem("consent_revoked", SINCE), True, False),
    ],
)
async def test_a_connection_is_told_of_only_as_it_has_come_to_be(
    ports: Ports, problem: Problem | None, restored: bool, told: bool
) -> None:
    account = await account_with(ports, problem)
    message = TellConnection(
        account=str(account), code="consent_revoked", since=SINCE, restored=restored
    )
    for _ in range(2):
        await tell_connection(TellConnection.decode(message.encode()), ports)
    for location in (HERE, THERE):
        found = await ports.changes.read(location, None, 10, ports.clock())
        kinds = [one.change.type for one in found]
        kind = ChangeType.CONNECTION_RESTORED if restored else ChangeType.RECONNECT_REQUIRED
        assert kinds == ([kind] if told else [])
        expected = {"locationId": location, "userId": "anne", "provider": "outlook"}
        if not restored:
            expected["reason"] = "consent_revoked"
        assert [one.change.data for one in found] == [expected] * told


async def test_of_an_account_that_nobody_has_nothing_is_told(ports: Ports) -> None:
    message = TellConnection(account="outlook|nobody", code="x", since=SINCE, restored=True)
    assert await tell_connection(message, ports) == "nothing_to_tell"


# Delivering


async def told(ports: Ports, out: Outbound, *names: str) -> None:
    for name in names:
        await tell_change(TellChange(change=change(name)), ports)
    out.taken()


async def test_changes_are_delivered_in_order(ports: Ports, out: Outbound, crm: Listener) -> None:
    names = [f"{n:02d}" for n in range(12)]
    await told(ports, out, *names)
    assert await deliver_changes(deliver(), ports) == "more"
    assert crm.told == [f"chg_{name}" for name in names[:10]]
    assert out.taken() == [(deliver(), 0)]
    assert await deliver_changes(deliver(), ports) == "delivered"
    assert crm.told == [f"chg_{name}" for name in names]
    assert (await waiting(ports), out.sent) == ([], [])


async def test_none_is_tried_before_the_one_ahead_of_it_is_settled(
    ports: Ports, out: Outbound, crm: Listener, clock: "Clock"
) -> None:
    await told(ports, out, "a", "b")
    await tell_change(TellChange(change=change("other", subject="busy|boris")), ports)
    crm.answers["chg_a"] = [FAILED, FAILED]
    assert await deliver_changes(deliver(), ports) == "status_503"
    [_, (again, wait)] = out.taken()
    assert again == deliver()
    assert 5.0 <= wait <= 5.5
    assert await deliver_changes(deliver(subject="busy|boris"), ports) == "delivered"
    assert await deliver_changes(deliver(), ports) == "not_due"
    assert crm.told == ["chg_a", "chg_other"]
    clock.ahead += timedelta(seconds=wait)
    out.taken()
    assert await deliver_changes(deliver(), ports) == "status_503"
    [(_, wait)] = out.taken()
    assert 300 <= wait <= 330
    clock.ahead += timedelta(seconds=wait)
    assert await deliver_changes(deliver(), ports) == "delivered"
    assert crm.told == ["chg_a", "chg_other", "chg_a", "chg_a", "chg_b"]


async def test_a_message_that_is_a_little_early_comes_again(
    ports: Ports, out: Outbound, crm: Listener, clock: "Clock"
) -> None:
    await told(ports, out, "a")
    crm.answers["chg_a"] = [FAILED, FAILED]
    await deliver_changes(deliver(), ports)
    clock.ahead += timedelta(seconds=5)
    await deliver_changes(deliver(), ports)
    assert await deliver_changes(deliver(), ports) == "not_due"
    out.taken()
    clock.ahead += timedelta(seconds=290)
    assert await deliver_changes(deliver(), ports) == "not_due"
    [(again, wait)] = out.taken()
    assert again == deliver()
    assert 9 <= wait <= 45
    clock.ahead += timedelta(seconds=wait)
    assert await deliver_changes(deliver(), ports) == "delivered"


async def test_the_crm_is_given_the_time_that_it_asks_for(
    ports: Ports, out: Outbound, crm: Listener, clock: "Clock"
) -> None:
    await told(ports, out, "a")
    crm.answers["chg_a"] = [Delivery(Answered.AGAIN, 600.0, "status_429")]
    assert await deliver_changes(deliver(), ports) == "status_429"
    [(_, wait)] = out.taken()
    assert wait == 600.0
    clock.ahead += timedelta(seconds=590)
    assert await deliver_changes(deliver(), ports) == "not_due"
    clock.ahead += timedelta(seconds=10)
    assert await deliver_changes(deliver(), ports) == "delivered"


async def test_who_dies_before_it_is_postponed_tries_once_more(
    ports: Ports,
    out: Outbound,
    crm: Listener,
    clock: "Clock",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def dies(*_: object) -> None:
        raise Crash

    await told(ports, out, "a")
    crm.answers["chg_a"] = [FAILED]
    with monkeypatch.context() as patched:
        patched.setattr(type(ports.changes), "postpone", dies)
        with pytest.raises(Crash):
            await deliver_changes(deliver(), ports)
    [(again, _)] = out.taken()
    assert isinstance(again, DeliverChanges)
    # Whoever had it may still be trying; the message waits for that.
    assert await deliver_changes(again, ports) == "not_due"
    clock.ahead += timedelta(seconds=31)
    assert await deliver_changes(again, ports) == "delivered"
    assert crm.told == ["chg_a", "chg_a"]


async def test_what_nobody_takes_is_given_up_after_the_schedule_and_stays_in_the_feed(
    ports: Ports,
    out: Outbound,
    crm: Listener,
    clock: "Clock",
    caplog: pytest.LogCaptureFixture,
) -> None:
    await told(ports, out, "a", "b")
    crm.answers["chg_a"] = [FAILED] * 20
    begun = ports.clock()
    for _ in SCHEDULE[1:]:
        assert await deliver_changes(deliver(), ports) == "status_503"
        [(_, wait)] = out.taken()
        clock.ahead += timedelta(seconds=wait)
    assert ports.clock() - begun >= timedelta(seconds=sum(SCHEDULE))
    assert await deliver_changes(deliver(), ports) == "delivered"
    assert crm.told == ["chg_a"] * 10 + ["chg_b"]
    assert await waiting(ports) == []
    assert await feed(ports) == ["chg_a", "chg_b"]
    assert "webhook_given_up" in caplog.text
    assert TITLE not in caplog.text


async def test_410_ends_all_delivery_until_address_or_secrets_change(
    ports: Ports, out: Outbound, crm: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    await told(ports, out, *(f"{n:02d}" for n in range(12)))
    crm.answers["chg_00"] = [ENDED]
    assert await deliver_changes(deliver(), ports) == "disabled"
    assert "webhook_disabled" in caplog.text
    await told(ports, out, "later")
    assert await deliver_changes(deliver(), ports) == "disabled"
    assert (crm.told, await waiting(ports), out.sent) == (["chg_00"], [], [])
    assert len(await feed(ports)) == 13
    crm.endpoint = uuid4().hex
    await told(ports, out, "anew")
    assert await deliver_changes(deliver(), ports) == "delivered"
    assert crm.told == ["chg_00", "chg_anew"]


# The whole way, and the feed as the CRM reads it


async def test_a_change_comes_by_webhook_with_the_id_that_it_has_in_the_feed(
    stack: Stack, admin: Person, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        await services.ports().queues.send(TellChange(change=change("a")))
        await admin.settled()
    [received] = stack.sandbox.world.crm.received
    assert received.id == "chg_a"
    answer = await listed(admin)
    expected = {
        "id": "chg_a",
        "type": "calendar.busy_changed",
        "timestamp": "2026-03-10T12:00:00Z",
        "data": {"userId": "anne", "title": TITLE},
    }
    assert answer == {"changes": [expected], "next": "1"}
    assert '"tell-change"' in caplog.text
    assert TITLE not in caplog.text


async def listed(person: Person, **asked: Any) -> dict[str, Any]:
    answer = await person.call("GET", "/locations/loc1/changes", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_feed_is_read_page_by_page(admin: Person, clock: "Clock") -> None:
    assert await listed(admin) == {"changes": [], "next": "0"}
    ports = services.ports()
    changes = [change(f"{n}") for n in range(5)]
    await ports.changes.append(HERE, changes, ports.clock(), deliver=False)
    seen: list[str] = []
    after: Mapping[str, Any] = {}
    while page := (found := await listed(admin, limit=2, **after))["changes"]:
        seen += [one["id"] for one in page]
        after = {"after": found["next"]}
    assert seen == [one.id for one in changes]
    assert found["next"] == "5"
    beyond = await admin.call("GET", "/locations/loc1/changes", params={"after": "999"})
    assert beyond.status_code == 410
    clock.ahead += KEPT + timedelta(seconds=1)
    answer = await admin.call("GET", "/locations/loc1/changes", params={"after": "2"})
    assert answer.status_code == 410
    problem = json.loads(answer.content)
    assert (problem["code"], problem["status"]) == ("expired", 410)
    assert "`after` left out" in problem["detail"]
    assert (await listed(admin))["next"] == "5"


@pytest.mark.parametrize(
    "asked",
    [
        {"after": "-1"},
        {"after": "1.5"},
        {"after": "x"},
        {"after": "9" * 13},
        {"limit": "0"},
        {"limit": "501"},
        {"limit": "x"},
        {"since": "1"},
    ],
)
async def test_what_makes_no_sense_is_refused(admin: Person, asked: dict[str, str]) -> None:
    answer = await admin.call("GET", "/locations/loc1/changes", params=asked)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_request"


async def test_who_may_read_the_feed(stack: Stack, agent: Person, admin: Person) -> None:
    async with Person(stack, "crm", {"*": "service"}) as service:
        answers = [
            (await person.call("GET", "/locations/loc1/changes")).status_code
            for person in (service, admin, agent)
        ]
        elsewhere = await admin.call("GET", "/locations/loc2/changes")
    assert answers == [200, 200, 403]
    assert elsewhere.status_code == 403
