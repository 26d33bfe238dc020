"""The steps in which somebody changes the calendar in Outlook."""

import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.tour.choosing import chosen_truth
from sandbox.tour.context import ADELE, Tour
from sandbox.tour.intervals import Interval, clipped
from sandbox.tour.narration import span
from sandbox.tour.outlook import graph_time, summary
from sandbox.tour.truth import Event, Truth, times
from sandbox.tour.unseen import Unseen

_SEEN_WITHIN_SECONDS = 45


async def moved(tour: Tour) -> None:
    """An event is moved; the old slot becomes free, the new one busy."""
    truth, zone, primary = await _subject(tour)
    event = (await _plain(truth, primary, "singleInstance"))[0]
    start, end = times(event, zone)
    later = (start + timedelta(hours=5), end + timedelta(hours=5))
    before = await tour.outlook.last_request()
    change = {"start": graph_time(later[0], zone), "end": graph_time(later[1], zone)}
    await tour.outlook.event("PATCH", ADELE, event["id"], change)
    tour.say.saw(f"in Outlook: {span(start, end, zone)} moved to {span(*later, zone)}")
    blocks = await _seen(tour, truth, before)
    if clipped(blocks, (start, end)) or clipped(blocks, later) != [later]:
        raise Unseen("The old slot must be free and the new one busy.")
    tour.say.saw("the old slot is free, the new one busy")


async def occurrence_deleted(tour: Tour) -> None:
    """One occurrence of a series is deleted; its slot becomes free, the others stay."""
    truth, zone, primary = await _subject(tour)
    event, *others = await _plain(truth, primary, "occurrence")
    before = await tour.outlook.last_request()
    await tour.outlook.event("DELETE", ADELE, event["id"])
    slot = times(event, zone)
    tour.say.saw(f"in Outlook: the occurrence of {span(*slot, zone)} deleted")
    blocks = await _seen(tour, truth, before)
    if clipped(blocks, slot) or not all(clipped(blocks, times(e, zone)) for e in others):
        raise Unseen("The slot must be free, and those of the other occurrences busy.")
    tour.say.saw(f"the slot is free, {len(others)} other occurrences still block theirs")


async def private(tour: Tour) -> None:
    """A private event gives away nothing but its time (R15)."""
    truth, zone, _ = await _subject(tour)
    open_title, secret_title = f"Open {secrets.token_hex(4)}", f"Secret {secrets.token_hex(4)}"
    day = truth.window[0] + timedelta(days=9)
    slots = [(day + timedelta(hours=h), day + timedelta(hours=h + 1)) for h in (20, 22)]
    before = await tour.outlook.last_request()
    for title, slot, kind in zip(
        (open_title, secret_title), slots, ("normal", "private"), strict=True
    ):
        await tour.outlook.ask(
            "POST", f"mailboxes/{ADELE}/events", json=_new_event(title, slot, zone, kind)
        )
    tour.say.saw(f"in Outlook: two events made, that of {span(*slots[1], zone)} private")
    blocks = await _seen(tour, truth, before)
    if not all(clipped(blocks, slot) == [slot] for slot in slots):
        raise Unseen("Both events must block their time.")
    answers = "".join(
        [
            (await tour.agnes.call("GET", path, params=_range(truth.window))).text
            for path in ("busy", "events")
        ]
    )
    tour.say.saw(f"the title of the open one: {answers.count(open_title)} time in the answers")
    tour.say.saw(f"the title of the private one: {answers.count(secret_title)} times")
    if open_title not in answers or secret_title in answers:
        raise Unseen("The open title must be shown, the private one nowhere.")


async def _subject(tour: Tour) -> tuple[Truth, str, str]:
    """The truth, the mailbox's zone, the primary calendar."""
    truth = await chosen_truth(tour)
    kept = (await tour.agnes.call("GET", "configuration")).json()
    return truth, await truth.zone(), kept["primary"]["calendarId"]


async def _seen(tour: Tour, truth: Truth, before: int) -> list[Interval]:
    """Waits until busy time shows what was just changed, and says how long that took."""
    began = time.monotonic()
    blocks = await truth.matched_by(tour.agnes, _SEEN_WITHIN_SECONDS)
    seconds = time.monotonic() - began
    requests = await tour.outlook.graph_requests(ADELE, before)
    tour.say.saw(f"busy time showed it after {seconds:.1f} s and {summary(requests)}")
    return blocks


async def _plain(truth: Truth, calendar: str, kind: str) -> list[Event]:
    """The busy, timed events of that kind that begin more than a day from now; at least one."""
    tomorrow, zone = datetime.now(UTC) + timedelta(days=1), await truth.zone()
    found = [
        event
        for event in await truth.events(calendar)
        if event["type"] == kind
        and event["showAs"] == "busy"
        and not event["isAllDay"]
        and times(event, zone)[0] > tomorrow
    ]
    if not found:
        raise Unseen(f"The mailbox holds no {kind} that could be changed.")
    return found


def _new_event(title: str, slot: Interval, zone: str, sensitivity: str) -> dict[str, Any]:
    return {
        "subject": title,
        "start": graph_time(slot[0], zone),
        "end": graph_time(slot[1], zone),
        "sensitivity": sensitivity,
    }


def _range(window: Interval) -> dict[str, str]:
    return {"start": window[0].isoformat(), "end": window[1].isoformat()}
