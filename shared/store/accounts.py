"""The table `accounts`: one partition an account.

owner            who owns it, where it is used, what is shown of it, what is wrong with it
tokens           its sealed token cache
pause            nobody may ask the mailbox anything before that time
lease|{name}     one request in flight, or the refresh of the token, and until when at most
calendar|{key}   a calendar of it that we keep something of
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.model import Account, Calendar, CalendarKey, Problem
from shared.domain.ownership import Owner
from shared.domain.records import AccountProfile, AccountRecord, Lease, SealedTokens
from shared.errors import StoreConflict
from shared.store.rows import SEPARATOR, from_bytes, in_partition, row_key, to_bytes
from shared.store.tables import Entity, Operation, Tables, etag_of, guarded, unless_changed

OWNER, TOKENS, PAUSE, LEASE, CALENDAR = "owner", "tokens", "pause", "lease", "calendar"


@dataclass(frozen=True, slots=True)
class _Ownership:
    owner: Owner
    profile: AccountProfile
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class _Version:
    owner: str | None
    tokens: str | None
    leases: tuple[tuple[str, str], ...]


class TableAccountStore:
    """An AccountStore (see base.py) on Azure Table Storage."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("accounts")

    async def load(self, account: Account) -> AccountRecord:
        rows = {e["RowKey"]: e for e in await self._table.query(in_partition(str(account)))}
        owned = from_bytes(_Ownership, rows[OWNER]["data"]) if OWNER in rows else None
        leases = {_name(row): row for name, row in rows.items() if name.startswith(LEASE)}
        calendars = (_name(row) for name, row in rows.items() if name.startswith(CALENDAR))
        return AccountRecord(
            account=account,
            owner=owned.owner if owned else None,
            profile=owned.profile if owned else None,
            tokens=_tokens(rows[TOKENS]) if TOKENS in rows else None,
            problem=owned.problem if owned else None,
            paused_until=rows[PAUSE]["until"] if PAUSE in rows else None,
            calendars=frozenset(CalendarKey(key) for key in calendars),
            leases={name: row["until"] for name, row in leases.items()},
            version=_Version(
                _etag(rows.get(OWNER)),
                _etag(rows.get(TOKENS)),
                tuple((name, str(_etag(row))) for name, row in leases.items()),
            ),
        )

    async def claim(
        self, read: AccountRecord, owner: Owner, profile: AccountProfile, tokens: SealedTokens
    ) -> None:
        row = _owner_row(read.account, _Ownership(owner, profile))
        await self._table.commit(
            [
                _guarded_put(row, _known(read).owner),
                ("upsert", _tokens_row(read.account, tokens)),
            ]
        )

    async def release(self, read: AccountRecord, owner: Owner) -> None:
        known = _known(read)
        if read.profile is None or known.owner is None:
            raise StoreConflict
        ownership = _Ownership(owner, read.profile, read.problem)
        await self._table.replace(_owner_row(read.account, ownership), known.owner)

    async def erase(self, read: AccountRecord) -> None:
        known = _known(read)
        guards = [
            ("delete", _row(read.account, name), unless_changed(etag))
            for name, etag in ((OWNER, known.owner), (TOKENS, known.tokens))
            if etag is not None
        ]
        others = [PAUSE] if read.paused_until else []
        others += [row_key(LEASE, name) for name in read.leases]
        if guards:
            await self._table.commit(guards)
        for name in others:
            await self._table.delete(str(read.account), name)

    async def save_tokens(self, account: Account, tokens: SealedTokens) -> SealedTokens:
        etag = await self._table.replace(_tokens_row(account, tokens), tokens.version)
        return replace(tokens, version=etag)

    async def report_problem(self, read: AccountRecord, problem: Problem) -> bool:
        known = _known(read)
        if read.owner is None or read.profile is None or read.problem == problem:
            return False
        row = _owner_row(read.account, _Ownership(read.owner, read.profile, problem))
        try:
            await self._table.replace(row, known.owner)
        except StoreConflict:
            return False
        return True

    async def pause(self, account: Account, until: datetime) -> None:
        row = await self._table.get(str(account), PAUSE)
        if row is None or row["until"] < until:
            await self._table.put({**_row(account, PAUSE), "until": until})

    async def remember_calendar(self, calendar: Calendar) -> None:
        name = row_key(CALENDAR, calendar.key)
        await self._table.put({**_row(calendar.account, name), "calendarId": calendar.calendar_id})

    async def forget_calendar(self, account: Account, key: CalendarKey) -> None:
        await self._table.delete(str(account), row_key(CALENDAR, key))

    async def take_lease(
        self, record: AccountRecord, names: Collection[str], now: datetime, until: datetime
    ) -> Lease | None:
        etags = dict(_known(record).leases)
        for name in names:
            if record.leases.get(name, now) > now:
                continue
            row = {**_row(record.account, row_key(LEASE, name)), "until": until}
            try:
                taken = name in etags
                version = await (
                    self._table.replace(row, etags[name]) if taken else self._table.insert(row)
                )
            except StoreConflict:
                continue
            return Lease(record.account, name, version)
        return None

    async def give_back(self, lease: Lease) -> None:
        try:
            await self._table.delete(str(lease.account), row_key(LEASE, lease.name), lease.version)
        except StoreConflict:
            return  # it ran out, and somebody else has it now


def _row(account: Account, name: str) -> Entity:
    return {"PartitionKey": str(account), "RowKey": name}


def _name(row: Entity) -> str:
    return str(row["RowKey"]).partition(SEPARATOR)[2]


def _etag(row: Entity | None) -> str | None:
    return etag_of(row) if row else None


def _known(read: AccountRecord) -> _Version:
    if not isinstance(read.version, _Version):
        raise StoreConflict
    return read.version


def _owner_row(account: Account, owned: _Ownership) -> Entity:
    return {**_row(account, OWNER), "data": to_bytes(owned)}


def _tokens_row(account: Account, tokens: SealedTokens) -> Entity:
    return {
        **_row(account, TOKENS),
        "sealed": tokens.sealed,
        "accessExpiresAt": tokens.access_expires_at,
    }


def _tokens(row: Entity) -> SealedTokens:
    return SealedTokens(row["sealed"], row["accessExpiresAt"], _etag(row))


def _guarded_put(row: Entity, etag: str | None) -> Operation:
    return ("create", row) if etag is None else ("update", row, guarded(etag))
