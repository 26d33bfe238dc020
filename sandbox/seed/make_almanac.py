"""Writes almanac.ics from the files in facts/: `python -m sandbox.seed.make_almanac`.

The same facts give the same bytes. README.md says where the facts come from.
"""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar

from sandbox.seed import astronomy
from sandbox.seed.entries import Entry, all_day, slug, timed, timezone
from sandbox.seed.rules import (
    WEEKDAYS,
    YEARS,
    dates_of,
    observed,
    recurrence_of,
    substitute,
    working_day_before,
)

HERE = Path(__file__).parent
ALMANAC = HERE / "almanac.ics"

_KINDS = {
    "public": {"busy": "BUSY"},
    "observance": {"busy": "FREE"},
    "cancelled": {"busy": "FREE", "status": "CANCELLED"},
}


def main() -> None:
    """Writes the file anew."""
    ALMANAC.write_bytes(build())


def build() -> bytes:
    """The whole calendar."""
    calendar = Calendar()
    calendar.add("PRODID", "-//almanac.example//Almanac of public facts//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", "Almanac 2025-2027")
    for name, rules in _json("timezones").items():
        calendar.add_component(timezone(name, rules))
    for entry in entries():
        calendar.add_component(entry.component())
    return bytes(calendar.to_ical())


def entries() -> Iterator[Entry]:
    """Everything in the almanac, always in the same order."""
    yield from holidays()
    yield from observances()
    yield from sky()
    yield from gatherings()
    yield from meetings()
    yield from exchanges()
    yield from series()


def holidays() -> Iterator[Entry]:
    """Public holidays: yearly series or single days, as the country file says."""
    for country in _csv("countries"):
        taken: set[date] = set()
        for holiday in (row for row in _csv("holidays") if row["country"] == country["code"]):
            yield from _holiday(country, holiday, taken)


def _holiday(country: dict[str, str], row: dict[str, str], taken: set[date]) -> Iterator[Entry]:
    name, rule = row["name"], row["rule"]
    common: dict[str, Any] = {
        "category": "Public holidays" if row["kind"] == "public" else "Observances",
        "source": country["source"],
        "place": country["name"],
        **_KINDS[row["kind"]],
    }
    rrule = recurrence_of(rule) if country["as"] == "series" else None
    if rrule or rule.startswith("rdate"):
        first, *more = [day for year in YEARS for day in dates_of(rule, year)]
        key = slug("holiday", country["code"], name)
        extra = () if rrule else tuple(more)
        yield Entry(key=key, name=name, rrule=rrule, extra_days=extra, **all_day(first), **common)
    for day, label in _days_off(row, taken):
        if label or not (rrule or rule.startswith("rdate")):
            key = slug("holiday", country["code"], name, label, day)
            yield Entry(key=key, name=f"{name}{label}", **all_day(day), **common)


def _days_off(row: dict[str, str], taken: set[date]) -> Iterator[tuple[date, str]]:
    """The days of one holiday; the label tells those that stand in for a day on a weekend."""
    for day in (day for year in (*YEARS, YEARS.stop) for day in dates_of(row["rule"], year)):
        if row["shift"] == "substitute":
            moved = substitute(day, taken)
            found = [(moved, "" if moved == day else " (substitute day)")]
        elif row["shift"] == "observed" and observed(day) != day:
            found = [(day, ""), (observed(day), " (observed)")]
        elif row["shift"] == "sunday" and day.weekday() == 6:
            found = [(day, ""), (day + timedelta(days=1), " (observed)")]
        else:
            found = [(day, "")]
        for date_off, label in found:
            taken.add(date_off)
            if date_off.year in YEARS:
                yield date_off, label


def observances() -> Iterator[Entry]:
    """Days and weeks that block no time."""
    for row in _csv("observances"):
        first = dates_of(row["rule"], YEARS.start)[0]
        yield Entry(
            key=slug("observance", row["name"]),
            name=row["name"],
            category="Observances",
            source=row["source"],
            busy="FREE",
            rrule=recurrence_of(row["rule"]),
            **all_day(first, int(row["days"])),
        )


def sky() -> Iterator[Entry]:
    """Astronomical events: instants in UTC, dates, and meteor showers whose peak may shift."""
    meeus = "Meeus, Astronomical Algorithms, chapters 27 and 49"
    nasa = "NASA, Five Millennium Catalogs of Solar and Lunar Eclipses"
    computed = astronomy.moon_phases(YEARS.start, YEARS.stop - 1)
    computed += [found for year in YEARS for found in astronomy.seasons(year)]
    instants = [(name, at, meeus) for name, at in computed]
    instants += [
        (row["kind"], datetime.fromisoformat(row["greatest_utc"]).replace(tzinfo=UTC), nasa)
        for row in _csv("eclipses")
    ]
    for name, at, source in instants:
        yield _sky(name, at.date(), source, **timed(at, 0))
    for row in _csv("apsides"):
        day = date.fromisoformat(row["date"])
        yield _sky(row["kind"], day, "US Naval Observatory, Earth's seasons", **all_day(day))
    for row in _csv("meteor_showers"):
        yield Entry(
            key=slug("sky", row["name"]),
            name=f"{row['name']}: maximum",
            category="Sky",
            source="International Meteor Organization, meteor shower calendar",
            busy="FREE",
            status="TENTATIVE",
            rrule=recurrence_of(row["first_day"]),
            **all_day(dates_of(row["first_day"], YEARS.start)[0], int(row["days"])),
        )


