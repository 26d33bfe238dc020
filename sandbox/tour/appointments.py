"""The steps about appointments: from the CRM to Outlook, and from Outlook to the CRM."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.tour.choosing import chosen_truth
from sandbox.tour.context import ADELE, Tour
from sandbox.tour.crm import Change
from sandbox.tour.intervals import Interval, clipped, free_hour
from sandbox.tour.narration import span
from sandbox.tour.outlook import graph_time
from sandbox.tour.truth import Event, Truth, times
from sandbox.tour.unseen import Unseen, until

APPOINTMENT = "viewing-1"
_UNASSIGNED = "viewing-2"
_TITLE, _NEW_TITLE, _UNASSIGNED_TITLE = "Viewing of flat 3", "Second viewing", "Viewing of flat 9"
_PLACE, _TEXT = "Main Street 1", "Second floor. The key is at the desk."
_SEEN_WITHIN_SECONDS = 30


async def booked(tour: Tour) -> None:
    """The CRM's appointment stands in Outlook, with all that the CRM gave (R6)."""
    here = await _outlook(tour)
    slot = await here.slot()
    wanted = asked_for(tour, _TITLE, slot, here.zone)
    began = time.monotonic()
    state = (await tour.crm.put(APPOINTMENT, wanted))["sync"]["state"]
    tour.say.saw(f'the CRM puts "{_TITLE}", {span(*slot, here.zone)}; the answer: {state}')
    event = await until(lambda: here.titled(_TITLE), _SEEN_WITHIN_SECONDS, "The event")
    tour.say.saw(f"Outlook shows it after {time.monotonic() - began:.1f} s")
    _check_content(event, slot, here.zone)
    tour.say.saw("title, time, place and text are the CRM's; no reminder, nobody invited")
    kept = await reaches(tour, APPOINTMENT, "synced")
    if not kept["sync"].get("eventUrl", "").startswith("https://"):
        raise Unseen("The CRM must get a link to the event.")
    tour.say.saw("the CRM reads: synced, with a link to the event")
    blocks = await here.truth.matched_by(tour.agnes, _SEEN_WITHIN_SECONDS)
    if clipped(blocks, slot) != [slot]:
        raise Unseen("The appointment must block its time.")
    tour.say.saw("her busy time shows it")


async def moved(tour: Tour) -> None:
    """What she does in Outlook comes back to the appointment (R14)."""
    here = await _outlook(tour)
    event = await here.event(_TITLE)
    start, end = times(event, here.zone)
    later = (start + timedelta(hours=2), end + timedelta(hours=2))
    change = {"start": graph_time(later[0], here.zone), "end": graph_time(later[1], here.zone)}
    await tour.outlook.event("PATCH", ADELE, event["id"], change)
    began = time.monotonic()
    tour.say.saw(f"in Outlook: {span(start, end, here.zone)} moved to {span(*later, here.zone)}")

    async def look() -> Change | None:
        told = await tour.crm.told("appointment.updated", APPOINTMENT)
        return next((one for one in told if slot_of(one["data"]) == later), None)

    told = await until(look, _SEEN_WITHIN_SECONDS, "The move, by webhook,")
    tour.say.saw(
        f"the CRM's webhook got {told['type']} after {time.monotonic() - began:.1f} s, "
        "its signature good"
    )
    kept = await reaches(tour, APPOINTMENT, "synced")
    if slot_of(kept) != later:
        raise Unseen("The appointment must say what the event says.")
    tour.say.saw(f"the CRM reads: {span(*slot_of(kept), here.zone)}, synced")


async def renamed(tour: Tour) -> None:
    """The event is changed where it is: one request, the same event."""
    here = await _outlook(tour)
    event = await here.event(_TITLE)
    before = await tour.outlook.last_request()
    slot = times(event, here.zone)
    began = time.monotonic()
    await tour.crm.put(APPOINTMENT, asked_for(tour, _NEW_TITLE, slot, here.zone, version=2))
    after = await until(lambda: here.titled(_NEW_TITLE), _SEEN_WITHIN_SECONDS, "The new title")
    tour.say.saw(f'Outlook shows "{_NEW_TITLE}" after {time.monotonic() - began:.1f} s')
    _check_content(after, slot, here.zone, _NEW_TITLE)
    await reaches(tour, APPOINTMENT, "synced")
    written = [one["method"] for one in await tour.outlook.written(ADELE, before)]
    same = "the same" if after["id"] == event["id"] else "another"
    tour.say.saw(f"written with {', '.join(written)}; it is {same} event, at the same time")
    if written != ["PATCH"] or after["id"] != event["id"]:
        raise Unseen("One PATCH must change the event in place.")


