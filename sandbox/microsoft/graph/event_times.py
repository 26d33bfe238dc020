"""Graph's dateTimeTimeZone, read and written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.microsoft.mailbox.errors import InvalidRequestError
from sandbox.microsoft.mailbox.timing import checked_zone
from sandbox.microsoft.mailbox.zones import zone_of

from .prefer import Prefer

NEVER = "0001-01-01T00:00:00Z"


def wall_clock(moment: datetime) -> str:
    """Write a wall-clock time with seven fractional digits."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}0"


def stamp(moment: datetime) -> str:
    """Write an instant with seven fractional digits and Z."""
    return f"{wall_clock(moment.astimezone(UTC))}Z"


def short_stamp(moment: datetime | None) -> str:
    """Write an instant in whole seconds; without one, the year-one value Graph uses for never."""
    return NEVER if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_time(moment: datetime, is_all_day: bool, prefer: Prefer) -> dict[str, str]:
    """Write a start or end in the preferred zone.

    All-day events stay at midnight and only get the zone's label (Graph issues #1802, #6003).
    """
    shown = moment if is_all_day else moment.astimezone(prefer.zone)
    return {"dateTime": wall_clock(shown), "timeZone": prefer.zone_name}


def read_time(value: Any, name: str) -> tuple[datetime, str]:
    """Read `{dateTime, timeZone}` to an aware datetime and its zone's name; no zone means UTC."""
    try:
        moment = datetime.fromisoformat(value["dateTime"])
        zone_name = str(value.get("timeZone") or "UTC").removeprefix("tzone://Microsoft/")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidRequestError(f"The property '{name}' is no dateTimeTimeZone.") from error
    zone = zone_of(checked_zone(zone_name))
    if moment.tzinfo is None:
        return moment.replace(tzinfo=zone), zone_name
    return moment.astimezone(zone), zone_name


def read_instant(text: str, name: str) -> datetime:
    """Read a query's time; no offset means UTC, Prefer has no influence (Graph docs)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequestError(
            f"The value '{text}' of parameter '{name}' is invalid.", "ErrorInvalidParameter"
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
