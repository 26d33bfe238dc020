"""TableAppointmentStore on Azurite: an appointment and its index row move in one transaction."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.appointments import (
    CANCELLED,
    PENDING,
    SYNCED,
    Appointment,
    Asked,
    Attendee,
    Content,
    Placement,
    Sync,
    SyncState,
)
from shared.domain.changes import appointment_changed
from shared.domain.model import Account, Calendar, LocationId, UserId
from shared.domain.records import IndexedAppointment, KeptAppointment, Writer
from shared.errors import StoreConflict
from shared.store.appointments import TableAppointmentStore
from tests.contract.conftest import SeenTables

NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
ANNE, ANNE_B, BERT = UserId("anne"), UserId("anne-b"), UserId("bert")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

# Every character that an id may hold.
SPELLINGS = ["a1.b_c~d:e@f+g=h-Z", "+", "=", "~", ":", "@", "..", "a+b=c"]


@pytest.fixture
def store(tables: SeenTables) -> TableAppointmentStore:
    return TableAppointmentStore(tables)


def content(hours: float = 1, **more: object) -> Content:
    made = Content("Fitting", NOW, NOW + timedelta(hours=hours), "Europe/Prague")
    return replace(made, **more)  # type: ignore[arg-type]


def appointment(location: LocationId, key: str = "a", **more: object) -> Appointment:
    made = Appointment(location, key, ANNE, True, "team", content())
    return replace(made, **more)  # type: ignore[arg-type]


def placement(account: Account, **more: object) -> Placement:
    made = Placement(ANNE, Calendar(account, "AAMk="), 1, "event")
    return replace(made, **more)  # type: ignore[arg-type]


def noise(length: int, seed: int) -> str:
    """Characters of four bytes that do not compress."""
    numbers = random.Random(seed)
    return "".join(chr(numbers.randrange(0x10000, 0x110000)) for _ in range(length))


async def loaded(
    store: TableAppointmentStore, location: LocationId, key: str = "a"
) -> KeptAppointment:
    found = await store.load(location, key)
    assert found is not None
    return found


async def index_rows(tables: SeenTables, location: LocationId) -> set[str]:
    rows = await tables.rows("appointments", location)
    return {name for name in rows if name.startswith("user|")}


async def ids_of(
    store: TableAppointmentStore, location: LocationId, user: UserId, since: datetime = LONG_AGO
) -> list[str]:
    return [found.id for found in await store.of_user(location, user, since)]


async def test_what_was_never_kept_is_not_there(
    store: TableAppointmentStore, location: LocationId
) -> None:
    assert await store.load(location, "a") is None
    assert await store.of_user(location, ANNE, LONG_AGO) == []


async def test_all_that_is_kept_comes_back(
    store: TableAppointmentStore, location: LocationId, account: Account
) -> None:
    said = content(
        title="Žluťoučký kůň 🐎 | '",
        description="two\nlines",
        attendees=(Attendee("bert@fabrikam.example", "Bert"),),
        invite=True,
    )
    made = appointment(
        location,
        content=said,
        version=7,
        asked=Asked(BERT, True, "team", content(), cancelled=True),
        revision=4,
        generation=2,
        placements=(
            placement(account, event_id=None),
            placement(account, generation=2, entity_tag='W/"1"', online=True, written=said),
        ),
        restores=1,
        sync=Sync(SyncState.FAILED, "throttled"),
    )
    kept = KeptAppointment(
        made,
        (appointment_changed(made, NOW),),
        Writer("token", NOW + timedelta(minutes=2)),
        NOW + timedelta(hours=1),
    )
    written = await store.keep(kept)
    assert await loaded(store, location) == written
    assert replace(written, version=None) == kept


@pytest.mark.parametrize("key", SPELLINGS)
async def test_every_spelling_of_an_id_is_kept_moved_and_closed(
    store: TableAppointmentStore, tables: SeenTables, location: LocationId, key: str
) -> None:
    user = UserId(key)
    first = appointment(location, key, user=user)
    await store.keep(KeptAppointment(first))
    found = await loaded(store, location, key)
    assert found.appointment == first
    moved = replace(first, content=content(hours=2))
    await store.keep(replace(found, appointment=moved))
    assert await ids_of(store, location, user) == [key]
    assert len(await index_rows(tables, location)) == 1
    found = await loaded(store, location, key)
    assert found.appointment == moved
    await store.keep(replace(found, appointment=replace(moved, cancelled=True)))
    assert await index_rows(tables, location) == set()


async def test_a_big_appointment_survives(
    store: TableAppointmentStore, location: LocationId, account: Account
) -> None:
    """The longest description there may be, and another in each place that holds one."""
    said, asked, *others = (content(description=noise(16_000, seed)) for seed in range(6))
    big = appointment(
        location,
        content=said,
        asked=Asked(ANNE, True, "team", asked),
        placements=tuple(
            placement(account, generation=number, written=one) for number, one in enumerate(others)
        ),
    )
    kept = KeptAppointment(big)
    await store.keep(await store.keep(kept))
    found = await loaded(store, location)
    assert replace(found, version=None) == kept


async def test_what_fits_no_row_is_refused(
    store: TableAppointmentStore, location: LocationId
) -> None:
    huge = content(description=noise(300_000, 1))
    with pytest.raises(ValueError, match="rows"):
        await store.keep(KeptAppointment(appointment(location, content=huge)))
    assert await store.load(location, "a") is None
    assert await store.of_user(location, ANNE, LONG_AGO) == []


# Races


async def test_a_new_appointment_that_exists_is_not_written_over(
    store: TableAppointmentStore, tables: SeenTables, location: LocationId
) -> None:
    first = await store.keep(KeptAppointment(appointment(location)))
    before = await index_rows(tables, location)
    with pytest.raises(StoreConflict):
        await store.keep(KeptAppointment(appointment(location, user=BERT)))
    assert await loaded(store, location) == first
    assert await index_rows(tables, location) == before


async def test_of_two_writers_one_wins_and_the_other_changes_nothing(
    store: TableAppointmentStore, tables: SeenTables, location: LocationId
) -> None:
    read = await store.keep(KeptAppointment(appointment(location)))
    won = await store.keep(replace(read, appointment=appointment(location, content=content(2))))
    before = await index_rows(tables, location)
    with pytest.raises(StoreConflict):
        await store.keep(replace(read, appointment=appointment(location, user=BERT)))
    assert await loaded(store, location) == won
    assert await index_rows(tables, location) == before


@pytest.mark.parametrize("new", [True, False])
async def test_of_many_writers_at_once_one_wins_whole(
    store: TableAppointmentStore, tables: SeenTables, location: LocationId, new: bool
) -> None:
    read = KeptAppointment(appointment(location))
    if not new:
        read = await store.keep(read)
    wanted = [
        appointment(location, user=UserId(f"user-{n}"), content=content(n)) for n in range(1, 9)
    ]
    results = await asyncio.gather(
        *(store.keep(replace(read, appointment=one)) for one in wanted), return_exceptions=True
    )
    [winner] = [one for one in results if isinstance(one, KeptAppointment)]
    assert sum(isinstance(one, StoreConflict) for one in results) == 7
    assert await loaded(store, location) == winner
    [name] = await index_rows(tables, location)
    assert name.split("|")[1] == winner.appointment.user


async def test_a_version_of_nobody_loses(
    store: TableAppointmentStore, location: LocationId
) -> None:
    read = await store.keep(KeptAppointment(appointment(location)))
    with pytest.raises(StoreConflict):
        await store.keep(replace(read, version="made up"))
    with pytest.raises(StoreConflict):
        await store.keep(replace(read, appointment=appointment(location, "b")))
    assert await store.load(location, "b") is None


# The index


async def test_the_index_follows_user_and_end(
    store: TableAppointmentStore, tables: SeenTables, location: LocationId
) -> None:
    kept = await store.keep(KeptAppointment(appointment(location)))
    assert await index_rows(tables, location) == {"user|anne|20270301T090000Z|a"}
    kept = await store.keep(replace(kept, appointment=appointment(location, content=content(2))))
    assert await index_rows(tables, location) == {"user|anne|20270301T100000Z|a"}
    moved = appointment(location, user=BERT, content=content(2))
    kept = await store.keep(replace(kept, appointment=moved))
    assert await index_rows(tables, location) == {"user|bert|20270301T100000Z|a"}
    # The same from what was loaded.
    found = await loaded(store, location)
    await store.keep(replace(found, appointment=appointment(location)))
    assert await index_rows(tables, location) == {"user|anne|20270301T090000Z|a"}
    assert await ids_of(store, location, BERT) == []
    assert await ids_of(store, location, ANNE) == ["a"]


async def test_the_index_tells_the_calendar_of_an_event_in_step(
    store: TableAppointmentStore, location: LocationId, account: Account
) -> None:
    end = NOW + timedelta(hours=1)
    kept = await store.keep(KeptAppointment(appointment(location, sync=PENDING)))
    assert await store.of_user(location, ANNE, NOW) == [IndexedAppointment("a", end, None)]
    placed = appointment(location, placements=(placement(account),), sync=SYNCED)
    await store.keep(replace(kept, appointment=placed))
    key = Calendar(account, "AAMk=").key
    assert await store.of_user(location, ANNE, NOW) == [IndexedAppointment("a", end, key)]


async def test_only_what_is_open_is_in_the_index(
    store: TableAppointmentStore, tables: SeenTables, location: LocationId, account: Account
) -> None:
    cancelled = appointment(location, cancelled=True, sync=CANCELLED)
    kept = await store.keep(KeptAppointment(cancelled))
    assert await index_rows(tables, location) == set()
    # An event of it may still be there: it has to go.
    going = replace(cancelled, placements=(placement(account),))
    kept = await store.keep(replace(kept, appointment=going))
    assert await ids_of(store, location, ANNE) == ["a"]
    gone = replace(cancelled, deleted=True, user=BERT)
    kept = await store.keep(replace(kept, appointment=gone))
    assert await index_rows(tables, location) == set()
    kept = await store.keep(replace(kept, again_at=NOW))
    assert await loaded(store, location) == kept
    await store.keep(replace(kept, appointment=appointment(location)))
    assert await ids_of(store, location, ANNE) == ["a"]


async def test_a_users_appointments_come_in_order_of_their_end(
    store: TableAppointmentStore, location: LocationId
) -> None:
    for key, hours in (("c", 1), ("a", 30), ("b", 2.5)):
        made = appointment(location, key, content=content(hours))
        await store.keep(KeptAppointment(made))
    await store.keep(KeptAppointment(appointment(location, "other", user=ANNE_B)))
    assert await ids_of(store, location, ANNE) == ["c", "b", "a"]
    assert await ids_of(store, location, ANNE_B) == ["other"]
    assert await ids_of(store, LocationId(f"{location} b"), ANNE) == []


async def test_what_ends_at_the_moment_has_ended(
    store: TableAppointmentStore, location: LocationId
) -> None:
    await store.keep(KeptAppointment(appointment(location)))
    end = NOW + timedelta(hours=1)
    moment = timedelta(microseconds=1)
    assert await ids_of(store, location, ANNE, end - timedelta(seconds=1)) == ["a"]
    assert await ids_of(store, location, ANNE, end - moment) == ["a"]
    assert await ids_of(store, location, ANNE, end) == []
    assert await ids_of(store, location, ANNE, end + moment) == []


async def test_it_is_found_under_each_user_for_whom_an_event_was_written(
    store: TableAppointmentStore, location: LocationId, account: Account
) -> None:
    former = replace(placement(account), user=BERT)
    reassigned = appointment(location, placements=(former,), sync=SYNCED)

    kept = await store.keep(KeptAppointment(reassigned))

    assert await ids_of(store, location, ANNE) == ["a"]
    [found] = await store.of_user(location, BERT, NOW)
    assert (found.id, found.placed) == ("a", None)
    await store.keep(replace(kept, appointment=replace(reassigned, placements=())))
    assert await ids_of(store, location, BERT) == []
