"""What must be true once the faults have stopped and one sweep has run."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.tour.intervals import Interval, differences
from tests.flows.convergence.hands import Hands, Standing
from tests.flows.convergence.moments import WINDOWS, without
from tests.flows.convergence.reading_crm import ReadingCrm
from tests.flows.convergence.scene import Scene
from tests.flows.convergence.truth import Chosen, Policy, busy_time
from tests.flows.crm import path
from tests.flows.outlook import kept_text


async def check_all(scene: Scene) -> None:
    await the_feed_tells_of_every_change(scene)
    await the_mirror_is_true(scene)
    await every_appointment_has_its_one_event(scene)
    await nothing_is_given_up(scene)
    await nothing_private_is_told(scene)


async def the_mirror_is_true(scene: Scene) -> None:
    """Busy time is what the sandbox holds, whichever way series are taken (R11)."""
    for (location, user), person in scene.agents.items():
        crm = scene.crms[location]
        chosen, policy = await _configuration(scene, location, user)
        for window in WINDOWS:
            expected = await busy_time(person.sandbox, chosen, policy, window)
            found, answer = await crm.busy(user, window)
            about = f"{user} at {location}, {policy}"
            assert answer["complete"], f"{about}: {answer['calendars']}"
            _same(expected, found, about)


async def every_appointment_has_its_one_event(scene: Scene) -> None:
    """Exactly one where it is written, saying what the appointment says; else none."""
    crm = scene.crms["loc1"]
    standing = await _reachable(scene)
    for name in ("a1", "a2"):
        events = [(hands, one) for hands, one in standing if f"appointment:{name};" in one.text]
        answer = await crm.person.call("GET", path(name))
        if answer.status_code == 404:
            assert events == [], f"{name} is deleted"
            continue
        found = answer.json()
        about = f"{name}: {found['status']}, {found['sync']}"
        given_up = {"state": "failed", "code": "changed_in_calendar"}
        if given_up.items() <= found["sync"].items():  # the user has won against `restore`
            assert len(events) <= 1, f"{about}: {events}"
            continue
        assert found["sync"]["state"] in {"synced", "not_synced"}, about
        if found["sync"]["state"] == "synced":
            assert len(events) == 1, f"{about}: {events}"
            _says(found, *events[0])
        elif found["status"] == "cancelled" or found["calendar"]["kind"] != "team":
            assert events == [], f"{about}: {events}"
        else:
            assert len(events) <= 1, f"{about}: {events}"


async def the_feed_tells_of_every_change(scene: Scene) -> None:
    """Who only follows the feed believes what is true, but for the time of its own events."""
    for location, crm in scene.crms.items():
        await crm.read()
        ids = Counter(change["id"] for change in crm.seen)
        assert max(ids.values(), default=1) == 1, [one for one, n in ids.items() if n > 1]
        await _knows_the_appointments(crm)
        for user, copy in crm.copies.items():
            assert copy.unread == [], f"{user} at {location}"
            for window in WINDOWS:
                found, _ = await crm.busy(user, window)
                believed = [block for block in copy.blocks if block[0] < window[1]]
                believed = [block for block in believed if block[1] > window[0]]
                about = f"the feed tells of {user} at {location}"
                _same(without(found, crm.own), without(believed, crm.own), about)


async def _knows_the_appointments(crm: ReadingCrm) -> None:
    for name, believed in crm.appointments.items():
        answer = await crm.person.call("GET", path(name, crm.location))
        found = answer.json()
        true = {key: found[key] for key in ("userId", "status", "title")}
        true |= {key: datetime.fromisoformat(found[key]) for key in ("start", "end")}
        assert {key: believed[key] for key in true} == true, name


async def nothing_is_given_up(scene: Scene) -> None:
    """No message is poisoned, no calendar parked."""
    waiting = await scene.storage.messages()
    assert [name for name in waiting if name.endswith("-poison")] == []
    kinds = {change["type"] for crm in scene.crms.values() for change in crm.seen}
    assert "calendar.parked" not in kinds


async def nothing_private_is_told(scene: Scene) -> None:
    """No secret in what is kept, told or answered; no token in what is told (R15)."""
    kept = kept_text(await scene.storage.rows())
    said = json.dumps([change for crm in scene.crms.values() for change in crm.seen])
    sent = json.dumps([one.data for one in scene.stack.sandbox.world.crm.changes], default=str)
    shown = ""
    for person in scene.agents.values():
        for window in WINDOWS:
            shown += json.dumps(await person.events(window[0], (window[1] - window[0]).days))
    for text in (kept, said, sent, shown):
        assert "SECRET" not in text
    world = scene.stack.sandbox.world
    tokens = {*world.entra.access_tokens, *world.entra.refresh_tokens}
    tokens |= {*world.google.oauth.access_tokens, *world.google.oauth.refresh_tokens}
    assert tokens
    assert not any(token in text for token in tokens for text in (kept, said, sent, shown))
    for made in scene.made:
        assert made.title not in said + sent


def _same(expected: list[Interval], found: list[Interval], about: str) -> None:
    assert found == expected, "\n".join([about, *differences(expected, found)])


def _says(appointment: Mapping[str, Any], hands: Hands, event: Standing) -> None:
    """A private title says nothing to us; an event of whole days is compared by the mirror."""
    start, end = (datetime.fromisoformat(appointment[name]) for name in ("start", "end"))
    if not event.all_day:
        assert (event.start, event.end) == (start, end)
    if not event.private:
        assert event.title == appointment["title"]


async def _configuration(scene: Scene, location: str, user: str) -> tuple[list[Chosen], Policy]:
    person = scene.agent(location, user)
    kept = (await person.call("GET", person.path("configuration"))).json()
    asked = [*([kept["primary"]] if kept["primary"] else []), *kept["conflicts"]]
    names = {(one["provider"], one["calendarId"]): n for n, one in scene.choices.items()}
    chosen = []
    for one in asked:
        name = names[one["provider"], one["calendarId"]]
        hands = scene.boris if name == "Boris" else scene.hands_on(name)
        calendar = "Calendar" if name == "Boris" else name
        chosen.append(Chosen(one["provider"], hands.address, calendar))
    return chosen, Policy.of(kept)


async def _reachable(scene: Scene) -> list[tuple[Hands, Standing]]:
    """The events of the accounts that are connected where appointments are made."""
    connected: set[tuple[str, str]] = set()
    for (location, _), person in scene.agents.items():
        if location == "loc1":
            answer = await person.call("GET", person.path("connections"))
            connected |= {(c["provider"], c["email"]) for c in answer.json()["connections"]}
    return [(h, one) for h, one in scene.standing() if (h.provider, h.address) in connected]
