"""The JSON of a live check."""

import re
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator

from shared.triggers.contract import ABSENT, BusyBlock, Contract

_DATE_AND_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]")


def _text(value: Any) -> Any:
    """A bare number would be read as seconds, a text without offset as nobody's time."""
    if not isinstance(value, str) or not _DATE_AND_TIME.match(value):
        raise ValueError("must be a time with an offset, such as 2027-01-31T09:00:00+01:00")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_text)]


class Confirm(Contract):
    start: Moment
    end: Moment


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
