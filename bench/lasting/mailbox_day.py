"""P7: what a day of one connected mailbox takes, by a clock that is moved on.

The mailbox has a primary calendar, of whose changes Graph tells, and a conflict calendar, of whose
changes it may not tell all, so that it is read every few minutes besides. Days with no change, 10
and 100 changes: each is told by a notification, is published to the feed and delivered to the
webhook. The sweep, refreshes of tokens and the daily comparison happen as they are due. A channel
is renewed every few days; that is done once and counted by its share.

The flows are called directly: what the Functions host itself asks of its queues is in no count.
What was counted is kept in mailbox_day.json, from which cost.py and ceilings.py reckon; the former
into docs/cost.md.
"""

import json
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from bench.costs import cost_document
from bench.costs.cost import monthly
from bench.costs.load import FIGURES, SWEEP, Figures
from bench.lasting.days import DAY, Tallies, check_all, day, renewal, renewed_every
from bench.lasting.kept_bytes import kept_bytes
from bench.lasting.one_mailbox import one_mailbox
from bench.lasting.tally import Tally
from bench.lasting.virtual_clock import CLOCK
from bench.measuring import Spread
from bench.place import place
from bench.results import Finding, exactly
from shared.messages import SyncCalendar

_CHANGES = (0, 10, 100)
_MOST_STORAGE, _MOST_WRITES = 3, 1

Show = Callable[[str], None]


async def measure(show: Show) -> list[Finding]:
    async with place() as here, one_mailbox(here) as mailbox:
        # Away from the time of the full comparison, so that each day has one.
        noon = CLOCK() + timedelta(hours=12)
        await mailbox.agenda.until(noon)
        await check_all(mailbox)
        mailbox.agenda.taken()
        days: dict[int, Tallies] = {}
        kept = {}
        for number, changes in enumerate(_CHANGES):
            start = noon + timedelta(hours=1) + number * DAY
            days[changes] = await day(mailbox, start, changes)
            kept[changes] = kept_bytes(here.azurite.connection_string)
            show(f"a day with {changes} changes: {_told(days[changes])}")
        renewed = await renewal(mailbox)
        show(f"renewal of a channel: {dict(renewed.provider)}, {dict(renewed.storage)}")
        every = await renewed_every(mailbox)
    figures = _figures(days, kept, renewed, every)
    FIGURES.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    show(cost_document.write(cost_document.text(Figures.read())))
    return [*_of_a_check(days[0]), *_of_days(days, renewed, every)]


def _total(tallies: Tallies) -> Tally:
    """Of a day. The sweep's look at the roster is the installation's, whatever it finds."""
    return sum((one for kind, found in tallies.items() if kind != SWEEP for one in found), Tally())


def _told(tallies: Tallies) -> str:
    found = _total(tallies)
    return f"{found.asked} provider requests, {found.operations} storage operations"


def _of_a_check(idle: Tallies) -> list[Finding]:
    """`met` is of the median: some checks of the day refresh a token or compare in full."""
    checks = idle[SyncCalendar.queue]
    usual = Counter(tuple(sorted(one.storage.items())) for one in checks).most_common(1)[0][0]
    listed = ", ".join(f"{count} {name}" for name, count in usual)
    asked = Spread.of([one.asked for one in checks])
    stored = Spread.of([one.operations for one in checks])
    written = Spread.of([one.writes for one in checks])
    queued = "The message that starts it is one more write, by the sweep"
    return [
        _aimed("provider requests of an idle check", asked, 1),
        _aimed("storage operations", stored, _MOST_STORAGE, f"{listed}. {queued}."),
        _aimed("of these writes", written, _MOST_WRITES),
    ]


def _aimed(what: str, ours: Spread, most: int, remark: str = "") -> Finding:
    aim = f"at most {most}" if most > 1 else "1"
    return Finding("P7", what, ours, "", aim=aim, met=ours.median <= most, remark=remark)


def _of_days(days: dict[int, Tallies], renewed: Tally, every: float) -> list[Finding]:
    more, figures = renewed.provider["subscriptions"] / every, Figures.read()
    found = []
    for changes, tallies in days.items():
        whole = _total(tallies)
        sent = sum(one.writes for one in tallies[SWEEP])
        kinds = ", ".join(f"{count} {name}" for name, count in sorted(whole.provider.items()))
        runs = sum(one.runs for one in tallies[SyncCalendar.queue])
        worked = f"{runs} sync runs, {whole.cpu:.1f} s of processor"
        asked, stored = exactly(whole.asked + more), exactly(whole.operations + sent)
        usd = exactly(round(monthly(figures, 1_000, mix={changes: 1.0}).total))
        what = f"a mailbox's day with {changes} changes"
        found += [
            Finding("P7", f"{what}: provider requests", asked, "", remark=kinds),
            Finding("P7", f"{what}: storage operations", stored, "", remark=worked),
            Finding("P7", f"{what}: 1,000 mailboxes in a month", usd, "USD"),
        ]
    return found


def _figures(
    days: dict[int, Tallies], kept: dict[int, int], renewed: Tally, every: float
) -> dict[str, Any]:
    checks = days[0][SyncCalendar.queue]
    return {
        "measured": date.today().isoformat(),  # noqa: DTZ011  # the day on the calendar here
        "days": {
            str(changes): {kind: sum(found, Tally()).as_json() for kind, found in day.items()}
            for changes, day in days.items()
        },
        "check": _usual(checks).as_json(),
        "renewal": renewed.as_json(),
        "renewed_every_days": round(every, 2),
        "kept_bytes": {str(changes): size for changes, size in kept.items()},
    }


def _usual(checks: Sequence[Tally]) -> Tally:
    """A check as most are: its counts, and the median of its times."""
    common = Counter(one.operations for one in checks).most_common(1)[0][0]
    alike = [one for one in checks if one.operations == common]
    cpu = statistics.median(one.cpu for one in alike)
    wall = statistics.median(one.wall for one in alike)
    return replace(alike[len(alike) // 2], cpu=cpu, wall=wall)
