"""The steps with an Outlook and a Google account at once (R8), and moving between them (R13)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.tour.appointments import asked_for, reaches, slot_of
from sandbox.tour.context import ADELE, GINA, Tour
from sandbox.tour.google import times
from sandbox.tour.intervals import Interval, clipped, free_hour, merged
from sandbox.tour.narration import counted, span
from sandbox.tour.outlook import summary
from sandbox.tour.reading import choice
from sandbox.tour.truth import Truth, matched
from sandbox.tour.unseen import Unseen, until

APPOINTMENT = "viewing-3"
_MADE_TITLE, _TITLE = "Lunch with Hugo", "Viewing of flat 12"
_SEEN_WITHIN_SECONDS = 30
_QUEUES = ("realign-appointments", "write-appointment")


async def blocked(tour: Tour) -> None:
    """A Google calendar is checked for conflicts beside the primary one in Outlook."""
    told = await tour.agnes.connect(tour.outlook, GINA, "google")
    if told.get("connected") != "google":
        raise Unseen(f"Agnes could not connect Google: {told}.")
    accounts = (await tour.agnes.call("GET", "connections")).json()["connections"]
    tour.say.saw(
        "connected: " + ", ".join(f"{one['email']} ({one['provider']})" for one in accounts)
    )
    if {one["provider"]: one["email"] for one in accounts} != {"outlook": ADELE, "google": GINA}:
        raise Unseen("Both accounts must be connected.")
    kept = await _configuration(tour)
    conflicts = [*kept["conflicts"], await _default(tour, "google")]
    began, before = time.monotonic(), await tour.outlook.last_request()
    await tour.agnes.configure({**kept, "conflicts": conflicts})
    here = await _both(tour)
    busy = await matched(tour.agnes, await here.blocks(), here.window, _SEEN_WITHIN_SECONDS)
    requests = summary(await tour.google.requests(GINA, before), "Google")
    tour.say.saw(
        f"her Google calendar, as a conflict: part of her busy time after "
        f"{time.monotonic() - began:.1f} s and {requests}"
    )
    await _watched(tour)
    slot = await here.slot()
    before = await tour.outlook.last_request()
    await tour.google.make(GINA, _MADE_TITLE, slot)
    tour.say.saw(f'in Google: "{_MADE_TITLE}" made, {span(*slot, here.zone)}')
    began = time.monotonic()
    busy = await matched(tour.agnes, await here.blocks(), here.window, _SEEN_WITHIN_SECONDS)
    requests = summary(await tour.google.requests(GINA, before), "Google")
    tour.say.saw(f"busy time showed it after {time.monotonic() - began:.1f} s and {requests}")
    if clipped(busy, slot) != [slot]:
        raise Unseen("The event in Google must block its time.")
    tour.say.saw(f"{counted(len(busy), 'busy block')}, the same as both accounts hold")


async def moved(tour: Tour) -> None:
    """The future appointment follows the primary calendar, and is there at every moment (R13)."""
    here = await _both(tour)
    slot, link = await _booked(tour, here)
    kept = await _configuration(tour)
    primary = await _default(tour, "google")
    others = [one for one in kept["conflicts"] if one != primary]
    wanted = {**kept, "primary": primary, "conflicts": [kept["primary"], *others]}
    before = await tour.outlook.last_request()
    began = time.monotonic()
    await tour.agnes.configure(wanted)
    tour.say.saw("her primary calendar is now Google's, Outlook's is a conflict calendar")
    looks = await _followed(tour, here)
    seconds = time.monotonic() - began
    tour.say.saw(
        f"in Google after {seconds:.1f} s; looked {counted(len(looks), 'time')} meanwhile: "
        f"never fewer than {min(looks)}, never more than {max(looks)} events of it"
    )
    if not min(looks):
        raise Unseen("The appointment must never be without its event.")
    await _synced_anew(tour, link)
    await _at_rest(tour)
    await _check_end(tour, here, slot, before)
    await matched(tour.agnes, await here.blocks(), here.window, _SEEN_WITHIN_SECONDS)
    tour.say.saw("the CRM reads: synced, with a link to Google; her busy time is true")


@dataclass(frozen=True)
class _Both:
    """What both accounts hold: her calendar in Outlook, and that in Google."""

    tour: Tour
    outlook: Truth
    own: str
    google: str
    zone: str

    @property
    def window(self) -> Interval:
        return self.outlook.window

    async def blocks(self) -> list[Interval]:
        google = await self.tour.google.blocks(GINA, [self.google], self.window)
        return merged([*await self.outlook.blocks(), *google])

    async def slot(self) -> Interval:
        found = free_hour(await self.blocks(), self.window, self.zone)
        if found is None:
            raise Unseen("No day of both accounts is free from ten to two.")
        return found

    async def held(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The appointment's events in Outlook, and then in Google.

        In this order: one that goes from Outlook between the two looks is in Google already.
        """
        outlook = await self.outlook.events(self.own)
        google = await self.tour.google.events(GINA, self.google, self.window)
        return (
            [one for one in outlook if one["subject"] == _TITLE],
            [one for one in google if one.get("summary") == _TITLE],
        )


