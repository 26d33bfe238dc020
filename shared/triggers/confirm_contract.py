"""The JSON of a live check."""

from typing import Literal

from pydantic import AwareDatetime

from shared.triggers.contract import ABSENT, BodyTime, BusyBlock, Contract


class Confirm(Contract):
    start: BodyTime
    end: BodyTime


class CheckedCalendar(Contract):
    """`live`: it was asked just now. Otherwise `reason` says why not, and the mirror counts, which
    is worth what `status` and `mirrorReason` say; all but `current` blocks the whole time."""

    provider: str
    calendar_id: str
    role: Literal["primary", "conflict"]
    live: bool
    as_of: AwareDatetime | None = ABSENT
    reason: str | None = ABSENT
    status: Literal["current", "first_read", "stale", "unreadable"]
    mirror_reason: str | None = ABSENT


class Confirmed(Contract):
    """`live`: all calendars were asked just now, at `checkedAt` or a moment later."""

    free: bool
    checked_at: AwareDatetime
    live: bool
    conflicts: list[BusyBlock]
    calendars: list[CheckedCalendar]
