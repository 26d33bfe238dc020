"""The steps about what the CRM was told: nothing that it did itself, and everything both ways."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from sandbox.tour.appointments import APPOINTMENT
from sandbox.tour.context import ADELE, Tour
from sandbox.tour.crm import Change
from sandbox.tour.narration import counted
from sandbox.tour.unseen import Unseen, until

_AT_REST_WITHIN_SECONDS = 30
_REPEATS = 50
_QUEUES = ("write-appointment", "publish-changes", "tell-change")
_ASKED_FOR = Counter({"POST": 1, "PATCH": 1, "DELETE": 1})
"""One request to Graph for each of the CRM's: booked, renamed, cancelled."""
_BY_HAND = Counter({"appointment.updated": 1, "calendar.busy_changed": 1})
"""What her one move in Outlook is told with."""


async def no_news(tour: Tour) -> None:
    """Notifications of our own writes, also told again, cause neither writes nor changes."""
    await tour.outlook.notified(ADELE)
    moment = datetime.now(UTC)
    notified = await tour.outlook.notified(ADELE, again=_REPEATS)
    await _read_since(tour, moment)
    await _at_rest(tour)
    requests = await tour.outlook.written(ADELE)
    written = [one["method"] for one in requests]
    if not written:
        raise Unseen("Nothing was written to Outlook.")
    since = datetime.fromisoformat(requests[0]["at"])
    told = Counter(one["type"] for one in await tour.crm.feed() if _hers(tour, one, since))
    echoed = Counter(written) - _ASKED_FOR, told - _BY_HAND
    tour.say.saw(f"{counted(notified, 'notification')} of her mailbox so far, repeats included")
    tour.say.saw(f"written to Outlook: {', '.join(written)}; the CRM asked for these three")
    tour.say.saw(
        f"told since then: {', '.join(sorted(told.elements()))}; she moved it once by hand"
    )
    tour.say.saw(
        f"caused by our own writes: {counted(echoed[0].total(), 'provider write')}, "
        f"{counted(echoed[1].total(), 'change')}"
    )
    if any(echoed):
        raise Unseen("Our own writes must cause no writes and no changes.")


async def told_alike(tour: Tour) -> None:
    """Feed and webhook tell the same changes, in the same order for each subject (R14)."""

    async def look() -> list[Change] | None:
        feed, told = await tour.crm.feed(), await tour.crm.told()
        return feed if {one["id"] for one in feed} == {one["id"] for one in told} else None

    feed = await until(look, _AT_REST_WITHIN_SECONDS, "The same in feed and webhook")
    kinds = Counter(one["type"] for one in feed)
    tour.say.saw(
        f"the feed, page by page: {counted(len(feed), 'change')} ("
        + ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
        + ")"
    )
    unverified = await tour.crm.unverified()
    tour.say.saw(f"the webhook: the same {len(feed)}; {unverified} that could not be verified")
    if unverified or not feed:
        raise Unseen("The webhook must be told of changes, each signed.")
    if _in_order(feed) != _in_order(await tour.crm.told()):
        raise Unseen("For each appointment and user the order must be the same.")
    tour.say.saw("in the same order for each appointment and user")


def _hers(tour: Tour, change: Change, since: datetime) -> bool:
    """Whether it tells of the appointment, or of her busy time as read since then."""
    data = change["data"]
    if change["type"] == "calendar.busy_changed" and data["userId"] == tour.agnes.user:
        return datetime.fromisoformat(change["timestamp"]) >= since
    return bool(data.get("appointmentId") == APPOINTMENT)


async def _read_since(tour: Tour, moment: datetime) -> None:
    """Waits until her primary calendar has been read by a run that began after that."""
    window = (moment, moment + timedelta(hours=1))

    async def look() -> bool | None:
        readings = (await tour.agnes.busy(window))["calendars"]
        primary = next(one for one in readings if one["role"] == "primary")
        return True if datetime.fromisoformat(primary["asOf"]) >= moment else None

    await until(look, _AT_REST_WITHIN_SECONDS, "A read after the last notification")


async def _at_rest(tour: Tour) -> None:
    """Waits until nothing is left to be written, or to be added to the feed."""

    async def look() -> bool | None:
        return None if await tour.storage.waiting(*_QUEUES) else True

    await until(look, _AT_REST_WITHIN_SECONDS, "The end of all work on appointments")


def _in_order(changes: list[Change]) -> dict[str, list[str]]:
    """The ids by what they are about."""
    found: dict[str, list[str]] = {}
    for one in changes:
        subject = one["data"].get("appointmentId") or one["data"]["userId"]
        found.setdefault(subject, []).append(one["id"])
    return found
