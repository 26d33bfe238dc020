"""The table `locations`: one partition a location.

user|{user}|connection|{provider}   an account of that user here
user|{user}|selection               the calendars that the user has chosen here
user|{user}|erasure                 that all of the user is being erased here, and how far
settings                            the policies of the location
erasure                             that all of the location is being erased, and how far
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from shared.domain.model import LocationId, UserId
from shared.domain.records import Connection, Erasure, KeptSelection, KeptSettings, Member
from shared.errors import StoreConflict
from shared.store import packing
from shared.store.removing import names_in, remove
from shared.store.rows import (
    SEPARATOR,
    from_bytes,
    from_json,
    in_partition,
    row_key,
    rows_under,
    to_bytes,
    to_json,
)
from shared.store.tables import Entity, Operation, Tables, etag_of, guarded, unless_changed

_ATTEMPTS = 5

USER, CONNECTION, SELECTION, SETTINGS = "user", "connection", "selection", "settings"
ERASURE = "erasure"


class TableLocationStore:
    """A LocationStore (see base.py) on Azure Table Storage."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("locations")

    async def member(self, location: LocationId, user: UserId) -> Member:
        rows = await self._table.query(in_partition(location, rows_under(USER, user)))
        return _member(location, user, rows)

    async def members(self, location: LocationId) -> list[Member]:
        found: dict[str, list[Entity]] = {}
        for row in await self._table.query(in_partition(location, rows_under(USER))):
            found.setdefault(row["RowKey"].split(SEPARATOR)[1], []).append(row)
        members = (_member(location, UserId(user), rows) for user, rows in found.items())
        # Not one of whom only the erasure is left.
        return [one for one in members if one.connections or one.selection.version]

    async def connect(self, connection: Connection) -> Connection:
        name = _connection_name(connection)
        for _ in range(_ATTEMPTS):
            kept = await self._table.get(connection.location, name)
            wanted = connection
            if kept is not None:
                found = _connection(kept)
                if found.account != connection.account:
                    return found
                wanted = replace(connection, connected_at=found.connected_at)
            row = {
                **_row(connection.location, name),
                "data": to_json(replace(wanted, version=None)),
            }
            with suppress(StoreConflict):
                return replace(wanted, version=await self._write(row, kept and etag_of(kept)))
        raise StoreConflict

    async def disconnect(self, connection: Connection, left: KeptSelection) -> None:
        selection = _selection_row(connection.location, connection.user, left)
        keep: Operation = ("create", selection)
        if left.version is not None:
            keep = ("update", selection, guarded(left.version))
        gone = _row(connection.location, _connection_name(connection))
        await self._table.commit([keep, ("delete", gone, unless_changed(connection.version))])

    async def choose(
        self, location: LocationId, user: UserId, kept: KeptSelection
    ) -> KeptSelection:
        etag = await self._write(_selection_row(location, user, kept), kept.version)
        return replace(kept, version=etag)

    async def settings(self, location: LocationId) -> KeptSettings:
        row = await self._table.get(location, SETTINGS)
        if row is None:
            return KeptSettings()
        return replace(from_json(KeptSettings, row["data"]), version=etag_of(row))

    async def decide(self, location: LocationId, kept: KeptSettings) -> KeptSettings:
        row = {**_row(location, SETTINGS), "data": to_json(replace(kept, version=None))}
        return replace(kept, version=await self._write(row, kept.version))

    async def erasure(self, location: LocationId, user: UserId | None) -> Erasure | None:
        row = await self._table.get(location, _erasure_name(user))
        if row is None:
            return None
        return replace(from_bytes(Erasure, packing.joined([row])), version=etag_of(row))

    async def keep_erasure(self, erasure: Erasure) -> Erasure:
        """Raises ValueError if it does not fit a row: that takes tens of thousands of calendars."""
        [part] = packing.parts(to_bytes(replace(erasure, version=None)))
        row = {**_row(erasure.location, _erasure_name(erasure.user)), **part}
        return replace(erasure, version=await self._write(row, erasure.version))

    async def end_erasure(self, erasure: Erasure, left: KeptSelection | None) -> None:
        location, user, name = erasure.location, erasure.user, _erasure_name(erasure.user)
        last: list[Operation] = [("delete", _row(location, name), unless_changed(erasure.version))]
        if user is None:
            others = [one for one in await names_in(self._table, location) if one != name]
            await remove(self._table, location, others)
        elif left is not None and left.version is not None:
            selection = _row(location, row_key(USER, user, SELECTION))
            last.append(("delete", selection, unless_changed(left.version)))
        await self._table.commit(last)

    async def _write(self, row: Entity, version: object) -> str:
        if version is None:
            return await self._table.insert(row)
        return await self._table.replace(row, version)


def _selection_row(location: LocationId, user: UserId, kept: KeptSelection) -> Entity:
    name = row_key(USER, user, SELECTION)
    return {**_row(location, name), "data": to_bytes(replace(kept, version=None))}


def _row(location: LocationId, name: str) -> Entity:
    return {"PartitionKey": location, "RowKey": name}


def _connection_name(connection: Connection) -> str:
    return row_key(USER, connection.user, CONNECTION, connection.account.provider)


def _erasure_name(user: UserId | None) -> str:
    return ERASURE if user is None else row_key(USER, user, ERASURE)


def _connection(row: Entity) -> Connection:
    return replace(from_json(Connection, row["data"]), version=etag_of(row))


def _member(location: LocationId, user: UserId, rows: Iterable[Entity]) -> Member:
    member = Member(location, user)
    for row in rows:
        what = row["RowKey"].split(SEPARATOR)[2]
        if what == ERASURE:
            member = replace(member, erasing=True)
        elif what == SELECTION:
            kept = from_bytes(KeptSelection, row["data"])
            member = replace(member, selection=replace(kept, version=etag_of(row)))
        elif what == CONNECTION:
            connection = _connection(row)
            connections = {**member.connections, connection.account.provider: connection}
            member = replace(member, connections=connections)
    return member
