"""The steps about accounts: health, connecting, being refused, disconnecting."""

import httpx

from sandbox.tour.context import ADELE, Tour
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
    """Tokens and mirrors are erased, notifications end (R12)."""
    account = await subject(tour, ADELE)
    mirrors = (await tour.storage.mirrors(account)).keys()

    async def kept() -> Counts:
        rows = await tour.storage.kept(account, mirrors)
        return {**rows, "subscriptions at Graph": await tour.outlook.subscriptions(ADELE)}

    async def look() -> Counts | None:
        found = await kept()
        return found if not any(found.values()) else None

    before = await kept()
    await tour.agnes.call("DELETE", "connections/outlook")
    after = await until(look, _ERASED_WITHIN_SECONDS, "The erasure of all that was kept")
    for what, number in before.items():
        tour.say.saw(f"{what}: {number} before, {after[what]} after")
    if not all(before.values()):
        raise Unseen("There was nothing to erase.")
    left = (await tour.agnes.call("GET", "configuration")).json()
    chosen = len(left["conflicts"]) + bool(left.get("primary"))
    tour.say.saw(f"her configuration: {counted(chosen, 'calendar')} chosen")
    if chosen:
        raise Unseen("Calendars of the account are still chosen.")