async def _both(tour: Tour) -> _Both:
    chosen = [one for one in await tour.agnes.calendars() if one.get("role")]
    ids = {
        name: [one["calendarId"] for one in chosen if one["provider"] == name]
        for name in ("outlook", "google")
    }
    if len(ids["google"]) != 1:
        raise Unseen("One Google calendar must be chosen.")
    own = next(one for one in chosen if one["provider"] == "outlook" and one["isDefault"])
    truth = Truth(tour.outlook, ADELE, ids["outlook"])
    return _Both(tour, truth, own["calendarId"], ids["google"][0], await truth.zone())


async def _booked(tour: Tour, here: _Both) -> tuple[Interval, str]:
    """An appointment in the primary calendar, which is Outlook's; its time and its link."""
    slot = await here.slot()
    await tour.crm.put(APPOINTMENT, asked_for(tour, _TITLE, slot, here.zone))
    kept = await reaches(tour, APPOINTMENT, "synced")
    outlook, google = await here.held()
    tour.say.saw(
        f'the CRM books "{_TITLE}", {span(*slot, here.zone)}: '
        f"{len(outlook)} in Outlook, {len(google)} in Google"
    )
    if (len(outlook), len(google)) != (1, 0):
        raise Unseen("It must be in Outlook alone.")
    return slot, kept["sync"]["eventUrl"]


async def _followed(tour: Tour, here: _Both) -> list[int]:
    """Waits until the event is in Google alone; how many there were at each look."""
    looks: list[int] = []

    async def look() -> bool | None:
        outlook, google = await here.held()
        looks.append(len(outlook) + len(google))
        return True if google and not outlook else None

    await until(look, _SEEN_WITHIN_SECONDS, "The appointment, in Google alone,")
    return looks


async def _synced_anew(tour: Tour, former: str) -> None:
    async def look() -> bool | None:
        sync = (await tour.crm.appointment(APPOINTMENT))["sync"]
        return True if sync["state"] == "synced" and sync["eventUrl"] != former else None

    await until(look, _SEEN_WITHIN_SECONDS, "The link to the new event")


async def _at_rest(tour: Tour) -> None:
    """Waits until nobody has anything left to write: what is there now stays."""

    async def look() -> bool | None:
        return None if await tour.storage.waiting(*_QUEUES) else True

    await until(look, _SEEN_WITHIN_SECONDS, "The end of all work on appointments")


async def _check_end(tour: Tour, here: _Both, slot: Interval, before: int) -> None:
    outlook, google = await here.held()
    tour.say.saw(f"at the end: {len(outlook)} in Outlook, {len(google)} in Google")
    if outlook or len(google) != 1:
        raise Unseen("The appointment must exist once, in Google.")
    said = slot_of(await tour.crm.appointment(APPOINTMENT))
    if times(google[0], here.zone) != slot or said != slot:
        raise Unseen("The appointment must keep its time.")
    left = [one["method"] for one in await tour.outlook.written(ADELE, before)]
    came = await tour.google.written(GINA, before)
    tour.say.saw(f"written to Google: {', '.join(came)}; to Outlook: {', '.join(left)}")
    if (came, left) != (["POST"], ["DELETE"]):
        raise Unseen("One POST to Google and one DELETE to Outlook must do.")


async def _watched(tour: Tour) -> None:
    """Waits until Google tells of changes."""

    async def look() -> bool | None:
        return True if await tour.google.channels(GINA) else None

    await until(look, _SEEN_WITHIN_SECONDS, "A channel at Google")


async def _configuration(tour: Tour) -> dict[str, Any]:
    return dict((await tour.agnes.call("GET", "configuration")).json())


async def _default(tour: Tour, provider: str) -> Mapping[str, Any]:
    """The calendar that the account itself is known by."""
    listed = await tour.agnes.calendars()
    return next(choice(one) for one in listed if one["provider"] == provider and one["isDefault"])
