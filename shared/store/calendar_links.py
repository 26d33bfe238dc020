"""Links and outbox in a calendar's partition; their rows are described in calendar_rows.py.

Links are written beside the state, not guarded by it: a run in flight must not lose its race
because of a link. What is in the outbox came in with the transaction of a commit.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress

from shared.domain.changes import Change
from shared.domain.links import Link
from shared.domain.model import CalendarKey
from shared.domain.records import Outgoing
from shared.errors import StoreConflict
from shared.store import packing
from shared.store.calendar_rows import LINK, OUTBOX, STATE, calendar_row
from shared.store.rows import (
    from_bytes,
    from_json,
    in_partition,
    row_key,
    rows_under,
    to_bytes,
    to_json,
)
from shared.store.tables import Entity, Table, etag_of


async def keep_link(table: Table, key: CalendarKey, link: Link) -> None:
    """Writes the link whatever was there. Raises StoreConflict where there is no state."""
    name = _link_name(link)
    await table.put({**calendar_row(key, name), "data": to_json(link)})
    if await table.get(key, STATE) is None:
        await table.delete(key, name)
        raise StoreConflict


async def remove_link(table: Table, key: CalendarKey, link: Link) -> None:
    """Removes the link if it is there."""
    await table.delete(key, _link_name(link))


async def kept_links(table: Table, key: CalendarKey) -> list[Link]:
    """All links of the calendar."""
    return [link_of(row) for row in await _under(table, key, LINK)]


async def remove_spent(table: Table, key: CalendarKey, spent: Collection[Link]) -> None:
    """Removes those links that are still as given: one that says something new is not spent."""
    for row in await _under(table, key, LINK):
        if link_of(row) in spent:
            with suppress(StoreConflict):
                await table.delete(key, row["RowKey"], etag_of(row))


async def kept_outbox(table: Table, key: CalendarKey) -> list[Outgoing]:
    """What waits in the outbox, oldest first."""
    rows = sorted(await _under(table, key, OUTBOX), key=lambda row: str(row["RowKey"]))
    return [from_bytes(Outgoing, packing.joined([row])) for row in rows]


async def remove_sent(table: Table, key: CalendarKey, outgoing: Outgoing) -> None:
    """Removes it from the outbox if it is there."""
    await table.delete(key, row_key(OUTBOX, outgoing.name))


def link_of(row: Entity) -> Link:
    return from_json(Link, row["data"])


def outbox_row(key: CalendarKey, changes: Sequence[Change]) -> Entity | None:
    """One row with all the changes of a commit; None where there are none.

    Raises ValueError if they do not fit a row:
    that takes thousands.
    """
    if not changes:
        return None
    outgoing = Outgoing.of(changes)
    [part] = packing.parts(to_bytes(outgoing))
    return {**calendar_row(key, row_key(OUTBOX, outgoing.name)), **part}


def _link_name(link: Link) -> str:
    return row_key(LINK, link.location, link.appointment, str(link.generation))


async def _under(table: Table, key: CalendarKey, kind: str) -> list[Entity]:
    return await table.query(in_partition(key, rows_under(kind)))
