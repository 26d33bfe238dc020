"""The table `appointments`: one partition a location.

appointment|{id}             the appointment with what is still to be done for it
user|{user}|{end}|{id}       what tells of it without reading it, under each user whom it concerns
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from shared.domain.appointments import Appointment
from shared.domain.model import CalendarKey, LocationId, UserId
from shared.domain.records import IndexedAppointment, KeptAppointment
from shared.errors import StoreConflict
from shared.store import packing
from shared.store.rows import SEPARATOR, from_bytes, in_partition, row_key, rows_under, to_bytes
from shared.store.tables import Entity, Operation, Tables, etag_of, guarded, unless_changed

APPOINTMENT, USER = "appointment", "user"

_END = "%Y%m%dT%H%M%SZ"
_AFTER_DIGITS = "~"


@dataclass(frozen=True, slots=True)
class _Version:
    """`index` are the names of the index rows as they stand."""

    etag: str
    index: frozenset[str]


class TableAppointmentStore:
    """An AppointmentStore (see base.py) on Azure Table Storage."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("appointments")

    async def load(self, location: LocationId, appointment: str) -> KeptAppointment | None:
        row = await self._table.get(location, row_key(APPOINTMENT, appointment))
        return _kept(row) if row is not None else None

    async def keep(self, kept: KeptAppointment) -> KeptAppointment:
        """Writes the appointment and its index rows in one transaction.

        Returns it with its new version. Raises StoreConflict, and ValueError if it does not fit
        a row.
        """
        index = _index_rows(kept.appointment)
        names = frozenset(row["RowKey"] for row in index)
        before = kept.version.index if isinstance(kept.version, _Version) else frozenset()
        location = kept.appointment.location
        operations: list[Operation] = [
            _guarded_put(_record_row(kept, names), kept.version),
            *(("upsert", row) for row in index),
            *(("delete", _row(location, name)) for name in sorted(before - names)),
        ]
        answers = await self._table.commit(operations)
        return replace(kept, version=_Version(str(answers[0]["etag"]), names))

    async def of_user(
        self, location: LocationId, user: UserId, since: datetime
    ) -> list[IndexedAppointment]:
        rows = await self._table.query(in_partition(location, _ending_after(user, since)))
        return [_indexed(row) for row in rows]

    async def all_of(self, location: LocationId) -> AsyncIterator[KeptAppointment]:
        async for row in self._table.scan(in_partition(location, rows_under(APPOINTMENT))):
            yield _kept(row)

    async def erase(self, kept: KeptAppointment) -> None:
        location, version = kept.appointment.location, kept.version
        if not isinstance(version, _Version):
            raise StoreConflict
        record = _row(location, row_key(APPOINTMENT, kept.appointment.id))
        await self._table.commit(
            [
                ("delete", record, unless_changed(version.etag)),
                *(("delete", _row(location, name)) for name in sorted(version.index)),
            ]
        )


def _row(location: LocationId, name: str) -> Entity:
    return {"PartitionKey": location, "RowKey": name}


def _kept(row: Entity) -> KeptAppointment:
    kept = from_bytes(KeptAppointment, packing.joined([row]))
    return replace(kept, version=_Version(etag_of(row), frozenset(row["index"].split())))


def _record_row(kept: KeptAppointment, index: frozenset[str]) -> Entity:
    parts = packing.parts(to_bytes(replace(kept, version=None)))
    if len(parts) != 1:
        raise ValueError(f"appointment takes {len(parts)} rows")
    name = row_key(APPOINTMENT, kept.appointment.id)
    return {**_row(kept.appointment.location, name), "index": " ".join(sorted(index)), **parts[0]}


def _guarded_put(row: Entity, version: object) -> Operation:
    if version is None:
        return ("create", row)
    if not isinstance(version, _Version):
        raise StoreConflict
    return ("update", row, guarded(version.etag))


def _index_rows(appointment: Appointment) -> list[Entity]:
    """None where there is no event and none is wanted. No id holds a blank."""
    if not (appointment.wanted or appointment.placements):
        return []
    end = appointment.content.end.astimezone(UTC).strftime(_END)
    users = {appointment.user, *(one.user for one in appointment.placements)}
    return [
        {
            **_row(appointment.location, row_key(USER, user, end, appointment.id)),
            "placed": _placed(appointment, user),
        }
        for user in sorted(users)
    ]


def _placed(appointment: Appointment, user: UserId) -> str:
    alone = len(appointment.placements) == 1 and user == appointment.user
    return appointment.placed.calendar.key if alone and appointment.placed else ""


def _ending_after(user: UserId, since: datetime) -> str:
    """An OData filter for the user's index rows; their ends are whole seconds."""
    first = (since.astimezone(UTC) + timedelta(seconds=1)).strftime(_END)
    low, high = (row_key(USER, user, end).replace("'", "''") for end in (first, _AFTER_DIGITS))
    return f"RowKey ge '{low}' and RowKey lt '{high}'"


def _indexed(row: Entity) -> IndexedAppointment:
    _, _, end, appointment = row["RowKey"].split(SEPARATOR)
    ends = datetime.strptime(end, _END).replace(tzinfo=UTC)
    placed = CalendarKey(row["placed"]) if row["placed"] else None
    return IndexedAppointment(appointment, ends, placed)
