"""The times of events: whole days, or moments with a time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@cache
def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name; ValueError for anything else."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}") from None


@dataclass(frozen=True)
class EventTime:
    """Either `day`, or `moment` (UTC) with the zone that it was given in."""

    day: date | None = None
    moment: datetime | None = None
    zone: str | None = None

    @property
    def all_day(self) -> bool:
        """Whether this is a whole day."""
        return self.day is not None

    def instant(self, default: ZoneInfo) -> datetime:
        """The instant in UTC; days begin at midnight in the calendar's zone."""
        if self.moment is not None:
            return self.moment
        return datetime.combine(self.day or date.min, time(), default).astimezone(UTC)

    def wall(self, default: ZoneInfo) -> datetime:
        """What the clock on the wall shows, without a zone."""
        if self.moment is None:
            return datetime.combine(self.day or date.min, time())
        return self.moment.astimezone(self._zone(default)).replace(tzinfo=None)

    def at(self, wall: datetime, default: ZoneInfo) -> EventTime:
        """A time of the same kind and zone at another place of the clock."""
        if self.all_day:
            return EventTime(day=wall.date())
        return EventTime(
            moment=wall.replace(tzinfo=self._zone(default)).astimezone(UTC), zone=self.zone
        )

    def after(self, length: timedelta) -> EventTime:
        """This time, so much later."""
        if self.day is not None:
            return EventTime(day=self.day + length)
        moment = self.moment or BEGINNING
        return EventTime(moment=moment + length, zone=self.zone)

    def until(self, end: EventTime) -> timedelta:
        """The time between; both must be of the same kind."""
        if self.day is not None and end.day is not None:
            return end.day - self.day
        if self.moment is None or end.moment is None:
            raise ValueError("a day and a moment cannot be compared")
        return end.moment - self.moment

    @property
    def suffix(self) -> str:
        """What an instance's id ends with, if this is its original start."""
        if self.day is not None:
            return self.day.strftime("%Y%m%d")
        return (self.moment or BEGINNING).strftime("%Y%m%dT%H%M%SZ")

    def as_json(self, shown: ZoneInfo, default: ZoneInfo) -> dict[str, str]:
        """An EventDateTime; the offset is that of the zone `shown`, `timeZone` the event's own."""
        if self.day is not None:
            return {"date": self.day.isoformat()}
        moment = self.moment or BEGINNING
        return {
            "dateTime": rfc3339(moment.astimezone(shown)),
            "timeZone": self.zone or default.key,
        }

    def _zone(self, default: ZoneInfo) -> ZoneInfo:
        return zone_of(self.zone) if self.zone else default


@dataclass(frozen=True)
class Window:
    """A span of time, half-open; None leaves a side open."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, begins: datetime, ends: datetime) -> bool:
        """Whether something from `begins` to `ends` reaches into it."""
        if self.start is not None and ends <= self.start:
            return False
        return self.end is None or begins < self.end


def rfc3339(moment: datetime) -> str:
    """To the second, with Z for UTC."""
    text = moment.isoformat(timespec="seconds")
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def stamp(moment: datetime) -> str:
    """`created` and `updated`: UTC with milliseconds."""
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    return plain.isoformat(timespec="milliseconds") + "Z"
