"""The steps about accounts: health, connecting, being refused, disconnecting."""

from collections.abc import Awaitable, Callable

import httpx

from sandbox.tour.context import ADELE, GINA, Tour
from sandbox.tour.narration import counted
from sandbox.tour.reading import subject
from sandbox.tour.storage import Counts
from sandbox.tour.unseen import Unseen, until

_ERASED_WITHIN_SECONDS = 30


async def health(tour: Tour) -> None:
    """The service and all that it needs answer."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        answer = (await http.get(f"{tour.service.api}/health")).json()
    state = {one["name"]: "ok" if one["ok"] else "failing" for one in answer["dependencies"]}
    tour.say.saw(f"{answer['status']}: " + ", ".join(f"{k} {v}" for k, v in state.items()))
    if answer["status"] != "ok":
        raise Unseen("The service is not well.")


async def connect(tour: Tour) -> None:
    """Agnes signs in, as in a browser."""
    told = await tour.agnes.connect(tour.outlook, ADELE)
    if told.get("connected") != "outlook":
        raise Unseen(f"Agnes could not connect: {told}.")
    found = await tour.agnes.connection()
    tour.say.saw(f"{tour.agnes.name} connected {found['email']}, a {found['accountType']} account")
    if found["email"] != ADELE:
        raise Unseen(f"Agnes signed in as {ADELE}.")


async def refused(tour: Tour) -> None:
    """An account belongs to one user (R4)."""
    told = await tour.ben.connect(tour.outlook, ADELE)
    tour.say.saw(f"{tour.ben.name} signs in with the same account: {told.get('error')}")
    tour.say.saw(f'he reads: "{told.get("error_description")}"')
    if told.get("error") != "account_taken" or tour.agnes.name not in told["error_description"]:
        raise Unseen("A second user must be refused, and told who has the account.")
    connections = (await tour.ben.call("GET", "connections")).json()["connections"]
    tour.say.saw(f"he has {counted(len(connections), 'connection')}")
    if connections:
        raise Unseen("Something was kept for the second user.")


async def disconnect(tour: Tour) -> None:
    """Tokens and mirrors are erased, notifications end (R12); the other account is untouched."""
    outlook = await subject(tour, ADELE)
    await _erased(tour, "outlook", outlook, "subscriptions at Graph", _subscriptions)
    left = await tour.agnes.connection("google")
    channels = await tour.google.channels(GINA)
    tour.say.saw(f"meanwhile Google: {left['status']}, {counted(channels, 'channel')}")
    if left["status"] != "connected" or not channels:
        raise Unseen("Disconnecting Outlook must leave Google as it was.")
    google = await tour.google.subject(GINA)
    await _erased(tour, "google", google, "channels at Google", _channels)
    ended = await tour.google.revocations(GINA)
    tour.say.saw(f"the grant at Google: taken back, by {counted(ended, 'request')}")
    if ended != 1:
        raise Unseen("The grant must be taken back, once.")
    kept = (await tour.agnes.call("GET", "configuration")).json()
    chosen = len(kept["conflicts"]) + bool(kept.get("primary"))
    tour.say.saw(f"her configuration: {counted(chosen, 'calendar')} chosen")
    if chosen:
        raise Unseen("Calendars of the accounts are still chosen.")


async def _erased(
    tour: Tour, provider: str, account: str, what: str, pushes: Callable[[Tour], Awaitable[int]]
) -> None:
    """Disconnects, and waits until nothing is kept of the account here or there."""
    mirrors = (await tour.storage.mirrors(account)).keys()

    async def kept() -> Counts:
        rows = await tour.storage.kept(f"{provider}|{account}", mirrors)
        return {**rows, what: await pushes(tour)}

    async def look() -> Counts | None:
        found = await kept()
        return found if not any(found.values()) else None

    before = await kept()
    if not all(before.values()):
        raise Unseen(f"There was nothing of {provider.capitalize()} to erase.")
    await tour.agnes.call("DELETE", f"connections/{provider}")
    after = await until(look, _ERASED_WITHIN_SECONDS, "The erasure of all that was kept")
    tour.say.saw(f"{provider.capitalize()} disconnected")
    for one, number in before.items():
        tour.say.saw(f"{one}: {number} before, {after[one]} after")


async def _subscriptions(tour: Tour) -> int:
    return await tour.outlook.subscriptions(ADELE)


async def _channels(tour: Tour) -> int:
    return await tour.google.channels(GINA)