def _sky(name: str, day: date, source: str, **when: Any) -> Entry:
    key = slug("sky", name, day)
    return Entry(key=key, name=name, category="Sky", source=source, busy="FREE", **when)


def gatherings() -> Iterator[Entry]:
    """Fairs, conferences and games of several days."""
    for row in _csv("gatherings"):
        first, last = date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"])
        yield Entry(
            key=slug("gathering", row["name"], first.year),
            name=row["name"],
            category="Gatherings",
            source="the organiser's announcement",
            place=row["place"],
            busy=row["busy"],
            **all_day(first, (last - first).days + 1),
        )


def meetings() -> Iterator[Entry]:
    """Meetings of central banks: whole days where they take two, and what is said at the end."""
    for bank in _json("meetings"):
        for text in bank["last_days"]:
            yield from _meeting(bank, date.fromisoformat(text))


def _meeting(bank: dict[str, Any], last: date) -> Iterator[Entry]:
    tentative = last.isoformat() >= bank.get("tentative_from", "9999")
    common: dict[str, Any] = {
        "category": "Central banks",
        "source": bank["source"],
        "place": bank["place"],
        "status": "TENTATIVE" if tentative else "CONFIRMED",
        "busy": "TENTATIVE" if tentative else "BUSY",
    }
    if bank["days"] > 1:
        first = last - timedelta(days=bank["days"] - 1)
        key = slug("meeting", bank["slug"], last)
        yield Entry(key=key, name=bank["name"], **all_day(first, bank["days"]), **common)
    for said in bank["announcements"]:
        start = _at(last, said["time"], bank["zone"])
        key = slug("meeting", said["name"], last)
        yield Entry(key=key, name=said["name"], **timed(start, said["minutes"]), **common)


def exchanges() -> Iterator[Entry]:
    """Trading hours as weekly series; holidays and early closes are their exceptions."""
    for exchange in _json("sessions"):
        for session in exchange["sessions"]:
            yield from _session(exchange, session)


def _session(exchange: dict[str, Any], session: dict[str, str]) -> Iterator[Entry]:
    first, zone = date.fromisoformat(exchange["first_day"]), exchange["zone"]
    closed = _closed_days(exchange, first)
    as_exdate = exchange["closed_as"] == "exdate"
    hours = Entry(
        key=slug("session", exchange["slug"], session["name"]),
        name=f"{exchange['name']}: {session['name']}",
        category="Exchanges",
        source=exchange["source"],
        start=_at(first, session["start"], zone),
        end=_at(first, session["end"], zone),
        rrule=f"FREQ=WEEKLY;BYDAY={','.join(WEEKDAYS[:5])};UNTIL={YEARS.stop - 1}1231T235959Z",
        except_days=tuple(closed) if as_exdate else (),
    )
    yield hours
    cancelled = exchange.get("cancelled", {}) | ({} if as_exdate else dict.fromkeys(closed, ""))
    for day, reason in sorted((_day(day), reason) for day, reason in cancelled.items()):
        name = f"{hours.name} ({reason})" if reason else hours.name
        yield hours.changed(day, status="CANCELLED", name=name)
    for day in map(date.fromisoformat, exchange["early"]):
        end = _at(day, session["early_end"], zone)
        yield hours.changed(day, end=end, name=f"{hours.name} (early close)")


def _closed_days(exchange: dict[str, Any], first: date) -> list[date]:
    """The weekdays without trading, in order."""
    closed = {date.fromisoformat(text) for text in exchange["closed"]}
    rules = [(rule, "") for rule in exchange.get("closed_yearly", [])]
    if country := exchange.get("closed_country"):
        rows = [row for row in _csv("holidays") if row["country"] == country]
        rules += [(row["rule"], row["name"]) for row in rows]
    closed |= {day for rule, _ in rules for year in YEARS for day in dates_of(rule, year)}
    return sorted(day for day in closed if day.weekday() < 5 and day >= first)


def series() -> Iterator[Entry]:
    """Other series, each with its own rule and exceptions."""
    for row in _json("series"):
        start = datetime.fromisoformat(row["start"])
        if "zone" in row:
            when = timed(start.replace(tzinfo=_zone(row["zone"])), row["minutes"])
        else:
            when = all_day(start.date(), row["days"])
        entry = Entry(
            key=slug("series", row["slug"]),
            name=row["name"],
            category="Series",
            source=row["source"],
            busy="FREE" if row.get("transparent") else "BUSY",
            private=row.get("private", False),
            rrule=row["rrule"],
            except_days=tuple(date.fromisoformat(text) for text in row.get("except", ())),
            **when,
        )
        yield entry
        for day, moved in _moved(row):
            there = entry.changed(moved)
            yield entry.changed(day, start=there.start, end=there.end)


def _moved(row: dict[str, Any]) -> list[tuple[date, date]]:
    """Occurrences that take place on another day: listed, or due on a weekend."""
    moved = [(_day(day), _day(to)) for day, to in row.get("moved", {}).items()]
    if row.get("weekend") == "before":
        first = date.fromisoformat(row["start"])
        due = [date(year, month, first.day) for year in YEARS for month in range(1, 13)]
        moved += [(day, working_day_before(day)) for day in due if day.weekday() >= 5]
    return moved


def _day(value: str | date) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _at(day: date, time: str, zone: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=_zone(zone))


def _zone(name: str) -> Any:
    return UTC if name == "UTC" else ZoneInfo(name)


def _csv(name: str) -> list[dict[str, str]]:
    with (HERE / "facts" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _json(name: str) -> Any:
    return json.loads((HERE / "facts" / f"{name}.json").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
