"""Time zones and the placing of events in the page, held against zoneinfo and plain rules."""

import json
import random
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import sandbox.lookalike

STATIC = Path(sandbox.lookalike.__file__).with_name("static")
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Pacific/Apia",
    "UTC",
)
SCRIPT = """
import * as days from "./days.js";
import * as layout from "./layout.js";
import * as names from "./names.js";
import * as shifts from "./shifts.js";
import * as zone from "./zone.js";
const modules = { days, layout, names, shifts, zone };
const text = await new Promise((resolve) => {
  let read = "";
  process.stdin.on("data", (part) => (read += part)).on("end", () => resolve(read));
});
const answers = JSON.parse(text).map(([module, name, ...given]) => modules[module][name](...given));
console.log(JSON.stringify(answers));
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's modules where Node takes them as such."""
    copy = tmp_path_factory.mktemp("modules")
    shutil.copytree(STATIC, copy, dirs_exist_ok=True)
    (copy / "package.json").write_text('{"type": "module"}', "utf-8")
    (copy / "calls.js").write_text(SCRIPT, "utf-8")
    return copy


def answers(folder: Path, calls: list[list[Any]]) -> list[Any]:
    """What each call `[module, function, *arguments]` gives."""
    done = subprocess.run(
        ["node", "calls.js"],
        cwd=folder,
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


def millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def timed(start: datetime, end: datetime, subject: str = "E") -> dict[str, Any]:
    return {"allDay": False, "start": millis(start), "end": millis(end), "subject": subject}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of March 2027, UTC."""
    return datetime(2027, 3, day, hour, minute, tzinfo=UTC)


def test_walls_and_instants_are_those_of_zoneinfo(folder: Path) -> None:
    chance = random.Random(7)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    cases = [
        (begin + timedelta(minutes=chance.randrange(3 * 525_600)), zone)
        for zone in ZONES
        for _ in range(300)
    ]
    walls = answers(folder, [["zone", "wallOf", millis(moment), zone] for moment, zone in cases])
    back = answers(
        folder,
        [
            ["zone", "instantOf", wall["day"], wall["minute"], zone]
            for wall, (_, zone) in zip(walls, cases, strict=True)
        ],
    )
    for (moment, zone), wall, instant in zip(cases, walls, back, strict=True):
        local = moment.astimezone(ZoneInfo(zone))
        assert wall == {"day": f"{local:%Y-%m-%d}", "minute": local.hour * 60 + local.minute}
        assert instant == millis(local.replace(fold=0)), (moment, zone)


def test_hours_that_are_missing_or_come_twice(folder: Path) -> None:
    berlin = "Europe/Berlin"
    missing, twice = answers(
        folder,
        [
            ["zone", "instantOf", "2027-03-28", 150, berlin],
            ["zone", "instantOf", "2027-10-31", 150, berlin],
        ],
    )
    assert missing == millis(datetime(2027, 3, 28, 1, 30, tzinfo=UTC))
    assert twice == millis(datetime(2027, 10, 31, 0, 30, tzinfo=UTC))
    written = answers(
        folder, [["zone", "isoOf", twice + hour * 3_600_000, berlin] for hour in (0, 1)]
    )
    assert written == ["2027-10-31T02:30:00+02:00", "2027-10-31T02:30:00+01:00"]


def test_a_move_over_the_change_of_clocks_keeps_hour_and_length(folder: Path) -> None:
    event = timed(at(27, 8), at(27, 9, 30))  # 09:00 in Berlin, the day before summer time
    (moved,) = answers(folder, [["shifts", "movedBy", event, 1, 3, "Europe/Berlin"]])
    assert moved == {"allDay": False} | {
        "start": millis(at(28, 7)),
        "end": millis(at(28, 8, 30)),
    }


@pytest.mark.parametrize(
    ("minutes", "start"),
    [(0, at(2, 9, 10)), (50, at(2, 10)), (-700, at(2, 0)), (990, at(2, 23, 45))],
)
def test_moves_go_by_quarters_and_stay_in_the_day(
    folder: Path, minutes: int, start: datetime
) -> None:
    event = timed(at(2, 9, 10), at(2, 10))
    (moved,) = answers(folder, [["shifts", "movedBy", event, 0, minutes, "UTC"]])
    assert (moved["start"], moved["end"]) == (millis(start), millis(start + timedelta(minutes=50)))


def test_blocks_that_overlap_stand_beside_each_other(folder: Path) -> None:
    chance = random.Random(11)
    week = [f"2027-03-0{day}" for day in range(1, 8)]
    for _ in range(5):
        starts = [at(1, 0) + timedelta(minutes=chance.randrange(7 * 1440)) for _ in range(60)]
        lengths = [timedelta(minutes=chance.randrange(0, 400)) for _ in starts]
        events = [
            timed(start, start + length, f"E{number}")
            for number, (start, length) in enumerate(zip(starts, lengths, strict=True))
        ]
        (blocks,) = answers(folder, [["layout", "blocksOf", events, week, "UTC"]])
        assert {block["event"]["subject"] for block in blocks} == {e["subject"] for e in events}
        for one in blocks:
            assert 0 <= one["top"] < one["bottom"] <= 1440
            assert one["place"] < one["places"]
            for other in blocks:
                meet = one["top"] < other["bottom"] and other["top"] < one["bottom"]
                if one is not other and one["column"] == other["column"] and meet:
                    assert one["place"] != other["place"]
                    assert one["places"] == other["places"]


def test_a_night_is_two_blocks_and_midnight_ends_the_day(folder: Path) -> None:
    week = [f"2027-03-0{day}" for day in range(1, 8)]
    night, until = timed(at(2, 22), at(3, 2)), timed(at(4, 22), at(5, 0))
    first, second, last = answers(folder, [["layout", "blocksOf", [night, until], week, "UTC"]])[0]
    assert (first["column"], first["top"], first["bottom"]) == (1, 1320, 1440)
    assert (second["column"], second["top"], second["bottom"]) == (2, 0, 120)
    assert (first["begins"], second["begins"], second["ends"]) == (True, False, True)
    assert (last["column"], last["bottom"], last["ends"]) == (3, 1440, True)


def test_bars_are_cut_at_the_week_and_stack(folder: Path) -> None:
    week = [f"2027-03-0{day}" for day in range(1, 8)]
    days = [
        ("2027-02-27", "2027-03-03"),
        ("2027-03-02", "2027-03-20"),
        ("2027-03-05", "2027-03-06"),
    ]
    events: list[dict[str, Any]] = [
        {"allDay": True, "firstDay": first, "endDay": end, "subject": first} for first, end in days
    ]
    long = timed(at(6, 10), at(7, 12), "long")
    outside = {"allDay": True, "firstDay": "2027-03-08", "endDay": "2027-03-09", "subject": "out"}
    (bars,) = answers(folder, [["layout", "barsOf", [*events, long, outside], week, "UTC"]])
    placed = [(bar["from"], bar["to"], bar["lane"], bar["before"], bar["after"]) for bar in bars]
    assert placed == [
        (0, 2, 0, True, False),
        (1, 7, 1, False, True),
        (4, 5, 0, False, False),
        (5, 7, 0, False, False),
    ]


def test_events_are_named_with_their_times(folder: Path) -> None:
    trip = {"allDay": True, "firstDay": "2027-03-03", "endDay": "2027-03-06", "subject": "Trip"}
    events = [
        timed(at(3, 8), at(3, 9), "Call"),
        timed(at(3, 21), at(4, 1), "Night"),
        trip,
        trip | {"endDay": "2027-03-04", "subject": ""},
    ]
    assert answers(folder, [["names", "eventName", one, "Europe/Berlin"] for one in events]) == [
        "Call, Wed 3 Mar, 09:00 to 10:00",
        "Night, Wed 3 Mar, 22:00 to Thu 4 Mar, 02:00",
        "Trip, Wed 3 Mar to Fri 5 Mar, all day",
        "(no subject), Wed 3 Mar, all day",
    ]


def test_spans_of_days_are_titled(folder: Path) -> None:
    spans = [
        ("2027-03-01", "2027-03-07"),
        ("2027-03-29", "2027-04-04"),
        ("2026-12-28", "2027-01-03"),
    ]
    assert answers(folder, [["days", "spanTitle", *span] for span in spans]) == [
        "1 – 7 March 2027",
        "29 March – 4 April 2027",
        "28 December 2026 – 3 January 2027",
    ]
