"""The step on real input: a whole calendar file, compared with an expansion of its own."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.tour.almanac_check import Almanac, Occurrence, busy_time
from sandbox.tour.client import blocks_of
from sandbox.tour.context import Tour
from sandbox.tour.intervals import Interval, clipped, differences, merged, slices
from sandbox.tour.narration import counted
from sandbox.tour.reading import choice, choose
from sandbox.tour.unseen import Unseen

BEN = "ben.carter@contoso.example"
_LONGEST = timedelta(days=92)
_Event = tuple[datetime, datetime, str | None]


async def real_input(tour: Tour) -> None:
    """Ben's mailbox is filled from the file; he connects it, and his time is compared."""
    almanac = Almanac.read(tour.file.read_text("utf-8"))
    almanac = await _fill(tour, almanac)
    told = await tour.ben.connect(tour.outlook, BEN)
    if told.get("connected") != "outlook":
        raise Unseen(f"Ben could not connect: {told}.")
    default = next(one for one in await tour.ben.calendars() if one["isDefault"])
    wanted = {"primary": choice(default), "recurringEvents": "every"}
    await choose(tour, tour.ben, BEN, wanted)
    window = await _window(tour)
    expected = await asyncio.to_thread(almanac.occurrences, almanac.zone, window)
    expected_blocks = merged(clipped(busy_time(expected), window))
    tour.say.saw(
        f"recurring-ical-events: {counted(len(expected), 'occurrence')} in the mirrored window of "
        f"{(window[1] - window[0]).days} days, {counted(len(expected_blocks), 'busy block')}"
    )
    await _compare_busy(tour, window, expected_blocks)
    await _compare_events(tour, window, expected, almanac.private_titles)
    await _beyond(tour, window)


async def _fill(tour: Tour, almanac: Almanac) -> Almanac:
    """A person who lives in the file's zone gets a mailbox that holds the file; what it holds.

    Whose days an all-day event means is nowhere in a file. They are its owner's, and the service,
    which is not told the mailbox's zone either, takes the one that most of the events are in.
    """
    person = {"address": BEN, "name": tour.ben.name, "timeZone": almanac.zone}
    await tour.outlook.ask("POST", "users", json=person)
    report = await tour.outlook.ask(
        "POST",
        f"mailboxes/{BEN}/ics",
        content=tour.file.read_bytes(),
        headers={"Content-Type": "text/calendar"},
    )
    tour.say.saw(f"{tour.file.name}, entries: {len(almanac.entries):,}")
    tour.say.saw(
        f"{BEN}, {person['timeZone']}: {counted(report['singles'], 'single event')}, "
        f"{report['series']} series, {counted(report['exceptions'], 'exception')}, "
        f"{counted(report['deleted_occurrences'], 'deleted occurrence')}"
    )
    for line in report["skipped"][:5]:
        tour.say.saw(f"not taken by the mailbox, so not compared: {line}")
    return almanac.without(map(tuple, report["left_out"]))


async def _window(tour: Tour) -> Interval:
    """What the service mirrors: whole UTC days around the one on which it read."""
    now = datetime.now(UTC)
    [reading] = (await tour.ben.busy((now, now + timedelta(hours=1))))["calendars"]
    read_at = datetime.fromisoformat(reading["asOf"]).astimezone(UTC)
    day = read_at.replace(hour=0, minute=0, second=0, microsecond=0)
    past = int(tour.service.settings["SYNC_WINDOW_PAST_DAYS"])
    future = int(tour.service.settings["SYNC_WINDOW_FUTURE_DAYS"])
    return day - timedelta(days=past), day + timedelta(days=future + 1)


async def _compare_busy(tour: Tour, window: Interval, expected: list[Interval]) -> None:
    found: list[Interval] = []
    parts = list(slices(window, _LONGEST))
    for part in parts:
        answer = await tour.ben.busy(part)
        if not answer["complete"]:
            raise Unseen(f"Busy time of {part[0]:%Y-%m-%d} to {part[1]:%Y-%m-%d} is not complete.")
        found += blocks_of(answer)
    blocks = merged(found)
    odd = differences(expected, blocks)
    tour.say.saw(
        f"busy, asked in {len(parts)} parts: {counted(len(blocks), 'busy block')}, "
        f"{counted(len(odd), 'difference')}"
    )
    _fail_on(tour, odd)


async def _compare_events(
    tour: Tour, window: Interval, expected: list[Occurrence], private_titles: set[str]
) -> None:
    """Each occurrence by itself, with its title: merged blocks could hide one behind another."""
    found: Counter[_Event] = Counter()
    for part in slices(window, _LONGEST):
        told = [_told(one) for one in (await tour.ben.events(part))["events"]]
        # One that began earlier was in the part before.
        found.update(one for one in told if one[0] >= part[0] or part[0] == window[0])
    wanted = Counter((*one.times, one.title) for one in expected)
    odd = [f"{_shown(one)} should be shown and is not" for one in sorted(wanted - found, key=str)]
    odd += [f"{_shown(one)} is shown and should not be" for one in sorted(found - wanted, key=str)]
    tour.say.saw(
        f"events, the same way: {counted(found.total(), 'event')} compared by time and title, "
        f"{counted(len(odd), 'difference')}"
    )
    _fail_on(tour, odd)
    leaked = private_titles & {title for _, _, title in found}
    tour.say.saw(
        f"titles of private entries: {len(private_titles)} in the file, {len(leaked)} shown"
    )
    if leaked:
        raise Unseen("A private title was shown.")


async def _beyond(tour: Tour, window: Interval) -> None:
    """Time that was not read is never called free (R16)."""
    day = (window[1] - timedelta(hours=1), window[1] + timedelta(days=1))
    answer = await tour.ben.busy(day)
    [reading] = answer["calendars"]
    whole = blocks_of(answer) == [day]
    tour.say.saw(
        f"a day beyond the window: complete {str(answer['complete']).lower()}, "
        f"{reading['status']}, {'all' if whole else 'not all'} of it busy"
    )
    if answer["complete"] or not whole:
        raise Unseen("Time that was not read must count as busy.")


def _told(event: Mapping[str, Any]) -> _Event:
    start, end = (datetime.fromisoformat(event[name]) for name in ("start", "end"))
    return start, end, event.get("title")


def _shown(event: _Event) -> str:
    start, end, title = event
    return f"{start:%Y-%m-%d %H:%M}-{end:%Y-%m-%d %H:%M} UTC {title or '(private)'!r}"


def _fail_on(tour: Tour, odd: list[str]) -> None:
    for line in odd[:5]:
        tour.say.saw(line)
    if odd:
        raise Unseen(f"The answers differ from the file in {counted(len(odd), 'place')}.")
