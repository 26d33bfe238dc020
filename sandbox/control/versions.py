"""What tells a watcher cheaply whether a mailbox or account looks different than before."""

import hashlib
from datetime import datetime
from typing import Any

from starlette.routing import Route

from sandbox.control.endpoint import Call, control
from sandbox.control.google import ACCOUNT, account_of
from sandbox.control.mailboxes import mailbox_of
from sandbox.google.account import Account
from sandbox.microsoft.mailbox.mailbox import Mailbox


def routes() -> list[Route]:
    """The routes of this part."""
    return [
        control("GET", "/mailboxes/{address}/version", of_mailbox),
        control("GET", ACCOUNT + "/version", of_account),
    ]


async def of_mailbox(call: Call) -> Any:
    """The version of everything the mailbox lists, calendars shared with it included."""
    mailbox = mailbox_of(call)
    return _told(_mailbox_parts(mailbox), call.world.clock(), mailbox.zone.key)


async def of_account(call: Call) -> Any:
    """The version of everything the account lists, calendars of others included."""
    account = account_of(call)
    return _told(_account_parts(account), call.world.clock(), account.time_zone)


def _mailbox_parts(mailbox: Mailbox) -> list[tuple[object, ...]]:
    return [
        (
            entry.id,
            entry.role,
            entry.can_edit,
            entry.calendar.revision,
            entry.calendar.name,
            entry.calendar.version,
            len(entry.calendar.log),
        )
        for entry in mailbox.calendars()
    ]


def _account_parts(account: Account) -> list[tuple[object, ...]]:
    return [
        (
            entry.id,
            entry.role,
            entry.version,
            entry.calendar.summary,
            entry.calendar.version,
            entry.calendar.updated,
        )
        for entry in account.calendars()
    ]


def _told(parts: list[tuple[object, ...]], now: datetime, zone: str) -> dict[str, str]:
    """`version` is opaque; `now` the sandbox's clock, `timeZone` the IANA name."""
    version = hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
    return {"version": version, "now": now.isoformat(), "timeZone": zone}
