"""Recurrence lines (RRULE, EXRULE, RDATE, EXDATE), expanded by python-dateutil."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import rrule

from sandbox.google.calendars.times import EventTime, zone_of

_UNTIL = re.compile(r"UNTIL=([0-9TZ]+)", re.IGNORECASE)
_SLACK = timedelta(days=2)
_FAR = timedelta(days=365 * 30)


class Rule:
    """The planned starts of a series; ValueError where the lines say nothing sensible."""

    def __init__(self, lines: list[str], start: EventTime, zone: ZoneInfo) -> None:
        self._start, self._zone = start, zone
        self._first = start.wall(zone)
        make: Any = rrule.rruleset
        self._set = make(cache=True)
        if not any(line.upper().startswith("RRULE") for line in lines):
            self._set.rdate(self._first)
        for line in lines:
            self._add(line)
        if next(iter(self._set), None) is None:
            raise ValueError("the series has no instance")

    def starts(self, after: datetime | None, before: datetime | None) -> Iterator[EventTime]:
        """The planned starts between two instants, in order."""
        low = self._wall(after) - _SLACK if after else self._first
        high = self._wall(before) + _SLACK if before else self._first + _FAR
        for wall in self._set:
            if wall < low:
                continue
            if wall > high:
                return
            found = self._start.at(wall, self._zone)
            instant = found.instant(self._zone)
            if (after is None or instant >= after) and (before is None or instant < before):
                yield found

    def plans(self, start: EventTime) -> bool:
        """Whether an instance is planned for this start."""
        if start.all_day != self._start.all_day:
            return False
        wall = self._start.at(start.wall(self._zone), self._zone).wall(self._zone)
        if not start.all_day:
            wall = self._wall(start.instant(self._zone))
        return bool(self._set.between(wall, wall, inc=True))

    def _wall(self, moment: datetime) -> datetime:
        zone = self._zone if self._start.all_day else zone_of(self._start.zone or self._zone.key)
        return moment.astimezone(zone).replace(tzinfo=None)

    def _add(self, line: str) -> None:
        head, _, value = line.partition(":")
        name, *parameters = head.upper().split(";")
        if name == "RRULE":
            self._set.rrule(self._rule(value))
        elif name == "EXRULE":
            self._set.exrule(self._rule(value))
        elif name in ("RDATE", "EXDATE"):
            keep = self._set.rdate if name == "RDATE" else self._set.exdate
            given = dict(pair.split("=", 1) for pair in head.split(";")[1:])
            for text in value.split(","):
                keep(self._date(text.strip(), given.get("TZID")))
        else:
            raise ValueError(f"unknown recurrence line {name} {parameters}")

    def _rule(self, value: str) -> Any:
        found = _UNTIL.search(value)
        if found:
            until = self._date(found[1], None)
            if "T" not in found[1].upper() and not self._start.all_day:
                until = datetime.combine(until.date(), time.max).replace(microsecond=0)
            value = value.replace(found[0], f"UNTIL={until:%Y%m%dT%H%M%S}")
        read: Any = rrule.rrulestr
        return read(value, dtstart=self._first)

    def _date(self, text: str, zone: str | None) -> datetime:
        if "T" not in text.upper():
            day = datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007
            return day if self._start.all_day else datetime.combine(day, self._first.time())
        if text.upper().endswith("Z"):
            moment = datetime.strptime(text.upper(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        elif zone:
            plain = datetime.strptime(text.upper(), "%Y%m%dT%H%M%S")  # noqa: DTZ007
            moment = plain.replace(tzinfo=zone_of(zone))
        else:
            return datetime.strptime(text.upper(), "%Y%m%dT%H%M%S")  # noqa: DTZ007
        if self._start.all_day:
            return datetime.combine(moment.date(), time())
        return self._wall(moment)
