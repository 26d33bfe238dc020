"""What erasing asks of the stores, on Azurite."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.domain.access import Membership
from shared.domain.appointments import Appointment, Content, Placement
from shared.domain.audit import Act, AuditRecord, Outcome
from shared.domain.changes import Change, ChangeType
from shared.domain.model import Account, Calendar, CalendarKey, LocationId, UserId
from shared.domain.records import (
    AccountProfile,
    Connection,
    Erasure,
    KeptAppointment,
    KeptSelection,
    KeptSettings,
)
from shared.domain.selection import Selection
from shared.errors import StoreConflict
from shared.store import changes as change_store
from shared.store.appointments import TableAppointmentStore
from shared.store.audit import KEPT, TableAuditStore
from shared.store.changes import TableChangeStore
from shared.store.locations import TableLocationStore
from shared.store.removing import remove
from tests.contract.conftest import SeenTables

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
ANNE, BERT = UserId("anne"), UserId("bert")
ANNES = Erasure(LocationId(""), ANNE, "audit", NOW)


def change(location: LocationId, user: UserId, subject: str | None = None) -> Change:
    data: Mapping[str, Any] = {"locationId": location, "userId": user, "title": "Ärger"}
    name = f"chg_{uuid4().hex}"
    return Change(name, ChangeType.BUSY_CHANGED, location, subject or f"busy|{user}", NOW, data)


async def test_of_an_erased_users_changes_the_numbers_stay(
    tables: SeenTables, location: LocationId
) -> None:
    changes = TableChangeStore(tables)
    told = [change(location, ANNE if n % 2 else BERT) for n in range(80)]
    await changes.append(location, told, NOW, deliver=True)
    before = await changes.read(location, None, 500, NOW)

    assert await changes.blank(location, ANNE) == 80
    assert await changes.blank(location, ANNE) == 0

    after = await changes.read(location, None, 500, NOW)
    assert [one.number for one in after] == list(range(1, 81))
    assert [one for one in after if one.number % 2] == [one for one in before if one.number % 2]
    blanks = [one.change for one in after if not one.number % 2]
    for one in blanks:
        assert (one.type, one.data) == (ChangeType.ERASED, {"locationId": location})
        assert (one.location, one.subject, one.at) == (location, "erased", NOW)
    assert len({one.id for one in blanks}) == 40
    assert await changes.pending(location, "busy|anne") == []
    assert len(await changes.pending(location, "busy|bert")) == 10
    rows = await tables.rows("changes", location)
    assert not [name for name in rows if "anne" in name]
    assert {name.partition("|")[2] for name in rows if name.startswith("told|")} == {
        one.change.id for one in after
    }


async def test_a_feed_with_erased_changes_ages_as_any_other(
    tables: SeenTables, location: LocationId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_store, "_FORGET_EVERY", 1)
    changes = TableChangeStore(tables)
    await changes.append(location, [change(location, ANNE)], NOW, deliver=False)
    await changes.blank(location, ANNE)
    later = NOW + change_store.KEPT + timedelta(days=1)
    last = change(location, BERT)

    await changes.append(location, [last], later, deliver=False)

    assert set(await tables.rows("changes", location)) == {
        *("counter", f"told|{last.id}", "change|000000000002")
    }


async def test_a_feed_is_erased_whole_and_begins_anew(
    tables: SeenTables, location: LocationId
) -> None:
    changes = TableChangeStore(tables)
    elsewhere = LocationId(f"{location}-b")
    for place in (location, elsewhere):
        await changes.append(place, [change(place, ANNE) for _ in range(70)], NOW, deliver=True)

    assert await changes.erase(location) == 211
    assert await changes.erase(location) == 0

    assert await tables.rows("changes", location) == {}
    assert len(await tables.rows("changes", elsewhere)) == 211
    await changes.append(location, [change(location, ANNE)], NOW, deliver=False)
    assert [one.number for one in await changes.read(location, None, 9, NOW)] == [1]


async def test_rows_of_which_some_are_gone_are_removed(
    tables: SeenTables, location: LocationId
) -> None:
    table = tables.table("changes")
    names = [f"row{number:03}" for number in range(150)]
    for name in names[::2]:
        await table.put({"PartitionKey": location, "RowKey": name})
    assert await remove(table, location, names) == 150
    assert await tables.rows("changes", location) == {}


def kept(location: LocationId, name: str, user: UserId, account: Account) -> KeptAppointment:
    content = Content("Viewing", NOW, NOW + timedelta(hours=1), "Europe/Berlin")
    placement = Placement(user, Calendar(account, "c"), 1, "event")
    return KeptAppointment(
        Appointment(location, name, user, True, "team", content, placements=(placement,))
    )


async def test_all_appointments_of_a_location_and_erasing_one(
    tables: SeenTables, location: LocationId, account: Account
) -> None:
    appointments = TableAppointmentStore(tables)
    for name in ("a1", "a2"):
        await appointments.keep(kept(location, name, ANNE, account))
    found = [one async for one in appointments.all_of(location)]
    assert [one.appointment.id for one in found] == ["a1", "a2"]
    assert found[0] == await appointments.load(location, "a1")

    await appointments.erase(found[0])

    assert await appointments.load(location, "a1") is None
    rows = await tables.rows("appointments", location)
    assert {name.rpartition("|")[2] for name in rows} == {"a2"}
    newer = await appointments.keep(found[1])
    with pytest.raises(StoreConflict):
        await appointments.erase(found[1])
    await appointments.erase(newer)
    with pytest.raises(StoreConflict):
        await appointments.erase(newer)
    assert await tables.rows("appointments", location) == {}


async def test_an_erasure_is_seen_with_the_member_and_ends_with_the_selection(
    tables: SeenTables, location: LocationId
) -> None:
    locations = TableLocationStore(tables)
    left = await locations.choose(location, ANNE, KeptSelection(Selection(), number=1))
    keys = tuple(CalendarKey(uuid4().hex) for _ in range(5000))
    begun = await locations.keep_erasure(replace(ANNES, location=location, calendars=keys))
    with pytest.raises(StoreConflict):
        await locations.keep_erasure(replace(begun, version=None))
    assert await locations.erasure(location, ANNE) == begun
    assert await locations.erasure(location, None) is None
    assert [(await locations.member(location, user)).erasing for user in (ANNE, BERT)] == [
        True,
        False,
    ]
    newer = await locations.keep_erasure(replace(begun, next_at=NOW))
    with pytest.raises(StoreConflict):
        await locations.end_erasure(begun, left)
    with pytest.raises(StoreConflict):  # a selection that was written since
        await locations.end_erasure(newer, replace(left, version=begun.version))
    assert len(await tables.rows("locations", location)) == 2

    await locations.end_erasure(newer, left)
    assert await tables.rows("locations", location) == {}


async def test_the_erasure_of_a_location_ends_with_all_its_rows(
    tables: SeenTables, location: LocationId, account: Account
) -> None:
    locations = TableLocationStore(tables)
    begun = await locations.keep_erasure(replace(ANNES, location=location, user=None))
    assert await locations.erasure(location, None) == begun
    await locations.keep_erasure(replace(ANNES, location=location))
    assert await locations.members(location) == []
    profile = AccountProfile("anne@contoso.example", "Anne", "work")
    await locations.connect(Connection(location, ANNE, account, profile, NOW, NOW))
    await locations.decide(location, KeptSettings("restore", 1))
    assert [one.user for one in await locations.members(location)] == [ANNE]

    await locations.end_erasure(begun, None)

    assert await tables.rows("locations", location) == {}
    with pytest.raises(StoreConflict):
        await locations.end_erasure(begun, None)


def record(location: LocationId, at: datetime, by: UserId, user: UserId) -> AuditRecord:
    name = f"{at:%Y%m%dT%H%M%S%f}Z-{uuid4().hex[:8]}"
    return AuditRecord(name, location, at, Act.CONNECTED, by, Membership.ADMIN, user)


async def test_records_are_closed_read_in_order_and_age(
    tables: SeenTables, location: LocationId
) -> None:
    audit = TableAuditStore(tables)
    made = [record(location, NOW + timedelta(microseconds=n), ANNE, ANNE) for n in range(5)]
    for one in reversed(made):
        await audit.append(one, NOW)
    assert await audit.read(location, "", 500, NOW) == made
    assert await audit.read(location, made[1].id, 2, NOW) == made[2:4]
    await audit.close(location, made[0].id, Outcome.DONE)
    await audit.close(location, "20260310T120000000000Z-00000000", Outcome.DONE)
    closed = replace(made[0], outcome=Outcome.DONE)
    assert await audit.read(location, "", 1, NOW) == [closed]
    with pytest.raises(StoreConflict):
        await audit.append(made[0], NOW)

    later = NOW + KEPT + timedelta(seconds=1)
    assert await audit.read(location, "", 500, later) == []
    last = record(location, later, ANNE, ANNE)
    await audit.append(last, later)
    assert set(await tables.rows("audit", location)) == {last.id}


async def test_what_is_forgotten_of_an_erased_user(
    tables: SeenTables, location: LocationId
) -> None:
    audit = TableAuditStore(tables)
    pairs = [(ANNE, ANNE), (BERT, ANNE), (ANNE, BERT), (BERT, BERT)]
    made = [record(location, NOW + timedelta(seconds=n), *who) for n, who in enumerate(pairs)]
    for one in made:
        await audit.append(one, NOW)

    assert await audit.forget(location, ANNE) == 3
    assert await audit.forget(location, ANNE) == 0
    assert await audit.read(location, "", 9, NOW) == [replace(made[2], by=None), made[3]]
    assert await audit.forget(location, None, keep=made[3].id) == 1
    assert await audit.forget(location, None) == 1
    assert await tables.rows("audit", location) == {}