async def cancelled(tour: Tour) -> None:
    """Its event goes, and the time is free again."""
    here = await _outlook(tour)
    event = await here.event(_NEW_TITLE)
    slot = times(event, here.zone)
    wanted = asked_for(tour, _NEW_TITLE, slot, here.zone, version=3, status="cancelled")

    async def look() -> bool | None:
        return None if any(one["id"] == event["id"] for one in await here.events()) else True

    began = time.monotonic()
    await tour.crm.put(APPOINTMENT, wanted)
    await until(look, _SEEN_WITHIN_SECONDS, "The end of the event")
    tour.say.saw(f"gone from Outlook after {time.monotonic() - began:.1f} s")
    kept = await reaches(tour, APPOINTMENT, "not_synced")
    tour.say.saw(f'the CRM reads: not_synced, "{kept["sync"]["reason"]}"')
    if (kept["status"], kept["sync"]["code"]) != ("cancelled", "cancelled"):
        raise Unseen("The appointment must be cancelled.")
    if clipped(await here.truth.matched_by(tour.agnes, _SEEN_WITHIN_SECONDS), slot):
        raise Unseen("Its time must be free again.")
    tour.say.saw("its time is free again")


async def unassigned(tour: Tour) -> None:
    """Only appointments of team calendars are written (R10)."""
    here = await _outlook(tour)
    slot = await here.slot()
    calendar = {"id": "drafts", "kind": "unassigned"}
    await tour.crm.put(
        _UNASSIGNED, asked_for(tour, _UNASSIGNED_TITLE, slot, here.zone, calendar=calendar)
    )
    kept = await tour.crm.appointment(_UNASSIGNED)
    sync = kept["sync"]
    tour.say.saw(f'kept: "{kept["title"]}", {span(*slot_of(kept), here.zone)}')
    tour.say.saw(f'the CRM reads: {sync["state"]}, "{sync.get("reason")}"')
    if (sync["state"], sync.get("code")) != ("not_synced", "unassigned_calendar"):
        raise Unseen("An appointment of an unassigned calendar must not be synced.")
    if await here.titled(_UNASSIGNED_TITLE):
        raise Unseen("It must not be in Outlook.")


@dataclass(frozen=True)
class _Outlook:
    """Her mailbox as it is: the truth of busy time, its zone, and its primary calendar."""

    truth: Truth
    zone: str
    primary: str

    async def events(self) -> list[Event]:
        return await self.truth.events(self.primary)

    async def titled(self, title: str) -> Event | None:
        return next((one for one in await self.events() if one["subject"] == title), None)

    async def event(self, title: str) -> Event:
        """Raises Unseen where there is none."""
        found = await self.titled(title)
        if found is None:
            raise Unseen(f'"{title}" is not in Outlook.')
        return found

    async def slot(self) -> Interval:
        """A free hour."""
        found = free_hour(await self.truth.blocks(), self.truth.window, self.zone)
        if found is None:
            raise Unseen("No day of the mailbox is free from ten to two.")
        return found


async def _outlook(tour: Tour) -> _Outlook:
    truth = await chosen_truth(tour)
    kept = (await tour.agnes.call("GET", "configuration")).json()
    return _Outlook(truth, await truth.zone(), kept["primary"]["calendarId"])


def asked_for(tour: Tour, title: str, slot: Interval, zone: str, **given: Any) -> dict[str, Any]:
    """An appointment of Agnes in a team calendar."""
    return {
        "userId": tour.agnes.user,
        "calendar": {"id": "viewings", "kind": "team"},
        "title": title,
        "start": slot[0].isoformat(),
        "end": slot[1].isoformat(),
        "timeZone": zone,
        "description": _TEXT,
        "location": _PLACE,
        "version": 1,
        **given,
    }


def slot_of(said: dict[str, Any]) -> Interval:
    """The time that an appointment or a change names."""
    return datetime.fromisoformat(said["start"]), datetime.fromisoformat(said["end"])


def _check_content(event: Event, slot: Interval, zone: str, title: str = _TITLE) -> None:
    """Raises Unseen where the event does not say what the CRM gave."""
    says = {
        "title": event["subject"] == title,
        "time": times(event, zone) == slot,
        "place": event["location"]["displayName"] == _PLACE,
        "text": _TEXT in event["body"]["content"],
        "absence of a reminder": not event["isReminderOn"],
        "absence of attendees": not event["attendees"],
    }
    wrong = [name for name, right in says.items() if not right]
    if wrong:
        raise Unseen(f"The event differs from the appointment: {', '.join(wrong)}.")


async def reaches(tour: Tour, name: str, state: str) -> dict[str, Any]:
    """Waits until the writing stands like that; the appointment."""

    async def look() -> dict[str, Any] | None:
        found = await tour.crm.appointment(name)
        return found if found["sync"]["state"] == state else None

    return await until(look, _SEEN_WITHIN_SECONDS, f"The state {state} of the appointment")
